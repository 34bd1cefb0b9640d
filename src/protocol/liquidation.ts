import type { EngineCircuit } from './instances.ts'
import type { WordFields } from './packed-word.ts'
import { INSTRUMENT_ID_BITS, OWNER_BITS, QUANTITY_BITS } from './ranges.ts'

/**
 * What the circuits of the liquidation engine state in public, once: `lot` (what a case sells), `transfer` (two
 * accounts change), `adjust` (collateral goes in or out), `kept` (leaves of open cases stand in the next book).
 * docs/liquidation.md says what each proves.
 */

/** Settlement cash: instrument 1 of every listing. One lot is 0.01 USD, exactly, with no shock and no charge. */
export const CASH_ID = 1
export const CASH_LOT_NANO = 10_000_000n

/** slice: a fraction of the whole portfolio, cash left out. soft: a chosen hedge. deleverage: both sides shrink. */
export const TRANSFER_MODES = ['slice', 'soft', 'deleverage'] as const
export type TransferMode = (typeof TRANSFER_MODES)[number]
export const TRANSFER_MODE_CODES: Readonly<Record<TransferMode, number>> = {
  slice: 0,
  soft: 1,
  deleverage: 2,
}

/** deposit: collateral comes in. withdrawal: it goes out, E >= IM afterwards. cover: a fund pays a debt off, exactly. */
export const ADJUST_KINDS = ['deposit', 'withdrawal', 'cover'] as const
export type AdjustKind = (typeof ADJUST_KINDS)[number]
export const ADJUST_KIND_CODES: Readonly<Record<AdjustKind, number>> = { deposit: 0, withdrawal: 1, cover: 2 }

/** Slices are whole percents of a portfolio, 1 to 100; one percent less is one step less. */
export const WHOLE_PERCENT = 100n
/** Index of an account in the book. */
export const INDEX_BITS = 21
/** Leaves that one `kept` proof shows. */
export const KEPT_LEAVES = 4
/** The health of a lot is E / MM in 64ths, rounded down: 0 when E < 0 or E < MM / 64, 64 when E >= MM. */
export const HEALTH_PARTS = 64n
/** carryLots and reliefLots are coarse on purpose: public bounds that lie within a quarter of the private figure. */
export const COARSE_SHARE = 4n
/** A greek of the lot, in 64ths of carryLots, as value + 2^23. */
export const GREEK_UNIT_BITS = 24
/** Discount and cost stand in the terms as value + 2^14 basis points: negative is a haircut of the receiver. */
export const DISCOUNT_BIAS_BPS = 1n << 14n
/** A cost is a discount and a fee together: -2^14 to 2^15 of them, biased. */
export const COST_BIASED_BITS = 16

export const LOT_SIGNALS = [
  'bookRoot',
  'riskRoot',
  'parameters',
  'tag',
  'place',
  'leaf',
  'terms',
  'slice',
  'summary',
  'greeks',
  'context',
] as const

export const TRANSFER_SIGNALS = [
  'bookRoot',
  'nextRoot',
  'riskRoot',
  'parameters',
  'tagFrom',
  'tagTo',
  'places',
  'leafFrom',
  'leafTo',
  'terms',
  'slice',
  'context',
] as const

export const ADJUST_SIGNALS = [
  'bookRoot',
  'nextRoot',
  'riskRoot',
  'parameters',
  'tag',
  'owner',
  'place',
  'leaf',
  'change',
  'context',
] as const

export const KEPT_SIGNALS = ['bookRoot', 'places', 'leaf0', 'leaf1', 'leaf2', 'leaf3'] as const

/** The signals of every circuit of the engine, in the order of the proof. */
export const ENGINE_SIGNALS = {
  lot: LOT_SIGNALS,
  transfer: TRANSFER_SIGNALS,
  adjust: ADJUST_SIGNALS,
  kept: KEPT_SIGNALS,
} as const satisfies Readonly<Record<EngineCircuit, readonly string[]>>

export const LOT_TERMS = [
  ['mode', 2],
  ['percent', 7],
  ['costBiasedBps', COST_BIASED_BITS],
] as const satisfies WordFields<string>

/** What the public learns of a lot before it is sold. */
export const LOT_SUMMARY = [
  ['carryLots', QUANTITY_BITS],
  ['reliefLots', QUANTITY_BITS],
  ['shortfallLots', QUANTITY_BITS],
  ['health', 7],
  ['insolvent', 1],
] as const satisfies WordFields<string>

/** ownerTo: the receiver's owner; 0 in a deleveraging, whose counterparty nobody else needs to know. */
export const TRANSFER_PLACES = [
  ['from', INDEX_BITS],
  ['to', INDEX_BITS],
  ['ownerTo', OWNER_BITS],
] as const satisfies WordFields<string>

export const TRANSFER_TERMS = [
  ['mode', 2],
  ['percent', 7],
  ['costBiasedBps', COST_BIASED_BITS],
  ['discountBiasedBps', 15],
  ['feeBps', 14],
  ['feeLots', QUANTITY_BITS],
  ['escrowLots', QUANTITY_BITS],
  ['cutoffBps', 24],
  ['floorBps', 24],
] as const satisfies WordFields<string>

export const ADJUST_CHANGE = [
  ['kind', 2],
  ['instrumentId', INSTRUMENT_ID_BITS],
  ['lots', QUANTITY_BITS],
] as const satisfies WordFields<string>

export const KEPT_PLACES = [
  ['place0', INDEX_BITS],
  ['place1', INDEX_BITS],
  ['place2', INDEX_BITS],
  ['place3', INDEX_BITS],
] as const satisfies WordFields<string>
