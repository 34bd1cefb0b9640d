import type { Account } from '../../../book/account.ts'
import { netLots } from '../../../book/ledger.ts'
import { CASH_ID } from '../../../protocol/liquidation.ts'

/** What the chain says, in lots of cash, beside the openings of the book. */
export interface ChainMoney {
  /** The vault's ledger of cash. */
  readonly ledgerLots: bigint
  readonly payableLots: bigint
  readonly pendingLots: bigint
  readonly deficitLots: bigint
  readonly insuranceLots: bigint
  readonly gammaLots: bigint
  /** Free and locked lots of everybody in the escrow. */
  readonly escrowLots: bigint
  /** Token units by holder, and all that was ever minted. */
  readonly balances: Readonly<Record<'vault' | 'fund' | 'escrow' | 'house' | 'persons', bigint>>
  readonly mintedUnits: bigint
}

/** What the settlements say that they moved, lots of cash. */
export interface Flows {
  /** Into the book, with what was bought. */
  readonly escrowInLots: bigint
  /** Out of the book, to the insurance fund and the Gamma Reserve. */
  readonly feesOutLots: bigint
  /** Out of the book, to be paid later. */
  readonly withdrawnLots: bigint
  /** Into the book, for a debt. */
  readonly coveredLots: bigint
}

export interface Check {
  readonly what: string
  readonly left: bigint
  readonly right: bigint
  readonly holds: boolean
}

/**
 * Whether value was conserved, to the last lot and the last token unit, from the openings of the book before and after and
 * what the chain says. Pure: a test alters one number and sees a check fail.
 */
export function conservationChecks(
  before: readonly Account[],
  after: readonly Account[],
  money: ChainMoney,
  flows: Flows,
  unitsPerLot: bigint,
): Check[] {
  const [netBefore, netAfter] = [netLots(before), netLots(after)]
  const cash = (net: ReadonlyMap<number, bigint>) => net.get(CASH_ID) ?? 0n
  const { ledgerLots, payableLots, pendingLots, deficitLots, balances } = money
  const flowed = flows.escrowInLots + flows.coveredLots - flows.feesOutLots - flows.withdrawnLots
  const moved = positionsChanged(netBefore, netAfter)
  const held = Object.values(balances).reduce((sum, units) => sum + units, 0n)
  return [
    check('instruments whose sum over all accounts changed', BigInt(moved), 0n),
    check(
      'cash of all accounts, lots = before + escrow in + debts paid - fees out - withdrawn',
      cash(netAfter),
      cash(netBefore) + flowed,
    ),
    check("cash of all accounts, lots = the vault's ledger", cash(netAfter), ledgerLots),
    check(
      'token units of the vault = ledger + payables + pending - deficit',
      balances.vault,
      (ledgerLots + payableLots + pendingLots - deficitLots) * unitsPerLot,
    ),
    check(
      'token units of the fund = its two tranches',
      balances.fund,
      (money.insuranceLots + money.gammaLots) * unitsPerLot,
    ),
    check(
      'token units of the escrow = free and locked lots',
      balances.escrow,
      money.escrowLots * unitsPerLot,
    ),
    check('token units of all holders = all that was minted', held, money.mintedUnits),
  ]
}

function check(what: string, left: bigint, right: bigint): Check {
  return { what, left, right, holds: left === right }
}

/** Instruments but cash whose sum over all accounts is another than before. */
function positionsChanged(before: ReadonlyMap<number, bigint>, after: ReadonlyMap<number, bigint>): number {
  const ids = new Set([...before.keys(), ...after.keys()])
  ids.delete(CASH_ID)
  return [...ids].filter((id) => (before.get(id) ?? 0n) !== (after.get(id) ?? 0n)).length
}
