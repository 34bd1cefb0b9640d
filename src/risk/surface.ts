import { powQ64 } from '../fixed-point/exp.ts'
import { lnIntegerQ64 } from '../fixed-point/ln.ts'
import { clamp, mulDivDown, ONE_Q64, Q64_BITS, ratioQ64 } from '../fixed-point/q64.ts'
import { InputError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { totalDeviationQ64 } from './black76.ts'
import type { UnderlyingShock, VolatilityRules } from './configuration.ts'
import type { SmilePoint } from './market/snapshot.ts'

export const DAY_SECONDS = 86_400
export const THIRTY_DAYS_SECONDS = 30 * DAY_SECONDS

/** The volatility of one expiry as a function of strike. A fitted curve (SVI, say) is another implementation. */
export interface VolatilitySlice {
  /**
   * Volatility (1e-9 of 1 a year) at a strike; > 0 for every strike.
   * @param strikeNano > 0. @param lnStrikeQ64 its ln, which every caller has at hand.
   */
  volNano(strikeNano: bigint, lnStrikeQ64: bigint): bigint
}

/**
 * The listed smile: exact at listed strikes, linear in ln K between them (the same as linear in log-moneyness),
 * flat beyond the ends. Rounded down. Volatility rather than total variance is interpolated: within one expiry
 * the two differ by less than the quoting step, and this one needs no root.
 * @throws InputError when the smile is empty, strikes do not strictly increase or a volatility is not above zero.
 */
export function smileSlice(smile: readonly SmilePoint[], file?: string): VolatilitySlice {
  checkSmile(smile, file)
  const lnStrikes = smile.map((point) => lnIntegerQ64(point.strikeNano))
  return {
    volNano(strikeNano, lnStrikeQ64) {
      const above = firstAtOrAbove(smile, strikeNano)
      if (above === smile.length) return smile[above - 1]!.volNano
      const upper = smile[above]!
      if (above === 0 || upper.strikeNano === strikeNano) return upper.volNano
      const lower = smile[above - 1]!
      // Strikes a nano-USD apart can share one rounded ln.
      const width = lnStrikes[above]! - lnStrikes[above - 1]!
      if (width <= 0n) return lower.volNano
      const along = clamp(lnStrikeQ64 - lnStrikes[above - 1]!, 0n, width)
      return lower.volNano + mulDivDown(upper.volNano - lower.volNano, along, width)
    },
  }
}

/**
 * How one scenario moves the volatilities of one expiry: everything that does not depend on the strike.
 * Made by prepareVolatilityShock, used by shockedVolNano.
 */
export interface VolatilityShock {
  /** 1 + volBps * (30/DTE)^power as Q64, not below zero. */
  readonly factorQ64: bigint
  readonly skewBps: bigint
  /** A shocked-up volatility is at least this; 0 where no floor applies. */
  readonly floorNano: bigint
}

/**
 * (30/DTE)^power as Q64: above 1 for near expiries, below 1 for far ones (the rule of Deribit's portfolio margin).
 * DTE counts at least rules.scalingFloorSeconds: with DTE -> 0 a shock downward would pass -100%.
 */
export function termFactorQ64(rules: VolatilityRules, secondsToExpiry: number): bigint {
  const seconds = Math.max(secondsToExpiry, rules.scalingFloorSeconds)
  const powerBps = seconds < THIRTY_DAYS_SECONDS ? rules.shortPowerBps : rules.longPowerBps
  return powQ64(ratioQ64(BigInt(THIRTY_DAYS_SECONDS), BigInt(seconds)), ratioQ64(powerBps, BASIS_POINTS))
}

/** @param floored whether rules.shockedFloorNano applies when volBps > 0: in scenarios yes, in greek shocks no. */
export function prepareVolatilityShock(
  rules: VolatilityRules,
  shock: UnderlyingShock,
  termQ64: bigint,
  floored: boolean,
): VolatilityShock {
  const factorQ64 = ONE_Q64 + mulDivDown(shock.volBps, termQ64, BASIS_POINTS)
  return {
    factorQ64: factorQ64 < 0n ? 0n : factorQ64,
    skewBps: shock.skewBps,
    floorNano: floored && shock.volBps > 0n ? rules.shockedFloorNano : 0n,
  }
}

/**
 * The volatility of a strike in a scenario. Sticky strike: a move of spot leaves each strike its own volatility.
 *   vol' = clamp(max(floor, vol * (1 + skewBps * z) * factor))
 * The clamp is [minimum, maximum], widened to hold the unshocked volatility, so that it never turns a shock round.
 * @param volNano unshocked. @param belowForwardQ64 z of the strike, from standardisedMoneynessQ64.
 */
export function shockedVolNano(
  rules: VolatilityRules,
  shock: VolatilityShock,
  volNano: bigint,
  belowForwardQ64: bigint,
): bigint {
  const skewed =
    shock.skewBps === 0n
      ? volNano
      : volNano + mulDivDown(volNano * shock.skewBps, belowForwardQ64, BASIS_POINTS << Q64_BITS)
  const moved = shock.factorQ64 === ONE_Q64 ? skewed : (skewed * shock.factorQ64) >> Q64_BITS
  const floored = moved < shock.floorNano ? shock.floorNano : moved
  const low = volNano < rules.minimumNano ? volNano : rules.minimumNano
  const high = volNano > rules.maximumNano ? volNano : rules.maximumNano
  return clamp(floored, low, high)
}

/**
 * Standard deviations by which a strike lies below the forward: ln(F/K) / (atmVol sqrt(T)), Q64, positive below
 * and negative above, held to +-rules.skewLimitNano so that far wings do not run away. 0 at expiry.
 */
export function standardisedMoneynessQ64(
  rules: VolatilityRules,
  lnMoneynessQ64: bigint,
  atmVolNano: bigint,
  rootYearsQ64: bigint,
): bigint {
  const deviationQ64 = totalDeviationQ64(atmVolNano, rootYearsQ64)
  if (deviationQ64 === 0n) return 0n
  const limit = ratioQ64(rules.skewLimitNano, 1_000_000_000n)
  return clamp((lnMoneynessQ64 << Q64_BITS) / deviationQ64, -limit, limit)
}

function checkSmile(smile: readonly SmilePoint[], file: string | undefined): void {
  if (smile.length === 0) throw new InputError('an expiry with options needs a volatility smile', { file })
  smile.forEach((point, index) => {
    const location = { file, field: `smile[${index}]` }
    if (point.volNano <= 0n) throw new InputError('a volatility must be above zero', location)
    const before = index === 0 ? 0n : smile[index - 1]!.strikeNano
    if (point.strikeNano <= before) throw new InputError('strikes must be above zero and increase', location)
  })
}

/** Index of the first point whose strike is at or above the given one; smile.length when there is none. */
function firstAtOrAbove(smile: readonly SmilePoint[], strikeNano: bigint): number {
  let low = 0
  let high = smile.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (smile[middle]!.strikeNano < strikeNano) low = middle + 1
    else high = middle
  }
  return low
}
