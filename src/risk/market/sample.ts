import { sqrtDown } from '../../fixed-point/sqrt.ts'
import { OutOfRangeError } from '../../protocol/errors.ts'
import { BASIS_POINTS } from '../../protocol/ranges.ts'
import { type BySymbol, composeSnapshot, type Sourced } from './adapter.ts'
import { checkSnapshot, MAX_VOL_NANO, MIN_VOL_NANO } from './check.ts'
import { nanoToDecimal } from './decimal.ts'
import { lotOfUnderlying } from './lots.ts'
import { SplitMix64 } from './prng.ts'
import type { ExpiryQuote, InstrumentQuote, MarketSnapshot, SmilePoint, UnderlyingQuote } from './snapshot.ts'

export interface SampleMarketOptions {
  /** Unsigned 32-bit; other seeds give other prices, volatilities and strikes at the same time and expiries. */
  readonly seed: number
  /** full: 195 instruments; small: 57, for an instance of 64 places (one of them reserved). */
  readonly size: 'full' | 'small'
}

/** 2026-03-02 09:30 UTC, a Monday. The sample knows no clock. */
export const SAMPLE_AS_OF_SECONDS = 1_772_443_800

const NANO = 1_000_000_000n
const CENT_NANO = 10_000_000n
const DAY_SECONDS = 86_400n
const YEAR_SECONDS = 365n * DAY_SECONDS
/** Volatilities are quoted to 0.01%. */
const VOL_TICK_NANO = 100_000n

interface SampleUnderlying {
  readonly symbol: string
  readonly spotUsd: bigint
  /** At-the-money volatility now and in the long run, 1e-9. */
  readonly shortVolNano: bigint
  readonly longVolNano: bigint
  /** Slope and width of the smile, 1e-9: see smileVol. */
  readonly slopeNano: bigint
  readonly wingNano: bigint
  /** Strike grids in USD, ascending. */
  readonly gridsUsd: readonly bigint[]
}

const UNDERLYINGS: readonly SampleUnderlying[] = [
  {
    symbol: 'BTC',
    spotUsd: 68_000n,
    shortVolNano: 640_000_000n,
    longVolNano: 500_000_000n,
    slopeNano: -260_000_000n,
    wingNano: 500_000_000n,
    gridsUsd: [500n, 1_000n, 2_000n, 5_000n, 10_000n],
  },
  {
    symbol: 'ETH',
    spotUsd: 2_400n,
    shortVolNano: 830_000_000n,
    longVolNano: 640_000_000n,
    slopeNano: -180_000_000n,
    wingNano: 560_000_000n,
    gridsUsd: [25n, 50n, 100n, 200n, 400n],
  },
]

interface SampleExpiry {
  readonly label: string
  /** 08:00 UTC. */
  readonly seconds: number
  /** Strikes on each side of the forward. */
  readonly wing: bigint
}

const EXPIRIES: Readonly<Record<SampleMarketOptions['size'], readonly SampleExpiry[]>> = {
  full: [
    { label: '6MAR26', seconds: 1_772_784_000, wing: 4n },
    { label: '13MAR26', seconds: 1_773_388_800, wing: 4n },
    { label: '27MAR26', seconds: 1_774_598_400, wing: 4n },
    { label: '26JUN26', seconds: 1_782_460_800, wing: 4n },
    { label: '25SEP26', seconds: 1_790_323_200, wing: 4n },
  ],
  small: [
    { label: '13MAR26', seconds: 1_773_388_800, wing: 2n },
    { label: '27MAR26', seconds: 1_774_598_400, wing: 3n },
  ],
}

/**
 * A made-up but realistic market of BTC and ETH: cash, spot, perpetuals with funding, a future and a strip of calls
 * and puts at every expiry, volatility falling with time and smiling over strikes. Integers throughout, so a seed
 * gives the same market on every machine. Throws OutOfRangeError for a seed that is no unsigned 32-bit integer.
 */
