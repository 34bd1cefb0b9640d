import { InputError, OutOfRangeError } from '../../protocol/errors.ts'
import { marginParametersOf, type RiskConfiguration } from '../../risk/configuration.ts'
import { DEFAULT_LINEAR_MARGIN } from '../../risk/linear-margin.ts'
import type { MarketSnapshot, OptionQuote } from '../../risk/market/snapshot.ts'
import { CENT_NANO, MarginKernel, newFigures } from '../margin/kernel.ts'
import { hedgeQuote, type StressListing, stressInstruments } from '../pricing/instruments.ts'
import { Pricer } from '../pricing/pricer.ts'
import { ROW } from '../pricing/row.ts'
import { startState } from '../pricing/state.ts'
import { Random } from '../random.ts'
import { deltaForPercent } from '../world.ts'
import { type BookArrays, emptyArrays } from './arrays.ts'
import { type Draft, type DraftMarket, draftAccount, KINDS } from './kinds.ts'

/** A made-up venue: writers of options, leveraged longs, and who stands on the other side of them. */
export interface GeneratedBook {
  readonly accounts: number
  readonly seed: number
  /** USD of the first underlying that all writers together trade for one percent. */
  readonly shortGammaUsd: number
  /** Equity over maintenance margin at the start, least and most of an account that takes risk. */
  readonly healthFrom: number
  readonly healthTo: number
  /** Only options of the nearest expiry, for scenarios of vega concentration; else of the three nearest. */
  readonly oneExpiry: boolean
  /** Share of collateral in spot rather than cash, for wrong-way scenarios; of accounts that take risk. */
  readonly spotCollateral: number
}

export const DEFAULT_GENERATED: GeneratedBook = {
  accounts: 400,
  seed: 1,
  shortGammaUsd: 20_000_000,
  healthFrom: 1.15,
  healthTo: 4,
  oneExpiry: false,
  spotCollateral: 0,
}

/** With a slot for a hedge and one for cash: an account of seventeen. */
const STRIDE = 15
const MOST_ACCOUNTS = 1_000_000
const BOOK_STREAM = 0xffffffe0

/**
 * Derivatives net to zero over the accounts: whatever writers and leveraged accounts hold, counterparties hold the other side
 * of, fully funded and without following delta. Deterministic. Throws OutOfRangeError for an impossible setting, InputError for a
 * market without options.
 */
export function generateBook(
  snapshot: MarketSnapshot,
  configuration: RiskConfiguration,
  listing: StressListing,
  setting: GeneratedBook,
): BookArrays {
  checkSetting(setting)
  const market = draftMarket(snapshot, listing, setting.oneExpiry)
  const random = new Random(setting.seed, BOOK_STREAM)
  const drafts = Array.from({ length: setting.accounts }, (_, index) =>
    draftAccount(KINDS[index % KINDS.length]!, market, random),
  )
  const all = new Set([...market.options.flat().map(({ id }) => id), ...market.hedgeIds, ...market.spotIds])
  const margins = new BookMargins(snapshot, configuration, listing, all)
  scaleGamma(drafts, margins, setting.shortGammaUsd)
  dealOtherSide(drafts, random)
  const book = emptyArrays(setting.accounts, STRIDE)
  for (const [account, draft] of drafts.entries()) {
    const target = draft.isCounterparty ? 1.5 + 6 * random.uniform() ** 2 : healthOf(setting, random)
    placeDraft(book, account, draft, margins, target, setting, market)
  }
  return book
}

function checkSetting({
  accounts,
  shortGammaUsd,
  healthFrom,
  healthTo,
  spotCollateral,
}: GeneratedBook): void {
  if (!Number.isSafeInteger(accounts) || accounts < KINDS.length || accounts > MOST_ACCOUNTS) {
    throw new OutOfRangeError(
      'accounts',
      accounts,
      `must be a whole number from ${KINDS.length} to ${MOST_ACCOUNTS}`,
    )
  }
  if (!(shortGammaUsd > 0) || !Number.isFinite(shortGammaUsd)) {
    throw new OutOfRangeError('shortGammaUsd', shortGammaUsd, 'must be above zero')
  }
  if (!(healthFrom >= 1 && healthTo >= healthFrom)) {
    throw new OutOfRangeError('healthFrom', healthFrom, 'must be at least 1 and at most healthTo')
  }
  if (!(spotCollateral >= 0 && spotCollateral <= 1)) {
    throw new OutOfRangeError('spotCollateral', spotCollateral, 'must be a share from 0 to 1')
  }
}

/** More accounts near the lower end, as leverage is. */
function healthOf({ healthFrom, healthTo }: GeneratedBook, random: Random): number {
  return healthFrom + (healthTo - healthFrom) * random.uniform() ** 2
}

/** Margin of drafts at the start. */
export class BookMargins {
  readonly #rows: Float64Array
  readonly #rowOf: ReadonlyMap<number, number>
  readonly #kernel: MarginKernel
  readonly #figures = newFigures()
  readonly greekShock: number
  readonly greekIndex: number
  readonly #spotCents: ReadonlyMap<number, number>

