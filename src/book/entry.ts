import { getAddress } from 'ethers/address'
import { InputError } from '../protocol/errors.ts'
import {
  ACCOUNT_ID_BITS,
  MAX_QUANTITY_LOTS,
  MIN_QUANTITY_LOTS,
  NONCE_BITS,
  QUANTITY_BITS,
  SECRET_BITS,
} from '../protocol/ranges.ts'
import { decimalToNano, exactNumberToNano, quote } from '../risk/market/decimal.ts'
import type { Account, Position } from './account.ts'

/** An account as a book file has it: with a label for people, which is in no hash and in no proof. */
export interface BookEntry {
  readonly name?: string | undefined
  readonly account: Account
}

/** The live instruments a book file may name; a Listing is one. */
export interface InstrumentsBySymbol {
  bySymbol(symbol: string): { readonly id: number; readonly lotNano: bigint } | undefined
}
/** The same by id, for writers. */
export interface InstrumentsById {
  byId(id: number): { readonly symbol: string; readonly lotNano: bigint } | undefined
}

/** Secrets below this are surely not drawn at random, and a guessed secret opens the account's commitments. */
const MIN_SECRET = 1n << 128n
const NAME = /^(?! )[^\p{C}]{1,64}(?<! )$/u

/** The fields of one account as text. Each throws InputError with its field and rule; the caller adds file and row. */
export function readAccountId(text: string): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value < 2 ** ACCOUNT_ID_BITS)) {
    throw new InputError(`must be an unsigned integer of ${ACCOUNT_ID_BITS} bits, not ${quote(text)}`, {
      field: 'accountId',
    })
  }
  return value
}

/** Any case is taken, but mixed case is a checksum and must be right; the zero address owns nothing. */
export function readOwner(text: string): bigint {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new InputError(`must be 0x and 40 hex digits, not ${quote(text)}`, { field: 'owner' })
  }
  const digits = text.slice(2)
  if (digits !== digits.toLowerCase() && digits !== digits.toUpperCase()) {
    try {
      getAddress(text)
    } catch (cause) {
      throw new InputError(
        'the address has a wrong checksum: a digit or a letter is mistyped',
        { field: 'owner' },
        { cause },
      )
    }
  }
  const owner = BigInt(text)
  if (owner === 0n) throw new InputError('must not be the zero address', { field: 'owner' })
  return owner
}

/** The text is never repeated in the error: it is a secret. */
export function readSecret(text: string): bigint {
  if (!/^0x[0-9a-fA-F]{1,64}$/.test(text)) {
    throw new InputError(`must be 0x and hex digits of at most ${SECRET_BITS} bits`, { field: 'secret' })
  }
  const secret = BigInt(text)
  if (secret >> BigInt(SECRET_BITS) !== 0n) {
    throw new InputError(`must be below 2^${SECRET_BITS}`, { field: 'secret' })
  }
  if (secret < MIN_SECRET) {
    throw new InputError(`is too small to be random: draw it uniformly from ${SECRET_BITS} bits`, {
      field: 'secret',
    })
  }
  return secret
}

export function readNonce(text: string): bigint {
  const nonce = /^\d{1,13}$/.test(text) ? BigInt(text) : -1n
  if (nonce < 0n || nonce >> BigInt(NONCE_BITS) !== 0n) {
    throw new InputError(`must be an unsigned integer of ${NONCE_BITS} bits, not ${quote(text)}`, {
      field: 'nonce',
    })
  }
  return nonce
}

export function readName(text: string): string {
  if (!NAME.test(text)) {
    throw new InputError('must be 1 to 64 printable characters without a space at either end', {
      field: 'name',
    })
  }
  return text
}

/**
 * One position: a symbol and a quantity in units of the instrument, converted exactly to lots. A number (from JSON) is
 * read by its shortest decimal text. Throws InputError naming the field and the rule: an unknown instrument, no
 * number, zero, not a whole number of lots, out of range.
 */
export function readPosition(
  symbol: string,
  quantity: string | number,
  instruments: InstrumentsBySymbol,
): Position {
  const instrument = instruments.bySymbol(symbol)
  if (instrument === undefined) {
    throw new InputError(`unknown instrument ${quote(symbol)}`, { field: 'instrument' })
  }
  const refuse = (rule: string) => new InputError(rule, { field: 'quantity' })
  let unitsNano: bigint
  try {
    if (typeof quantity === 'number' && Math.abs(quantity) > Number.MAX_SAFE_INTEGER) {
      throw refuse('is too large to be exact as a number: write it as a string')
    }
    unitsNano = typeof quantity === 'number' ? exactNumberToNano(quantity) : decimalToNano(quantity)
  } catch (error) {
    throw error instanceof InputError ? error.at({ field: 'quantity' }) : error
  }
  if (unitsNano % instrument.lotNano !== 0n) {
    throw refuse(`must be a whole number of lots of ${symbol} (one lot is ${instrument.lotNano}e-9 units)`)
  }
  const quantityLots = unitsNano / instrument.lotNano
  if (quantityLots === 0n) throw refuse('must not be zero: leave the position out')
  if (quantityLots < MIN_QUANTITY_LOTS || quantityLots > MAX_QUANTITY_LOTS) {
    throw refuse(`is out of range: must be in [-2^${QUANTITY_BITS}, 2^${QUANTITY_BITS}) lots of ${symbol}`)
  }
  return { id: instrument.id, quantityLots }
}

/** Throws InputError unless a position may follow the one before it: ids strictly increase within an account. */
export function checkOrder(before: Position | undefined, position: Position, symbol: string): void {
  if (before === undefined || before.id < position.id) return
  throw new InputError(
    before.id === position.id
      ? `duplicate instrument ${symbol} in one account`
      : `unsorted: ${symbol} (id ${position.id}) stands after id ${before.id}, and ids must strictly increase`,
    { field: 'instrument' },
  )
}
