import { InputError } from '../protocol/errors.ts'
import { DEFAULT_GUARD_PARAMETERS, type GuardParameters } from '../protocol/guard-parameters.ts'
import { BASIS_POINTS, MAX_SCALE_BPS } from '../protocol/ranges.ts'

export type { GuardParameters }

/**
 * Every parameter of the risk oracle, once: the synthetic volatility, the medians over feeders, the guards. Integers only;
 * checkOracleParameters refuses a set that makes no sense.
 */
export interface OracleParameters {
  readonly synthetic: SyntheticParameters
  readonly quorum: QuorumParameters
  readonly guards: GuardParameters
}

/** docs/synthetic-volatility.md gives the reason of each. */
export interface SyntheticParameters {
  /** The volatility (1e-9) that the configured spot ranges and charges are meant for, by underlying symbol. */
  readonly referenceVolNano: Readonly<Record<string, bigint>>
  /** Half-lives of the averages: of what happens now, and of what is usual. */
  readonly fastHalfLifeSeconds: number
  readonly slowHalfLifeSeconds: number
  /** Half-life with which the figure falls back to its target. */
  readonly decayHalfLifeSeconds: number
  /** The figure rises by at most this share of itself a minute, so that one print does not carry it to the cap. */
  readonly maximumRiseBpsPerMinute: bigint
  /** Thin depth counts at most this factor, basis points of 1. */
  readonly maximumThinnessBps: bigint
  /** The cap: ranges and charges are never scaled beyond this; at most MAX_SCALE_BPS, which every round is held to. */
  readonly maximumScaleBps: bigint
  /** Scales are whole multiples of this, rounded up. */
  readonly scaleStepBps: bigint
  /** What the first interval of an underlying is taken to have lasted: there is none before it. */
  readonly firstIntervalSeconds: number
}

export interface QuorumParameters {
  /** Feeders whose content makes a round, at least; more than half of those there are. */
  readonly quorum: number
  /** A value is an outlier beyond this many median absolute deviations (times 1.4826) from the median, in hundredths. */
  readonly outlierHundredths: bigint
  /** Deviations are never taken to be smaller than this share of the median: feeders that agree exactly are no rule. */
  readonly leastDeviationBps: bigint
  /** A feeder's market may be this far from the middle one in time. */
  readonly maximumSpreadSeconds: number
  /** Nothing may be this far ahead of the clock of whoever checks it. */
  readonly maximumSkewSeconds: number
  /** A feeder whose quotes were the same, to the last one, in this many rounds is stuck. */
  readonly stuckRounds: number
}

export const DEFAULT_ORACLE_PARAMETERS: OracleParameters = {
  synthetic: {
    referenceVolNano: { BTC: 1_200_000_000n, ETH: 1_500_000_000n },
    fastHalfLifeSeconds: 1_800,
    slowHalfLifeSeconds: 86_400,
    decayHalfLifeSeconds: 21_600,
    maximumRiseBpsPerMinute: 500n,
    maximumThinnessBps: 20_000n,
    maximumScaleBps: MAX_SCALE_BPS,
    scaleStepBps: 500n,
    firstIntervalSeconds: 60,
  },
  quorum: {
    quorum: 3,
    outlierHundredths: 500n,
    leastDeviationBps: 2n,
    maximumSpreadSeconds: 30,
    maximumSkewSeconds: 15,
    stuckRounds: 5,
  },
  guards: DEFAULT_GUARD_PARAMETERS,
}

/** @throws InputError naming the field and the rule. */
export function checkOracleParameters({ synthetic, quorum, guards }: OracleParameters): void {
  const refuseUnless = (holds: boolean, field: string, rule: string): void => {
    if (!holds) throw new InputError(rule, { field })
  }
  for (const [symbol, vol] of Object.entries(synthetic.referenceVolNano)) {
    refuseUnless(vol > 0n, `synthetic.referenceVolNano.${symbol}`, 'must be above 0')
  }
  for (const [field, value] of Object.entries({ ...synthetic, ...quorum, ...guards })) {
    if (typeof value === 'number')
      refuseUnless(Number.isSafeInteger(value) && value > 0, field, 'must be a whole number above 0')
    if (typeof value === 'bigint') refuseUnless(value > 0n, field, 'must be above 0')
  }
  const { fastHalfLifeSeconds, slowHalfLifeSeconds, maximumThinnessBps, maximumScaleBps, scaleStepBps } =
    synthetic
  refuseUnless(slowHalfLifeSeconds > fastHalfLifeSeconds, 'slowHalfLifeSeconds', 'must be above the fast one')
  refuseUnless(maximumThinnessBps >= BASIS_POINTS, 'maximumThinnessBps', 'must be at least 10,000')
  refuseUnless(
    maximumScaleBps >= BASIS_POINTS && maximumScaleBps <= MAX_SCALE_BPS,
    'maximumScaleBps',
    `must be 10,000 to ${MAX_SCALE_BPS}`,
  )
  refuseUnless(
    maximumScaleBps % scaleStepBps === 0n && BASIS_POINTS % scaleStepBps === 0n,
    'scaleStepBps',
    'must divide 10,000 and the maximum scale',
  )
  const rising = guards.breakerBps.every((level, i) => level > (guards.breakerBps[i - 1] ?? 0n))
  refuseUnless(rising, 'breakerBps', 'must increase')
}
