import type { Book } from '../book/book.ts'
import type { CircuitArtifacts } from '../prover/backend.ts'
import type { BookPassResult } from '../prover/book-pass/pass.ts'
import type { ProvenStep } from '../prover/book-pass/request.ts'
import type { Transcript } from '../prover/ceremony.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import type { Listing } from '../risk/listing.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskMatrix } from '../risk/matrix.ts'
import type { BundleChain } from './records.ts'
import { type BundleContent, type BundleKeyContent, keySetupOf } from './write.ts'

/** What a bundle takes beside the proofs of a book pass. */
export interface PassSurroundings {
  readonly book: Book
  readonly snapshot: MarketSnapshot
  readonly configuration: RiskConfiguration
  /** As it was before the round. */
  readonly listing: Listing
  readonly matrix: RiskMatrix
  readonly artifacts: { readonly step: CircuitArtifacts; readonly seal: CircuitArtifacts }
  /** Of the keys' ceremonies; development keys have none. */
  readonly transcripts?: { readonly step?: Transcript; readonly seal?: Transcript }
  readonly chain?: BundleChain | undefined
}

/** The content of a bundle from a finished book pass; proofs are read one by one as they are written. */
export function contentOfPass(
  pass: Pick<BookPassResult, 'links' | 'seal' | 'readStep'>,
  around: PassSurroundings,
): BundleContent {
  const { book, snapshot, configuration, listing, matrix, artifacts, transcripts, chain } = around
  return {
    instance: book.instance,
    count: book.count,
    treeRoot: book.treeRoot,
    signals: pass.seal.signals,
    snapshot,
    configuration,
    listing,
    standing: matrix.halted.flatMap(({ standing }) => (standing === undefined ? [] : [standing])),
    stepKey: keyContent(artifacts.step, transcripts?.step),
    sealKey: keyContent(artifacts.seal, transcripts?.seal),
    leaves: book.leaves,
    steps: readSteps(pass),
    sealProof: pass.seal.proof,
    chain,
  }
}

function* readSteps({ links, readStep }: Pick<BookPassResult, 'links' | 'readStep'>): Generator<ProvenStep> {
  for (const { index } of links) yield readStep(index)
}

function keyContent(artifacts: CircuitArtifacts, transcript: Transcript | undefined): BundleKeyContent {
  const { name, verificationKey, provenance } = artifacts
  return { circuit: name, verificationKey, setup: keySetupOf(provenance, transcript) }
}
