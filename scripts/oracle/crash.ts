/**
 * `npx tsx scripts/oracle/crash.ts [BTC.csv ETH.csv]`: what the synthetic volatility makes of a crash, and what that makes of
 * the requirements of generated books, round by round through market files and the matrix's own pricing. Files are bars of a
 * minute (open_time_ms, open, high, low, close, volume); without files the generated crash of the tests, which publishes
 * depth and implied volatility too.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { sampleBook } from '../../src/book/sample.ts'
import type { MarketActivity } from '../../src/oracle/activity.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'
import {
  NO_SYNTHETIC,
  type SyntheticRound,
  syntheticRound,
  withScales,
} from '../../src/oracle/synthetic-round.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { Listing } from '../../src/risk/listing.ts'
import { type Holding, marginOf } from '../../src/risk/margin.ts'
import { readNativeMarket, writeNativeMarket } from '../../src/risk/market/native.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { pricerOf } from '../../src/risk/matrix.ts'
import type { RiskVector } from '../../src/risk/vector.ts'
import { crashPath } from '../../test/oracle-core/fixtures.ts'

const SYMBOLS = ['BTC', 'ETH'] as const
const STEP_MINUTES = 5
/** Steps over which a loss is looked for. */
const AHEAD = 12
/** Every so many steps a line is shown. */
const SHOWN = 6
const SEEDS = [1, 2, 3, 4, 5]
const { underlyings } = DEFAULT_CONFIGURATION
const PARAMETERS = marginParametersOf(DEFAULT_CONFIGURATION)

type Minute = Readonly<Record<(typeof SYMBOLS)[number], MarketActivity>>
type Vectors = ReadonlyMap<number, RiskVector>

/** Requirement and equity of every account in one round, nano-USD. */
interface Step {
  readonly minute: number
  readonly scalesBps: readonly bigint[]
  readonly plain: readonly bigint[]
  readonly scaled: readonly bigint[]
  readonly equity: readonly bigint[]
}

function barsOf(file: string): MarketActivity[] {
  const rows: Record<string, string>[] = parse(readFileSync(file, 'utf8'), { columns: true })
  const nano = (text: string | undefined) => BigInt(Math.round(Number(text) * 1e9))
  return rows.map((row) => ({
    endSeconds: Number(row.open_time_ms) / 1_000 + 60,
    ...{
      openNano: nano(row.open),
      highNano: nano(row.high),
      lowNano: nano(row.low),
      closeNano: nano(row.close),
    },
    ...{ volumeNano: nano(row.volume), depthNano: 0n, impliedVolNano: 0n },
  }))
}

function minutesOf(files: readonly string[]): Minute[] {
  const [btc, eth] =
    files.length === 0
      ? [crashPath(3n, 3_000n), crashPath(4n, 3_500n)]
      : [barsOf(files[0]!), barsOf(files[1]!)]
  const ethAt = new Map(eth.map((activity) => [activity.endSeconds, activity]))
  // A file may lack a minute: then the bar before stands, and nothing new is published.
  let last = eth[0]!
  return btc.map((activity) => {
    last = ethAt.get(activity.endSeconds) ?? last
    return { BTC: activity, ETH: last }
  })
}

/** Every round's scales: a round a minute, as an aggregator makes them. */
function scalesOf(minutes: readonly Minute[]): SyntheticRound[] {
  const rounds: SyntheticRound[] = []
  for (const minute of minutes) {
    rounds.push(
      syntheticRound({
        before: (rounds.at(-1) ?? NO_SYNTHETIC).entries,
        asOfSeconds: minute.BTC.endSeconds,
        activities: SYMBOLS.map((symbol) => ({ symbol, ...minute[symbol] })),
        underlyings,
        parameters: DEFAULT_ORACLE_PARAMETERS.synthetic,
      }),
    )
  }
  return rounds
}

/** The sample market at a minute's prices; volatilities move with the implied one, where it is published. */
function marketAt(base: MarketSnapshot, first: Minute, now: Minute): MarketSnapshot {
  const of = (underlying: number) => SYMBOLS[underlying]!
  const moved = (priceNano: bigint, underlying: number) =>
    (priceNano * now[of(underlying)].closeNano) / first[of(underlying)].openNano
  const vol = (volNano: bigint, underlying: number) => {
    const [then, today] = [first[of(underlying)].impliedVolNano, now[of(underlying)].impliedVolNano]
    return then === 0n ? volNano : (volNano * today) / then
  }
  return {
    ...base,
    underlyings: base.underlyings.map((quote, index) => ({
      ...quote,
      spotNano: moved(quote.spotNano, index),
    })),
    expiries: base.expiries.map((expiry) => ({
      ...expiry,
      forwardNano: moved(expiry.forwardNano, expiry.underlying),
      smile: expiry.smile.map((point) => ({ ...point, volNano: vol(point.volNano, expiry.underlying) })),
    })),
    instruments: base.instruments.map((quote) =>
      quote.kind === 'perpetual' || quote.kind === 'future'
        ? { ...quote, markNano: moved(quote.markNano, quote.underlying) }
        : quote,
    ),
  }
}

