import { scaledBook } from './book/arrays.ts'
import type { PhaseCell, PhaseMap, RunOutcome, RunTrace, ScenarioComparison } from './result.ts'
import { runOnce } from './run.ts'
import { attackOf, type NamedScenario, shockOf } from './scenarios.ts'
import { requestOf, type StressJob, type StressSetup } from './setup.ts'
import { distributionOf, wilson } from './statistics.ts'
import { summarise } from './summary.ts'

/** Part of a study: setups with so many runs each, and what is made of the outcomes, in the setups' order. */
export interface StudyPart<Answer> {
  readonly setups: readonly StressSetup[]
  readonly runs: number
  readonly answer: (outcomes: readonly (readonly RunOutcome[])[]) => Answer
}

/** Jobs of several parts, one after another; `first` is the number of each part's first setup. */
export function jobsOf(part: StudyPart<unknown>, first: number): StressJob[] {
  return part.setups.flatMap((_, index) =>
    Array.from({ length: part.runs }, (_, run) => ({ setup: first + index, run })),
  )
}

export function mainPart(setup: StressSetup, runs: number) {
  return {
    setups: [setup],
    runs,
    answer: ([outcomes]: readonly (readonly RunOutcome[])[]) => summarise(setup.engines, outcomes!),
  }
}

export interface PhaseGrid {
  readonly gammaFactors: readonly number[]
  readonly depthFactors: readonly number[]
}

export const DEFAULT_GRID: PhaseGrid = {
  gammaFactors: [0.25, 0.5, 1, 2, 4],
  depthFactors: [0.25, 0.5, 1, 2, 4],
}

/** The book in several sizes against the depth in several: one map for every engine of the setup. */
export function phasePart(setup: StressSetup, grid: PhaseGrid, runs: number): StudyPart<PhaseMap[]> {
  const cells = grid.gammaFactors.flatMap((gamma) => grid.depthFactors.map((depth) => ({ gamma, depth })))
  const setups = cells.map(({ gamma, depth }) => ({
    ...setup,
    book: scaledBook(setup.book, gamma),
    parameters: { ...setup.parameters, depthUsd: setup.parameters.depthUsd * depth },
  }))
  return {
    setups,
    runs,
    answer: (outcomes) => {
      const feedbacks = setups.map((cell) => feedbackOf(cell))
      return setup.engines.map(({ name }) => ({
        engine: name,
        ...grid,
        runsPerCell: runs,
        cells: grid.gammaFactors.map((_, row) =>
          grid.depthFactors.map((_, column) => {
            const cell = row * grid.depthFactors.length + column
            return cellOf(
              outcomes[cell]!.filter(({ engine }) => engine === name),
              feedbacks[cell]!,
            )
          }),
        ),
      }))
    },
  }
}

/** Short gamma for one percent over the depth of one percent, basis points, of the underlying where it is largest. */
function feedbackOf(setup: StressSetup): number {
  const { world } = requestOf(setup)
  const factors = world.shortGammaUsd.map(
    (usd, index) => usd / (world.parameters.depthUsd * world.depthShares[index]!),
  )
  return Math.round(Math.max(...factors) * 1e4)
}

function cellOf(outcomes: readonly RunOutcome[], feedbackBps: number): PhaseCell {
  return {
    feedbackBps,
    selfSustaining: wilson(outcomes.filter(({ selfSustaining }) => selfSustaining).length, outcomes.length),
    overshootBps: distributionOf(outcomes.map(({ overshootBps }) => overshootBps)),
    induced: distributionOf(outcomes.map(({ induced }) => induced)),
  }
}

/**
 * A named scenario and its control: same paths but for what the scenario changes.
 * @param books the setup's own book, and the one of the scenario where that is about the book.
 */
export function scenarioPart(
  setup: StressSetup,
  scenario: NamedScenario,
  stressedBook: StressSetup['book'],
  runs: number,
): StudyPart<ScenarioComparison> {
  const stepSeconds = setup.source.kind === 'model' ? setup.source.stepSeconds : 60
  const steps = Math.max(2, Math.round((3 * 3_600) / stepSeconds))
  const volFollows = setup.parameters.volBeta
  const sourceOf = (stressed: boolean) =>
    ({
      kind: 'model',
      model: { ...shockOf(scenario, stressed), volFollows },
      steps,
      stepSeconds,
      correlation: 0.8,
    }) as const
  const control = { ...setup, source: sourceOf(false), attackPlan: undefined }
  const parameters = { ...setup.parameters, ...scenario.stressedParameters }
  const attackPlan = attackOf(scenario, parameters.depthUsd, stepSeconds)
  const stressed = { ...setup, book: stressedBook, parameters, source: sourceOf(true), attackPlan }
  return {
    setups: [control, stressed],
    runs,
    answer: ([without, within]) => ({
      name: scenario.name,
      description: scenario.description,
      control: summarise(setup.engines, without!),
      stressed: summarise(setup.engines, within!),
    }),
  }
}

/** The first run again, in full. */
export function traceOf(setup: StressSetup): RunTrace {
  const request = requestOf(setup)
  const { path, traces } = runOnce(request, 0, true)
  const fundamentalUsd = path.spot.map((series, index) => {
    const start = Number(setup.snapshot.underlyings[index]!.spotNano) / 1e9
    return [...series].map((factor) => Math.round(factor * start * 100) / 100)
  })
  return { fundamentalUsd, engines: traces }
}
