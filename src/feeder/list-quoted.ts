import type { Signer } from 'ethers'
import { listInstruments, type OracleConnection } from '../chain/oracle-client.ts'
import { instrumentWord } from '../chain/oracle-data.ts'
import type { ListedWords } from '../chain/oracle-round.ts'
import type { RoundMedians } from '../oracle/round-medians.ts'
import { OutOfRangeError } from '../protocol/errors.ts'
import { GENERATION_BITS, PLACE_BITS } from '../protocol/ranges.ts'
import { formatDeribitName, parseDeribitName } from '../risk/market/deribit-name.ts'
import { cashLotNano, lotOfUnderlying } from '../risk/market/lots.ts'
import { compareInstruments } from '../risk/market/order.ts'
import type { InstrumentQuote } from '../risk/market/snapshot.ts'
import { placeOf } from '../risk/risk-tree.ts'
import type { OracleHead } from './oracle-reader.ts'
import { instrumentName } from './round-market.ts'

/**
 * Puts on the listing what a quorum of feeders quotes and what is not on it: cash, and by underlying spot, marks, and a call and
 * a put at every strike. Never takes anything off: what may be released only the venue knows. Boundary module: network.
 * @returns how many were added
 */
export async function listQuoted(
  connection: OracleConnection,
  lister: Signer,
  head: OracleHead,
  medians: RoundMedians,
): Promise<number> {
  const { listed, configuration } = head
  const known = new Set([...listed.values()].map((word) => instrumentName(word, configuration)))
  const fresh = quotedInstruments(medians, configuration.underlyings).filter(
    ({ symbol }) => !known.has(symbol),
  )
  if (fresh.length === 0) return 0
  await listInstruments(connection, lister, listed, withNew(head, fresh))
  return fresh.length
}

/** In canonical order, under the names of their terms; `underlying` is the place in the configuration. */
export function quotedInstruments(medians: RoundMedians, underlyings: readonly string[]): InstrumentQuote[] {
  const spots = medians.spots.filter(({ symbol }) => underlyings.includes(symbol))
  const lotOf = new Map(spots.map(({ symbol, spotNano }) => [symbol, lotOfUnderlying(symbol, spotNano)]))
  const base = (symbol: string) => ({
    underlying: underlyings.indexOf(symbol),
    lotNano: lotOf.get(symbol)!,
  })
  const quoted: InstrumentQuote[] = [{ kind: 'cash', symbol: 'USD', lotNano: cashLotNano }]
  for (const { symbol } of spots) quoted.push({ kind: 'spot', symbol, ...base(symbol) })
  for (const mark of medians.marks) {
    const terms = parseDeribitName(mark.symbol)
    if (terms === undefined || terms.kind === 'option' || !lotOf.has(terms.currency)) continue
    const { symbol, markNano, cumulativeFundingNano } = mark
    const common = { symbol, ...base(terms.currency), markNano }
    if (terms.kind === 'perpetual') quoted.push({ ...common, kind: 'perpetual', cumulativeFundingNano })
    else quoted.push({ ...common, kind: 'future', expirySeconds: terms.expirySeconds })
  }
  for (const { symbol: currency, expirySeconds, smile } of medians.expiries) {
    if (!lotOf.has(currency)) continue
    for (const { strikeNano } of smile) {
      for (const right of ['call', 'put'] as const) {
        const terms = { kind: 'option' as const, currency, expirySeconds, strikeNano, right }
        const symbol = formatDeribitName(terms)
        quoted.push({ kind: 'option', symbol, ...base(currency), expirySeconds, strikeNano, right })
      }
    }
  }
  return quoted.sort(compareInstruments)
}

/** New instruments take the lowest free places, each under the place's next generation. */
function withNew({ listed, generations }: OracleHead, fresh: readonly InstrumentQuote[]): ListedWords {
  const words = new Map(listed)
  const taken = new Set([...listed.keys()].map(placeOf))
  let place = 0
  for (const instrument of fresh) {
    do place++
    while (taken.has(place))
    const latest = generations.get(place)
    const generation = latest === undefined ? 0 : latest + 1
    if (place >= 2 ** PLACE_BITS) throw new OutOfRangeError('place', place, 'the listing is full')
    if (generation >= 2 ** GENERATION_BITS) {
      throw new OutOfRangeError(`generation of place ${place}`, generation, 'the place is used up')
    }
    const id = generation * 2 ** PLACE_BITS + place
    words.set(id, instrumentWord(instrument, id, 'underlying' in instrument ? instrument.underlying : 0))
  }
  return words
}