/** Through a market file, as a venue's round is. */
function vectorsOf(market: MarketSnapshot, listing: Listing): Vectors {
  const snapshot = readNativeMarket({ name: 'market', text: writeNativeMarket(market) })
  const price = pricerOf({ snapshot, configuration: DEFAULT_CONFIGURATION })
  return new Map(
    snapshot.instruments.map((instrument) => {
      const { id } = listing.bySymbol(instrument.symbol)!
      return [id, price(instrument, id)]
    }),
  )
}

function booksOf(snapshot: MarketSnapshot, listing: Listing): Holding[][] {
  const vectors = vectorsOf(snapshot, listing)
  const tierOf = (positions: readonly Holding[]) => marginOf(positions, vectors, PARAMETERS).tier
  return SEEDS.flatMap((seed) => sampleBook({ seed, snapshot, instruments: listing, tierOf }))
    .filter(({ name }) => !name.startsWith('market maker'))
    .map(({ account }) => account.positions.filter(({ quantityLots }) => quantityLots !== 0n))
    .filter((positions) => marginOf(positions, vectors, PARAMETERS).mmBpsNano > 0n)
}

function stepsOf(minutes: readonly Minute[], rounds: readonly SyntheticRound[]): Step[] {
  const base = sampleMarket({ seed: 1, size: 'small' })
  const listing = Listing.empty.update(base.instruments, MARGIN_INSTANCES['margin-4'])
  const accounts = booksOf(base, listing)
  const steps: Step[] = []
  for (let minute = 0; minute < minutes.length; minute += STEP_MINUTES) {
    const market = marketAt(base, minutes[0]!, minutes[minute]!)
    const { scalesBps } = rounds[minute]!
    const [plain, scaled] = [market, withScales(market, underlyings, scalesBps)].map((one) => {
      const vectors = vectorsOf(one, listing)
      return accounts.map((positions) => marginOf(positions, vectors, PARAMETERS))
    })
    const need = (results: typeof plain) => results!.map(({ mmBpsNano }) => mmBpsNano / 10_000n)
    const equity = plain!.map(({ equityNano }) => equityNano)
    steps.push({ minute, scalesBps, plain: need(plain), scaled: need(scaled), equity })
  }
  return steps
}

const total = (amounts: readonly bigint[]) => Number(amounts.reduce((sum, amount) => sum + amount, 0n)) / 1e9

/** Worst loss of each account over the next steps, at its mark. */
function lossesOf(steps: readonly Step[], at: number): bigint[] {
  const ahead = steps.slice(at + 1, at + 1 + AHEAD)
  return steps[at]!.equity.map((now, account) => {
    const worst = ahead.map(({ equity }) => now - equity[account]!)
    return worst.reduce((a, b) => (a > b ? a : b), 0n)
  })
}

function show(steps: readonly Step[], minutes: readonly Minute[]): void {
  const rows = steps.map((step, at) => {
    const losses = lossesOf(steps, at)
    const beyond = (needs: readonly bigint[]) =>
      losses.filter((loss, account) => loss > needs[account]!).length
    const { BTC, ETH } = minutes[step.minute]!
    return {
      time: new Date(BTC.endSeconds * 1_000).toISOString().slice(5, 16),
      btc: Number(BTC.closeNano / 1_000_000_000n),
      eth: Number(ETH.closeNano / 1_000_000_000n),
      scales: SYMBOLS.map((symbol) => Number(step.scalesBps[underlyings.indexOf(symbol)]) / 10_000),
      ratio: total(step.scaled) / total(step.plain),
      loss: total(losses) / total(step.plain),
      beyondPlain: beyond(step.plain),
      beyondScaled: beyond(step.scaled),
    }
  })
  for (const [at, { time, btc, eth, scales, ratio, loss, beyondPlain, beyondScaled }] of rows.entries()) {
    if (at % SHOWN !== 0 && beyondPlain === 0) continue
    console.log(
      `${time}  BTC ${btc}  ETH ${eth}  scales ${scales.map((scale) => scale.toFixed(2)).join(' ')}  ` +
        `requirement x${ratio.toFixed(2)}  loss in the next hour ${(100 * loss).toFixed(0)}% of the unscaled one  ` +
        `beyond theirs: ${beyondPlain} accounts unscaled, ${beyondScaled} scaled`,
    )
  }
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0)
  const lost = rows.findIndex(({ beyondPlain }) => beyondPlain > 0)
  // From then on until the loss the requirement was half up.
  const raised = 1 + rows.slice(0, lost).findLastIndex(({ ratio }) => ratio < 1.5)
  console.log(
    JSON.stringify({
      ...{ accounts: steps[0]!.plain.length, rounds: rows.length },
      firstLossBeyondUnscaledAt: rows[lost]?.time,
      requirementHalfUpSince: raised < lost ? rows[raised]!.time : null,
      mostRequirement: Math.max(...rows.map(({ ratio }) => ratio)),
      meanRequirement: sum(({ ratio }) => ratio) / rows.length,
      lossesBeyondUnscaled: sum(({ beyondPlain }) => beyondPlain),
      lossesBeyondScaled: sum(({ beyondScaled }) => beyondScaled),
    }),
  )
}

const minutes = minutesOf(process.argv.slice(2))
show(stepsOf(minutes, scalesOf(minutes)), minutes)
