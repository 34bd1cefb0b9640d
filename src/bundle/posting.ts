import { InputError } from '../protocol/errors.ts'
import type { ProvenStep, StepLink } from '../prover/book-pass/request.ts'
import type { Proof } from '../prover/verify.ts'
import { BundleDigest } from './canonical.ts'
import { proofOfBundle } from './key-hash.ts'
import type { Chunks } from './lines.ts'
import { readBundle } from './read.ts'
import type { BundleHeader, BundleRecord, ChainReferences } from './records.ts'
import { type SealStatement, statementOf } from './statement.ts'
import type { JsonValue } from './strict-json.ts'

/** What of a bundle goes to the chain. */
export interface BundlePosting {
  readonly header: BundleHeader
  readonly statement: SealStatement
  readonly sealProof: Proof
  /** Of all steps in order: the digest is made of them. */
  readonly links: readonly StepLink[]
  /** The steps that were asked for, by index. */
  readonly steps: ReadonlyMap<number, ProvenStep>
}

/**
 * Reads a bundle for the chain. Holds the links of all steps, and the proofs of the wanted ones only. Nothing is verified
 * but that the file is whole: the contract verifies the rest.
 * @throws InputError as readBundle
 */
export async function readPosting(
  chunks: Chunks,
  isWanted: (index: number) => boolean = () => false,
): Promise<BundlePosting> {
  const links: StepLink[] = []
  const steps = new Map<number, ProvenStep>()
  let header: BundleHeader | undefined
  let sealProof: Proof | undefined
  for await (const record of readBundle(chunks)) {
    if (record.record === 'header') header = record
    else if (record.record === 'step') {
      const { index } = record
      const link = { index, chainIn: BigInt(record.chainIn), chainOut: BigInt(record.chainOut) }
      links.push(link)
      if (isWanted(index)) steps.set(index, { ...link, proof: proofOfBundle(record.proof) })
    } else if (record.record === 'seal') sealProof = proofOfBundle(record.proof)
  }
  // A bundle that was read to its end has both.
  return { header: header!, statement: statementOf(header!), sealProof: sealProof!, links, steps }
}

/**
 * The lines of a bundle with other references in its header, and the digest that belongs to them. No proof binds them.
 * @throws InputError as readBundle, and for a bundle of no chain
 */
export async function* linesWithReferences(
  chunks: Chunks,
  references: ChainReferences,
): AsyncGenerator<string> {
  const digest = new BundleDigest()
  for await (const record of readBundle(chunks)) {
    if (record.record === 'end') {
      yield `${JSON.stringify({ ...record, digest: digest.value })}\n`
      return
    }
    const next = record.record === 'header' ? withReferences(record, references) : record
    digest.add(next as unknown as JsonValue)
    yield `${JSON.stringify(next)}\n`
  }
}

function withReferences(header: BundleHeader, references: ChainReferences): BundleRecord {
  if (header.chain === null) throw new InputError('the bundle was made for no chain', { field: 'chain' })
  return { ...header, chain: { ...header.chain, references } }
}
