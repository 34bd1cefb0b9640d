import { z } from 'zod'
import { InputError } from '../protocol/errors.ts'
import type { FeederContent } from './feeder-content.ts'

/**
 * A feeder's content as JSON, between processes: integers beyond 2^53 are decimal texts. What is read is of the right
 * shape and size and nothing more: checkContent says whether an honest feeder could have sent it.
 */

/** More than any venue lists; a stranger must not make us parse without end. */
const MOST_UNDERLYINGS = 3
const MOST_EXPIRIES = 192
const MOST_STRIKES = 1_024
const MOST_MARKS = 512

const unsigned = z
  .string('must be a whole number as a text')
  .regex(/^(0|[1-9]\d{0,38})$/, 'must be a whole number as a text')
  .transform(BigInt)
const signed = z
  .string('must be a whole number as a text')
  .regex(/^(0|-?[1-9]\d{0,38})$/, 'must be a whole number as a text')
  .transform(BigInt)
const seconds = z.int('must be a time in whole unix seconds').min(0, 'must not be negative')
const symbol = z.string('must be a text').regex(/^[A-Z0-9][A-Za-z0-9._-]{0,63}$/, 'is not a symbol')
const list = <T extends z.ZodType>(item: T, most: number) =>
  z.array(item, 'must be a list').max(most, `has more than ${most} entries`)

export const hash32 = z
  .string('must be 0x and 64 hex digits')
  .regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hex digits')

export const contentSchema = z.strictObject(
  {
    sequence: z.int('must be a whole number').min(1, 'must be at least 1'),
    asOfSeconds: seconds,
    quotesHash: hash32,
    spots: list(z.strictObject({ symbol, spotNano: unsigned }), MOST_UNDERLYINGS),
    expiries: list(
      z.strictObject({
        symbol,
        expirySeconds: seconds,
        forwardNano: unsigned,
        smile: list(z.strictObject({ strikeNano: unsigned, volNano: unsigned }), MOST_STRIKES),
      }),
      MOST_EXPIRIES,
    ),
    marks: list(z.strictObject({ symbol, markNano: unsigned, cumulativeFundingNano: signed }), MOST_MARKS),
    activities: list(
      z.strictObject({
        symbol,
        endSeconds: seconds,
        openNano: unsigned,
        highNano: unsigned,
        lowNano: unsigned,
        closeNano: unsigned,
        volumeNano: unsigned,
        depthNano: unsigned,
        impliedVolNano: unsigned,
      }),
      MOST_UNDERLYINGS,
    ),
  },
  'must be an object',
) satisfies z.ZodType<FeederContent>

/** The content as a value for JSON.stringify. */
export function contentJson(content: FeederContent): unknown {
  return JSON.parse(
    JSON.stringify(content, (_, value) => (typeof value === 'bigint' ? value.toString() : value)),
  )
}

/** @throws InputError naming the field and the rule */
export function readContent(value: unknown): FeederContent {
  const parsed = contentSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new InputError(issue.message, { field: issue.path.join('.') || 'content' })
}
