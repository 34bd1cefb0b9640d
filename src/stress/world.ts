import { InputError } from '../protocol/errors.ts'
import type { MarginParameters } from '../protocol/parameters.ts'
import { marginParametersOf, type RiskConfiguration } from '../risk/configuration.ts'
import { DEFAULT_LINEAR_MARGIN } from '../risk/linear-margin.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { BookArrays } from './book/arrays.ts'
import { Ledger } from './book/ledger.ts'
import { accountRisk } from './margin/book-risk.ts'
import { MarginKernel, newFigures } from './margin/kernel.ts'
import { agentCount, GAMMA_RESERVE, HOUSE, INSURANCE, liquidator } from './market/agents.ts'
import { checkParameters, type StressParameters } from './parameters.ts'
import { hedgeQuote, type StressListing, stressInstruments } from './pricing/instruments.ts'
import { Pricer } from './pricing/pricer.ts'
import { ROW } from './pricing/row.ts'
import { startState } from './pricing/state.ts'
import { Random } from './random.ts'

/** What every run of one request shares: a market, a book laid out, and who follows delta. */
export interface StressWorld {
  readonly snapshot: MarketSnapshot
  readonly parameters: StressParameters
  readonly marginParameters: MarginParameters
  readonly pricer: Pricer
  /** As the book is at the start; engines run on copies. */
  readonly ledger: Ledger
  /** By underlying: the instrument that delta is traded with. */
  readonly hedgeRows: readonly number[]
  /** 1 for accounts that follow their delta. */
  readonly hedgers: Uint8Array
  /** Depth of each underlying over that of the first. */
  readonly depthShares: readonly number[]
  /** Small shock of spot of the greek dimensions, as a share. */
  readonly greekShock: number
  /** USD of underlying that all short-gamma accounts trade for one percent, by underlying, at the start. */
  readonly shortGammaUsd: readonly number[]
}

export interface WorldRequest {
  readonly snapshot: MarketSnapshot
  readonly configuration: RiskConfiguration
  readonly listing: StressListing
  readonly book: BookArrays
  readonly parameters: StressParameters
  readonly seed: number
}

/** The second underlying is half as deep as the first, the third a quarter: ratio of ETH's and BTC's option open interest. */
const DEPTH_SHARES = [1, 0.5, 0.25]
/** Far from the streams of runs. */
const HEDGER_STREAM = 0xfffffff0

/** Throws InputError for a book that this market does not quote, OutOfRangeError for an impossible parameter. */
export function buildWorld(request: WorldRequest): StressWorld {
  const { snapshot, configuration, listing, book, parameters, seed } = request
  checkParameters(parameters)
  if (book.accounts === 0) throw new InputError('the book has no account', { field: 'accounts' })
  const held = new Set(heldIds(book))
  const instruments = stressInstruments(snapshot, listing, held)
  const pricer = new Pricer(snapshot, configuration, instruments, DEFAULT_LINEAR_MARGIN)
  const rowOf = new Map(instruments.map(({ id }, index) => [id, index]))
  const hedgeRows = snapshot.underlyings.map(
    (_, underlying) => rowOf.get(listing.bySymbol(hedgeQuote(snapshot, underlying).symbol)!.id)!,
  )
  const ledger = ledgerOf(book, rowOf, instruments.length, parameters)
  const marginParameters = marginParametersOf(configuration)
  const kernel = new MarginKernel(marginParameters)
  const rows = new Float64Array(instruments.length * ROW)
  pricer.rows(startState(snapshot.underlyings.length), rows)
  const greekShock = Number(configuration.greekShocks.spotBps) / 1e4
  const gamma = shortGammaOf(ledger, kernel, rows)
  return {
    snapshot,
    parameters,
    marginParameters,
    pricer,
    ledger,
    hedgeRows,
    hedgers: chooseHedgers(ledger, hedgeRows, pricer, gamma.accounts, parameters.hedgerShareBps, seed),
    depthShares: snapshot.underlyings.map((_, index) => DEPTH_SHARES[index]!),
    greekShock,
    shortGammaUsd: pricer.underlyings.map(({ greekIndex }) =>
      deltaForPercent(gamma.totals[greekIndex]!, greekShock),
    ),
  }
}

/**
 * USD of underlying traded for a move of one percent by who has this short gamma. The rate is the P&L at the small shock s,
 * half of gamma S^2 s^2; a percent changes the delta by gamma S^2 / 100.
 */
export function deltaForPercent(shortGammaNano: number, greekShock: number): number {
  return (2 * 0.01 * (shortGammaNano / 1e9)) / greekShock ** 2
}

function heldIds(book: BookArrays): number[] {
  const ids: number[] = []
  for (let account = 0; account < book.accounts; account++) {
    const start = account * book.stride
    for (let slot = start; slot < start + book.counts[account]!; slot++) ids.push(book.ids[slot]!)
  }
  return ids
}

/** One slot more than the book needs, for a hedge. */
function ledgerOf(
  book: BookArrays,
  rowOf: ReadonlyMap<number, number>,
  instruments: number,
  parameters: StressParameters,
): Ledger {
  const ledger = new Ledger(book.accounts, book.stride + 1, instruments, agentCount(parameters.liquidators))
  for (let account = 0; account < book.accounts; account++) {
    const start = account * book.stride
    for (let slot = start; slot < start + book.counts[account]!; slot++) {
      ledger.place(account, rowOf.get(book.ids[slot]!)!, book.lots[slot]!)
    }
    ledger.cash[account] = book.cash[account]!
  }
  const cents = (usd: number) => Math.round(usd * 100)
  ledger.agentCash[~INSURANCE] = cents(parameters.reservesUsd)
  ledger.agentCash[~GAMMA_RESERVE] = 0
  ledger.agentCash[~HOUSE] = cents(parameters.houseCapitalUsd)
  for (let index = 0; index < parameters.liquidators; index++) {
    ledger.agentCash[~liquidator(index)] = cents(parameters.liquidatorCapitalUsd)
  }
  return ledger
}

function shortGammaOf(ledger: Ledger, kernel: MarginKernel, rows: Float64Array) {
  const figures = newFigures()
  const accounts = new Uint8Array(ledger.accounts)
  const totals = new Float64Array(figures.shortGamma.length)
  for (let account = 0; account < ledger.accounts; account++) {
    accountRisk(kernel, rows, ledger, account, figures)
    figures.shortGamma.forEach((gamma, underlying) => {
      totals[underlying]! += gamma
      if (gamma > 0) accounts[account] = 1
    })
  }
  return { accounts, totals }
}

/** A share of the accounts with short gamma, each drawn by itself, that have a slot for every hedge. */
function chooseHedgers(
  ledger: Ledger,
  hedgeRows: readonly number[],
  pricer: Pricer,
  shortGamma: Uint8Array,
  shareBps: number,
  seed: number,
): Uint8Array {
  const random = new Random(seed, HEDGER_STREAM)
  return shortGamma.map((isShort, account) => {
    const isDrawn = random.uniform() * 1e4 < shareBps
    if (isShort === 0 || !isDrawn) return 0
    const start = account * ledger.stride
    const rows = ledger.rows.subarray(start, start + ledger.counts[account]!)
    const underlyings = new Set([...rows].map((row) => pricer.instruments[row]!.quote.underlying))
    return [...underlyings].every((underlying) => ledger.hasRoom(account, hedgeRows[underlying]!)) ? 1 : 0
  })
}
