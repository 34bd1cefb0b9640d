import { InputError } from '../protocol/errors.ts'
import type { MarginParameters } from '../protocol/parameters.ts'
import { BASIS_POINTS, MAX_QUANTITY_LOTS, MIN_QUANTITY_LOTS } from '../protocol/ranges.ts'
import {
  DIMS,
  FIRST_SCENARIO_DIM,
  greekDim,
  SCENARIOS,
  UNDERLYINGS,
  VALUE_DIM,
} from '../protocol/risk-layout.ts'
import { type Holding, marginOf, TIERS } from './margin.ts'
import type { RiskVector } from './vector.ts'

/** Most positions of one account that the error bound is stated for: the largest circuit instance has 64. */
export const MAX_SWEEP_POSITIONS = 64

const LONG_CHARGE = DIMS
const SHORT_CHARGE = DIMS + 1
const ROW = DIMS + 2
/** Unit roundoff of a double. */
const UNIT = 2 ** -53

/** The vectors of a round as doubles, one row of ROW each, and as they were for the exact path. */
export interface SweepMatrix {
  readonly vectors: readonly RiskVector[]
  readonly rows: Float64Array
  /** Largest magnitude in each row. */
  readonly magnitudes: Float64Array
  readonly rowOf: ReadonlyMap<number, number>
}

/** A book as a struct of arrays: account i holds the positions from offsets[i] up to offsets[i + 1]. */
export interface SweepBook {
  /** accounts + 1. */
  readonly offsets: Uint32Array
  /** Row of the matrix, per position. */
  readonly rows: Uint32Array
  /** Lots, per position: integers in [-2^38, 2^38), exact. */
  readonly quantities: Float64Array
}

export interface SweepResult {
  /** Index into TIERS, per account. */
  readonly tiers: Uint8Array
  /** Accounts by tier, in the order of TIERS. */
  readonly counts: readonly number[]
  /** Accounts that the float filter could not decide and the exact formula did. */
  readonly exact: number
}

/** Rates and charges are below 2^38 (checkVectorRanges), so every one is exact as a double. */
export function sweepMatrix(vectors: Iterable<RiskVector>): SweepMatrix {
  const list = [...vectors]
  const rows = new Float64Array(list.length * ROW)
  const magnitudes = new Float64Array(list.length)
  for (const [index, vector] of list.entries()) {
    const values = [...vector.ratesNano, vector.longChargeNano, vector.shortChargeNano].map(Number)
    rows.set(values, index * ROW)
    magnitudes[index] = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  }
  return { vectors: list, rows, magnitudes, rowOf: new Map(list.map(({ id }, index) => [id, index])) }
}

/**
 * Lays a book out for the sweep. Throws InputError, with the account's row, for an unknown id, a quantity out of
 * range, and more than MAX_SWEEP_POSITIONS positions.
 */
export function sweepBook(accounts: readonly (readonly Holding[])[], matrix: SweepMatrix): SweepBook {
  const size = accounts.reduce((sum, holdings) => sum + holdings.length, 0)
  const offsets = new Uint32Array(accounts.length + 1)
  const rows = new Uint32Array(size)
  const quantities = new Float64Array(size)
  let position = 0
  for (const [account, holdings] of accounts.entries()) {
    const refuse = (rule: string, field: string) => new InputError(rule, { row: account + 1, field })
    if (holdings.length > MAX_SWEEP_POSITIONS) {
      throw refuse(`more than ${MAX_SWEEP_POSITIONS} positions`, 'positions')
    }
    for (const [slot, { id, quantityLots }] of holdings.entries()) {
      const row = matrix.rowOf.get(id)
      if (row === undefined) throw refuse(`no instrument has the id ${id} in this round`, `slot ${slot}`)
      if (quantityLots < MIN_QUANTITY_LOTS || quantityLots > MAX_QUANTITY_LOTS) {
        throw refuse(`quantity ${quantityLots} is out of range`, `slot ${slot}`)
      }
      rows[position] = row
      quantities[position++] = Number(quantityLots)
    }
    offsets[account + 1] = position
  }
  return { offsets, rows, quantities }
}

