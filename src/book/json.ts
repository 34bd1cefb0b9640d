import { z } from 'zod'
import { InputError } from '../protocol/errors.ts'
import { parseJson, type TextFile, validate } from '../risk/market/json.ts'
import type { Position } from './account.ts'
import {
  type BookEntry,
  checkOrder,
  type InstrumentsBySymbol,
  readAccountId,
  readName,
  readNonce,
  readOwner,
  readPosition,
  readSecret,
} from './entry.ts'

export const BOOK_FORMAT = 'tacit.book'
export const BOOK_VERSION = 1

const text = z.string('must be a text')
const integer = z.union([text, z.int('must be a whole number')], 'must be a whole number')
const fileSchema = z.strictObject(
  {
    format: z.literal(BOOK_FORMAT, `must be "${BOOK_FORMAT}"`),
    version: z.literal(BOOK_VERSION, `must be ${BOOK_VERSION}: this reader knows no other version`),
    accounts: z.array(
      z.strictObject(
        {
          accountId: integer,
          name: text.optional(),
          owner: text,
          secret: text,
          nonce: integer,
          positions: z.array(
            z.strictObject(
              {
                instrument: text,
                quantity: z.union(
                  [text, z.number('must be a finite number')],
                  'must be a finite number or a decimal text',
                ),
              },
              'must be an object',
            ),
            'must be a list',
          ),
        },
        'must be an object',
      ),
      'must be a list',
    ),
  },
  'must be an object',
)
type JsonAccount = z.infer<typeof fileSchema>['accounts'][number]

/** An account and the row of its file where it begins. */
export interface ReadEntry {
  readonly entry: BookEntry
  readonly row: number
}

/**
 * A book in JSON:
 *   { "format": "tacit.book", "version": 1, "accounts": [
 *     { "accountId": 7, "name": "optional", "owner": "0x...", "secret": "0x...", "nonce": 0,
 *       "positions": [{ "instrument": "BTC-27MAR26-80000-C", "quantity": "-1.5" }] } ] }
 * Quantities are in units of the instrument, a decimal text or a number. Rows are accounts, from 1.
 */
export function readJsonBook(file: TextFile, instruments: InstrumentsBySymbol): ReadEntry[] {
  const at = { file: file.name, rowsIn: 'accounts' }
  const { accounts } = validate(fileSchema, parseJson(file, 'accounts'), at)
  return accounts.map((account, index) => {
    try {
      return { entry: readAccount(account, instruments), row: index + 1 }
    } catch (error) {
      throw error instanceof InputError ? error.at({ file: file.name, row: index + 1 }) : error
    }
  })
}

function readAccount(account: JsonAccount, instruments: InstrumentsBySymbol): BookEntry {
  const positions: Position[] = []
  for (const [index, { instrument, quantity }] of account.positions.entries()) {
    try {
      const position = readPosition(instrument, quantity, instruments)
      checkOrder(positions.at(-1), position, instrument)
      positions.push(position)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      throw new InputError(
        error.rule,
        { field: `positions[${index + 1}].${error.location.field}` },
        { cause: error },
      )
    }
  }
  return {
    name: account.name === undefined ? undefined : readName(account.name),
    account: {
      accountId: readAccountId(String(account.accountId)),
      owner: readOwner(account.owner),
      secret: readSecret(account.secret),
      nonce: readNonce(String(account.nonce)),
      positions,
    },
  }
}
