import { InputError } from '../protocol/errors.ts'
import { CASH_LOT_NANO } from '../protocol/liquidation.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { VALUE_DIM } from '../protocol/risk-layout.ts'
import type { LotDisclosure } from './disclosure-format.ts'
import { divideUp, priceLots } from './liquidation/price.ts'
import { marginIn, type RoundRisk } from './liquidation/requirement.ts'

/** A bidder's own value of one lot of an instrument, nano-USD; undefined takes the round's mark. */
export type ValueView = (id: number) => bigint | undefined

/** The tax on slippage, as the engine's parameters set it: all in basis points. */
export interface SlippageTax {
  readonly modelledImpactBps: bigint
  readonly slippageFreeBps: bigint
  readonly taxShareBps: bigint
}

export interface BidRequest {
  /** Opened and checked. */
  readonly lot: LotDisclosure
  /** The round that the lot was proven on. */
  readonly round: RoundRisk
  readonly view?: ValueView
  /** What the bidder wants to earn over its own value of the lot, nano-USD, >= 0. Its costs of unwinding belong here. */
  readonly marginNano: bigint
  readonly tax?: SlippageTax
  /** Public bound of IM of the lot: escrow is never less. */
  readonly carryLots: bigint
  /** The largest discount that the case takes, basis points of relief. */
  readonly capBps: bigint
}

export interface BidPrice {
  /** Of the lot, nano-USD: at the round's mark, and in the bidder's own view. */
  readonly markNano: bigint
  readonly viewNano: bigint
  /** Net discount, basis points of relief, at which the bidder gains nothing and loses nothing; rounded up. Negative: it would pay more than mark. */
  readonly breakEvenBps: bigint
  /** The same with its margin. */
  readonly wantedNetBps: bigint
  /** What to bid: the least gross discount, from 0 to the cap, that is at least the wanted one after tax; undefined: none is. */
  readonly bidBps: bigint | undefined
  /** What the bid leaves after tax, and what the lot then costs: lots of cash, negative where the bidder is paid. */
  readonly netBps: bigint | undefined
  readonly priceLots: bigint | undefined
  /** Cash that must come with the bid: IM of the lot is covered after paying, and carryLots in any case. */
  readonly escrowLots: bigint
}

/** Relief is bps of nano-USD and a discount is bps of that. */
const RELIEF_SCALE = BASIS_POINTS * BASIS_POINTS

/**
 * What a lot is worth to a bidder who sees it: P = V - discount * relief is the price, so that it breaks even at the
 * discount (V - its own value) / relief. Every rounding is against the bidder, so a bid at bidBps earns at least
 * marginNano. Throws InputError for an instrument that the round does not have, and for bad bounds.
 */
export function priceBid(request: BidRequest): BidPrice {
  const { lot, round, view = () => undefined, marginNano, tax, carryLots, capBps } = request
  checkBounds(request)
  const margin = marginIn(round, lot.moved)
  const markNano = margin.equityNano
  const viewNano = lot.moved.reduce((sum, { id, quantityLots }) => {
    const value = view(id) ?? round.vectors.get(id)!.ratesNano[VALUE_DIM]!
    return sum + quantityLots * value
  }, 0n)
  const bpsOf = (amountNano: bigint) => divideUp(RELIEF_SCALE * amountNano, lot.reliefBpsNano)
  const wantedNetBps = bpsOf(markNano - viewNano + marginNano)
  const bidBps = grossFor(wantedNetBps, capBps, tax)
  const netBps = bidBps === undefined ? undefined : netOf(bidBps, tax)
  const imLots = divideUp(margin.imBpsNano, BASIS_POINTS * CASH_LOT_NANO)
  return {
    markNano,
    viewNano,
    breakEvenBps: bpsOf(markNano - viewNano),
    wantedNetBps,
    bidBps,
    netBps,
    priceLots: netBps === undefined ? undefined : priceLots(markNano, netBps, lot.reliefBpsNano),
    // Paying P for V at a discount of zero or more leaves equity of at least the escrow.
    escrowLots: imLots > carryLots ? imLots : carryLots,
  }
}

/** The discount that reaches the bidder, as the engine reckons: what is beyond modelled impact and the free part is taxed, the tax rounded down. */
export function netOf(grossBps: bigint, tax: SlippageTax | undefined): bigint {
  if (tax === undefined) return grossBps
  const beyond = grossBps - tax.modelledImpactBps - tax.slippageFreeBps
  return beyond <= 0n ? grossBps : grossBps - (tax.taxShareBps * beyond) / BASIS_POINTS
}

/** The least gross discount from 0 to the cap whose net is enough: net never falls as gross rises, so halving finds it. */
function grossFor(wantedNetBps: bigint, capBps: bigint, tax: SlippageTax | undefined): bigint | undefined {
  if (netOf(capBps, tax) < wantedNetBps) return undefined
  let [least, enough] = [-1n, capBps]
  while (enough - least > 1n) {
    const middle = (enough + least) / 2n
    if (netOf(middle, tax) >= wantedNetBps) enough = middle
    else least = middle
  }
  return enough
}

function checkBounds({ marginNano, carryLots, capBps, tax }: BidRequest): void {
  for (const [field, value] of Object.entries({ marginNano, carryLots, capBps, ...tax })) {
    if (value < 0n) throw new InputError('must not be negative', { field })
  }
  if (tax !== undefined && tax.taxShareBps > BASIS_POINTS) {
    throw new InputError('must be at most 10,000 basis points', { field: 'taxShareBps' })
  }
}
