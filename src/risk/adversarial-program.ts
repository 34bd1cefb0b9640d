import type { MarginParameters } from '../protocol/parameters.ts'
import { greekDim, SCENARIOS, scenarioDim } from '../protocol/risk-layout.ts'
import { maximise } from './adversarial-simplex.ts'
import type { RiskVector } from './vector.ts'

/** The books whose requirement is at most one, as a linear program; see gapProgram. */
export interface GapProgram {
  /** Constraints: each times the book is at most one. First half of the columns: long lots, second half: short. */
  readonly rows: readonly Float64Array[]
  /** Lots that one unit of a column stands for: columns are scaled to a largest entry of 1. */
  readonly lotsOfColumn: Float64Array
}

/** The worst book for one move: lots by instrument, up to a common factor, and loss over requirement. */
export interface WorstBook {
  readonly ratio: number
  readonly lots: Float64Array
}

export interface GapRules {
  readonly parameters: MarginParameters
  readonly against: 'mm' | 'im'
  /** Underlyings in use, of the risk layout's. */
  readonly underlyings: number
}

/**
 * A requirement is a maximum of linear functions of the long and the short lots, plus charges linear in them:
 *   factor * loss_s + C, for every scenario that counts, and factor * G + C with
 *   G = sum over underlyings of max(0, -k gamma, +-delta - gamma, +-delta - k gamma) + max(vega, -vega)
 * where k = gammaMultiplier >= 1 (max(0, |delta| - max(0, gamma)) + k max(0, -gamma) is this maximum: for gamma >= 0
 * the third term leads the fourth, below it the other way round). So "requirement <= 1" is a polytope, the loss at
 * a given move is linear, and the book that loses most against its requirement is the solution of a linear program:
 * no book of any size does worse at that move.
 */
export function gapProgram(vectors: readonly RiskVector[], rules: GapRules): GapProgram {
  const { parameters, against, underlyings } = rules
  const factor = Number(against === 'mm' ? parameters.mmFactorBps : parameters.imFactorBps) / 10_000
  const dimension = (dim: number) => Float64Array.from(vectors, ({ ratesNano }) => Number(ratesNano[dim]!))
  const long = Float64Array.from(vectors, ({ longChargeNano }) => Number(longChargeNano))
  const short = Float64Array.from(vectors, ({ shortChargeNano }) => Number(shortChargeNano))
  const rows = [...losses(dimension, parameters, against), ...greekPieces(dimension, parameters, underlyings)]
  const both = rows.map((loss) => {
    const row = new Float64Array(2 * vectors.length)
    loss.forEach((rate, index) => {
      row[index] = factor * rate + long[index]!
      row[vectors.length + index] = -factor * rate + short[index]!
    })
    return row
  })
  const lotsOfColumn = new Float64Array(2 * vectors.length)
  for (let column = 0; column < lotsOfColumn.length; column++) {
    const largest = both.reduce((most, row) => Math.max(most, Math.abs(row[column]!)), 0)
    lotsOfColumn[column] = largest > 0 ? 1 / largest : 1
    for (const row of both) row[column]! *= lotsOfColumn[column]!
  }
  return { rows: both, lotsOfColumn }
}

/** @param profits P&L of one lot at the move, by instrument. */
export function worstBook({ rows, lotsOfColumn }: GapProgram, profits: Float64Array): WorstBook {
  const count = profits.length
  const gains = lotsOfColumn.map((lots, column) =>
    column < count ? -profits[column]! * lots : profits[column - count]! * lots,
  )
  const { value, columns } = maximise(rows, gains)
  const lots = profits.map((_, index) => {
    const short = count + index
    return columns[index]! * lotsOfColumn[index]! - columns[short]! * lotsOfColumn[short]!
  })
  return { ratio: value, lots }
}

type Dimension = (dim: number) => Float64Array

function losses(dimension: Dimension, { regularMask }: MarginParameters, against: 'mm' | 'im') {
  return Array.from({ length: SCENARIOS }, (_, scenario) => scenario)
    .filter((scenario) => against === 'im' || ((regularMask >> BigInt(scenario)) & 1n) === 1n)
    .map((scenario) => dimension(scenarioDim(scenario)).map((rate) => -rate))
}

/** The linear pieces of G: one choice for every underlying. */
function greekPieces(dimension: Dimension, parameters: MarginParameters, underlyings: number) {
  const multiplier = Number(parameters.gammaMultiplierBps) / 10_000
  let pieces = [dimension(0).map(() => 0)]
  for (let underlying = 0; underlying < underlyings; underlying++) {
    const [delta, gamma, vega] = (['delta', 'gamma', 'vega'] as const).map((greek) =>
      dimension(greekDim(underlying, greek)),
    )
    const own = [1, -1].flatMap((vegaSign) =>
      [
        [0, 0],
        [0, multiplier],
        ...[1, -1].flatMap((sign) => [
          [sign, 1],
          [sign, multiplier],
        ]),
      ].map(([ofDelta, ofGamma]) =>
        vega!.map((rate, index) => vegaSign * rate + ofDelta! * delta![index]! - ofGamma! * gamma![index]!),
      ),
    )
    pieces = pieces.flatMap((sum) => own.map((piece) => sum.map((rate, index) => rate + piece[index]!)))
  }
  return pieces
}
