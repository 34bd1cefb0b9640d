import { type RoundSignature, roundDigest } from '../chain/client.ts'
import type { Assessment } from '../oracle/assess-round.ts'
import { type BuiltRound, buildRound, type MatrixMaking } from './build-round.ts'
import type { Proposal } from './desk.ts'
import type { OracleHead } from './oracle-reader.ts'
import { contentDigest, type SignedMessage } from './signatures.ts'

/** A round that feeders are asked to sign, and their answers so far. */
export interface OpenProposal {
  readonly proposal: Proposal
  readonly built: BuiltRound
  readonly digest: string
  readonly assessment: Assessment
  readonly signatures: Map<string, RoundSignature>
  /** Reasons by feeder. */
  readonly refusals: Map<string, string>
}

/** @param assessment of these messages, with medians */
export async function openProposal(
  head: OracleHead,
  assessment: Assessment,
  messages: readonly SignedMessage[],
  making: MatrixMaking,
): Promise<OpenProposal> {
  const contents = assessment.contents.map(
    ({ feeder, content }) => messages.find((one) => one.feeder === feeder && one.content === content)!,
  )
  const digests = contents.map(({ content }) => contentDigest(head, content))
  const built = await buildRound(head, assessment.medians!, digests, making)
  return {
    proposal: { round: built.round, contents },
    built,
    digest: roundDigest(head, built.round),
    assessment,
    signatures: new Map(),
    refusals: new Map(),
  }
}

/** What is missing for people, e.g. "1 of 2 signatures; no answer from 0x...". */
export function missingSignatures(head: OracleHead, { signatures, refusals }: OpenProposal): string {
  const silent = head.feeders.filter((feeder) => !signatures.has(feeder) && !refusals.has(feeder))
  const rest = silent.length === 0 ? '' : `; no answer from ${silent.join(', ')}`
  return `${signatures.size} of ${head.quorum} signatures${rest}`
}

export function refusalTexts({ refusals }: OpenProposal): string[] {
  return [...refusals].map(([feeder, reason]) => `${feeder} does not sign: ${reason}`)
}
