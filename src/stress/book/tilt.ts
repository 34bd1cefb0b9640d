import type { RiskConfiguration } from '../../risk/configuration.ts'
import type { MarketSnapshot, OptionQuote } from '../../risk/market/snapshot.ts'
import { CENT_NANO } from '../margin/kernel.ts'
import { hedgeQuote, type StressListing } from '../pricing/instruments.ts'
import { type BookArrays, emptyArrays, MOST_POSITIONS } from './arrays.ts'
import { BookMargins, type GeneratedBook, nearestDates } from './generate.ts'

/** What a scenario changes in a venue's own book. */
export type BookTilt = Partial<Pick<GeneratedBook, 'oneExpiry' | 'spotCollateral'>>

/**
 * A venue's own book as a scenario about books has it. One expiry: every option becomes the one of the nearest expiry with its
 * underlying, right and nearest strike, lots as they are, and cash is set so that every account keeps its equity over MM; whatever
 * netted to zero still does. Spot collateral: that share of every account's positive cash becomes spot of the first underlying
 * at its price, so that equity is the same; an account without a free slot keeps its cash. Deterministic.
 */
export function tiltBook(
  book: BookArrays,
  snapshot: MarketSnapshot,
  configuration: RiskConfiguration,
  listing: StressListing,
  tilt: BookTilt,
): BookArrays {
  const idOf = (symbol: string) => listing.bySymbol(symbol)!.id
  const replacement = tilt.oneExpiry === true ? nearestOptions(snapshot, idOf) : new Map<number, number>()
  const spot = snapshot.instruments.find((quote) => quote.kind === 'spot' && quote.underlying === 0)
  const spotId = spot === undefined ? undefined : idOf(spot.symbol)
  const hedgeIds = snapshot.underlyings.map((_, underlying) => idOf(hedgeQuote(snapshot, underlying).symbol))
  const ids = new Set([...hedgeIds, ...(spotId === undefined ? [] : [spotId])])
  for (const lots of accountsOf(book)) {
    for (const id of lots.keys()) ids.add(id).add(replacement.get(id) ?? id)
  }
  const margins = new BookMargins(snapshot, configuration, listing, ids)
  const tilted = emptyArrays(book.accounts, Math.min(MOST_POSITIONS, book.stride + 1))
  let account = 0
  for (const lots of accountsOf(book)) {
    const moved = replaced(lots, replacement)
    let cash = keptHealth(book.cash[account]!, lots, moved, margins)
    const share = tilt.spotCollateral ?? 0
    if (spotId !== undefined && share > 0 && cash > 0 && moved.size > 0 && moved.size < tilted.stride) {
      const bought = Math.trunc((cash * share) / margins.centsPerLot(spotId))
      moved.set(spotId, (moved.get(spotId) ?? 0) + bought)
      cash -= Math.trunc(bought * margins.centsPerLot(spotId))
    }
    place(tilted, account++, moved, cash)
  }
  return tilted
}

function* accountsOf(book: BookArrays): Generator<Map<number, number>> {
  for (let account = 0; account < book.accounts; account++) {
    const start = account * book.stride
    const end = start + book.counts[account]!
    yield new Map(
      Array.from(book.ids.subarray(start, end), (id, slot) => [id, book.lots[start + slot]!] as const),
    )
  }
}

function replaced(lots: ReadonlyMap<number, number>, replacement: ReadonlyMap<number, number>) {
  const moved = new Map<number, number>()
  for (const [id, quantity] of lots) {
    const into = replacement.get(id) ?? id
    moved.set(into, (moved.get(into) ?? 0) + quantity)
  }
  return moved
}

/** Cash with which equity over MM is what it was; as it was where one of the two has no requirement or nothing changed. */
function keptHealth(
  cash: number,
  lots: ReadonlyMap<number, number>,
  moved: ReadonlyMap<number, number>,
  margins: BookMargins,
): number {
  if ([...lots].every(([id, quantity]) => moved.get(id) === quantity)) return cash
  const { mm: mmBefore, equity: valueBefore } = { ...margins.of(lots) }
  const { mm, equity } = margins.of(moved)
  if (mmBefore <= 0 || mm <= 0) return cash
  const health = (valueBefore + cash * CENT_NANO) / mmBefore
  return Math.ceil((health * mm - equity) / CENT_NANO)
}

function nearestOptions(snapshot: MarketSnapshot, idOf: (symbol: string) => number): Map<number, number> {
  const options = snapshot.instruments.filter((quote): quote is OptionQuote => quote.kind === 'option')
  const replacement = new Map<number, number>()
  for (const quote of options) {
    const own = options.filter(({ underlying }) => underlying === quote.underlying)
    const [date] = nearestDates(snapshot, own)
    const alike = own.filter(({ right, expirySeconds }) => right === quote.right && expirySeconds === date)
    const away = ({ strikeNano }: OptionQuote) => Math.abs(Number(strikeNano - quote.strikeNano))
    const [first, ...rest] = alike
    if (first === undefined) continue
    const nearest = rest.reduce((best, option) => (away(option) < away(best) ? option : best), first)
    replacement.set(idOf(quote.symbol), idOf(nearest.symbol))
  }
  return replacement
}

function place(book: BookArrays, account: number, lots: ReadonlyMap<number, number>, cash: number): void {
  const held = [...lots].filter(([, quantity]) => quantity !== 0)
  for (const [index, [id, quantity]] of held.entries()) {
    book.ids[account * book.stride + index] = id
    book.lots[account * book.stride + index] = quantity
  }
  book.counts[account] = held.length
  book.cash[account] = cash
}
