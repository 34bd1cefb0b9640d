import { UNDERLYINGS } from '../../protocol/risk-layout.ts'
import type { Ledger } from '../book/ledger.ts'
import type { EngineParts } from '../parts.ts'
import { ROW } from '../pricing/row.ts'
import { type MarginKernel, newFigures, type RiskFigures } from './kernel.ts'
import { SweepMachine } from './sweep-machine.ts'

/** Where every account stands under one round, nano-USD, under the model that the engine goes by. */
export class BookRisk {
  readonly equity: Float64Array
  readonly mm: Float64Array
  readonly soft: Float64Array
  readonly im: Float64Array
  /** Of accounts below MM or near it (the gauge's scenario would put them there): short gamma by underlying, summed. */
  readonly gaugeGamma = new Float64Array(UNDERLYINGS)
  readonly #model: EngineParts['margin']
  readonly #figures = newFigures()

  constructor(accounts: number, model: EngineParts['margin']) {
    this.equity = new Float64Array(accounts)
    this.mm = new Float64Array(accounts)
    this.soft = new Float64Array(accounts)
    this.im = new Float64Array(accounts)
    this.#model = model
  }

  sweep(kernel: MarginKernel, rows: Float64Array, ledger: Ledger): void {
    this.gaugeGamma.fill(0)
    SweepMachine.shared.sweep(rows, ledger, kernel.regular, (sums, at, account) => {
      const cents = ledger.cash[account]!
      const lossMm = Math.max(sums[at + ROW]!, sums[at + ROW + 1]!)
      const lossIm = Math.max(sums[at + ROW + 2]!, sums[at + ROW + 3]!)
      this.#store(kernel.finish(sums, at, cents, lossMm, lossIm, this.#figures), account)
    })
  }

  #store(figures: RiskFigures, account: number): void {
    if (figures.equity < figures.mm || figures.gaugeEquity < figures.mm) {
      for (let index = 0; index < UNDERLYINGS; index++) {
        this.gaugeGamma[index]! += figures.shortGamma[index]!
      }
    }
    byModel(figures, this.#model)
    this.equity[account] = figures.equity
    this.mm[account] = figures.mm
    this.soft[account] = figures.soft
    this.im[account] = figures.im
  }
}

export function accountRisk(
  kernel: MarginKernel,
  rows: Float64Array,
  ledger: Ledger,
  account: number,
  into: RiskFigures,
): RiskFigures {
  const start = account * ledger.stride
  const count = ledger.counts[account]!
  return kernel.portfolio(rows, ledger.rows, ledger.lots, start, count, ledger.cash[account]!, into)
}

/** Puts the linear model's requirements in the place of the portfolio's, halfway between them for SOFT. */
export function byModel(figures: RiskFigures, model: EngineParts['margin']): RiskFigures {
  if (model === 'portfolio') return figures
  figures.mm = figures.linearMm
  figures.im = figures.linearIm
  figures.soft = (figures.linearMm + figures.linearIm) / 2
  return figures
}
