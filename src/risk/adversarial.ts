import { OutOfRangeError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { SCENARIOS, scenarioDim } from '../protocol/risk-layout.ts'
import { climb, type GapTable, type Legs } from './adversarial-climb.ts'
import {
  marginParametersOf,
  type RiskConfiguration,
  type ScenarioRow,
  type UnderlyingShock,
} from './configuration.ts'
import { type MarginResult, marginOf } from './margin.ts'
import { SplitMix64 } from './market/prng.ts'
import type { InstrumentQuote, MarketSnapshot } from './market/snapshot.ts'
import { prepareRound, riskVector } from './rates.ts'
import type { RiskVector } from './vector.ts'

export interface GapSearchOptions {
  /** Same seed, same finding, on every machine. */
  readonly seed: bigint
  /** Moves between the scenarios to revalue at; a multiple of 32 wastes none. */
  readonly moves: number
  /** Independent climbs, and steps of each. */
  readonly climbs: number
  readonly steps: number
  /** Most positions of a book. */
  readonly legs: number
  /** Requirement that the loss is held against. */
  readonly against: 'mm' | 'im'
}

/** The worst book found, everything recomputed exactly. */
export interface WorstGap {
  readonly book: readonly { readonly symbol: string; readonly quantityLots: bigint }[]
  /** The move that it loses most at, by underlying: inside the hull of the regular scenarios, on none of them. */
  readonly move: ScenarioRow
  readonly lossNano: bigint
  /** MM or IM rounded up, as asked for. */
  readonly requirementNano: bigint
  /** 10,000 * loss / requirement, rounded up: above 10,000 the move takes more than the requirement held. */
  readonly lossOfRequirementBps: bigint
  /** 10,000 * loss / (the exact worst of MM without factor and charges), rounded up: the grid's own gap. */
  readonly lossOfWorstBps: bigint
  readonly margin: MarginResult
}

/** Shares of a mixed move are eighths. */
const EIGHTHS = 8n

/**
 * Looks for the book that loses most, against its own requirement, at a move between the scenarios: the question
 * that a finite grid leaves open. Moves are convex combinations of two or three undamped regular scenarios (spot,
 * volatility and skew of every underlying mixed alike), each fully revalued through riskVector as a scenario of a
 * configuration made for it. Books are found by seeded hill climbing over quantities in doubles (climb); the best
 * is then computed exactly, so the reported figures are not approximations, but a larger gap may exist.
 * Deterministic. An instrument whose rates leave their range at some move is left out.
 * Throws RangeError for counts below one, InputError as prepareRound.
 */
export function searchWorstGap(
  snapshot: MarketSnapshot,
  configuration: RiskConfiguration,
  options: GapSearchOptions,
): WorstGap {
  for (const name of ['moves', 'climbs', 'steps', 'legs'] as const) {
    if (!Number.isSafeInteger(options[name]) || options[name] < 1) {
      throw new RangeError(`${name} must be a positive integer`)
    }
  }
  const random = new SplitMix64(options.seed)
  const moves = mixedMoves(configuration, options.moves, random)
  const priced = priceAll(snapshot, configuration, moves)
  const parameters = marginParametersOf(configuration)
  const table = gapTable(priced, moves.length, { parameters, against: options.against })
  const best = climb(table, options, random)
  return exactGap(priced, moves, best, configuration, options.against)
}

interface PricedInstrument {
  readonly instrument: InstrumentQuote
  /** Id is 1 + its index among the priced. */
  readonly vector: RiskVector
  /** P&L of one lot at each move, nano-USD. */
  readonly profitsNano: readonly bigint[]
}

/** Moves strictly between scenarios: three eighths of one and five of another, and the like. */
function mixedMoves(configuration: RiskConfiguration, count: number, random: SplitMix64): ScenarioRow[] {
  const rows = configuration.scenarios.filter(
    ({ regular, weightBps }) => regular && weightBps === BASIS_POINTS,
  )
  const pick = () => rows[Number(random.between(0n, BigInt(rows.length - 1)))]!
  return Array.from({ length: count }, (_, index) => {
    const first = random.between(1n, EIGHTHS - 2n)
    const second = random.between(1n, EIGHTHS - 1n - first)
    const parts: [ScenarioRow, bigint][] = [
      [pick(), first],
      [pick(), second],
      [pick(), EIGHTHS - first - second],
    ]
    const shocks = configuration.underlyings.map((symbol) => [symbol, mixShock(parts, symbol)] as const)
    return {
      name: `between-${index}`,
      regular: true,
      weightBps: BASIS_POINTS,
      shocks: Object.fromEntries(shocks),
    }
  })
}

function mixShock(parts: readonly (readonly [ScenarioRow, bigint])[], symbol: string): UnderlyingShock {
  // Division truncates toward zero, which stays inside the hull of rows that include an unshocked one.
  const mix = (field: keyof UnderlyingShock) =>
    parts.reduce((sum, [row, share]) => sum + share * (row.shocks[symbol]?.[field] ?? 0n), 0n) / EIGHTHS
  return { spotBps: mix('spotBps'), volBps: mix('volBps'), skewBps: mix('skewBps') }
}

/** Every instrument's vector and its P&L at every move: 32 moves to one configuration of their own. */
function priceAll(
  snapshot: MarketSnapshot,
  configuration: RiskConfiguration,
  moves: readonly ScenarioRow[],
): PricedInstrument[] {
  const round = prepareRound(snapshot, configuration)
  const probes: { context: typeof round; rows: number }[] = []
  for (let first = 0; first < moves.length; first += SCENARIOS) {
    const scenarios = moves.slice(first, first + SCENARIOS)
    const probe = { ...configuration, scenarios, gaugeScenario: scenarios[0]!.name }
    probes.push({ context: prepareRound(snapshot, probe), rows: scenarios.length })
  }
  const priced: PricedInstrument[] = []
  for (const instrument of snapshot.instruments) {
    try {
      const id = priced.length + 1
      const vector = riskVector(round, instrument, id)
      const profitsNano = probes.flatMap(({ context, rows }) =>
        riskVector(context, instrument, id).ratesNano.slice(scenarioDim(0), scenarioDim(rows)),
      )
      priced.push({ instrument, vector, profitsNano })
    } catch (error) {
      if (!(error instanceof OutOfRangeError)) throw error
    }
  }
  return priced
}

function gapTable(
  priced: readonly PricedInstrument[],
  moves: number,
  rules: Pick<GapTable, 'parameters' | 'against'>,
): GapTable {
  return {
    ...rules,
    moves,
    vectors: priced.map(({ vector }) => vector),
    profits: priced.map(({ profitsNano }) => Float64Array.from(profitsNano, Number)),
  }
}

function exactGap(
  priced: readonly PricedInstrument[],
  moves: readonly ScenarioRow[],
  legs: Legs,
  configuration: RiskConfiguration,
  against: 'mm' | 'im',
): WorstGap {
  const held = [...legs].map(([index, quantity]) => ({ ...priced[index]!, quantityLots: BigInt(quantity) }))
  const vectors = new Map(held.map(({ vector }) => [vector.id, vector]))
  const margin = marginOf(
    held.map(({ vector, quantityLots }) => ({ id: vector.id, quantityLots })),
    vectors,
    marginParametersOf(configuration),
  )
  const losses = moves.map((_, move) =>
    held.reduce((sum, { profitsNano, quantityLots }) => sum - quantityLots * profitsNano[move]!, 0n),
  )
  const worstMove = losses.reduce((worst, loss, move) => (loss > losses[worst]! ? move : worst), 0)
  const lossNano = losses[worstMove]!
  const requirementNano = margin.requirementNano[against]
  return {
    book: held.map(({ instrument, quantityLots }) => ({ symbol: instrument.symbol, quantityLots })),
    move: moves[worstMove]!,
    lossNano,
    requirementNano,
    lossOfRequirementBps: ratioBps(lossNano, requirementNano),
    lossOfWorstBps: ratioBps(lossNano, margin.worstMmNano),
    margin,
  }
}

/** 10,000 * part / whole rounded up; 0 when nothing is lost. A loss against no requirement at all is a breach. */
function ratioBps(part: bigint, whole: bigint): bigint {
  if (part <= 0n) return 0n
  if (whole === 0n) return (1n << 64n) - 1n
  return (BASIS_POINTS * part + whole - 1n) / whole
}