  constructor(
    snapshot: MarketSnapshot,
    configuration: RiskConfiguration,
    listing: StressListing,
    ids: ReadonlySet<number>,
  ) {
    const instruments = stressInstruments(snapshot, listing, ids)
    const pricer = new Pricer(snapshot, configuration, instruments, DEFAULT_LINEAR_MARGIN)
    this.#rows = new Float64Array(instruments.length * ROW)
    pricer.rows(startState(snapshot.underlyings.length), this.#rows)
    this.#rowOf = new Map(instruments.map(({ id }, index) => [id, index]))
    this.#kernel = new MarginKernel(marginParametersOf(configuration))
    this.greekShock = Number(configuration.greekShocks.spotBps) / 1e4
    this.greekIndex = pricer.underlyings[0]!.greekIndex
    this.#spotCents = new Map(instruments.map(({ id }, index) => [id, this.#rows[index * ROW]! / CENT_NANO]))
  }

  of(lots: ReadonlyMap<number, number>) {
    const held = Int32Array.from(lots.keys(), (id) => this.#rowOf.get(id)!)
    const quantities = Float64Array.from(lots.values())
    return this.#kernel.portfolio(this.#rows, held, quantities, 0, held.length, 0, this.#figures)
  }

  centsPerLot(id: number): number {
    return this.#spotCents.get(id)!
  }
}

function scaleGamma(drafts: readonly Draft[], margins: BookMargins, shortGammaUsd: number): void {
  let total = 0
  for (const { lots } of drafts) total += margins.of(lots).shortGamma[margins.greekIndex]!
  const factor = shortGammaUsd / deltaForPercent(total, margins.greekShock)
  for (const draft of drafts) {
    for (const [id, quantity] of draft.lots) draft.lots.set(id, Math.trunc(quantity * factor))
  }
}

/** Every derivative's other side, dealt in unequal parts to counterparties that have a slot for it. */
function dealOtherSide(drafts: readonly Draft[], random: Random): void {
  const net = new Map<number, number>()
  for (const { lots, collateral } of drafts) {
    for (const [id, quantity] of lots) if (id !== collateral) net.set(id, (net.get(id) ?? 0) - quantity)
  }
  const takers = drafts.filter(({ isCounterparty }) => isCounterparty)
  for (const [id, open] of net) {
    const willing = takers.filter(({ lots }) => lots.size < STRIDE - 1)
    const chosen = willing.filter(() => random.uniform() < 0.4)
    const sharers = chosen.length > 0 ? chosen : willing.length > 0 ? willing : takers
    let left = open
    for (const [index, taker] of sharers.entries()) {
      const part =
        index === sharers.length - 1
          ? left
          : Math.trunc((left * random.between(0.2, 1.8)) / (sharers.length - index))
      if (part !== 0) taker.lots.set(id, (taker.lots.get(id) ?? 0) + part)
      left -= part
    }
  }
}

function placeDraft(
  book: BookArrays,
  account: number,
  draft: Draft,
  margins: BookMargins,
  target: number,
  setting: GeneratedBook,
  market: DraftMarket,
): void {
  const { mm, equity } = margins.of(draft.lots)
  let cents = Math.ceil((target * mm - equity) / CENT_NANO)
  const spotId = market.spotIds[0]
  if (!draft.isCounterparty && spotId !== undefined && setting.spotCollateral > 0 && cents > 0) {
    const lots = Math.trunc((cents * setting.spotCollateral) / margins.centsPerLot(spotId))
    draft.lots.set(spotId, (draft.lots.get(spotId) ?? 0) + lots)
    cents -= Math.trunc(lots * margins.centsPerLot(spotId))
  }
  let slot = account * book.stride
  const held = [...draft.lots].filter(([, quantity]) => quantity !== 0).sort(([a], [b]) => a - b)
  if (held.length > book.stride) throw new InputError('a generated account has too many positions')
  for (const [id, quantity] of held) {
    book.ids[slot] = id
    book.lots[slot++] = quantity
  }
  book.counts[account] = held.length
  book.cash[account] = cents
}

const LEAST_LIFE_SECONDS = 2 * 86_400

/** Expiries of these options, near to far; those within two days only where there are no others. */
export function nearestDates(snapshot: MarketSnapshot, options: readonly OptionQuote[]): number[] {
  const dates = [...new Set(options.map(({ expirySeconds }) => expirySeconds))].sort((a, b) => a - b)
  const live = dates.filter((date) => date >= snapshot.asOfSeconds + LEAST_LIFE_SECONDS)
  return live.length > 0 ? live : dates
}

/** Options of the first underlying by expiry, near to far, and what else accounts hold. */
export function draftMarket(
  snapshot: MarketSnapshot,
  listing: StressListing,
  oneExpiry: boolean,
): DraftMarket {
  const idOf = (symbol: string) => listing.bySymbol(symbol)!.id
  const options = snapshot.instruments.filter(
    (quote): quote is OptionQuote => quote.kind === 'option' && quote.underlying === 0,
  )
  const chosen = nearestDates(snapshot, options).slice(0, oneExpiry ? 1 : 3)
  if (chosen.length === 0) {
    throw new InputError('the market lists no option of its first underlying: bring a book of your own', {
      field: 'instruments',
    })
  }
  const spot = snapshot.instruments.find((quote) => quote.kind === 'spot' && quote.underlying === 0)
  const { spotNano } = snapshot.underlyings[0]!
  const hedge = hedgeQuote(snapshot, 0)
  return {
    options: chosen.map((date) =>
      options
        .filter(({ expirySeconds }) => expirySeconds === date)
        .map((quote) => ({
          id: idOf(quote.symbol),
          right: quote.right,
          moneyness: Number(quote.strikeNano) / Number(spotNano),
        })),
    ),
    hedgeIds: [idOf(hedge.symbol)],
    spotIds: spot === undefined ? [] : [idOf(spot.symbol)],
    lotsPerUnit: 1e9 / Number(hedge.lotNano),
    spotUsd: Number(spotNano) / 1e9,
  }
}
