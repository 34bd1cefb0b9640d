import { getAddress } from 'ethers'
import { z } from 'zod'
import type { Round, RoundSignature } from '../chain/client.ts'
import { contentJson, contentSchema, hash32 } from '../oracle/content-codec.ts'
import { InputError } from '../protocol/errors.ts'
import type { SignedMessage, SignedRefusal } from './signatures.ts'

/**
 * What an aggregator offers to feeders, however they reach it: in the same process, by HTTP, or through files in a folder. And
 * what goes over it as JSON. Nothing here is secret; what counts is who signed.
 */
export interface AggregatorDesk {
  takeContent(message: SignedMessage): Promise<Receipt>
  /** The round that feeders are asked to sign; undefined: none is. */
  proposal(): Promise<Proposal | undefined>
  takeVerdict(verdict: Verdict): Promise<Receipt>
}

export type Receipt = { readonly taken: true } | { readonly taken: false; readonly rule: string }

/** A round, and the contents that it is said to follow from. */
export interface Proposal {
  readonly round: Round
  readonly contents: readonly SignedMessage[]
}

/** A feeder's answer to a proposal. */
export type Verdict =
  | { readonly signs: true; readonly sequence: number; readonly signature: RoundSignature }
  | { readonly signs: false; readonly sequence: number; readonly refusal: SignedRefusal }

export const LONGEST_REASON = 500

const address = z
  .string('must be an address')
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits')
  .transform((text, context) => {
    try {
      return getAddress(text)
    } catch {
      context.addIssue({ code: 'custom', message: 'has a wrong checksum' })
      return z.NEVER
    }
  })
const signature = z.string('must be a text').regex(/^0x[0-9a-f]{130}$/, 'must be 0x and 130 hex digits')
const word = z
  .string('must be a whole number as a text')
  .regex(/^(0|[1-9]\d{0,77})$/, 'must be a whole number as a text')
  .transform(BigInt)
const sequence = z.int('must be a whole number').min(1, 'must be at least 1')

export const messageSchema = z.strictObject(
  { feeder: address, content: contentSchema, signature },
  'must be an object',
)

export const roundSchema = z.strictObject({
  sequence,
  timeSeconds: z.int('must be a time in whole unix seconds').min(1, 'must be above 0'),
  riskRoot: word,
  parameters: word,
  configurationHash: hash32,
  marketHash: hash32,
})

export const proposalSchema = z.strictObject(
  { round: roundSchema, contents: z.array(messageSchema, 'must be a list').max(64, 'has too many entries') },
  'must be an object',
)

export const verdictSchema = z.discriminatedUnion(
  'signs',
  [
    z.strictObject({
      signs: z.literal(true),
      sequence,
      signature: z.strictObject({ signer: address, signature }),
    }),
    z.strictObject({
      signs: z.literal(false),
      sequence,
      refusal: z.strictObject({
        feeder: address,
        round: hash32,
        reason: z.string('must be a text').max(LONGEST_REASON, `has more than ${LONGEST_REASON} characters`),
        signature,
      }),
    }),
  ],
  'must say whether it signs',
)

export const receiptSchema = z.discriminatedUnion(
  'taken',
  [
    z.strictObject({ taken: z.literal(true) }),
    z.strictObject({ taken: z.literal(false), rule: z.string('must be a text').max(2_000) }),
  ],
  'must be a receipt',
)

/** @throws InputError naming the field and the rule */
export function readMessage<T>(schema: z.ZodType<T>, value: unknown, from?: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const field = [...issue.path, ...unknown].map(String).join('.')
  const rule = unknown.length > 0 ? 'is not a field of this message' : issue.message
  throw new InputError(rule, { ...(from === undefined ? {} : { file: from }), field: field || 'message' })
}

/** For JSON.stringify: integers beyond 2^53 as texts. */
export function messageJson({ feeder, content, signature: made }: SignedMessage): unknown {
  return { feeder, content: contentJson(content), signature: made }
}

export function proposalJson({ round, contents }: Proposal): unknown {
  return { round: roundJson(round), contents: contents.map(messageJson) }
}

export function roundJson({ riskRoot, parameters, ...round }: Round): unknown {
  return { ...round, riskRoot: riskRoot.toString(), parameters: parameters.toString() }
}
