import { InputError, OutOfRangeError } from '../protocol/errors.ts'
import { packWord, unpackWord } from '../protocol/packed-word.ts'
import { BASIS_POINTS, INSTRUMENT_ID_BITS } from '../protocol/ranges.ts'
import { UNDERLYINGS } from '../protocol/risk-layout.ts'
import {
  GAUGE_WORD,
  LEAST_LIQUIDITY_NANO,
  LEDGER_ENTRIES,
  LEDGER_ENTRIES_PER_WORD,
  LEDGER_ENTRY,
  LEDGER_LOTS_BITS,
  LEDGER_WORDS,
  LIQUIDITY_WORD,
} from '../protocol/solvency.ts'
import type { Position } from './account.ts'
import type { accountTotals } from './chain.ts'

/** One collateral of a vault's ledger: what the accounts of a book hold of it together. */
export interface LedgerEntry {
  readonly instrumentId: number
  /** Unsigned, below 2^48. */
  readonly lots: bigint
}

/** Where the book and the ledger differ, in lots. */
export interface NettingFault {
  readonly instrumentId: number
  readonly bookLots: bigint
  /** Undefined: the ledger has no such collateral, so the instrument has to net to zero. */
  readonly ledgerLots: bigint | undefined
}

const ENTRY_BITS = BigInt(LEDGER_LOTS_BITS + INSTRUMENT_ID_BITS)

/**
 * The three ledger words of at most nine entries. Throws OutOfRangeError unless ids are positive and strictly increasing
 * and lots fit.
 */
export function ledgerWords(entries: readonly LedgerEntry[]): bigint[] {
  if (entries.length > LEDGER_ENTRIES) {
    throw new OutOfRangeError('ledger entries', entries.length, `must be at most ${LEDGER_ENTRIES}`)
  }
  checkOrder(entries)
  const words = new Array<bigint>(LEDGER_WORDS).fill(0n)
  for (const [index, { instrumentId, lots }] of entries.entries()) {
    const word = Math.floor(index / LEDGER_ENTRIES_PER_WORD)
    const packed = packWord(LEDGER_ENTRY, { lots, instrumentId: BigInt(instrumentId) })
    words[word]! |= packed << (ENTRY_BITS * BigInt(index % LEDGER_ENTRIES_PER_WORD))
  }
  return words
}

/** The inverse of ledgerWords. Throws OutOfRangeError for words that it would not make. */
export function ledgerEntries(words: readonly bigint[]): LedgerEntry[] {
  if (words.length !== LEDGER_WORDS)
    throw new OutOfRangeError('ledger words', words.length, `must be ${LEDGER_WORDS}`)
  const all = words.flatMap((word) => {
    if (word < 0n || word >> (ENTRY_BITS * BigInt(LEDGER_ENTRIES_PER_WORD)) !== 0n) {
      throw new OutOfRangeError('ledger word', word, 'has bits beyond its last entry')
    }
    return Array.from({ length: LEDGER_ENTRIES_PER_WORD }, (_, place): LedgerEntry => {
      const packed = (word >> (ENTRY_BITS * BigInt(place))) & ((1n << ENTRY_BITS) - 1n)
      const { lots, instrumentId } = unpackWord(LEDGER_ENTRY, packed)
      return { lots, instrumentId: Number(instrumentId) }
    })
  })
  const isUsed = ({ instrumentId, lots }: LedgerEntry) => instrumentId !== 0 || lots !== 0n
  const entries = all.slice(0, all.findLastIndex(isUsed) + 1)
  checkOrder(entries)
  return entries
}

function checkOrder(entries: readonly LedgerEntry[]): void {
  let before = 0
  for (const { instrumentId } of entries) {
    if (!Number.isSafeInteger(instrumentId) || instrumentId <= before) {
      throw new OutOfRangeError('ledger instrument', instrumentId, `must be an id above ${before}`)
    }
    before = instrumentId
  }
}

/** Lots of every instrument summed over accounts; zero sums are left out. */
export function netLots(
  accounts: Iterable<{ readonly positions: readonly Position[] }>,
): Map<number, bigint> {
  const net = new Map<number, bigint>()
  for (const { positions } of accounts) {
    for (const { id, quantityLots } of positions) net.set(id, (net.get(id) ?? 0n) + quantityLots)
  }
  for (const [id, lots] of net) if (lots === 0n) net.delete(id)
  return net
}

