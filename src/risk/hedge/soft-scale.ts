import { type Holding, type MarginResult, marginOf } from '../margin.ts'
import type { RealTrade } from './soft-program.ts'
import { changed, type HedgeAccount, isRestored, negated } from './soft-rules.ts'

/** Scales are whole numbers of this: 2^40. */
const ONE = 1n << 40n
const HALF_LOT_BITS = 20n
/** Tried in turn, until one restores SOFT in whole lots: 1, then a little more, up to 5%. In millionths. */
const LARGER_MILLIONTHS = [0n, 1n, 10n, 100n, 1_000n, 10_000n, 50_000n]
const MILLION = 1_000_000n

/**
 * A fractional trade in whole lots: the smallest multiple of it, rounded toward less, with which `isEnough` holds; undefined
 * where not even 5% more is enough. The legs are m: what leaves the account, by increasing id. SOFT and the costs together are
 * convex along a trade, and above equity without it, so what is enough is one range of multiples and halving finds its
 * lower end.
 */
export function smallestLegs(
  trades: readonly RealTrade[],
  isEnough: (legs: readonly Holding[]) => boolean,
): Holding[] | undefined {
  const larger = LARGER_MILLIONTHS.map((more) => ONE + (ONE * more) / MILLION)
  let enough = larger.find((scale) => isEnough(legsAt(trades, scale)))
  if (enough === undefined) return undefined
  let less = 0n
  while (enough - less > 1n) {
    const middle: bigint = (enough + less) / 2n
    if (isEnough(legsAt(trades, middle))) enough = middle
    else less = middle
  }
  return legsAt(trades, enough)
}

/** At most so many legs are searched around: 4 choices each. */
const MAX_SEARCHED_LEGS = 4
const OFFSETS = [-1n, 0n, 1n, 2n]

/**
 * Whole lots around a fractional trade, each leg from one lot less than it (cut toward zero) to two more: for hedges of so few lots that a
 * multiple of the trade skips what would do. None for more than four legs, of which the lots are not few.
 */
export function legsAround(trades: readonly RealTrade[]): Holding[][] {
  if (trades.length > MAX_SEARCHED_LEGS) return []
  return trades.reduce<Holding[][]>(
    (partial, { instrument, lots }) => {
      const sign = lots > 0 ? 1n : -1n
      return OFFSETS.flatMap((offset) => {
        const size = BigInt(Math.trunc(Math.abs(lots))) + offset
        if (size < 0n || size > instrument.depthLots) return []
        const leg = { id: instrument.id, quantityLots: -sign * size }
        return partial.map((legs) => (size === 0n ? legs : [...legs, leg]))
      })
    },
    [[]],
  )
}

/** Whether the account is at or above SOFT once the legs are gone and costBps of the relief is paid. */
export function restores(
  account: HedgeAccount,
  before: MarginResult,
  legs: readonly Holding[],
  costBps: bigint,
): boolean {
  const after = marginOf(changed(account.holdings, negated(legs)), account.vectors, account.parameters)
  return isRestored(before, after, costBps)
}

function legsAt(trades: readonly RealTrade[], scale: bigint): Holding[] {
  return trades.flatMap((trade) => {
    const quantityLots = -lotsAt(trade, scale)
    return quantityLots === 0n ? [] : [{ id: trade.instrument.id, quantityLots }]
  })
}

/** What the account buys at a scale: toward zero, within depth, and exactly closed where that is what is meant. */
function lotsAt({ instrument, heldLots, lots }: RealTrade, scale: bigint): bigint {
  const precise = BigInt(Math.round(lots * 2 ** Number(HALF_LOT_BITS)))
  let wanted = (precise * scale) / (ONE << HALF_LOT_BITS)
  const size = absolute(heldLots)
  // The solver closes a position to within its tolerance: a lot that is left over would keep a slot.
  const closes = heldLots !== 0n && isNear(BigInt(Math.round(lots)), -heldLots, size)
  if (closes && (isNear(wanted, -heldLots, size) || absolute(wanted) > size)) wanted = -heldLots
  const { depthLots } = instrument
  if (wanted > depthLots) return depthLots
  return wanted < -depthLots ? -depthLots : wanted
}

/** Within a lot or a millionth. */
function isNear(lots: bigint, target: bigint, size: bigint): boolean {
  return absolute(lots - target) <= 1n + size / MILLION
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}