export function sampleMarket({ seed, size }: SampleMarketOptions): MarketSnapshot {
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new OutOfRangeError('seed', seed, 'must be an unsigned integer of 32 bits')
  }
  const random = new SplitMix64(BigInt(seed))
  const underlyings: UnderlyingQuote[] = []
  const expiries: BySymbol<ExpiryQuote>[] = []
  const instruments: BySymbol<InstrumentQuote>[] = []
  for (const shape of UNDERLYINGS) {
    const spotNano = jitter(random, shape.spotUsd * NANO, 400n, CENT_NANO)
    underlyings.push({ symbol: shape.symbol, spotNano })
    instruments.push(samplePerpetual(random, shape.symbol, spotNano))
    const basisBps = random.between(200n, 700n)
    const levelBps = random.between(9_600n, 10_400n)
    for (const expiry of EXPIRIES[size]) {
      const quoted = sampleExpiry(shape, expiry, { spotNano, basisBps, levelBps })
      expiries.push(quoted)
      instruments.push(...sampleInstruments(shape.symbol, expiry.label, quoted, spotNano))
    }
  }
  const part = {
    asOfSeconds: { value: SAMPLE_AS_OF_SECONDS, source: {} },
    underlyings: unsourced(underlyings),
    expiries: unsourced(expiries),
    instruments: unsourced(instruments),
  }
  return composeSnapshot([part])
}

export interface MarketShift {
  /** Relative move of every price, basis points, > -10,000. */
  readonly spotBps: bigint
  /** Relative move of every volatility, basis points, > -10,000; the result is held to [1%, 1,000%]. */
  readonly volBps: bigint
  /** Whole seconds, >= 0. */
  readonly secondsLater: number
}

/**
 * The same market after a move: a later or a crashed round. Spot, forwards and marks move together, funding stays.
 * Throws OutOfRangeError for a shift out of range, InputError when an instrument would have expired by then.
 */
export function shiftMarket(snapshot: MarketSnapshot, shift: MarketShift): MarketSnapshot {
  for (const field of ['spotBps', 'volBps'] as const) {
    if (shift[field] <= -BASIS_POINTS) throw new OutOfRangeError(field, shift[field], 'must be above -10,000')
  }
  if (!Number.isSafeInteger(shift.secondsLater) || shift.secondsLater < 0) {
    throw new OutOfRangeError(
      'secondsLater',
      shift.secondsLater,
      'must be a whole number of seconds, at least 0',
    )
  }
  const moved = (priceNano: bigint) => (priceNano * (BASIS_POINTS + shift.spotBps)) / BASIS_POINTS
  const shifted: MarketSnapshot = {
    asOfSeconds: snapshot.asOfSeconds + shift.secondsLater,
    underlyings: snapshot.underlyings.map((quote) => ({ ...quote, spotNano: moved(quote.spotNano) })),
    expiries: snapshot.expiries.map((expiry) => ({
      ...expiry,
      forwardNano: moved(expiry.forwardNano),
      smile: expiry.smile.map(({ strikeNano, volNano }) => ({
        strikeNano,
        volNano: clampVol((volNano * (BASIS_POINTS + shift.volBps)) / BASIS_POINTS),
      })),
    })),
    instruments: snapshot.instruments.map((instrument) =>
      'markNano' in instrument ? { ...instrument, markNano: moved(instrument.markNano) } : instrument,
    ),
  }
  checkSnapshot(shifted)
  return shifted
}

function samplePerpetual(random: SplitMix64, symbol: string, spotNano: bigint): BySymbol<InstrumentQuote> {
  return {
    kind: 'perpetual',
    symbol: `${symbol}-PERPETUAL`,
    underlying: symbol,
    lotNano: lotOfUnderlying(symbol, spotNano),
    markNano: jitter(random, spotNano, 6n, CENT_NANO),
    cumulativeFundingNano: (spotNano * random.between(-20n, 120n)) / BASIS_POINTS,
  }
}

interface SampleLevels {
  readonly spotNano: bigint
  /** Yearly forward premium over spot. */
  readonly basisBps: bigint
  /** Factor on every volatility of the underlying. */
  readonly levelBps: bigint
}

