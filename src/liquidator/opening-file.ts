import { z } from 'zod'
import type { BookOpening } from '../book/book.ts'
import { parseJson, type TextFile, validate } from '../risk/market/json.ts'

/**
 * The opening of one account in one book, as a file: what the venue gives an owner, and what the owner proves with. It holds the
 * account's secret.
 */
export const OPENING_FORMAT = 'tacit.opening'

const natural = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, 'must be a whole number as a text')
  .transform(BigInt)
const integer = z
  .string()
  .regex(/^-?(0|[1-9]\d{0,11})$/, 'must be an integer as a text')
  .transform(BigInt)
const index = z.int().min(0)

const schema = z.strictObject({
  format: z.literal(OPENING_FORMAT, `must be "${OPENING_FORMAT}"`),
  version: z.literal(1, 'must be 1: this reader knows no other version'),
  account: z.strictObject({
    accountId: index,
    owner: natural,
    secret: natural,
    nonce: natural,
    positions: z.array(z.strictObject({ id: index, quantityLots: integer })).max(64),
  }),
  index,
  count: index,
  leaf: natural,
  path: z.array(z.array(natural).length(8)).max(16),
  bookRoot: natural,
})

/** Throws InputError naming file, field and rule. Whether it leads to the root is checked when it is proven with. */
export function readOpening(file: TextFile): BookOpening {
  const {
    format: _format,
    version: _version,
    ...opening
  } = validate(schema, parseJson(file), {
    file: file.name,
  })
  return opening
}

export function writeOpening(opening: BookOpening): string {
  const { account, index: place, count, leaf, path, bookRoot } = opening
  const { accountId, owner, secret, nonce, positions } = account
  const text = JSON.stringify(
    {
      format: OPENING_FORMAT,
      version: 1,
      account: { accountId, owner, secret, nonce, positions },
      index: place,
      count,
      leaf,
      path,
      bookRoot,
    },
    (_, value) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  )
  return `${text}\n`
}
