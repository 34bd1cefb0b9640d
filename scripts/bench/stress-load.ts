/** What the stress part measures: account-steps of the stress lab. */
import { DEFAULT_INSTANCE } from '../../src/protocol/instances.ts'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { DEFAULT_LINEAR_MARGIN } from '../../src/risk/linear-margin.ts'
import { Listing } from '../../src/risk/listing.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import { Ledger } from '../../src/stress/book/ledger.ts'
import { BookRisk } from '../../src/stress/margin/book-risk.ts'
import { MarginKernel } from '../../src/stress/margin/kernel.ts'
import { stressInstruments } from '../../src/stress/pricing/instruments.ts'
import { Pricer } from '../../src/stress/pricing/pricer.ts'
import { ROW } from '../../src/stress/pricing/row.ts'
import { startState } from '../../src/stress/pricing/state.ts'
import { Random } from '../../src/stress/random.ts'

/** Held by each account. */
export const POSITIONS = 16
/** New states that each process steps through, and before that for the compiler's sake. */
export const STEPS = 10
export const WARM_STEPS = 2
const SEED = 13

/**
 * Makes a book; each step is the risk matrix of a new state and then the margin of every account under it.
 * @param accounts each with POSITIONS positions
 */
export function stressLoad(accounts: number): (number: number) => void {
  const snapshot = sampleMarket({ seed: 1, size: 'full' })
  const listing = Listing.empty.update(snapshot.instruments, DEFAULT_INSTANCE)
  const held = new Set(listing.instruments.map(({ id }) => id))
  const instruments = stressInstruments(snapshot, listing, held)
  const pricer = new Pricer(snapshot, DEFAULT_CONFIGURATION, instruments, DEFAULT_LINEAR_MARGIN)
  const ledger = randomLedger(accounts, instruments.length)
  const kernel = new MarginKernel(marginParametersOf(DEFAULT_CONFIGURATION))
  const risk = new BookRisk(accounts, 'portfolio')
  const rows = new Float64Array(instruments.length * ROW)
  const state = startState(snapshot.underlyings.length)
  return (number) => {
    state.spot.fill(1 - number / 1_000)
    pricer.rows(state, rows)
    risk.sweep(kernel, rows, ledger)
  }
}

function randomLedger(accounts: number, instruments: number): Ledger {
  const random = new Random(SEED, 0)
  const ledger = new Ledger(accounts, POSITIONS, instruments, 0)
  for (let account = 0; account < accounts; account++) {
    while (ledger.counts[account]! < POSITIONS) {
      const row = Math.floor(random.uniform() * instruments)
      if (ledger.held(account, row) === 0) {
        ledger.place(account, row, Math.trunc(random.between(1, 100_000)) * (random.uniform() < 0.5 ? -1 : 1))
      }
    }
    ledger.cash[account] = Math.trunc(random.between(0, 1e9))
  }
  return ledger
}
