import type { BidPrice } from '../../../book/disclosure-pricing.ts'
import type { Report } from '../../../keeper/keeper.ts'
import type { MarginInstance } from '../../../protocol/instances.ts'
import { CASH_LOT_NANO } from '../../../protocol/liquidation.ts'
import type { MarginResult } from '../../../risk/margin.ts'
import { grouped, usd } from '../../format.ts'
import type { Output } from '../../output.ts'
import { tableText } from '../../table.ts'
import type { Teller } from '../tell.ts'
import { type Cast, PLANS, ROLES } from './cast.ts'
import type { Move } from './market.ts'
import type { CaseOutcome } from './outcomes.ts'
import { DEMO_PARAMETERS } from './setting.ts'
import type { Check } from './tally.ts'

const DONE: Readonly<Record<Report['action']['kind'], string>> = {
  trigger: 'proves that the account is below its threshold',
  attest: 'proves that the account is covered',
  open: 'opens a case',
  confirm: 'proves what is sold',
  disclose: 'shows the slice',
  finish: 'ends the stage',
  absorb: 'has the clearing house take it',
  startSettlement: 'reserves the head',
  voidCase: 'ends the case: a round that it stood on was rejected',
  settle: 'settles by a proven transfer',
  deleverage: 'deleverages by a proven transfer',
  cancel: 'ends the case: the account has recovered',
  cover: 'pays the debt off',
  order: 'plans trades of an inventory',
  workOff: 'withdraws capital, proven to be spare',
  release: 'releases the reserved budget',
  escalate: 'makes it a full case',
  lapse: 'lapses the case',
  fail: 'calls the settlement off',
  applyDeposit: 'puts a deposit in the book',
  cure: 'ends the case by a deposit that restores the buffer',
}

/** The words of the demo's second half. */
export class LiquidationTeller {
  readonly #teller: Teller
  readonly #out: Output

  constructor(teller: Teller, out: Output) {
    this.#teller = teller
    this.#out = out
  }

  section(title: string): void {
    this.#teller.section(title)
  }

  line(text: string): void {
    this.#teller.line(text)
  }

  opening({ name }: MarginInstance, cast: Cast, broughtInLots: bigint): void {
    this.section('A day later: the cast of a liquidation')
    this.line(
      `From here on this local chain's clock is the demo's: a block is a second, and waiting is done by mining empty ` +
        `blocks of 12 seconds. Proofs are of the ${name.replace('margin-', '')}-slot circuits. Governance has, through its ` +
        `timelock and after a day's delay, shortened the public auction to ${DEMO_PARAMETERS.dutchDuration} s without restarts.`,
    )
    const names = ROLES.map((role) => cast[role].name).join('; ')
    this.line(
      `Four accounts whose stories are followed: ${names}. The other side of all four: ${cast.counterparty.name}.`,
    )
    this.line(`The vault holds the cash of all accounts of the book: ${lotsUsd(broughtInLots)} USD`)
  }

  house(capitalLots: bigint): void {
    this.line(`The clearing house has a capital of ${lotsUsd(capitalLots)} USD`)
  }

  crash(sequence: number, { spotBps, volBps }: Move): void {
    this.section(`Round ${sequence}: spot ${Number(spotBps) / 100}%, volatility +${Number(volBps) / 100}%`)
    this.line(
      'Two rounds before it said the same: a single print that far off the others opens cases and sells nothing.',
    )
    this.line(
      'The keeper sweeps the book, and proves and opens cases for the four that are followed here, one for each. What it ' +
        'would go on to do afterwards is left out.',
    )
  }

  step({ action, sent, detail }: Report, role: string): void {
    const gas = sent === undefined ? '' : `, gas ${grouped(sent.gasUsed)}`
    const more = detail === undefined ? '' : `: ${detail}`
    this.line(`${role}: the keeper ${DONE[action.kind]}${more}${gas}`)
  }

  opened(who: string, legs: number): void {
    this.line(`${who} opens the slice (${legs} legs) and it is what the case commits to`)
  }

  committed(who: string, legs: number, price: BidPrice): void {
    this.opened(who, legs)
    this.line(
      `${who} values it at ${usd(price.viewNano)} USD, seals a bid of ${price.bidBps} bps of the relief, and keeps the salt on disk`,
    )
  }

  asked(who: string, askBps: bigint, capBps: bigint): void {
    this.line(
      `${who} offers to take it for ${askBps} bps of the relief; at most ${capBps} may be asked, and the hedge is the least ` +
        'that restores the buffer after the most',
    )
  }

  recovered(who: string, { equityNano, requirementNano }: MarginResult, gasUsed: bigint): void {
    this.line(
      `${who}: recovered. Equity of ${usd(equityNano)} USD is at or above SOFT, ${usd(requirementNano.soft)} USD, again, proven ` +
        `on the next round, gas ${grouped(gasUsed)}`,
    )
  }

  covered(who: string, { equityNano, requirementNano }: MarginResult): void {
    this.line(
      `${who}: equity of ${usd(equityNano)} USD is at or above its MM of ${usd(requirementNano.mm)} USD: no further step would be accepted`,
    )
  }

  outcomes(outcomes: readonly CaseOutcome[]): void {
    const rows = outcomes.map((outcome) => [
      PLANS[outcome.role].name,
      outcome.way,
      outcome.winner,
      `${outcome.discountBps}`,
      lotsUsd(outcome.escrowLots),
      lotsUsd(outcome.feeLots),
      lotsUsd(outcome.taxLots),
      outcome.ending,
      outcome.isAtSoft ? 'yes' : 'no',
    ])
    const columns = [
      { head: 'account' },
      { head: 'sold in' },
      { head: 'to' },
      { head: 'discount bps', align: 'right' },
      { head: 'escrow USD', align: 'right' },
      { head: 'fee USD', align: 'right' },
      { head: 'tax USD', align: 'right' },
      { head: 'end' },
      { head: 'at SOFT' },
    ] as const
    this.#out.print(tableText(columns, rows, 3))
  }

  checks(checks: readonly Check[]): void {
    for (const { what, left, right, holds } of checks) {
      this.line(
        `${holds ? 'holds' : 'BROKEN'}: ${what}: ${grouped(left)}${holds ? '' : ` is not ${grouped(right)}`}`,
      )
    }
  }
}

/** Lots of a cent as dollars. */
export function lotsUsd(lots: bigint): string {
  return usd(lots * CASH_LOT_NANO)
}
