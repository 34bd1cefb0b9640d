/** What a job was asked for, as it is sealed in its row, and what proving takes of it. */

import type { Book } from '../../book/book.ts'
import { type LedgerEntry, ledgerOfBook, netLots } from '../../book/ledger.ts'
import { contextSignal } from '../../bundle/claim/context.ts'
import { epochContextOf, OFFLINE_CONTEXT } from '../../bundle/index.ts'
import type { Threshold } from '../../protocol/claims.ts'
import { InputError, TacitError } from '../../protocol/errors.ts'
import { UNDERLYINGS } from '../../protocol/risk-layout.ts'
import { LEAST_LIQUIDITY_NANO, type SealPolicy } from '../../protocol/solvency.ts'
import { decimalToNano, quote } from '../../risk/market/decimal.ts'
import type { OpenRound } from '../market.ts'

export interface ClaimRequest {
  readonly account: number
  readonly threshold: Threshold
  /** Decimal chain id, addresses in hex. */
  readonly context?:
    | { readonly chainId: string; readonly attestor: string; readonly beneficiary: string }
    | undefined
}

export interface SolvencyRequest {
  readonly policy: SealPolicy
  /** Decimal dollars. */
  readonly reserves: string
  /** Decimal dollars by symbol of the underlying. */
  readonly liquidity: Readonly<Record<string, string>>
  /** Decimal lots by symbol; what the book holds unless given. */
  readonly ledger?: Readonly<Record<string, string>> | undefined
  readonly context?: { readonly chainId: string; readonly seals: string; readonly epoch: string } | undefined
}

export function claimContext({ context }: ClaimRequest): bigint {
  if (context === undefined) return contextSignal(undefined)
  return contextSignal({ ...context, chainId: BigInt(context.chainId) })
}

export function epochContext({ context }: SolvencyRequest): bigint {
  return context === undefined ? OFFLINE_CONTEXT : epochContextOf(context)
}

/** Not negative. Throws InputError with the field. */
export function dollarsNano(text: string, field: string): bigint {
  let nano: bigint
  try {
    nano = decimalToNano(text)
  } catch (cause) {
    if (!(cause instanceof TacitError)) throw cause
    throw new InputError(`is no amount of dollars: ${quote(text)}`, { field }, { cause })
  }
  if (nano < 0n) throw new InputError('must not be negative', { field })
  return nano
}

/** Amounts in the market's order of underlyings. Throws InputError unless each has one, of at least 2^34 nano-USD. */
export function liquidityNano(
  liquidity: Readonly<Record<string, string>>,
  symbols: readonly string[],
): bigint[] {
  const unknown = Object.keys(liquidity).find((symbol) => !symbols.includes(symbol))
  if (unknown !== undefined)
    throw new InputError(`the market has no underlying ${quote(unknown)}`, { field: 'liquidity' })
  const amounts = symbols.map((symbol) => {
    const field = `liquidity.${symbol}`
    const text = liquidity[symbol]
    if (text === undefined) throw new InputError('is missing: the market has this underlying', { field })
    const amount = dollarsNano(text, field)
    if (amount < LEAST_LIQUIDITY_NANO) throw new InputError('must be at least 17.18 USD', { field })
    return amount
  })
  return Array.from({ length: UNDERLYINGS }, (_, u) => amounts[u] ?? LEAST_LIQUIDITY_NANO)
}

/** The vault's ledger, or what the book holds of cash and spot. Throws InputError for an unknown instrument. */
export function ledgerEntries(
  ledger: SolvencyRequest['ledger'],
  { snapshot, matrix }: Pick<OpenRound, 'snapshot' | 'matrix'>,
  book: Book,
): LedgerEntry[] {
  if (ledger === undefined) {
    const collateral = snapshot.instruments.filter(({ kind }) => kind === 'cash' || kind === 'spot')
    const ids = collateral.map(({ symbol }) => matrix.listing.bySymbol(symbol)!.id)
    return ledgerOfBook(netLots(book.accounts), ids)
  }
  return Object.entries(ledger)
    .map(([symbol, lots]) => {
      const instrument = matrix.listing.bySymbol(symbol)
      if (instrument === undefined)
        throw new InputError(`no instrument is called ${quote(symbol)}`, { field: 'ledger' })
      return { instrumentId: instrument.id, lots: BigInt(lots) }
    })
    .sort((a, b) => a.instrumentId - b.instrumentId)
}
