import { describe, expect, it } from 'vitest'
import { Ledger } from '../../src/stress/book/ledger.ts'
import { accountRisk, BookRisk } from '../../src/stress/margin/book-risk.ts'
import { MarginKernel, newFigures } from '../../src/stress/margin/kernel.ts'
import { ROW } from '../../src/stress/pricing/row.ts'
import { startState } from '../../src/stress/pricing/state.ts'
import { Random } from '../../src/stress/random.ts'
import { smallWorld } from './support.ts'

/** Random books over a world's instruments: `accounts` with up to `most` positions each. */
function randomLedger(accounts: number, most: number, instruments: number): Ledger {
  const random = new Random(5, accounts)
  const ledger = new Ledger(accounts, most, instruments, 0)
  for (let account = 0; account < accounts; account++) {
    const count = Math.floor(random.uniform() * (most + 1))
    for (let slot = 0; slot < count; slot++) {
      ledger.place(account, Math.floor(random.uniform() * instruments), Math.trunc(random.between(-1e6, 1e6)))
    }
    ledger.cash[account] = Math.trunc(random.between(-1e7, 1e9))
  }
  return ledger
}

describe('the sweep of a book in WebAssembly', () => {
  const world = smallWorld()
  const rows = new Float64Array(world.pricer.instruments.length * ROW)
  world.pricer.rows(startState(2), rows)
  const kernel = new MarginKernel(world.marginParameters)

  it('gives the bits of the plain loop, for every account, empty ones and all sizes of book', () => {
    for (const accounts of [1, 511, 1_500]) {
      const ledger = randomLedger(accounts, 16, world.pricer.instruments.length)
      const risk = new BookRisk(accounts, 'portfolio')
      risk.sweep(kernel, rows, ledger)
      const figures = newFigures()
      for (let account = 0; account < accounts; account++) {
        accountRisk(kernel, rows, ledger, account, figures)
        const swept = [risk.equity[account], risk.mm[account], risk.im[account], risk.soft[account]]
        expect(swept).toEqual([figures.equity, figures.mm, figures.im, figures.soft])
      }
    }
  })
})
