import { CASH_ID } from '../../protocol/liquidation.ts'
import { BASIS_POINTS } from '../../protocol/ranges.ts'
import {
  DIMS,
  FIRST_GREEK_DIM,
  greekDim,
  SCENARIOS,
  scenarioDim,
  UNDERLYINGS,
} from '../../protocol/risk-layout.ts'
import type { MarginResult } from '../margin.ts'
import type { RiskVector } from '../vector.ts'
import type { HedgeInstrument } from './instruments.ts'
import { ProgramBuilder, type Term } from './linear-program.ts'
import type { HedgeAccount } from './soft-rules.ts'

/** Program money: the account's SOFT is this many units, so that the solver's tolerances mean something. */
const SOFT_UNITS = 1_000

/** One instrument in the program. All columns count in units of `lotsPerUnit` lots. */
export interface TradeColumns {
  readonly instrument: HedgeInstrument
  readonly heldLots: bigint
  readonly lotsPerUnit: number
  /** What the account buys and sells, each >= 0. */
  readonly buy: number
  readonly sell: number
  /** What it holds afterwards, long and short, each >= 0. */
  readonly long: number
  readonly short: number
}

/** The margin of an account after trades, as a linear program; see marginProgram. */
export interface MarginProgram {
  readonly builder: ProgramBuilder
  readonly trades: readonly TradeColumns[]
  readonly unitNano: number
  /** MM and IM after, as sums of columns, in units. At least the true ones, and equal where the program pays for them. */
  readonly mm: readonly Term[]
  readonly im: readonly Term[]
  /** By underlying, columns: gamma after, and short gamma after (at least the true one), in units. */
  readonly gamma: readonly number[]
  readonly shortGamma: readonly number[]
}

/**
 * The margin formula of margin.ts as rows: exact, but in doubles. MM and IM are maxima of linear functions plus charges
 * that are linear in the long and the short lots, so "at most so much" is a set of linear rows over epigraph columns:
 *   W >= -total of every scenario that counts, W >= G, W >= 0,   C = charges of long and short lots
 * with, for each underlying, max(0, |delta| - max(0, gamma)) + k * max(0, -gamma) + |vega| in place of G's three parts:
 *   H >= +-delta - gamma, H >= +-delta - k gamma, H >= 0      V >= +-vega      G = sum of H + V
 * where k = gammaMultiplier; below 1, where the formula is not convex, it counts as 1, which only asks for more.
 * @param before the account's margin now, of which SOFT sets the unit.
 */
export function marginProgram(
  account: HedgeAccount,
  before: MarginResult,
  instruments: readonly HedgeInstrument[],
  depthCounts = true,
): MarginProgram {
  const unitNano = Math.max(1, Number(before.requirementNano.soft)) / SOFT_UNITS
  const builder = new ProgramBuilder()
  const held = new Map<number, bigint>()
  for (const { id, quantityLots } of account.holdings) {
    if (id !== CASH_ID) held.set(id, (held.get(id) ?? 0n) + quantityLots)
  }
  const trades = instruments.flatMap((instrument) => {
    const vector = account.vectors.get(instrument.id)!
    const heldLots = held.get(instrument.id) ?? 0n
    return tradeColumns(builder, { instrument, vector, heldLots, unitNano, depthCounts })
  })
  const totals = totalColumns(builder, account, before, trades, unitNano)
  const charges = chargeColumn(builder, account, trades, unitNano)
  const { greeks, shortGamma } = greekColumns(builder, totals, account.parameters.gammaMultiplierBps)
  const { regularMask, mmFactorBps, imFactorBps } = account.parameters
  const worstOf = (mask: bigint): number => {
    const worst = builder.column()
    builder.atLeast(0, [[worst, 1], ...greeks.map(([column, value]): Term => [column, -value])])
    for (let scenario = 0; scenario < SCENARIOS; scenario++) {
      if (((mask >> BigInt(scenario)) & 1n) === 0n) continue
      builder.atLeast(0, [
        [worst, 1],
        [totals[scenarioDim(scenario)]!, 1],
      ])
    }
    return worst
  }
  const requirement = (worst: number, factorBps: bigint): Term[] => [
    [worst, Number(factorBps) / 10_000],
    [charges, 1],
  ]
  return {
    builder,
    trades,
    unitNano,
    mm: requirement(worstOf(regularMask), mmFactorBps),
    im: requirement(worstOf((1n << BigInt(SCENARIOS)) - 1n), imFactorBps),
    gamma: Array.from({ length: UNDERLYINGS }, (_, underlying) => totals[greekDim(underlying, 'gamma')]!),
    shortGamma,
  }
}

/** Sum of terms times factors, columns added up. */
export function combine(...parts: readonly (readonly [factor: number, terms: readonly Term[]])[]): Term[] {
  const sums = new Map<number, number>()
  for (const [factor, terms] of parts) {
    for (const [column, value] of terms) sums.set(column, (sums.get(column) ?? 0) + factor * value)
  }
  return [...sums].filter(([, value]) => value !== 0)
}

interface TradeInput {
  readonly instrument: HedgeInstrument
  readonly vector: RiskVector
  readonly heldLots: bigint
  readonly unitNano: number
  readonly depthCounts: boolean
}

