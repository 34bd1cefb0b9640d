import type { Random } from '../random.ts'

export interface DraftOption {
  readonly id: number
  readonly right: 'call' | 'put'
  /** Strike over spot. */
  readonly moneyness: number
}

export interface DraftMarket {
  /** By expiry. */
  readonly options: readonly (readonly DraftOption[])[]
  readonly hedgeIds: readonly number[]
  readonly spotIds: readonly number[]
  readonly lotsPerUnit: number
  readonly spotUsd: number
}

/** An account before its cash. */
export interface Draft {
  readonly lots: Map<number, number>
  readonly isCounterparty: boolean
  /** Held as collateral: nobody is on the other side. */
  readonly collateral: number | undefined
}

/** What twenty accounts of a generated venue are: mostly writers, for it is their book that is looked at. */
export const KINDS = [
  'strangle',
  'put',
  'long',
  'straddle',
  'counterparty',
  'put',
  'long',
  'strangle',
  'covered',
  'counterparty',
  'put',
  'long',
  'straddle',
  'strangle',
  'counterparty',
  'long',
  'put',
  'covered',
  'strangle',
  'counterparty',
] as const
export type Kind = (typeof KINDS)[number]

/** Sizes are log-normal around a quarter of a million USD: a few large accounts hold much of a book, as on real venues. */
export function draftAccount(kind: Kind, market: DraftMarket, random: Random): Draft {
  const usd = 250_000 * Math.exp(1.1 * random.normal())
  const units = usd / market.spotUsd
  const size = Math.max(1, Math.round(units * market.lotsPerUnit))
  const expiry = market.options[Math.floor(random.uniform() * market.options.length)]!
  const width = random.between(0.03, 0.14)
  const lots = new Map<number, number>()
  const add = (id: number, quantity: number) => lots.set(id, (lots.get(id) ?? 0) + quantity)
  const near = (right: 'call' | 'put', moneyness: number) => nearest(expiry, right, moneyness).id
  if (kind === 'strangle') {
    add(near('put', 1 - width), -size)
    add(near('call', 1 + width), -size)
  } else if (kind === 'straddle') {
    add(near('put', 1), -size)
    add(near('call', 1), -size)
  } else if (kind === 'put') {
    add(near('put', 1 - width), -size)
  } else if (kind === 'long') {
    add(market.hedgeIds[0]!, size)
  } else if (kind === 'covered' && market.spotIds.length > 0) {
    add(market.spotIds[0]!, size)
    add(near('call', 1 + width), -size)
  }
  const collateral = kind === 'covered' ? market.spotIds[0] : undefined
  return { lots, isCounterparty: kind === 'counterparty', collateral }
}

function nearest(options: readonly DraftOption[], right: 'call' | 'put', moneyness: number): DraftOption {
  return options
    .filter((option) => option.right === right)
    .reduce((best, option) =>
      Math.abs(option.moneyness - moneyness) < Math.abs(best.moneyness - moneyness) ? option : best,
    )
}
