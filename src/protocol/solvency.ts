import type { WordFields } from './packed-word.ts'
import { BOOK_REQUIREMENT_BITS, BOOK_TOTAL_BITS, COUNT_BITS, INSTRUMENT_ID_BITS } from './ranges.ts'

/**
 * What the seal of an epoch states in public. It opens the first and the last state of the solvency chain and shows what
 * the whole book adds up to. docs/solvency.md says what it proves.
 */
export const SEAL_SIGNALS = [
  'bookRoot',
  'riskRoot',
  'parameters',
  'chainFirst',
  'chainLast',
  'ledger0',
  'ledger1',
  'ledger2',
  'reserves',
  'belowMm',
  'gauge',
  'liquidity',
  'policy',
  'counts',
  'totals',
  'context',
] as const

/** Lots of one collateral in the vault's ledger, summed over a book. */
export const LEDGER_LOTS_BITS = 48
/** Collaterals of a vault: three to a ledger word. */
export const LEDGER_WORDS = 3
export const LEDGER_ENTRIES_PER_WORD = 3
export const LEDGER_ENTRIES = LEDGER_WORDS * LEDGER_ENTRIES_PER_WORD

/** Entries of the vault's ledger by increasing instrument id, unused ones zero and last; three of these to a word. */
export const LEDGER_ENTRY = [
  ['lots', LEDGER_LOTS_BITS],
  ['instrumentId', INSTRUMENT_ID_BITS],
] as const satisfies WordFields<string>

/** Short gamma over hedge liquidity, basis points rounded down, by underlying. */
export const GAUGE_WORD = [
  ['gauge0Bps', 84],
  ['gauge1Bps', 84],
  ['gauge2Bps', 84],
] as const satisfies WordFields<string>

/** What the market offers to hedge with, in nano-USD of P&L at the small gamma shock, by underlying; each at least 2^34. */
export const LIQUIDITY_WORD = [
  ['liquidity0Nano', 84],
  ['liquidity1Nano', 84],
  ['liquidity2Nano', 84],
] as const satisfies WordFields<string>
export const LEAST_LIQUIDITY_NANO = 1n << 34n

/** predicates: solvency, netting, collateral, count below MM and gauge only. aggregates: tier counts and sums as well. */
export const SEAL_POLICIES = ['predicates', 'aggregates'] as const
export type SealPolicy = (typeof SEAL_POLICIES)[number]
export const SEAL_POLICY_CODES: Readonly<Record<SealPolicy, number>> = { predicates: 0, aggregates: 1 }

/** Disclosed under the policy aggregates, else zero. */
export const SEAL_COUNTS = [
  ['reduceOnly', COUNT_BITS],
  ['softLiquidation', COUNT_BITS],
  ['fullLiquidation', COUNT_BITS],
  ['insolvent', COUNT_BITS],
  ['shortfallNano', BOOK_TOTAL_BITS],
] as const satisfies WordFields<string>

/** Disclosed under the policy aggregates, else zero. Equity is signed and stands as value + 2^104. */
export const SEAL_TOTALS = [
  ['requirementMmBpsNano', BOOK_REQUIREMENT_BITS],
  ['equityBiasedNano', BOOK_TOTAL_BITS + 1],
] as const satisfies WordFields<string>

/** reserves: nano-USD, of funds that stand outside the book. */
export const RESERVES_BITS = BOOK_TOTAL_BITS
