import type { Recorder } from './engine/recorder.ts'
import { DEALERS, HOUSE, liquidator } from './market/agents.ts'
import type { AttackPlan } from './market/hedgers.ts'
import type { EngineSetting } from './parts.ts'
import { ENGINES } from './parts.ts'
import { type Bars, type BarsWindow, pathOfBars } from './path/bars.ts'
import { betasOf, drawPath, type PathModel } from './path/models.ts'
import type { PricePath } from './path/path.ts'
import { Random } from './random.ts'
import type { BuyerResults, EngineTrace, RunOutcome, SettlementTimes } from './result.ts'
import { Simulation } from './simulate.ts'
import type { StressWorld } from './world.ts'

/** Where the paths of a request come from. */
export type PathSource =
  | {
      readonly kind: 'model'
      readonly model: PathModel
      readonly steps: number
      readonly stepSeconds: number
      readonly correlation: number
    }
  | { readonly kind: 'bars'; readonly files: readonly Bars[]; readonly window: BarsWindow }

export interface RunRequest {
  readonly world: StressWorld
  readonly source: PathSource
  readonly engines: readonly EngineSetting[]
  readonly seed: number
  readonly attackPlan?: AttackPlan | undefined
}

export interface RunResult {
  readonly outcomes: readonly RunOutcome[]
  /** Of every engine, when asked for. */
  readonly traces: readonly EngineTrace[]
  readonly path: PricePath
}

/** The path of one run: the same for all engines, and whatever other runs do. */
export function pathOf(source: PathSource, underlyings: number, seed: number, run: number): PricePath {
  const betas = betasOf(underlyings)
  if (source.kind === 'bars') return pathOfBars(source.files, betas, source.window)
  const { model, steps, stepSeconds, correlation } = source
  return drawPath(model, { steps, stepSeconds, betas, correlation }, new Random(seed, run))
}

/** All engines on one path. The run without liquidations comes first, under either margin model. */
export function runOnce(request: RunRequest, run: number, withTraces = false): RunResult {
  const { world, source, engines, seed, attackPlan } = request
  const path = pathOf(source, world.pricer.underlyings.length, seed, run)
  const baselines = new Map<string, Simulation>()
  const baselineOf = (margin: 'linear' | 'portfolio') => {
    const known = baselines.get(margin)
    if (known !== undefined) return known
    const engine = { name: 'none', parts: { ...ENGINES.none, margin } }
    const simulation = new Simulation({ world, path, engine, attackPlan }).run()
    baselines.set(margin, simulation)
    return simulation
  }
  const traces: EngineTrace[] = []
  const outcomes = engines.map((engine) => {
    const alone = baselineOf(engine.parts.margin)
    const baseline = alone.recorder
    const simulation =
      engine.name === 'none' ? alone : new Simulation({ world, path, engine, attackPlan, baseline }).run()
    if (withTraces) traces.push(simulation.recorder.trace(simulation.venue, engine.name))
    return outcomeOf(simulation, engine.name, run, baseline)
  })
  return { outcomes, traces, path }
}

/** Sales beyond this share of the path's own largest move fed on themselves. */
const SELF_SUSTAINING_SHARE = 0.5

