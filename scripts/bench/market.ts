/** The market of the matrix and sweep parts: the sample market with as many strikes as a large venue lists. */
import { readFileSync } from 'node:fs'
import { InputError } from '../../src/protocol/errors.ts'
import { checkSnapshot } from '../../src/risk/market/check.ts'
import { nanoToDecimal } from '../../src/risk/market/decimal.ts'
import { compareInstruments } from '../../src/risk/market/order.ts'
import { readMarket } from '../../src/risk/market/read.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import type {
  ExpiryQuote,
  FutureQuote,
  InstrumentQuote,
  MarketSnapshot,
  SmilePoint,
} from '../../src/risk/market/snapshot.ts'

/** Options that Deribit listed on BTC and ETH on the day that the target was set by. */
export const BENCH_OPTIONS = 1_840
const SEED = 7
const CENT_NANO = 10_000_000n

/**
 * The full sample market, each expiry's strikes replaced by evenly spread ones over the same range, so that there
 * are `options` calls and puts in all. Deterministic. `options` must be a multiple of twice the expiries (20).
 */
export function denseMarket(options = BENCH_OPTIONS): MarketSnapshot {
  const sample = sampleMarket({ seed: SEED, size: 'full' })
  const strikes = options / (2 * sample.expiries.length)
  if (!Number.isInteger(strikes) || strikes < 2) throw new RangeError(`${options} options cannot be spread`)
  const expiries = sample.expiries.map((expiry) => ({ ...expiry, smile: denseSmile(expiry.smile, strikes) }))
  const others = sample.instruments.filter(({ kind }) => kind !== 'option')
  const dense = expiries.flatMap((expiry) => optionsOf(expiry, others))
  const snapshot = { ...sample, expiries, instruments: [...others, ...dense].sort(compareInstruments) }
  checkSnapshot(snapshot)
  return snapshot
}

/** The given files, or the dense market when there are none. Throws InputError as readMarket does. */
export function benchMarket(files: readonly string[]): MarketSnapshot {
  if (files.length === 0) return denseMarket()
  return readMarket(files.map((name) => ({ name, text: readText(name) })))
}

export function countOptions(snapshot: MarketSnapshot): number {
  return snapshot.instruments.filter(({ kind }) => kind === 'option').length
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError('cannot be read', { file }, { cause })
  }
}

/** Evenly spread strikes, to the cent, with volatilities on the straight lines between the given points. */
function denseSmile(smile: readonly SmilePoint[], count: number): SmilePoint[] {
  const low = smile[0]!.strikeNano
  const span = smile.at(-1)!.strikeNano - low
  return Array.from({ length: count }, (_, index) => {
    const exact = low + (span * BigInt(index)) / BigInt(count - 1)
    const strikeNano = exact - (exact % CENT_NANO)
    return { strikeNano, volNano: volAt(smile, strikeNano) }
  })
}

function volAt(smile: readonly SmilePoint[], strikeNano: bigint): bigint {
  const above = Math.max(
    1,
    smile.findIndex((point) => point.strikeNano >= strikeNano),
  )
  const [a, b] = [smile[above - 1]!, smile[above]!]
  return a.volNano + ((b.volNano - a.volNano) * (strikeNano - a.strikeNano)) / (b.strikeNano - a.strikeNano)
}

/** Named after the future of the same expiry, as venues do. */
function optionsOf(expiry: ExpiryQuote, others: readonly InstrumentQuote[]): InstrumentQuote[] {
  const { underlying, expirySeconds } = expiry
  const future = others.find(
    (other): other is FutureQuote =>
      other.kind === 'future' && other.underlying === underlying && other.expirySeconds === expirySeconds,
  )!
  return expiry.smile.flatMap(({ strikeNano }) =>
    (['call', 'put'] as const).map((right) => ({
      kind: 'option' as const,
      symbol: `${future.symbol}-${nanoToDecimal(strikeNano)}-${right === 'call' ? 'C' : 'P'}`,
      underlying,
      expirySeconds,
      lotNano: future.lotNano,
      strikeNano,
      right,
    })),
  )
}
