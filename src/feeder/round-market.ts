import { listedTerms } from '../chain/oracle-data.ts'
import type { ListedWords } from '../chain/oracle-round.ts'
import type { RoundMedians } from '../oracle/round-medians.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { Listing } from '../risk/listing.ts'
import { FORWARD_SPOT_RATIO } from '../risk/market/check.ts'
import { formatDeribitName } from '../risk/market/deribit-name.ts'
import { compareExpiries, compareInstruments, compareText } from '../risk/market/order.ts'
import type { InstrumentQuote, MarketSnapshot } from '../risk/market/snapshot.ts'
import { generationOf, placeOf } from '../risk/risk-tree.ts'

/** The market of a round: feeders' medians, seen through the listing on chain. Pure. */

/** Listed instruments under the names of their terms: everybody who reads the chain gives the same ones. */
export function namedListing(listed: ListedWords, configuration: RiskConfiguration): Listing {
  const instruments = [...listed].map(([id, word]) => ({
    symbol: instrumentName(word, configuration),
    id,
    lotNano: listedTerms(word).lotNano.toString(),
  }))
  const places = [...listed.keys()].reduce((most, id) => Math.max(most, placeOf(id)), 0)
  const generations = new Array<number>(places).fill(0)
  for (const id of listed.keys()) generations[placeOf(id) - 1] = generationOf(id)
  return Listing.parse({ format: 'tacit.listing.v1', instruments, generations })
}

/** USD, BTC, BTC-PERPETUAL, BTC-27MAR26, BTC-27MAR26-80000-C: one to one with the terms. */
export function instrumentName(word: bigint, { underlyings }: RiskConfiguration): string {
  const { kind, underlying, expirySeconds, strikeNano, isPut } = listedTerms(word)
  const currency = underlyings[underlying] ?? `UNDERLYING${underlying}`
  if (kind === 'cash') return 'USD'
  if (kind === 'spot') return currency
  if (kind === 'option') {
    const right = isPut ? 'put' : 'call'
    return formatDeribitName({ kind, currency, expirySeconds, strikeNano, right })
  }
  return formatDeribitName(kind === 'future' ? { kind, currency, expirySeconds } : { kind, currency })
}

/**
 * The snapshot that the round's matrix is made from: what is listed and what the medians quote. Listed instruments without
 * a quote are not in it, so that the matrix halts them; what is quoted and not listed is no part of a round but for its smile.
 */
export function roundMarket(
  medians: RoundMedians,
  listed: ListedWords,
  configuration: RiskConfiguration,
): MarketSnapshot {
  const underlyings = medians.spots
    .filter(({ symbol }) => configuration.underlyings.includes(symbol))
    .map(({ symbol, spotNano }) => ({ symbol, spotNano }))
    .sort((a, b) => compareText(a.symbol, b.symbol))
  const numberOf = (symbol: string) => underlyings.findIndex((underlying) => underlying.symbol === symbol)
  const expiries = medians.expiries
    .map(({ symbol, expirySeconds, forwardNano, smile }) => ({
      ...{ underlying: numberOf(symbol), expirySeconds, forwardNano, smile },
    }))
    .filter(({ underlying, forwardNano }) => isNear(forwardNano, underlyings[underlying]?.spotNano))
    .sort(compareExpiries)
  const market = { asOfSeconds: medians.asOfSeconds, underlyings, expiries, instruments: [] }
  const strikes = new Set(
    expiries.flatMap(({ underlying, expirySeconds, smile }) =>
      smile.map(({ strikeNano }) => `${underlying} ${expirySeconds} ${strikeNano}`),
    ),
  )
  const marks = new Map(medians.marks.map((mark) => [mark.symbol, mark]))
  const instruments = [...listed.values()]
    .flatMap((word) => quoteOf(word, market, { strikes, marks, configuration }) ?? [])
    .sort(compareInstruments)
  return { ...market, instruments }
}

interface Quotes {
  /** Underlying, expiry and strike. */
  readonly strikes: ReadonlySet<string>
  readonly marks: ReadonlyMap<string, RoundMedians['marks'][number]>
  readonly configuration: RiskConfiguration
}

/** The listed instrument as the medians quote it; undefined where they do not. */
function quoteOf(
  word: bigint,
  { underlyings, expiries }: MarketSnapshot,
  { strikes, marks, configuration }: Quotes,
): InstrumentQuote | undefined {
  const { kind, lotNano, expirySeconds, strikeNano, isPut, ...terms } = listedTerms(word)
  const base = { symbol: instrumentName(word, configuration), lotNano }
  if (kind === 'cash') return { ...base, kind }
  const currency = configuration.underlyings[terms.underlying]
  const underlying = underlyings.findIndex(({ symbol }) => symbol === currency)
  const spotNano = underlyings[underlying]?.spotNano
  if (spotNano === undefined) return undefined
  if (kind === 'spot') return { ...base, kind, underlying }
  if (kind === 'option') {
    if (!strikes.has(`${underlying} ${expirySeconds} ${strikeNano}`)) return undefined
    return { ...base, kind, underlying, expirySeconds, strikeNano, right: isPut ? 'put' : 'call' }
  }
  const mark = marks.get(base.symbol)
  if (mark === undefined || !isNear(mark.markNano, spotNano)) return undefined
  const { markNano, cumulativeFundingNano } = mark
  if (kind === 'perpetual') return { ...base, kind, underlying, markNano, cumulativeFundingNano }
  const isLive = expiries.some((e) => e.underlying === underlying && e.expirySeconds === expirySeconds)
  return isLive ? { ...base, kind, underlying, expirySeconds, markNano } : undefined
}

function isNear(priceNano: bigint, spotNano: bigint | undefined): boolean {
  if (spotNano === undefined) return false
  return priceNano * FORWARD_SPOT_RATIO >= spotNano && priceNano <= spotNano * FORWARD_SPOT_RATIO
}