export function outcomeOf(
  simulation: Simulation,
  engine: string,
  run: number,
  baseline: Recorder,
): RunOutcome {
  const { recorder, tally, wave, conserved } = simulation
  const breached = [...recorder.firstBreach.keys()].filter((account) => recorder.firstBreach[account]! >= 0)
  const overshoot = overshootOf(recorder, baseline)
  const baselineMoveBps = largestMove(baseline)
  return {
    engine,
    run,
    breached: breached.length,
    induced: breached.filter((account) => baseline.firstBreach[account]! < 0).length,
    cascadeDepth: breached.reduce((deepest, account) => Math.max(deepest, wave[account]!), 0),
    softCases: tally.softCases,
    lots: { ...tally.lots },
    liquidatedCents: Math.round(tally.liquidatedUsd * 100),
    overshootBps: overshoot.down,
    overshootUpBps: overshoot.up,
    largestMoveBps: largestMove(recorder),
    baselineMoveBps,
    selfSustaining: Math.max(overshoot.down, overshoot.up) > SELF_SUSTAINING_SHARE * baselineMoveBps,
    losses: {
      badDebtCents: tally.badDebt,
      insuranceCents: tally.insurance,
      gammaReserveCents: tally.gammaReserve,
      houseCents: tally.house,
      socialisedCents: tally.socialised,
      uncoveredCents: tally.uncovered,
      haircutCents: tally.haircut,
      openShortfallCents: openShortfall(simulation),
      buyerShortfallCents: buyerShortfall(simulation),
      feesCents: tally.fees,
      slippageTaxCents: tally.slippageTax,
    },
    buyers: buyerResults(simulation),
    deleveraging: {
      accounts: tally.deleveraged.size,
      notionalCents: Math.round(tally.deleveragedUsd * 100),
      fairnessBps:
        tally.deleveragedUsd === 0 ? 10_000 : Math.round((tally.fairUsd / tally.deleveragedUsd) * 1e4),
    },
    settlement: settlementOf(tally.settlementSeconds, simulation.openCases),
    gaugePeakBps: Math.round(
      Math.max(...recorder.gauge.map((series) => series.reduce((a, b) => Math.max(a, b), 0))),
    ),
    attackerCents: simulation.attackerCents,
    conserved,
  }
}

/** Largest distance below and above the other run at the same step, basis points, of any underlying. */
function overshootOf(recorder: Recorder, baseline: Recorder): { down: number; up: number } {
  let down = 0
  let up = 0
  for (const [underlying, series] of recorder.price.entries()) {
    for (const [step, price] of series.entries()) {
      const difference = price / baseline.price[underlying]![step]! - 1
      down = Math.max(down, -difference)
      up = Math.max(up, difference)
    }
  }
  return { down: toBps(down), up: toBps(up) }
}

/** Basis points with a hundredth: differences of impacts are small. */
function toBps(share: number): number {
  return Math.round(share * 1e6) / 100
}

function largestMove({ price }: Recorder): number {
  const moves = price.map((series) =>
    series.reduce((most, factor) => Math.max(most, Math.abs(factor - 1)), 0),
  )
  return toBps(Math.max(...moves))
}

function openShortfall({ venue }: Simulation): number {
  const { ledger, marks } = venue
  let missing = 0
  for (let account = 0; account < ledger.accounts; account++) {
    let nano = ledger.cash[account]! * 1e7
    const start = account * ledger.stride
    for (let slot = start; slot < start + ledger.counts[account]!; slot++) {
      nano += ledger.lots[slot]! * marks.valueNano[ledger.rows[slot]!]!
    }
    missing += Math.max(0, -nano)
  }
  return Math.round(missing / 1e7)
}

function equityCents({ venue }: Simulation, party: number): number {
  return Math.round(venue.agentEquityNano(party) / 1e7)
}

function liquidatorsOf({ venue }: Simulation): number[] {
  return Array.from({ length: venue.parameters.liquidators }, (_, index) => liquidator(index))
}

function buyerShortfall(simulation: Simulation): number {
  return [HOUSE, ...liquidatorsOf(simulation)].reduce(
    (sum, party) => sum + Math.max(0, -equityCents(simulation, party)),
    0,
  )
}

function buyerResults(simulation: Simulation): BuyerResults {
  const start = simulation.venue.world.ledger
  const gain = (party: number) => equityCents(simulation, party) - start.cashOf(party)
  return {
    liquidatorsCents: liquidatorsOf(simulation).reduce((sum, party) => sum + gain(party), 0),
    houseCents: gain(HOUSE) + simulation.tally.house,
    dealersCents: gain(DEALERS),
  }
}

function settlementOf(seconds: readonly number[], unsettled: number): SettlementTimes {
  const sorted = [...seconds].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return {
    settled: sorted.length,
    unsettled,
    medianSeconds: at(0.5),
    p95Seconds: at(0.95),
    largestSeconds: sorted.at(-1) ?? 0,
  }
}
