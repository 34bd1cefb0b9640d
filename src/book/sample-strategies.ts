import type { Tier } from '../risk/margin.ts'

/** One leg of a sample strategy. `share` is signed, in basis points of the account's size in units. */
export type Leg =
  | { readonly kind: 'spot' | 'perpetual'; readonly share: bigint; readonly other?: boolean }
  | { readonly kind: 'future'; readonly share: bigint; readonly days: number; readonly other?: boolean }
  | {
      readonly kind: 'option'
      readonly share: bigint
      /** Wanted time to expiry and strike (basis points of the forward): the nearest listed ones are taken. */
      readonly days: number
      readonly strikeBps: bigint
      readonly right: 'call' | 'put'
      readonly other?: boolean
    }

export interface Strategy {
  readonly name: string
  /** The tier that the account's cash is tuned to. */
  readonly tier: Tier
  /** How far above IM (healthy) or below zero (insolvent), percent of the requirement; mid-band otherwise. */
  readonly bufferPercent?: bigint
  /** 0 or 1: which underlying (of those there are); legs with `other` take the next one. */
  readonly underlying: number
  readonly sizeUsd: bigint
  readonly legs: readonly Leg[]
}

const call = (share: bigint, days: number, strikeBps: bigint): Leg => ({
  kind: 'option',
  right: 'call',
  share,
  days,
  strikeBps,
})
const put = (share: bigint, days: number, strikeBps: bigint): Leg => ({
  kind: 'option',
  right: 'put',
  share,
  days,
  strikeBps,
})
const spot = (share: bigint): Leg => ({ kind: 'spot', share })
const perpetual = (share: bigint): Leg => ({ kind: 'perpetual', share })
const future = (share: bigint, days: number): Leg => ({ kind: 'future', share, days })

/** Each named for the risk it holds. In order of importance: a small book takes the first that fit. */
export const STRATEGIES: readonly Strategy[] = [
  {
    name: 'covered call',
    tier: 'healthy',
    underlying: 0,
    sizeUsd: 600_000n,
    legs: [spot(10_000n), call(-10_000n, 25, 11_000n)],
  },
  {
    name: 'short straddle',
    tier: 'reduceOnly',
    underlying: 0,
    sizeUsd: 400_000n,
    legs: [call(-10_000n, 25, 10_000n), put(-10_000n, 25, 10_000n)],
  },
  {
    name: 'delta-hedged short gamma',
    tier: 'softLiquidation',
    underlying: 1,
    sizeUsd: 500_000n,
    legs: [call(-20_000n, 11, 10_000n), perpetual(10_000n)],
  },
  {
    name: 'leveraged perpetual long',
    tier: 'fullLiquidation',
    underlying: 0,
    sizeUsd: 900_000n,
    legs: [perpetual(10_000n)],
  },
  {
    name: 'deep insolvent call writer',
    tier: 'insolvent',
    bufferPercent: 150n,
    underlying: 1,
    sizeUsd: 300_000n,
    legs: [call(-30_000n, 11, 10_500n)],
  },
  {
    name: 'vertical spread',
    tier: 'healthy',
    underlying: 0,
    sizeUsd: 500_000n,
    legs: [call(10_000n, 25, 10_000n), call(-10_000n, 25, 11_000n)],
  },
  {
    name: 'protective put',
    tier: 'healthy',
    underlying: 1,
    sizeUsd: 400_000n,
    legs: [spot(10_000n), put(10_000n, 25, 9_000n)],
  },
  {
    name: 'calendar spread',
    tier: 'healthy',
    underlying: 0,
    sizeUsd: 700_000n,
    legs: [call(-10_000n, 11, 10_000n), call(10_000n, 116, 10_000n)],
  },
  {
    name: 'perpetual basis',
    tier: 'healthy',
    underlying: 1,
    sizeUsd: 1_000_000n,
    legs: [spot(10_000n), perpetual(-10_000n)],
  },
  {
    name: 'long only',
    tier: 'healthy',
    underlying: 0,
    sizeUsd: 250_000n,
    legs: [spot(10_000n), { kind: 'spot', share: 8_000n, other: true }],
  },
  {
    name: 'cash only',
    tier: 'healthy',
    underlying: 0,
    sizeUsd: 100_000n,
    legs: [],
  },
  {
    name: 'short strangle',
    tier: 'fullLiquidation',
    underlying: 1,
    sizeUsd: 600_000n,
    legs: [call(-10_000n, 25, 11_500n), put(-10_000n, 25, 8_500n)],
  },
  {
    name: 'naked put seller',
    tier: 'softLiquidation',
    underlying: 0,
    sizeUsd: 500_000n,
    legs: [put(-10_000n, 25, 9_000n)],
  },
  {
    name: 'insolvent perpetual short',
    tier: 'insolvent',
    bufferPercent: 10n,
    underlying: 0,
    sizeUsd: 300_000n,
    legs: [perpetual(-10_000n)],
  },
  {
    name: 'iron condor',
    tier: 'healthy',
    underlying: 0,
    sizeUsd: 600_000n,
    legs: [
      put(10_000n, 25, 9_000n),
      put(-10_000n, 25, 9_500n),
      call(-10_000n, 25, 10_500n),
      call(10_000n, 25, 11_000n),
    ],
  },
  {
    name: 'futures curve',
    tier: 'reduceOnly',
    underlying: 0,
    sizeUsd: 800_000n,
    legs: [future(10_000n, 11), future(-10_000n, 116)],
  },
  {
    name: 'relative value',
    tier: 'fullLiquidation',
    underlying: 0,
    sizeUsd: 500_000n,
    legs: [perpetual(10_000n), { kind: 'perpetual', share: -10_000n, other: true }],
  },
  {
    name: 'risk reversal',
    tier: 'reduceOnly',
    underlying: 1,
    sizeUsd: 500_000n,
    legs: [call(10_000n, 116, 11_000n), put(-10_000n, 116, 9_000n)],
  },
  {
    name: 'call ratio spread',
    tier: 'softLiquidation',
    underlying: 1,
    sizeUsd: 400_000n,
    legs: [call(10_000n, 25, 10_000n), call(-20_000n, 25, 11_500n)],
  },
]
