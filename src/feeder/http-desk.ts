import { SourceError } from '../protocol/errors.ts'
import {
  type AggregatorDesk,
  messageJson,
  proposalSchema,
  type Receipt,
  readMessage,
  receiptSchema,
} from './desk.ts'
import { type FetchHands, type FetchRules, fetchJson } from './fetch-json.ts'

/** An aggregator's desk by HTTP, as a feeder uses it. Everything may be sent twice: it counts once. Boundary module: network. */
export function httpDesk(url: string, rules: FetchRules = DESK_RULES, hands?: FetchHands): AggregatorDesk {
  const base = url.replace(/\/+$/, '')
  const post = async (path: string, body: unknown): Promise<Receipt> => {
    const { value } = await fetchJson({ url: `${base}${path}`, body }, rules, hands)
    return readMessage(receiptSchema, value, `${base}${path}`)
  }
  return {
    takeContent: (message) => post(DESK_PATHS.contents, messageJson(message)),
    takeVerdict: (verdict) => post(DESK_PATHS.verdicts, verdict),
    async proposal() {
      const { status, value } = await fetchJson({ url: `${base}${DESK_PATHS.proposal}` }, rules, hands)
      if (status === 404) return undefined
      if (status !== 200)
        throw new SourceError(`${base}${DESK_PATHS.proposal} answered with status ${status}`)
      return readMessage(proposalSchema, value, `${base}${DESK_PATHS.proposal}`)
    },
  }
}

export const DESK_PATHS = {
  contents: '/v1/contents',
  proposal: '/v1/proposal',
  verdicts: '/v1/verdicts',
  status: '/v1/status',
} as const

/** Shorter than for a venue: a feeder looks again soon anyway. */
const DESK_RULES: FetchRules = {
  timeoutMs: 5_000,
  tries: 3,
  firstDelayMs: 200,
  longestDelayMs: 2_000,
  mostBytes: 32 * 1_048_576,
}
