import { clamp, mulDivDown, mulDivUp, NANO, Q64_BITS } from '../fixed-point/q64.ts'
import { sqrtDown } from '../fixed-point/sqrt.ts'
import { InputError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { activityVariance, checkActivity, type MarketActivity } from './activity.ts'
import { type Average, averageNext, averageValue, decayQ64, NO_AVERAGE } from './average.ts'
import type { SyntheticParameters } from './oracle-parameters.ts'

/**
 * The synthetic volatility of one underlying: what hedging costs now, from published data alone. docs/synthetic-volatility.md
 * has the formula and its reasons. Integers throughout, each step within int256, so anyone gets the same figure.
 */
export interface SyntheticState extends SyntheticMemory {
  readonly parts: SyntheticParts
}

/** All that the next state needs of the one before. */
export interface SyntheticMemory {
  readonly endSeconds: number
  readonly closeNano: bigint
  /** Variance now, 1e-18 a year. */
  readonly fastVariance: Average
  /** What is usual: the average of volatilities, 1e-9, which one crash moves less than it does that of their squares. */
  readonly slowVol: Average
  /** 1e-9 of a unit a second, times 2^16. */
  readonly fastVolume: Average
  readonly slowVolume: Average
  /** nano-USD. */
  readonly slowDepth: Average
  /** The figure: 1e-9 a year. */
  readonly figureNano: bigint
}

/** What the newest target was made of, 1e-9 a year; for display. */
export interface SyntheticParts {
  readonly impliedNano: bigint
  readonly realisedNano: bigint
  readonly flowNano: bigint
  /** Basis points of 1, at least 10,000. */
  readonly thinnessBps: bigint
  readonly targetNano: bigint
}

/**
 * The state after one more interval. The first has no interval before it: its own open stands for the close.
 *   target = max(implied, realised, flow) * thinness
 *   figure = target when above the figure (rising no faster than allowed), else decayed towards it; never above the cap
 * @param intervalSeconds of the first interval.
 * @throws InputError for an interval that does not end after the one before, or prices that cannot be.
 */
export function syntheticNext(
  before: SyntheticMemory | undefined,
  activity: MarketActivity,
  intervalSeconds: number,
  parameters: SyntheticParameters,
  symbol: string,
): SyntheticState {
  checkActivity(activity)
  const seconds = before === undefined ? intervalSeconds : activity.endSeconds - before.endSeconds
  if (!Number.isSafeInteger(seconds) || seconds <= 0) {
    throw new InputError('must end after the interval before', { field: 'endSeconds' })
  }
  const fastKept = decayQ64(seconds, parameters.fastHalfLifeSeconds)
  const slowKept = decayQ64(seconds, parameters.slowHalfLifeSeconds)
  const variance = activityVariance(activity, before?.closeNano ?? activity.openNano, seconds)
  const volume = (activity.volumeNano << 16n) / BigInt(seconds)
  const averages = {
    fastVariance: averageNext(before?.fastVariance ?? NO_AVERAGE, variance, fastKept),
    slowVol: averageNext(before?.slowVol ?? NO_AVERAGE, sqrtDown(variance), slowKept),
    fastVolume: averageNext(before?.fastVolume ?? NO_AVERAGE, volume, fastKept),
    slowVolume: averageNext(before?.slowVolume ?? NO_AVERAGE, volume, slowKept),
    slowDepth:
      activity.depthNano === 0n
        ? (before?.slowDepth ?? NO_AVERAGE)
        : averageNext(before?.slowDepth ?? NO_AVERAGE, activity.depthNano, slowKept),
  }
  const parts = partsOf(averages, activity, parameters)
  const capNano = figureCapNano(parameters, symbol)
  const moved =
    before === undefined
      ? parts.targetNano
      : figureTowards(before.figureNano, parts.targetNano, seconds, parameters)
  return {
    endSeconds: activity.endSeconds,
    closeNano: activity.closeNano,
    ...averages,
    figureNano: clamp(moved, 0n, capNano),
    parts,
  }
}

/** Ranges and charges are multiplied by this, basis points: figure / reference, from 10,000 to the cap, in whole steps, up. */
export function syntheticScaleBps(
  figureNano: bigint,
  parameters: SyntheticParameters,
  symbol: string,
): bigint {
  const { scaleStepBps, maximumScaleBps } = parameters
  const exact = mulDivUp(figureNano, BASIS_POINTS, referenceOf(parameters, symbol))
  const stepped = mulDivUp(exact, 1n, scaleStepBps) * scaleStepBps
  return clamp(stepped, BASIS_POINTS, maximumScaleBps)
}

function figureCapNano(parameters: SyntheticParameters, symbol: string): bigint {
  return mulDivDown(referenceOf(parameters, symbol), parameters.maximumScaleBps, BASIS_POINTS)
}

function referenceOf({ referenceVolNano }: SyntheticParameters, symbol: string): bigint {
  const reference = Object.hasOwn(referenceVolNano, symbol) ? referenceVolNano[symbol] : undefined
  if (reference === undefined) {
    throw new InputError(`has no reference volatility for ${symbol}`, { field: 'referenceVolNano' })
  }
  return reference
}

type Averages = Pick<SyntheticMemory, 'fastVariance' | 'slowVol' | 'fastVolume' | 'slowVolume' | 'slowDepth'>

function partsOf(
  averages: Averages,
  activity: MarketActivity,
  parameters: SyntheticParameters,
): SyntheticParts {
  const impliedNano = activity.impliedVolNano
  const realisedNano = sqrtDown(averageValue(averages.fastVariance))
  const slowVolume = averageValue(averages.slowVolume)
  const usual = averageValue(averages.slowVol)
  // Variance in proportion to volume: what the usual variance would be at the present pace of trading.
  const flowNano =
    slowVolume === 0n
      ? 0n
      : sqrtDown(mulDivDown(usual * usual, averageValue(averages.fastVolume), slowVolume))
  const thinnessBps = thinnessOf(averageValue(averages.slowDepth), activity.depthNano, parameters)
  const largest = [impliedNano, realisedNano, flowNano].reduce((a, b) => (a > b ? a : b))
  const targetNano = mulDivUp(largest, thinnessBps, BASIS_POINTS)
  return { impliedNano, realisedNano, flowNano, thinnessBps, targetNano }
}

/** sqrt(usual depth / depth now): a hedge takes longer in a thin book, and waits at a risk that grows with sqrt(time). */
function thinnessOf(usualNano: bigint, nowNano: bigint, { maximumThinnessBps }: SyntheticParameters): bigint {
  if (nowNano === 0n || usualNano === 0n) return BASIS_POINTS
  const squareBps = mulDivDown(usualNano, BASIS_POINTS * BASIS_POINTS, nowNano)
  const held = clamp(squareBps, 0n, maximumThinnessBps * maximumThinnessBps)
  return clamp(sqrtDown(held), BASIS_POINTS, maximumThinnessBps)
}

function figureTowards(
  figureNano: bigint,
  targetNano: bigint,
  seconds: number,
  { decayHalfLifeSeconds, maximumRiseBpsPerMinute }: SyntheticParameters,
): bigint {
  if (targetNano > figureNano) {
    // From nothing a share of itself would never rise.
    const from = figureNano > NANO / 100n ? figureNano : NANO / 100n
    const rise = mulDivUp(from, maximumRiseBpsPerMinute * BigInt(seconds), 60n * BASIS_POINTS)
    return clamp(targetNano, figureNano, figureNano + rise)
  }
  const keptQ64 = decayQ64(seconds, decayHalfLifeSeconds)
  return targetNano + (((figureNano - targetNano) * keptQ64) >> Q64_BITS)
}