/**
 * The tier of every account: a float filter decides nearly all, and the exact formula (marginOf) the rest, so the
 * result is the exact one for every account.
 *
 * Why the filter is rigorous. Let u = 2^-53, n <= 64 positions, and A = sum |q| * (largest magnitude in the row).
 * Quantities and rates are integers below 2^53, exact as doubles, and nothing overflows or underflows.
 *  1. A dot product of n terms has |computed T - T| <= gamma_n * sum |q r| <= gamma_n * A with
 *     gamma_n = n u / (1 - n u), in any order of summation (Higham, Accuracy and Stability, section 3.1). So each
 *     total and C is off by at most e = 1.01 n u A; and |T|, C <= A.
 *  2. G as a function of the nine greek totals: per underlying max(0, |d| - max(0, g)) moves by at most 2e, |v| by
 *     e, k * max(0, -g) by k e, where k = gammaMultiplier < 6.5536. Over three underlyings: < 29 e. Its own 15 or so
 *     floating operations each round a value of at most 3 (1 + 1 + k) A < 26 A, so add < 400 u A; and the exact G is
 *     rounded up by less than 1. Taking maxima adds nothing. Each worst w: error < 29 e + 400 u A + 1, and
 *     w <= 26 A + 1.
 *  3. f w + 10^4 C and 10^4 E, with f < 2^16 the factor: errors < 2^16 (29 e + 400 u A + 1) + 2 * 10^4 e, and their
 *     few operations, each rounding a value < 2^16 * 28 A + 2^16, add < 5 u times that. So each difference
 *     D = 10^4 E - f w - 10^4 C is computed within
 *       B = 2^16 ((32 n + 600) u A + 2).
 *  4. D_soft = 10^4 D_mm - share ((f_im w_im + 10^4 C) - (f_mm w_mm + 10^4 C)), share <= 10^4: within
 *     10^4 B + 2 * 10^4 B + rounding < 4 * 10^4 B. And E itself is within e < B / 2^16 / 29.
 * The bound is computed in floating point from the computed A, which is short of A by a factor (1 - 1.01 n u) at
 * worst; the room left in step 3 (32 for 29 * 1.01 + 0.31, 600 for 400 + 140) is far more than that. A difference
 * beyond its bound has the sign of the exact one; one within it, equality included, goes to the exact path.
 */
export function sweepTiers(matrix: SweepMatrix, book: SweepBook, parameters: MarginParameters): SweepResult {
  const accounts = book.offsets.length - 1
  const tiers = new Uint8Array(accounts)
  const counts = TIERS.map(() => 0)
  const byId = new Map(matrix.vectors.map((vector) => [vector.id, vector]))
  const totals = new Float64Array(ROW)
  const coefficients = toCoefficients(parameters)
  let exact = 0
  for (let account = 0; account < accounts; account++) {
    const magnitude = accumulate(matrix, book, account, totals)
    let tier = filterTier(
      totals,
      magnitude,
      coefficients,
      book.offsets[account + 1]! - book.offsets[account]!,
    )
    if (tier === UNDECIDED) {
      exact++
      tier = TIERS.indexOf(marginOf(holdingsOf(matrix, book, account), byId, parameters).tier)
    }
    tiers[account] = tier
    counts[tier]!++
  }
  return { tiers, counts, exact }
}

const UNDECIDED = -1
const BPS = Number(BASIS_POINTS)
const [HEALTHY, REDUCE_ONLY, SOFT_LIQUIDATION, FULL_LIQUIDATION, INSOLVENT] = TIERS.keys()

interface Coefficients {
  readonly mmFactor: number
  readonly imFactor: number
  readonly softShare: number
  readonly gammaMultiplier: number
  /** 1 where the scenario is regular. */
  readonly regular: Uint8Array
}

