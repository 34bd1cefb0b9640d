import { OutOfRangeError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { SCENARIOS, scenarioDim } from '../protocol/risk-layout.ts'
import { drawMix, type Mix, moveOf, nudgeMix, spanningRows } from './adversarial-moves.ts'
import { type GapProgram, gapProgram, type WorstBook, worstBook } from './adversarial-program.ts'
import { marginParametersOf, type RiskConfiguration, type ScenarioRow } from './configuration.ts'
import { type MarginResult, marginOf } from './margin.ts'
import { SplitMix64 } from './market/prng.ts'
import type { InstrumentQuote, MarketSnapshot } from './market/snapshot.ts'
import { prepareRound, riskVector } from './rates.ts'
import type { RiskVector } from './vector.ts'

export interface GapSearchOptions {
  /** Same seed, same finding, on every machine. */
  readonly seed: bigint
  /** Moves between the scenarios drawn at random; a multiple of 32 wastes none. */
  readonly moves: number
  /** Rounds after them of 32 moves each, near the worst so far. */
  readonly rounds: number
  /** Requirement that the loss is held against. */
  readonly against: 'mm' | 'im'
  /** Symbol of the one underlying that books may hold; any, where left out. */
  readonly underlying?: string
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
  /** Loss over requirement of the worst book at each of the first `moves` moves, ascending: doubles, for quantiles. */
  readonly ratios: readonly number[]
}

/** Moves that each later round starts from. */
const KEPT = 4
/** Lots of the largest leg: rounding the others to whole lots then costs nothing that shows. */
const LARGEST_LEG = 2 ** 30

/**
 * Looks for the book that loses most, against its own requirement, at a move between the scenarios: the question
 * that a finite grid leaves open. Moves are convex combinations of undamped regular scenarios, each fully revalued
 * through riskVector as a scenario of a configuration made for it. For one move the worst book is the solution of a
 * linear program (gapProgram), so at the moves tried nothing is missed but the precision of doubles; between them a
 * larger gap may exist, and later rounds try moves near the worst. The best book, in whole lots, is then computed
 * exactly, so the reported figures are not approximations.
 * Deterministic. An instrument whose rates leave their range at some move is left out.
 * Throws RangeError for counts out of range, InputError as prepareRound.
 */
export function searchWorstGap(
  snapshot: MarketSnapshot,
  configuration: RiskConfiguration,
  options: GapSearchOptions,
): WorstGap {
  checkCount('moves', options.moves, 1)
  checkCount('rounds', options.rounds, 0)
  const random = new SplitMix64(options.seed)
  const rows = spanningRows(configuration)
  const market = listedVectors(snapshot, configuration, options.underlying)
  const program = gapProgram(
    market.map(({ vector }) => vector),
    {
      parameters: marginParametersOf(configuration),
      against: options.against,
      underlyings: configuration.underlyings.length,
    },
  )
  const tryAll = (mixes: readonly Mix[], name: string): Finding[] =>
    batches(mixes).flatMap((batch, index) => {
      const moves = batch.map((mix, move) =>
        moveOf(mix, `${name}-${index * SCENARIOS + move}`, configuration.underlyings),
      )
      return findings({ snapshot, configuration, market, program }, batch, moves)
    })
  let worst = tryAll(
    Array.from({ length: options.moves }, () => drawMix(rows, random)),
    'between',
  ).sort(byRatio)
  const ratios = worst.map(({ found }) => found.ratio).reverse()
  for (let round = 0; round < options.rounds; round++) {
    const kept = worst.slice(0, KEPT)
    const near = Array.from({ length: SCENARIOS }, (_, index) =>
      nudgeMix(kept[index % kept.length]!.mix, rows, random),
    )
    worst = [...kept, ...tryAll(near, `near-${round}`)].sort(byRatio)
  }
  return exactGap(market, worst[0]!, configuration, options.against, ratios)
}

interface ListedInstrument {
  readonly instrument: InstrumentQuote
  readonly vector: RiskVector
}

/** The worst book at one move; exact P&L of one lot of each instrument at that move. */
interface Finding {
  readonly mix: Mix
  readonly move: ScenarioRow
  readonly profitsNano: readonly bigint[]
  readonly found: WorstBook
}

function byRatio(one: Finding, other: Finding): number {
  return other.found.ratio - one.found.ratio
}

/** What can gain or lose: everything but cash and what has expired, of the one underlying asked for. */
function listedVectors(
  snapshot: MarketSnapshot,
  configuration: RiskConfiguration,
  underlying: string | undefined,
): ListedInstrument[] {
  const round = prepareRound(snapshot, configuration)
  const listed: ListedInstrument[] = []
  for (const instrument of snapshot.instruments) {
    if (instrument.kind === 'cash') continue
    if (underlying !== undefined && snapshot.underlyings[instrument.underlying]?.symbol !== underlying)
      continue
    const vector = orUndefined(() => riskVector(round, instrument, listed.length + 1))
    if (vector !== undefined) listed.push({ instrument, vector })
  }
  return listed
}

interface Search {
  readonly snapshot: MarketSnapshot
  readonly configuration: RiskConfiguration
  readonly market: readonly ListedInstrument[]
  readonly program: GapProgram
}

/** Prices at most 32 moves, as the scenarios of one configuration of their own, and solves each. */
function findings(search: Search, mixes: readonly Mix[], moves: readonly ScenarioRow[]): Finding[] {
  const { snapshot, configuration, market, program } = search
  const probe = { ...configuration, scenarios: moves, gaugeScenario: moves[0]!.name }
  const context = prepareRound(snapshot, probe)
  const vectors = market.map(({ instrument, vector }) =>
    orUndefined(() => riskVector(context, instrument, vector.id)),
  )
  return moves.map((move, index) => {
    // What cannot be priced at the moves gains nothing at them: no book profits from holding it.
    const profitsNano = vectors.map((vector) => vector?.ratesNano[scenarioDim(index)] ?? 0n)
    return {
      mix: mixes[index]!,
      move,
      profitsNano,
      found: worstBook(program, Float64Array.from(profitsNano, Number)),
    }
  })
}

function exactGap(
  market: readonly ListedInstrument[],
  { move, profitsNano, found }: Finding,
  configuration: RiskConfiguration,
  against: 'mm' | 'im',
  ratios: readonly number[],
): WorstGap {
  const largest = found.lots.reduce((most, lots) => Math.max(most, Math.abs(lots)), 0)
  const held = market
    .map(({ instrument, vector }, index) => {
      const lots = largest > 0 ? Math.round((found.lots[index]! / largest) * LARGEST_LEG) : 0
      return { instrument, vector, quantityLots: BigInt(lots), profitNano: profitsNano[index]! }
    })
    .filter(({ quantityLots }) => quantityLots !== 0n)
  const margin = marginOf(
    held.map(({ vector, quantityLots }) => ({ id: vector.id, quantityLots })),
    new Map(held.map(({ vector }) => [vector.id, vector])),
    marginParametersOf(configuration),
  )
  const lossNano = held.reduce((sum, { quantityLots, profitNano }) => sum - quantityLots * profitNano, 0n)
  const requirementNano = margin.requirementNano[against]
  return {
    book: held.map(({ instrument, quantityLots }) => ({ symbol: instrument.symbol, quantityLots })),
    move,
    lossNano,
    requirementNano,
    lossOfRequirementBps: ratioBps(lossNano, requirementNano),
    lossOfWorstBps: ratioBps(lossNano, margin.worstMmNano),
    margin,
    ratios,
  }
}

/** 10,000 * part / whole rounded up; 0 when nothing is lost. A loss against no requirement at all is a breach. */
function ratioBps(part: bigint, whole: bigint): bigint {
  if (part <= 0n) return 0n
  if (whole === 0n) return (1n << 64n) - 1n
  return (BASIS_POINTS * part + whole - 1n) / whole
}

function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / SCENARIOS) }, (_, batch) =>
    items.slice(batch * SCENARIOS, (batch + 1) * SCENARIOS),
  )
}

function orUndefined<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof OutOfRangeError) return undefined
    throw error
  }
}

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number, at least ${least}`)
  }
}
