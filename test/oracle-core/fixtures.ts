import type { MarketActivity } from '../../src/oracle/activity.ts'
import type { SignedContent } from '../../src/oracle/admission.ts'
import type { FeederContent } from '../../src/oracle/feeder-content.ts'
import type { RawSvi } from '../../src/oracle/svi.ts'
import { SplitMix64 } from '../../src/risk/market/prng.ts'

export const YEAR_SECONDS = 31_536_000

/** A random slice with plausible parameters; not all of them are free of arbitrage. */
export function randomSlice(random: SplitMix64, level: number): RawSvi {
  const between = (low: number, high: number) => low + ((high - low) * Number(random.bits(32))) / 2 ** 32
  const sigma = Math.sqrt(level) * between(0.3, 2)
  const b = (level / sigma) * between(0.05, 0.9)
  const rho = between(-0.8, 0.8)
  const a = Math.max(level * between(0.1, 0.9) - b * sigma * Math.sqrt(1 - rho * rho), level * 0.05)
  return { a, b, rho, m: Math.sqrt(level) * between(-0.5, 0.5), sigma }
}

export const FEEDERS = [
  '0x1111111111111111111111111111111111111111',
  '0x2222222222222222222222222222222222222222',
  '0x3333333333333333333333333333333333333333',
  '0x4444444444444444444444444444444444444444',
  '0x5555555555555555555555555555555555555555',
] as const

export const AS_OF_SECONDS = 1_772_443_800
const DAY = 86_400

/** What an honest feeder says; `basis` parts in a million off the others in every price and volatility. */
export function honestContent(basis = 0n, sequence = 7, asOfSeconds = AS_OF_SECONDS): FeederContent {
  const off = (value: bigint) => value + (value * basis) / 1_000_000n
  const usd = (price: bigint) => price * 1_000_000_000n
  const smile = [50_000n, 60_000n, 68_000n, 76_000n, 90_000n].map((strike, index) => ({
    strikeNano: usd(strike),
    volNano: off([720_000_000n, 640_000_000n, 600_000_000n, 610_000_000n, 680_000_000n][index]!),
  }))
  return {
    sequence,
    asOfSeconds,
    quotesHash: `0x${'ab'.repeat(32)}`,
    spots: [{ symbol: 'BTC', spotNano: off(usd(68_000n)) }],
    expiries: [
      { symbol: 'BTC', expirySeconds: AS_OF_SECONDS + 10 * DAY, forwardNano: off(usd(68_100n)), smile },
      { symbol: 'BTC', expirySeconds: AS_OF_SECONDS + 30 * DAY, forwardNano: off(usd(68_300n)), smile },
    ],
    marks: [{ symbol: 'BTC-PERPETUAL', markNano: off(usd(68_010n)), cumulativeFundingNano: -usd(3n) }],
    activities: [{ symbol: 'BTC', ...calmMinute(asOfSeconds) }],
  }
}

export function signed(index: number, content: FeederContent): SignedContent {
  return { feeder: FEEDERS[index]!, content }
}

function calmMinute(endSeconds: number): MarketActivity {
  const usd = (price: bigint) => price * 1_000_000_000n
  return {
    endSeconds,
    openNano: usd(68_000n),
    highNano: usd(68_040n),
    lowNano: usd(67_970n),
    closeNano: usd(68_010n),
    volumeNano: 20n * 1_000_000_000n,
    depthNano: usd(5_000_000n),
    impliedVolNano: 600_000_000n,
  }
}

/**
 * A crash by the minute: a calm day, two hours of warning (depth halves, then quarters, trading triples, options grow dear,
 * the price hardly moves), half an hour of falling by `fallBps` in all, then twelve hours of slow calming.
 */
export function crashPath(seed: bigint, fallBps: bigint): MarketActivity[] {
  const random = new SplitMix64(seed)
  const path: MarketActivity[] = []
  let price = 40_000n * 1_000_000_000n
  for (let minute = 0; minute < CRASH.end; minute++) {
    const phase = phaseOf(minute)
    const drift = phase === 'fall' ? -((40_000n * 1_000_000_000n * fallBps) / 10_000n) / 30n : 0n
    const wobble = (price * random.between(-phaseWobble[phase], phaseWobble[phase])) / 1_000_000n
    const close = price + drift + wobble
    const reach = (price * random.between(phaseWobble[phase] / 2n, phaseWobble[phase])) / 1_000_000n
    path.push({
      endSeconds: AS_OF_SECONDS + 60 * (minute + 1),
      openNano: price,
      highNano: (price > close ? price : close) + reach,
      lowNano: (price < close ? price : close) - reach,
      closeNano: close,
      volumeNano: phaseVolume[phase] * random.between(8n, 12n) * 100_000_000n,
      depthNano: phaseDepth[phase] * 1_000_000_000n,
      impliedVolNano: phaseImplied[phase],
    })
    price = close
  }
  return path
}

/** Minutes at which the phases begin. */
export const CRASH = { warning: 1_440, fall: 1_560, after: 1_590, end: 2_310 } as const
type Phase = 'calm' | 'warning' | 'fall' | 'after'
const phaseWobble: Record<Phase, bigint> = { calm: 500n, warning: 800n, fall: 4_000n, after: 700n }
const phaseVolume: Record<Phase, bigint> = { calm: 20n, warning: 60n, fall: 300n, after: 30n }
const phaseDepth: Record<Phase, bigint> = {
  calm: 8_000_000n,
  warning: 2_500_000n,
  fall: 800_000n,
  after: 6_000_000n,
}
const phaseImplied: Record<Phase, bigint> = {
  calm: 700_000_000n,
  warning: 1_100_000_000n,
  fall: 2_000_000_000n,
  after: 900_000_000n,
}

function phaseOf(minute: number): Phase {
  if (minute < CRASH.warning) return 'calm'
  if (minute < CRASH.fall) return 'warning'
  return minute < CRASH.after ? 'fall' : 'after'
}
