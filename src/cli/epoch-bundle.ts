/** The bundle of an epoch that was proven here. Boundary module: reads transcripts of ceremonies, writes the bundle. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contentOfPass } from '../bundle/from-pass.ts'
import { BUNDLE_SUFFIX } from '../bundle/records.ts'
import { writeBundleFile } from '../bundle/write-file.ts'
import { InputError } from '../protocol/errors.ts'
import type { BookPassResult } from '../prover/book-pass/pass.ts'
import type { PassArtifacts } from '../prover/book-pass/request.ts'
import { TRANSCRIPT_FILE, type Transcript } from '../prover/ceremony.ts'
import type { EpochTerms } from './epoch-terms.ts'
import type { KeyPair } from './key-folders.ts'
import type { Session } from './session.ts'

export const EPOCH_BUNDLE_FILE = `epoch${BUNDLE_SUFFIX}`

export interface EpochBundle {
  readonly session: Session
  readonly artifacts: PassArtifacts
  readonly result: BookPassResult
  readonly terms: Pick<EpochTerms, 'context' | 'references'>
  /** Folders of ceremony keys; a development key has none. */
  readonly keyFolders: KeyPair
}

/** Writes the bundle into a folder and returns its path. @throws InputError for a ceremony whose transcript is missing */
export async function writeEpochBundle(folder: string, epoch: EpochBundle): Promise<string> {
  const { session, artifacts, result, keyFolders } = epoch
  const { context, references } = epoch.terms
  const step = transcriptIn(keyFolders.step)
  const seal = transcriptIn(keyFolders.seal)
  const content = contentOfPass(result, {
    book: session.book,
    snapshot: session.snapshot,
    configuration: session.configuration,
    listing: session.listingBefore,
    matrix: session.matrix,
    artifacts,
    transcripts: { ...(step && { step }), ...(seal && { seal }) },
    chain: context && {
      chainId: context.chainId.toString(),
      seals: context.seals.toLowerCase(),
      epoch: context.epoch.toString(),
      references,
    },
  })
  const path = join(folder, EPOCH_BUNDLE_FILE)
  await writeBundleFile(path, content)
  return path
}

function transcriptIn(folder: string | undefined): Transcript | undefined {
  const file = folder && join(folder, TRANSCRIPT_FILE)
  if (!file || !existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Transcript
  } catch (cause) {
    throw new InputError('is no transcript of a ceremony', { file }, { cause })
  }
}