function toCoefficients(parameters: MarginParameters): Coefficients {
  return {
    mmFactor: Number(parameters.mmFactorBps),
    imFactor: Number(parameters.imFactorBps),
    softShare: Number(parameters.softShareBps),
    gammaMultiplier: Number(parameters.gammaMultiplierBps),
    regular: Uint8Array.from({ length: SCENARIOS }, (_, scenario) =>
      Number((parameters.regularMask >> BigInt(scenario)) & 1n),
    ),
  }
}

/** Step 1: fills `totals` (the charges both into LONG_CHARGE) and returns A. */
function accumulate(matrix: SweepMatrix, book: SweepBook, account: number, totals: Float64Array): number {
  const { rows, magnitudes } = matrix
  const end = book.offsets[account + 1]!
  let magnitude = 0
  totals.fill(0)
  for (let position = book.offsets[account]!; position < end; position++) {
    const quantity = book.quantities[position]!
    const row = book.rows[position]!
    const start = row * ROW
    const size = Math.abs(quantity)
    for (let dim = 0; dim < DIMS; dim++) totals[dim]! += quantity * rows[start + dim]!
    totals[LONG_CHARGE]! += size * rows[start + (quantity > 0 ? LONG_CHARGE : SHORT_CHARGE)]!
    magnitude += size * magnitudes[row]!
  }
  return magnitude
}

/** Steps 2 to 4: an index into TIERS, or UNDECIDED when a comparison is within its bound. */
function filterTier(totals: Float64Array, magnitude: number, c: Coefficients, positions: number): number {
  const greeks = greeksFloat(totals, c.gammaMultiplier)
  let worstMm = greeks
  let worstIm = greeks
  for (let scenario = 0; scenario < SCENARIOS; scenario++) {
    const loss = -totals[FIRST_SCENARIO_DIM + scenario]!
    if (loss > worstIm) worstIm = loss
    if (loss > worstMm && c.regular[scenario] === 1) worstMm = loss
  }
  const charges = BPS * totals[LONG_CHARGE]!
  const mm = c.mmFactor * worstMm + charges
  const im = c.imFactor * worstIm + charges
  const equity = totals[VALUE_DIM]!
  const bound = 2 ** 16 * ((32 * positions + 600) * UNIT * magnitude + 2)
  const overIm = BPS * equity - im
  if (overIm > bound) return HEALTHY!
  if (overIm >= -bound) return UNDECIDED
  const overMm = BPS * equity - mm
  const overSoft = BPS * overMm - c.softShare * (im - mm)
  if (overSoft > 4 * BPS * bound) return REDUCE_ONLY!
  if (overSoft >= -4 * BPS * bound) return UNDECIDED
  if (overMm > bound) return SOFT_LIQUIDATION!
  if (overMm >= -bound) return UNDECIDED
  const equityBound = bound / 2 ** 16
  if (equity > equityBound) return FULL_LIQUIDATION!
  return equity < -equityBound ? INSOLVENT! : UNDECIDED
}

function greeksFloat(totals: Float64Array, gammaMultiplier: number): number {
  let term = 0
  let shortGamma = 0
  for (let underlying = 0; underlying < UNDERLYINGS; underlying++) {
    const gamma = totals[GREEK_DIMS[underlying]!.gamma]!
    term += Math.max(0, Math.abs(totals[GREEK_DIMS[underlying]!.delta]!) - Math.max(0, gamma))
    term += Math.abs(totals[GREEK_DIMS[underlying]!.vega]!)
    shortGamma += Math.max(0, -gamma)
  }
  return term + (gammaMultiplier * shortGamma) / BPS
}

const GREEK_DIMS = Array.from({ length: UNDERLYINGS }, (_, underlying) => ({
  delta: greekDim(underlying, 'delta'),
  gamma: greekDim(underlying, 'gamma'),
  vega: greekDim(underlying, 'vega'),
}))

function holdingsOf(matrix: SweepMatrix, book: SweepBook, account: number): Holding[] {
  const holdings: Holding[] = []
  for (let position = book.offsets[account]!; position < book.offsets[account + 1]!; position++) {
    holdings.push({
      id: matrix.vectors[book.rows[position]!]!.id,
      quantityLots: BigInt(book.quantities[position]!),
    })
  }
  return holdings
}
