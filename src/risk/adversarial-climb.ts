import type { MarginParameters } from '../protocol/parameters.ts'
import { DIMS, FIRST_SCENARIO_DIM, greekDim, SCENARIOS, UNDERLYINGS } from '../protocol/risk-layout.ts'
import type { SplitMix64 } from './market/prng.ts'
import type { RiskVector } from './vector.ts'

/** What the climb needs to know of a market, in doubles: it only looks for a book, it does not judge it. */
export interface GapTable {
  readonly vectors: readonly RiskVector[]
  /** By instrument: P&L of one lot at each move, nano-USD. */
  readonly profits: readonly Float64Array[]
  readonly moves: number
  readonly parameters: MarginParameters
  readonly against: 'mm' | 'im'
}

/** Quantities in lots by index of the instrument; integers, never 0. */
export type Legs = ReadonlyMap<number, number>

const MOST_LOTS = 4_096

/**
 * Seeded hill climbing for the book whose largest loss over the moves is the largest multiple of its requirement.
 * A step changes, adds, drops or shifts one leg; it stands when the multiple does not fall.
 */
export function climb(
  table: GapTable,
  options: { readonly climbs: number; readonly steps: number; readonly legs: number },
  random: SplitMix64,
): Legs {
  const objective = objectiveOf(table)
  const below = (limit: number) => Number(random.between(0n, BigInt(limit - 1)))
  let best: Legs = new Map()
  let bestScore = -1
  for (let round = 0; round < options.climbs; round++) {
    let legs: Legs = new Map(
      Array.from({ length: 1 + below(options.legs) }, () => [below(table.vectors.length), drawLots(below)]),
    )
    let score = objective(legs)
    for (let step = 0; step < options.steps; step++) {
      const candidate = changeOneLeg(legs, table.vectors.length, options.legs, below)
      const reached = objective(candidate)
      if (reached >= score) {
        legs = candidate
        score = reached
      }
    }
    if (score > bestScore) {
      best = legs
      bestScore = score
    }
  }
  return best
}

type Below = (limit: number) => number

function drawLots(below: Below): number {
  const size = 1 + below(MOST_LOTS)
  return below(2) === 0 ? size : -size
}

function changeOneLeg(legs: Legs, instruments: number, mostLegs: number, below: Below): Legs {
  const changed = new Map(legs)
  const held = [...legs.keys()]
  const kind = below(8)
  if (held.length === 0 || (kind === 0 && held.length < mostLegs)) {
    return changed.set(below(instruments), drawLots(below))
  }
  const leg = held[below(held.length)]!
  const lots = legs.get(leg)!
  if (kind === 1 && held.length > 1) changed.delete(leg)
  else if (kind === 2) changed.set(leg, drawLots(below))
  else if (kind <= 4) {
    // To a neighbour in canonical order: the put of the strike, the next strike or the next expiry.
    const neighbour = leg + (below(2) === 0 ? 1 : -1) * (1 + below(4))
    if (neighbour >= 0 && neighbour < instruments && !changed.has(neighbour)) {
      changed.delete(leg)
      changed.set(neighbour, lots)
    }
  } else {
    const scale = 2 ** -below(8)
    const next = Math.round(lots * (below(2) === 0 ? 1 + scale : 1 - scale / 2)) + below(3) - 1
    const bounded = Math.max(-MOST_LOTS, Math.min(MOST_LOTS, next))
    if (bounded !== 0) changed.set(leg, bounded)
  }
  return changed
}

/** max over moves of loss / requirement, by the formula of margin.ts in doubles. */
function objectiveOf(table: GapTable): (legs: Legs) => number {
  const rates = table.vectors.map(({ ratesNano }) => Float64Array.from(ratesNano, Number))
  const longCharges = table.vectors.map(({ longChargeNano }) => Number(longChargeNano))
  const shortCharges = table.vectors.map(({ shortChargeNano }) => Number(shortChargeNano))
  const requirement = requirementOf(table)
  const totals = new Float64Array(DIMS)
  const profits = new Float64Array(table.moves)
  return (legs) => {
    totals.fill(0)
    profits.fill(0)
    let charges = 0
    for (const [index, lots] of legs) {
      const [rate, profit] = [rates[index]!, table.profits[index]!]
      for (let dim = 0; dim < DIMS; dim++) totals[dim]! += lots * rate[dim]!
      for (let move = 0; move < table.moves; move++) profits[move]! += lots * profit[move]!
      charges += lots > 0 ? lots * longCharges[index]! : -lots * shortCharges[index]!
    }
    let loss = 0
    for (const profit of profits) if (-profit > loss) loss = -profit
    const held = requirement(totals, charges)
    return held > 0 ? loss / held : 0
  }
}

function requirementOf({ parameters, against }: GapTable): (totals: Float64Array, charges: number) => number {
  const factor = Number(against === 'mm' ? parameters.mmFactorBps : parameters.imFactorBps) / 10_000
  const multiplier = Number(parameters.gammaMultiplierBps) / 10_000
  const counts = Array.from(
    { length: SCENARIOS },
    (_, scenario) => against === 'im' || ((parameters.regularMask >> BigInt(scenario)) & 1n) === 1n,
  )
  return (totals, charges) => {
    let worst = 0
    for (let underlying = 0; underlying < UNDERLYINGS; underlying++) {
      const gamma = totals[greekDim(underlying, 'gamma')]!
      worst += Math.max(0, Math.abs(totals[greekDim(underlying, 'delta')]!) - Math.max(0, gamma))
      worst += Math.abs(totals[greekDim(underlying, 'vega')]!) + multiplier * Math.max(0, -gamma)
    }
    for (let scenario = 0; scenario < SCENARIOS; scenario++) {
      const loss = -totals[FIRST_SCENARIO_DIM + scenario]!
      if (counts[scenario] && loss > worst) worst = loss
    }
    return factor * worst + charges
  }
}
