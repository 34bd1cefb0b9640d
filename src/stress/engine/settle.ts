import type { Party } from '../book/ledger.ts'
import { CENT_NANO } from '../margin/kernel.ts'
import { GAMMA_RESERVE, INSURANCE } from '../market/agents.ts'
import type { Venue } from '../market/venue.ts'
import { type EngineContext, recordSale } from './engine.ts'
import type { StressLot } from './lots.ts'

/** What a lot may be sold for below mark, and what the fund takes, nano-USD. */
export interface SaleTerms {
  readonly cap: number
  readonly fee: number
  readonly taxed: { readonly free: number; readonly share: number }
}

/**
 * Of a solvent account: discount and fee together take at most a share of the lot's part of its equity, so that it keeps some.
 * Of an insolvent one: a share of the relief, and no fee.
 */
export function saleTerms(context: EngineContext, lot: StressLot, account: number): SaleTerms {
  const { venue, risk, parts } = context
  const { parameters } = venue
  const equity = risk.equity[account]!
  const free = (parameters.slippageFreeBps / 1e4) * lotNotionalUsd(venue, lot) * 1e9
  const share = parts.gammaReserve ? parameters.slippageTaxShareBps / 1e4 : 0
  const taxed = { free, share }
  if (equity <= 0) return { cap: (lot.relief * parameters.insolventMaxDiscountBps) / 1e4, fee: 0, taxed }
  const part = lot.relief / Math.max(1, risk.mm[account]!)
  const room = ((equity * parameters.discountCapShareBps) / 1e4) * Math.min(1, part)
  const fee = Math.min(room, (lot.relief * parameters.liquidationFeeBps) / 1e4)
  return { cap: room - fee, fee, taxed }
}

export function lotNotionalUsd(venue: Venue, lot: StressLot): number {
  let sum = 0
  for (let leg = 0; leg < lot.count; leg++) sum += Math.abs(venue.deltaUsd(lot.rows[leg]!, lot.lots[leg]!))
  return sum
}

/** A lot changes hands at the oracle's mark less a discount; fee to insurance, tax on the discount to the reserve. */
export function settleLot(
  context: EngineContext,
  lot: StressLot,
  account: number,
  buyer: Party,
  discount: number,
  { fee, taxed }: SaleTerms,
): void {
  const { ledger } = context.venue
  for (let leg = 0; leg < lot.count; leg++) ledger.moveLots(account, buyer, lot.rows[leg]!, lot.lots[leg]!)
  ledger.pay(buyer, account, Math.floor((lot.value - discount) / CENT_NANO))
  const feeCents = Math.floor(fee / CENT_NANO)
  ledger.pay(account, INSURANCE, feeCents)
  context.tally.fees += feeCents
  const tax = Math.floor((Math.max(0, discount - taxed.free) * taxed.share) / CENT_NANO)
  ledger.pay(buyer, GAMMA_RESERVE, tax)
  context.tally.slippageTax += tax
  recordSale(context, account, lotNotionalUsd(context.venue, lot))
}
