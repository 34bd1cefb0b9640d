import { type RoundDomain, roundDigest } from '../chain/client.ts'
import { assessRound } from '../oracle/assess-round.ts'
import type { FeederContent } from '../oracle/feeder-content.ts'
import type { OracleParameters } from '../oracle/oracle-parameters.ts'
import { farFromOwn } from '../oracle/own-view.ts'
import { TacitError } from '../protocol/errors.ts'
import { buildRound, type MatrixMaking } from './build-round.ts'
import type { Proposal } from './desk.ts'
import type { OracleHead } from './oracle-reader.ts'
import { checkContentSignature, contentDigest } from './signatures.ts'

/** What a feeder makes of a proposal: undefined when it follows, to the bit, from contents that it would have taken itself. */
export type Objection = string | undefined

export interface JudgeOptions {
  readonly head: OracleHead
  readonly nowSeconds: number
  /** What this feeder said, or would have said, for the round. */
  readonly own: FeederContent
  readonly parameters: OracleParameters
  readonly making: MatrixMaking
}

/** Recomputes a proposed round from the feeders' signed contents and the chain. Takes nothing on the aggregator's word. */
export async function objectionTo(proposal: Proposal, options: JudgeOptions): Promise<Objection> {
  const { head, nowSeconds, own, making } = options
  const { round, contents } = proposal
  const sequence = head.latestSequence + 1
  if (round.sequence !== sequence) return `it is round ${round.sequence}, and the next is ${sequence}`
  const unsigned = contents.find((message) => !isSigned(head, message))
  if (unsigned !== undefined) return `the content under the name of ${unsigned.feeder} is not signed by it`
  const parameters = atQuorum(options.parameters, head)
  const assessment = assessRound({
    signed: contents,
    collecting: { sequence, previousSeconds: head.latestSeconds, nowSeconds, feeders: head.feeders },
    seen: new Map(),
    guards: head.guards,
    parameters,
  })
  const [refused] = assessment.refusals
  if (refused !== undefined) return `the content of ${refused.feeder} ${refused.rule}`
  if (assessment.medians === undefined) return assessment.blocked.join('; ')
  const far = farFromOwn(own, assessment.medians, parameters.guards)
  if (far.length > 0) return `${far.length} medians are far from what this feeder sees, the first: ${far[0]}`
  const digests = assessment.contents.map(({ content }) => contentDigest(head, content))
  const built = await buildRound(head, assessment.medians, digests, making)
  if (roundDigest(head, built.round) === roundDigest(head, round)) return undefined
  const fields = Object.entries(built.round).filter(
    ([name, value]) => round[name as keyof typeof round] !== value,
  )
  return `its ${fields.map(([name]) => name).join(', ')} does not follow from the contents`
}

/** The quorum of contents is that of signatures, and always more than half: fewer could be all liars of a minority. */
export function atQuorum(
  parameters: OracleParameters,
  { quorum, feeders }: Pick<OracleHead, 'quorum' | 'feeders'>,
): OracleParameters {
  const majority = Math.floor(feeders.length / 2) + 1
  return { ...parameters, quorum: { ...parameters.quorum, quorum: Math.max(quorum, majority) } }
}

function isSigned(domain: RoundDomain, message: Proposal['contents'][number]): boolean {
  try {
    checkContentSignature(domain, message)
    return true
  } catch (error) {
    if (error instanceof TacitError) return false
    throw error
  }
}
