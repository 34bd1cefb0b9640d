import type { Party } from '../book/ledger.ts'
import { GAMMA_RESERVE, HOUSE, INSURANCE } from '../market/agents.ts'
import type { EngineContext } from './engine.ts'

/**
 * Debts of accounts that hold nothing any more, paid in the design's order: insurance, Gamma Reserve, clearing-house capital,
 * and what is left shared by everybody with cash, in proportion to it.
 */
export function coverDebts(context: EngineContext): void {
  const { ledger } = context.venue
  for (let account = 0; account < ledger.accounts; account++) {
    if (ledger.counts[account] === 0 && ledger.cash[account]! < 0) coverDebt(context, account)
  }
}

function coverDebt(context: EngineContext, account: number): void {
  const { venue, tally, parts } = context
  const { ledger } = venue
  const debt = -ledger.cash[account]!
  tally.badDebt += debt
  let left = debt
  const take = (from: Party) => {
    const paid = Math.min(left, Math.max(0, ledger.cashOf(from)))
    ledger.pay(from, account, paid)
    left -= paid
    return paid
  }
  tally.insurance += take(INSURANCE)
  if (parts.gammaReserve) tally.gammaReserve += take(GAMMA_RESERVE)
  if (parts.clearingHouse) tally.house += take(HOUSE)
  if (left > 0) {
    const shared = socialise(context, account, left)
    tally.socialised += shared
    tally.uncovered += left - shared
  }
}

/** In proportion to cash, whole cents, the rest from the first who have it. Returns what was found. */
function socialise({ venue }: EngineContext, account: number, debt: number): number {
  const { ledger } = venue
  let total = 0
  for (let other = 0; other < ledger.accounts; other++) total += Math.max(0, ledger.cash[other]!)
  const wanted = Math.min(debt, total)
  if (wanted <= 0) return 0
  let left = wanted
  const share = wanted / total
  for (let other = 0; other < ledger.accounts; other++) {
    const cents = Math.min(left, Math.floor(Math.max(0, ledger.cash[other]!) * share))
    ledger.pay(other, account, cents)
    left -= cents
  }
  for (let other = 0; other < ledger.accounts && left > 0; other++) {
    const cents = Math.min(left, Math.max(0, ledger.cash[other]!))
    ledger.pay(other, account, cents)
    left -= cents
  }
  return wanted - left
}
