import type { InstrumentQuote, MarketSnapshot, OptionQuote } from '../risk/market/snapshot.ts'
import type { Leg } from './sample-strategies.ts'

const BASIS_POINTS = 10_000n
const DAY_SECONDS = 86_400

/**
 * The listed instrument nearest to what a leg asks for: by expiry, then by strike; the earlier one of two equally near.
 * A future that the market does not list becomes its perpetual. Undefined when nothing of the kind is listed.
 */
export function pickInstrument(
  snapshot: MarketSnapshot,
  underlying: number,
  leg: Leg,
): InstrumentQuote | undefined {
  const listed = snapshot.instruments.filter(
    (instrument) => instrument.kind !== 'cash' && instrument.underlying === underlying,
  )
  if (leg.kind === 'option') return pickOption(snapshot, listed, leg)
  if (leg.kind === 'future') {
    const wanted = snapshot.asOfSeconds + leg.days * DAY_SECONDS
    const futures = listed.filter((instrument) => instrument.kind === 'future')
    const nearest = nearestBy(futures, ({ expirySeconds }) => BigInt(Math.abs(expirySeconds - wanted)))
    return nearest ?? listed.find(({ kind }) => kind === 'perpetual')
  }
  return listed.find(({ kind }) => kind === leg.kind)
}

function pickOption(
  snapshot: MarketSnapshot,
  listed: readonly InstrumentQuote[],
  leg: Leg & { readonly kind: 'option' },
): OptionQuote | undefined {
  const wanted = snapshot.asOfSeconds + leg.days * DAY_SECONDS
  const options = listed.filter((instrument) => instrument.kind === 'option')
  const rights = options.filter(({ right }) => right === leg.right)
  const near = nearestBy(rights, ({ expirySeconds }) => BigInt(Math.abs(expirySeconds - wanted)))
  const quoted = snapshot.expiries.find(
    (expiry) => expiry.underlying === near?.underlying && expiry.expirySeconds === near.expirySeconds,
  )
  if (quoted === undefined) return undefined
  const strikeNano = (quoted.forwardNano * leg.strikeBps) / BASIS_POINTS
  return nearestBy(
    rights.filter(({ expirySeconds }) => expirySeconds === quoted.expirySeconds),
    (option) =>
      option.strikeNano > strikeNano ? option.strikeNano - strikeNano : strikeNano - option.strikeNano,
  )
}

function nearestBy<T>(items: readonly T[], distance: (item: T) => bigint): T | undefined {
  let best: { item: T; at: bigint } | undefined
  for (const item of items) {
    const at = distance(item)
    if (best === undefined || at < best.at) best = { item, at }
  }
  return best?.item
}
