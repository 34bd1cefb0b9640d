import { z } from 'zod'
import type { Account } from '../book/account.ts'
import type { BookOpening } from '../book/book.ts'
import { InputError } from '../protocol/errors.ts'
import {
  accountPlaces,
  MARGIN_INSTANCES,
  type MarginInstance,
  type MarginInstanceName,
} from '../protocol/instances.ts'
import { TREE_ARITY } from '../protocol/octary-tree.ts'
import {
  ACCOUNT_ID_BITS,
  MAX_QUANTITY_LOTS,
  MIN_QUANTITY_LOTS,
  NONCE_BITS,
  OWNER_BITS,
  SECRET_BITS,
} from '../protocol/ranges.ts'
import type { TextFile } from '../risk/market/json.ts'
import { validate } from '../risk/market/json.ts'
import { parseStrictJson } from './strict-json.ts'

export const RECEIPT_FORMAT = 'tacit.receipt'
export const RECEIPT_VERSION = 1
/** The largest has 64 positions and seven groups of eight nodes. */
const MAX_RECEIPT_CHARACTERS = 64_000
/** Of its file: a larger one need not be read. */
export const MAX_RECEIPT_BYTES = 4 * MAX_RECEIPT_CHARACTERS

const unsigned = (bits: number) =>
  z
    .string('must be an unsigned integer as a decimal text')
    .regex(/^(0|[1-9]\d{0,77})$/, 'must be an unsigned integer as a decimal text')
    .transform(BigInt)
    .refine((value) => value >> BigInt(bits) === 0n, `must have at most ${bits} bits`)
const FIELD_BITS = 254

const schema = z.strictObject({
  format: z.literal(RECEIPT_FORMAT, `must be "${RECEIPT_FORMAT}"`),
  version: z.literal(RECEIPT_VERSION, `must be ${RECEIPT_VERSION}: this reader knows no other version`),
  instance: z.enum(Object.keys(MARGIN_INSTANCES) as [MarginInstanceName, ...MarginInstanceName[]]),
  bookRoot: unsigned(FIELD_BITS),
  count: z.int().positive(),
  index: z.int().nonnegative(),
  account: z.strictObject({
    accountId: z
      .int()
      .nonnegative()
      .max(2 ** ACCOUNT_ID_BITS - 1),
    owner: unsigned(OWNER_BITS),
    secret: unsigned(SECRET_BITS),
    nonce: unsigned(NONCE_BITS),
    positions: z.array(
      z.strictObject({
        id: z
          .int()
          .positive()
          .max(2 ** 32 - 1),
        quantityLots: z
          .string()
          .regex(/^-?[1-9]\d{0,12}$/, 'must be an integer other than zero as a decimal text')
          .transform(BigInt)
          .refine((lots) => lots >= MIN_QUANTITY_LOTS && lots <= MAX_QUANTITY_LOTS, 'is out of range'),
      }),
    ),
  }),
  /** Groups of eight nodes from the leaf up. */
  path: z.array(z.array(unsigned(FIELD_BITS)).length(TREE_ARITY)),
})

/**
 * What an account's owner needs to see that a book counts them: the account's opening and its path. PRIVATE: whoever has it
 * knows the positions, and with the secret can name the account's tag in every proof.
 */
export type Receipt = Omit<z.output<typeof schema>, 'account'> & { readonly account: Account }

export function receiptOf(instance: MarginInstance, opening: BookOpening): Receipt {
  const { account, bookRoot, count, index, path } = opening
  return {
    format: RECEIPT_FORMAT,
    version: RECEIPT_VERSION,
    instance: instance.name as MarginInstanceName,
    bookRoot,
    count,
    index,
    account: {
      accountId: account.accountId,
      owner: account.owner,
      secret: account.secret,
      nonce: account.nonce,
      positions: account.positions.map(({ id, quantityLots }) => ({ id, quantityLots })),
    },
    path: path.map((group) => [...group]),
  }
}

/** The text of a receipt's file. */
export function writeReceipt(receipt: Receipt): string {
  return `${JSON.stringify(receipt, (_, value) => (typeof value === 'bigint' ? `${value}` : value), 2)}\n`
}

/** @throws InputError naming file, field and rule for anything that is no receipt */
export function parseReceipt(file: TextFile): Receipt {
  if (file.text.length > MAX_RECEIPT_CHARACTERS) {
    throw new InputError(`has more than ${MAX_RECEIPT_CHARACTERS} characters, which no receipt has`, {
      file: file.name,
    })
  }
  const receipt = validate(schema, strict(file), { file: file.name })
  const instance: MarginInstance = MARGIN_INSTANCES[receipt.instance]
  if (receipt.path.length !== instance.accountLevels || receipt.count > accountPlaces(instance)) {
    throw new InputError(`does not fit a book of ${instance.name}`, { file: file.name, field: 'path' })
  }
  return receipt
}

function strict(file: TextFile): unknown {
  try {
    return parseStrictJson(file.text.replaceAll('\n', ' '))
  } catch (error) {
    throw error instanceof InputError ? error.at({ file: file.name }) : error
  }
}
