import { checkReserves, DEFAULT_RESERVES, sizeReserves } from '../../stress/reserves.ts'
import {
  type PhaseMap,
  type ReserveSizing,
  type ScenarioComparison,
  STRESS_FORMAT,
  STRESS_VERSION,
  type StressResult,
} from '../../stress/result.ts'
import { pathOf } from '../../stress/run.ts'
import { type NamedScenario, SCENARIOS, scenarioNamed } from '../../stress/scenarios.ts'
import { requestOf } from '../../stress/setup.ts'
import {
  DEFAULT_GRID,
  jobsOf,
  mainPart,
  phasePart,
  type StudyPart,
  scenarioPart,
  traceOf,
} from '../../stress/study.ts'
import { runJobs } from '../../stress/work/pool.ts'
import type { Output } from '../output.ts'
import type { StressInputs } from './inputs.ts'
import type { StressOptions } from './options.ts'

/** Engines of a phase map: the simplest with portfolio margin, and the full one. */
const MAPPED = ['portfolio-market', 'tacit']
const SCENARIO_RUNS = 8

/** Everything that was asked for, in one queue of jobs. */
export async function study(
  inputs: StressInputs,
  options: StressOptions,
  out: Output,
): Promise<StressResult> {
  const { setup, runs } = inputs
  const reserves = reservesOf(options)
  const main = mainPart(setup, runs)
  const phase = options.phaseMap === true ? phaseOf(inputs, options) : undefined
  const named = scenariosOf(options)
  const scenarios = named.map((scenario) => scenarioOf(inputs, scenario))
  const parts: readonly StudyPart<unknown>[] = [main, ...(phase === undefined ? [] : [phase]), ...scenarios]
  const setups = parts.flatMap((part) => part.setups)
  let first = 0
  const jobs = parts.flatMap((part) => {
    const own = jobsOf(part, first)
    first += part.setups.length
    return own
  })
  const outcomes = await out.task(`simulating ${jobs.length} paths`, (update) =>
    runJobs(setups, jobs, options.threads, (done) => update(`${Math.floor((100 * done) / jobs.length)}%`)),
  )
  const bySetup = setups.map((_, index) => outcomes.filter((_, job) => jobs[job]!.setup === index).flat())
  let taken = 0
  const answers = parts.map((part) => part.answer(bySetup.slice(taken, (taken += part.setups.length))))
  const engines = answers[0] as ReturnType<typeof main.answer>
  const rest = answers.slice(phase === undefined ? 1 : 2) as ScenarioComparison[]
  return {
    format: STRESS_FORMAT,
    version: STRESS_VERSION,
    source: sourceOf(inputs, options),
    parameters: { ...setup.parameters },
    engines,
    trace: traceOf(setup),
    phaseMaps: phase === undefined ? [] : (answers[1] as PhaseMap[]),
    scenarios: rest,
    reserves: sized(engines, reserves),
  }
}

function sized(
  engines: StressResult['engines'],
  request: ReturnType<typeof reservesOf>,
): readonly ReserveSizing[] {
  if (request === undefined) return []
  return engines.filter(({ engine }) => engine !== 'none').map((summary) => sizeReserves(summary, request))
}

function reservesOf({ reserves }: StressOptions) {
  if (reserves === undefined) return undefined
  const confidenceBps = reserves * 100
  const insuranceConfidenceBps = Math.min(confidenceBps, DEFAULT_RESERVES.insuranceConfidenceBps)
  const request = { ...DEFAULT_RESERVES, confidenceBps, insuranceConfidenceBps }
  checkReserves(request)
  return request
}

function phaseOf({ setup }: StressInputs, { phaseRuns }: StressOptions) {
  const engines = setup.engines.filter(({ name }) => MAPPED.includes(name))
  return phasePart({ ...setup, engines }, DEFAULT_GRID, phaseRuns)
}

function scenariosOf({ scenario }: StressOptions): readonly NamedScenario[] {
  if (scenario?.includes('all')) return SCENARIOS
  return (scenario ?? []).map(scenarioNamed)
}

function scenarioOf({ setup, bookWith, isOwnBook }: StressInputs, scenario: NamedScenario) {
  const book = scenario.stressedBook === undefined ? setup.book : bookWith(scenario.stressedBook)
  const { description, ownBookDescription } = scenario
  const words = isOwnBook ? (ownBookDescription ?? description) : description
  return scenarioPart(setup, { ...scenario, description: words }, book, SCENARIO_RUNS)
}

function sourceOf(inputs: StressInputs, { seed }: StressOptions): StressResult['source'] {
  const { setup, runs, marketSource, bookSource, pathSource } = inputs
  const { world } = requestOf(setup)
  const { source } = setup
  const isModel = source.kind === 'model'
  const steps = isModel ? source.steps : traceSteps(inputs)
  return {
    market: marketSource,
    book: bookSource,
    path: pathSource,
    asOfSeconds: setup.snapshot.asOfSeconds,
    seed,
    runs,
    accounts: world.ledger.accounts,
    instruments: world.pricer.instruments.length,
    underlyings: setup.snapshot.underlyings.map(({ symbol, spotNano }, index) => ({
      symbol,
      spotUsd: Number(spotNano) / 1e9,
      depthCents: Math.round(setup.parameters.depthUsd * world.depthShares[index]! * 100),
      shortGammaCents: Math.round(world.shortGammaUsd[index]! * 100),
    })),
    stepSeconds: isModel ? source.stepSeconds : source.files[0]!.stepSeconds,
    steps,
  }
}

function traceSteps({ setup }: StressInputs): number {
  return pathOf(setup.source, setup.snapshot.underlyings.length, setup.seed, 0).steps
}