function sampleExpiry(
  shape: SampleUnderlying,
  expiry: SampleExpiry,
  { spotNano, basisBps, levelBps }: SampleLevels,
): BySymbol<ExpiryQuote> {
  const remaining = BigInt(expiry.seconds - SAMPLE_AS_OF_SECONDS)
  const premiumNano = (spotNano * basisBps * remaining) / (BASIS_POINTS * YEAR_SECONDS)
  const forwardNano = roundTo(spotNano + premiumNano, CENT_NANO)
  const month = 30n * DAY_SECONDS
  const termNano = ((shape.shortVolNano - shape.longVolNano) * month) / (month + remaining)
  const atmNano = ((shape.longVolNano + termNano) * levelBps) / BASIS_POINTS
  // One standard deviation of the log price at expiry, 1e-9.
  const deviationNano = (atmNano * sqrtDown((remaining * NANO * NANO) / YEAR_SECONDS)) / NANO
  const halfDeviationUsd = (forwardNano * deviationNano) / (2n * NANO * NANO)
  const gridNano = (shape.gridsUsd.findLast((grid) => grid <= halfDeviationUsd) ?? shape.gridsUsd[0]!) * NANO
  const smile: SmilePoint[] = []
  for (let step = -expiry.wing; step <= expiry.wing; step++) {
    const strikeNano = roundTo(forwardNano, gridNano) + step * gridNano
    const volNano = smileVol(shape, { strikeNano, forwardNano, atmNano, deviationNano })
    smile.push({ strikeNano, volNano })
  }
  return { underlying: shape.symbol, expirySeconds: expiry.seconds, forwardNano, smile }
}

/**
 * A hyperbola in variance, as in Gatheral's SVI, over standardised moneyness z:
 *   vol^2 = atm^2 * (1 + slope * z + wing * (sqrt(z^2 + 1) - 1))
 * with log(K/F) taken as 2 (K - F) / (K + F): a sample needs a plausible smile, not a logarithm.
 */
function smileVol(
  shape: SampleUnderlying,
  at: { strikeNano: bigint; forwardNano: bigint; atmNano: bigint; deviationNano: bigint },
): bigint {
  const { strikeNano, forwardNano } = at
  const moneynessNano = (2n * (strikeNano - forwardNano) * NANO) / (strikeNano + forwardNano)
  const zNano = (moneynessNano * NANO) / at.deviationNano
  const bowNano = sqrtDown(zNano * zNano + NANO * NANO) - NANO
  const varianceNano = NANO + (shape.slopeNano * zNano + shape.wingNano * bowNano) / NANO
  return clampVol(roundTo((at.atmNano * sqrtDown(varianceNano * NANO)) / NANO, VOL_TICK_NANO))
}

function sampleInstruments(
  symbol: string,
  label: string,
  { expirySeconds, forwardNano, smile }: BySymbol<ExpiryQuote>,
  spotNano: bigint,
): BySymbol<InstrumentQuote>[] {
  const base = { underlying: symbol, expirySeconds, lotNano: lotOfUnderlying(symbol, spotNano) }
  const options = smile.flatMap(({ strikeNano }) =>
    (['call', 'put'] as const).map((right) => ({
      ...base,
      kind: 'option' as const,
      symbol: `${symbol}-${label}-${nanoToDecimal(strikeNano)}-${right === 'call' ? 'C' : 'P'}`,
      strikeNano,
      right,
    })),
  )
  return [{ ...base, kind: 'future', symbol: `${symbol}-${label}`, markNano: forwardNano }, ...options]
}

/** Within plus or minus `bps` of a value, rounded to a tick. */
function jitter(random: SplitMix64, value: bigint, bps: bigint, tick: bigint): bigint {
  const partsPerMillion = random.between(-100n * bps, 100n * bps)
  return roundTo(value + (value * partsPerMillion) / 1_000_000n, tick)
}

/** A non-negative value to the nearest multiple of a tick, halves up. */
function roundTo(value: bigint, tick: bigint): bigint {
  return ((value + tick / 2n) / tick) * tick
}

function clampVol(volNano: bigint): bigint {
  if (volNano < MIN_VOL_NANO) return MIN_VOL_NANO
  return volNano > MAX_VOL_NANO ? MAX_VOL_NANO : volNano
}

function unsourced<T>(values: readonly T[]): Sourced<T>[] {
  return values.map((value) => ({ value, source: {} }))
}
