import { InputError } from '../protocol/errors.ts'
import type { BookTilt } from './book/tilt.ts'
import type { AttackPlan } from './market/hedgers.ts'
import type { StressParameters } from './parameters.ts'
import { DEFAULT_SHOCK, type ShockModel } from './path/models.ts'

/** One question to a venue: what differs from its control, which has the same book but for that, and the same noise. */
export interface NamedScenario {
  readonly name: string
  readonly description: string
  /** Of both. */
  readonly shock: Partial<ShockModel>
  readonly stressedShock?: Partial<ShockModel>
  readonly stressedParameters?: Partial<StressParameters>
  /** A generated book is generated so; a venue's own book is tilted (book/tilt.ts), and then the words are other ones. */
  readonly stressedBook?: BookTilt
  readonly ownBookDescription?: string
  /** Times the depth: notional of the attack. */
  readonly attackDepths?: number
}

export const SCENARIOS: readonly NamedScenario[] = [
  {
    name: 'vega-concentration',
    description: 'all options in one expiry, volatility doubled; control: three expiries',
    shock: { spotMove: -0.12, volMove: 1 },
    stressedBook: { oneExpiry: true },
    ownBookDescription:
      'every option moved to the nearest expiry of its underlying, each account with its equity over MM as before, volatility doubled; control: the book as it is',
  },
  {
    name: 'skew-inversion',
    description: 'the smile tilts by -8% a standard deviation with a fall of 12%; control: level smile',
    shock: { spotMove: -0.12, volMove: 0.3 },
    stressedShock: { skewMove: -0.08 },
  },
  {
    name: 'skew-steepening',
    description: 'the smile tilts by +8% a standard deviation with a fall of 12%; control: level smile',
    shock: { spotMove: -0.12, volMove: 0.3 },
    stressedShock: { skewMove: 0.08 },
  },
  {
    name: 'wrong-way-collateral',
    description: 'all collateral of risk takers is the coin that falls; control: cash',
    shock: { spotMove: -0.18, volMove: 0.4 },
    stressedBook: { spotCollateral: 1 },
    ownBookDescription:
      'all positive cash of accounts with positions becomes the coin that falls, at its price; control: the book as it is',
  },
  {
    name: 'oracle-delay',
    description: 'prices reach the engine ten minutes late; control: at once',
    shock: { spotMove: -0.18, volMove: 0.4, rampSeconds: 1_200 },
    stressedParameters: { oracleDelaySeconds: 600 },
  },
  {
    name: 'execution-delay',
    description: 'orders and triggers take ten minutes; control: one',
    shock: { spotMove: -0.18, volMove: 0.4, rampSeconds: 1_200 },
    stressedParameters: { executionDelaySeconds: 600 },
  },
  {
    name: 'predatory-liquidation',
    description:
      'an attacker sells six depths in ten minutes after a fall of 8%, and buys back an hour later; control: nobody does',
    shock: { spotMove: -0.08, volMove: 0.2, rampSeconds: 600 },
    attackDepths: -6,
  },
]

export function shockOf(scenario: NamedScenario, stressed: boolean): ShockModel {
  return { ...DEFAULT_SHOCK, ...scenario.shock, ...(stressed ? scenario.stressedShock : {}) }
}

/** The attack of a scenario: begins when the shock is through. */
export function attackOf(
  scenario: NamedScenario,
  depthUsd: number,
  stepSeconds: number,
): AttackPlan | undefined {
  if (scenario.attackDepths === undefined) return undefined
  const steps = (seconds: number) => Math.max(1, Math.round(seconds / stepSeconds))
  return {
    underlying: 0,
    notionalUsd: scenario.attackDepths * (Number.isFinite(depthUsd) ? depthUsd : 1e8),
    startStep: steps(scenario.shock.rampSeconds ?? 600),
    pushSteps: steps(600),
    waitSteps: steps(3_600),
  }
}

/** Throws InputError naming the known ones. */
export function scenarioNamed(name: string): NamedScenario {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name)
  if (scenario !== undefined) return scenario
  const known = SCENARIOS.map((candidate) => candidate.name).join(', ')
  throw new InputError(`there is no scenario "${name}"; there are ${known}`, { field: '--scenario' })
}