/** None for an instrument that moves nothing and charges nothing. */
function tradeColumns(builder: ProgramBuilder, input: TradeInput): TradeColumns[] {
  const { instrument, vector, heldLots, unitNano, depthCounts } = input
  const largest = largestRate(vector)
  if (largest === 0 || (depthCounts && instrument.depthLots === 0n)) return []
  // A unit is so many lots that the largest coefficient is 1: columns of one size keep the solver exact.
  const lotsPerUnit = unitNano / largest
  const upper = depthCounts ? Number(instrument.depthLots) / lotsPerUnit : Number.POSITIVE_INFINITY
  const cost = (Number(instrument.costNano) * lotsPerUnit) / unitNano
  const buy = builder.column({ cost, upper })
  const sell = builder.column({ cost, upper })
  if (heldLots === 0n) return [{ instrument, heldLots, lotsPerUnit, buy, sell, long: buy, short: sell }]
  const long = builder.column()
  const short = builder.column()
  builder.equal(Number(heldLots) / lotsPerUnit, [
    [long, 1],
    [short, -1],
    [buy, -1],
    [sell, 1],
  ])
  return [{ instrument, heldLots, lotsPerUnit, buy, sell, long, short }]
}

/** Value apart, which no requirement looks at. */
function largestRate({ ratesNano, longChargeNano, shortChargeNano }: RiskVector): number {
  const rates = [...ratesNano.slice(FIRST_GREEK_DIM), longChargeNano, shortChargeNano]
  return rates.reduce((most, rate) => Math.max(most, Math.abs(Number(rate))), 0)
}

/** Greeks and scenarios after the trades, a free column each; index is the dimension, undefined where nothing moves it. */
function totalColumns(
  builder: ProgramBuilder,
  { vectors }: HedgeAccount,
  before: MarginResult,
  trades: readonly TradeColumns[],
  unitNano: number,
): number[] {
  return Array.from({ length: DIMS }, (_, dim) => {
    const total = builder.free()
    const terms = trades.flatMap(({ instrument, lotsPerUnit, buy, sell }): Term[] => {
      const rate = (Number(vectors.get(instrument.id)!.ratesNano[dim]!) * lotsPerUnit) / unitNano
      if (rate === 0) return []
      return [
        [buy, -rate],
        [sell, rate],
      ]
    })
    builder.equal(Number(before.totalsNano[dim]!) / unitNano, [[total, 1], ...terms])
    return total
  })
}

/** C after the trades: what is not traded charges as it did. */
function chargeColumn(
  builder: ProgramBuilder,
  { holdings, vectors }: HedgeAccount,
  trades: readonly TradeColumns[],
  unitNano: number,
): number {
  const traded = new Set(trades.map(({ instrument }) => instrument.id))
  const fixedNano = holdings
    .filter(({ id }) => !traded.has(id))
    .reduce((sum, { id, quantityLots }) => sum + chargeOf(vectors.get(id)!, quantityLots), 0n)
  const charges = builder.column()
  const terms = trades.flatMap(({ instrument, lotsPerUnit, long, short }): Term[] => {
    const { longChargeNano, shortChargeNano } = vectors.get(instrument.id)!
    return [
      [long, (-Number(longChargeNano) * lotsPerUnit) / unitNano],
      [short, (-Number(shortChargeNano) * lotsPerUnit) / unitNano],
    ]
  })
  builder.equal(Number(fixedNano) / unitNano, [[charges, 1], ...terms.filter(([, value]) => value !== 0)])
  return charges
}

function chargeOf({ longChargeNano, shortChargeNano }: RiskVector, quantityLots: bigint): bigint {
  return quantityLots > 0n ? quantityLots * longChargeNano : -quantityLots * shortChargeNano
}

/** G as a sum of columns, and short gamma by underlying. */
function greekColumns(
  builder: ProgramBuilder,
  totals: readonly number[],
  gammaMultiplierBps: bigint,
): { greeks: Term[]; shortGamma: number[] } {
  const multiplier = Math.max(1, Number(gammaMultiplierBps) / Number(BASIS_POINTS))
  const greeks: Term[] = []
  const shortGamma: number[] = []
  for (let underlying = 0; underlying < UNDERLYINGS; underlying++) {
    const [delta, gamma, vega] = (['delta', 'gamma', 'vega'] as const).map(
      (greek) => totals[greekDim(underlying, greek)]!,
    ) as [number, number, number]
    const short = builder.column()
    builder.atLeast(0, [
      [short, 1],
      [gamma, 1],
    ])
    // At least |delta| - gamma, |delta| - k gamma and 0: the term, whatever the sign of gamma.
    const deltaAndGamma = builder.column()
    for (const sign of [1, -1]) {
      for (const weight of [1, multiplier]) {
        builder.atLeast(0, combine([1, [[deltaAndGamma, 1]]], [-sign, [[delta, 1]]], [weight, [[gamma, 1]]]))
      }
    }
    const vegaSize = builder.column()
    for (const sign of [1, -1]) {
      builder.atLeast(0, [
        [vegaSize, 1],
        [vega, -sign],
      ])
    }
    greeks.push([deltaAndGamma, 1], [vegaSize, 1])
    shortGamma.push(short)
  }
  return { greeks, shortGamma }
}
