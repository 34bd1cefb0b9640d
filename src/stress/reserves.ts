import { OutOfRangeError } from '../protocol/errors.ts'
import type { EngineSummary, ReserveSizing } from './result.ts'
import { mostLikelyBps, quantileCents } from './statistics.ts'

export interface ReserveRequest {
  /** Share of runs whose debts insurance and Gamma Reserve together cover; and insurance alone. Basis points. */
  readonly confidenceBps: number
  readonly insuranceConfidenceBps: number
  readonly dailyVolumeUsd: number
  readonly tradingFeeBps: number
  readonly horizonDays: number
}

export const DEFAULT_RESERVES: ReserveRequest = {
  confidenceBps: 9_900,
  insuranceConfidenceBps: 9_000,
  dailyVolumeUsd: 200_000_000,
  tradingFeeBps: 3,
  horizonDays: 365,
}

/**
 * What an engine's runs say of reserves. The need of a run is its debts, haircuts included, and what is still missing at the
 * end, of accounts and of who bought from them; insurance is its quantile at the lower confidence, the Gamma Reserve what the higher one asks beyond. The share of
 * trading fees that fills both within the horizon is their sum over the fees of that time.
 */
export function sizeReserves(summary: EngineSummary, request: ReserveRequest): ReserveSizing {
  const { confidenceBps, insuranceConfidenceBps, dailyVolumeUsd, tradingFeeBps, horizonDays } = request
  checkReserves(request)
  const needs = summary.outcomes.map(
    ({ losses }) =>
      losses.badDebtCents + losses.haircutCents + losses.openShortfallCents + losses.buyerShortfallCents,
  )
  const insuranceCents = quantileCents(needs, insuranceConfidenceBps / 1e4)
  const totalCents = quantileCents(needs, confidenceBps / 1e4)
  const runsBeyond = needs.filter((cents) => cents > totalCents.cents).length
  const yearlyFeesCents = Math.round((dailyVolumeUsd * 365 * tradingFeeBps * 100) / 1e4)
  const fees = (yearlyFeesCents * horizonDays) / 365
  return {
    engine: summary.engine,
    runs: summary.runs,
    confidenceBps,
    insuranceConfidenceBps,
    insuranceCents,
    totalCents,
    gammaReserveCents: totalCents.cents - insuranceCents.cents,
    runsBeyond,
    beyondHighBps: mostLikelyBps(runsBeyond, needs.length),
    feeShareBps: Math.ceil((totalCents.cents / fees) * 1e4),
    yearlyFeesCents,
    horizonDays,
  }
}

export function checkReserves(request: ReserveRequest): void {
  const { confidenceBps, insuranceConfidenceBps } = request
  if (!(confidenceBps > 0 && confidenceBps < 10_000)) {
    throw new OutOfRangeError('confidence', confidenceBps, 'must be between 0 and 10,000 basis points')
  }
  if (!(insuranceConfidenceBps > 0 && insuranceConfidenceBps <= confidenceBps)) {
    throw new OutOfRangeError(
      'insuranceConfidence',
      insuranceConfidenceBps,
      'must be above 0 and at most the confidence',
    )
  }
  for (const name of ['dailyVolumeUsd', 'tradingFeeBps', 'horizonDays'] as const) {
    if (!(request[name] > 0)) throw new OutOfRangeError(name, request[name], 'must be above zero')
  }
}