/**
 * The ledger that a vault must have for a book: its holdings of collateral. Throws InputError for a collateral that the
 * accounts owe together, for more lots than a ledger counts, and for more collaterals than one holds.
 */
export function ledgerOfBook(
  net: ReadonlyMap<number, bigint>,
  collateralIds: readonly number[],
): LedgerEntry[] {
  const ids = [...new Set(collateralIds)].sort((a, b) => a - b)
  const entries = ids.map((instrumentId) => ({ instrumentId, lots: net.get(instrumentId) ?? 0n }))
  const held = entries.filter(({ lots }) => lots !== 0n)
  for (const { instrumentId, lots } of held) {
    const field = `instrument ${instrumentId}`
    if (lots < 0n) throw new InputError(`the book owes ${-lots} lots in all: no vault holds that`, { field })
    if (lots >> BigInt(LEDGER_LOTS_BITS) !== 0n)
      throw new InputError(`${lots} lots are more than a ledger counts`, { field })
  }
  if (held.length > LEDGER_ENTRIES) {
    throw new InputError(`${held.length} collaterals are held; a ledger has ${LEDGER_ENTRIES}`, {
      field: 'ledger',
    })
  }
  return held
}

/** By instrument, wherever the book and the ledger differ; empty when every derivative nets and all collateral is there. */
export function nettingFaults(
  net: ReadonlyMap<number, bigint>,
  ledger: readonly LedgerEntry[],
): NettingFault[] {
  const held = new Map(ledger.map(({ instrumentId, lots }) => [instrumentId, lots]))
  const ids = [...new Set([...net.keys(), ...held.keys()])].sort((a, b) => a - b)
  return ids
    .map((instrumentId) => ({
      instrumentId,
      bookLots: net.get(instrumentId) ?? 0n,
      ledgerLots: held.get(instrumentId),
    }))
    .filter(({ bookLots, ledgerLots = 0n }) => bookLots !== ledgerLots)
}

type Totals = ReturnType<typeof accountTotals>

/** Short gamma of accounts below MM and of those that the gauge scenario would put there, nano-USD, by underlying. */
export function gaugeGammaNano(totals: Totals): bigint[] {
  return [
    totals.belowGamma0Nano + totals.nearGamma0Nano,
    totals.belowGamma1Nano + totals.nearGamma1Nano,
    totals.belowGamma2Nano + totals.nearGamma2Nano,
  ]
}

/** The gauge by underlying: floor(10,000 * short gamma / liquidity), basis points. Throws as liquidityWord. */
export function gaugeBps(totals: Totals, liquidityNano: readonly bigint[]): bigint[] {
  liquidityWord(liquidityNano)
  return gaugeGammaNano(totals).map((gamma, u) => (BASIS_POINTS * gamma) / liquidityNano[u]!)
}

/** The public word of three gauges. Throws OutOfRangeError for one that does not fit. */
export function gaugeWord(bps: readonly bigint[]): bigint {
  const [gauge0Bps = 0n, gauge1Bps = 0n, gauge2Bps = 0n] = bps
  return packWord(GAUGE_WORD, { gauge0Bps, gauge1Bps, gauge2Bps })
}

/** The public word of three liquidities. Throws OutOfRangeError unless each is at least 2^34 and below 2^84. */
export function liquidityWord(liquidityNano: readonly bigint[]): bigint {
  if (liquidityNano.length !== UNDERLYINGS) {
    throw new OutOfRangeError('liquidities', liquidityNano.length, `must be ${UNDERLYINGS}`)
  }
  for (const [u, amount] of liquidityNano.entries()) {
    if (amount < LEAST_LIQUIDITY_NANO) {
      throw new OutOfRangeError(`liquidity${u}Nano`, amount, `must be at least ${LEAST_LIQUIDITY_NANO}`)
    }
  }
  const [liquidity0Nano = 0n, liquidity1Nano = 0n, liquidity2Nano = 0n] = liquidityNano
  return packWord(LIQUIDITY_WORD, { liquidity0Nano, liquidity1Nano, liquidity2Nano })
}
