import type { AggregatorReport } from '../feeder/aggregator.ts'
import type { FeederReport } from '../feeder/feeder.ts'
import type { FittedMarket } from '../oracle/quoted-market.ts'
import { hex32 } from './format.ts'

/** What feeders and aggregators did, for people and for machines. */

/** A line an expiry: how near the fit comes to the quotes. */
export function fitLines({ market, fits, unfitted }: FittedMarket): string[] {
  const symbolOf = (underlying: number) => market.snapshot.underlyings[underlying]!.symbol
  const lines = fits.map(({ underlying, expirySeconds, form, smile, error }) => {
    const { rmsPoints, maxPoints, quoted, inside, outsidePoints } = error
    const sides =
      quoted === 0
        ? 'no bids and asks'
        : `${inside} of ${quoted} inside bid-ask, ${points(outsidePoints)} beyond`
    return (
      `${symbolOf(underlying)} ${day(expirySeconds)}: ${smile.length} strikes, ${form}, ` +
      `off the marks by ${points(rmsPoints)} (rms), ${points(maxPoints)} at most; ${sides}`
    )
  })
  const without = unfitted.map(
    ({ symbol, expirySeconds, rule }) => `${symbol} ${day(expirySeconds)}: NOT FITTED, it ${rule}`,
  )
  return [...lines, ...without]
}

export function fitsJson({ market, fits, unfitted }: FittedMarket) {
  return {
    asOfSeconds: market.snapshot.asOfSeconds,
    notes: market.notes,
    fits: fits.map(({ underlying, expirySeconds, form, smile, error }) => ({
      symbol: market.snapshot.underlyings[underlying]!.symbol,
      ...{ expirySeconds, form, strikes: smile.length, ...error },
    })),
    unfitted,
  }
}

export function feederLines({ sequence, said, receipt, silence, verdict }: FeederReport): string[] {
  const lines: string[] = []
  if (said !== undefined) {
    const { market, fits, unfitted } = said.fitted
    const inside = fits.reduce((sum, { error }) => sum + error.inside, 0)
    const quoted = fits.reduce((sum, { error }) => sum + error.quoted, 0)
    const lost = unfitted.length === 0 ? '' : `, ${unfitted.length} NOT FITTED`
    lines.push(
      `round ${sequence}: market of ${time(market.snapshot.asOfSeconds)}, ${fits.length} expiries fitted${lost}, ` +
        `${inside} of ${quoted} strikes inside bid-ask`,
      ...market.notes.map((note) => `round ${sequence}: ${note}`),
    )
  }
  if (receipt !== undefined) {
    lines.push(`round ${sequence}: ${receipt.taken ? 'content taken' : `content NOT taken: ${receipt.rule}`}`)
  }
  if (silence !== undefined) lines.push(`round ${sequence}: nothing to say: ${silence}`)
  if (verdict !== undefined) {
    const { round, objection, receipt: answer } = verdict
    const what = objection === undefined ? 'signed' : `NOT signed: ${objection}`
    lines.push(
      `round ${round.sequence} ${hex32(round.riskRoot)}: ${what}${answer.taken ? '' : ` (${answer.rule})`}`,
    )
  }
  return lines
}

export function feederJson({ sequence, said, receipt, silence, verdict }: FeederReport) {
  return {
    sequence,
    ...(said === undefined ? {} : { market: fitsJson(said.fitted) }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(silence === undefined ? {} : { silence }),
    ...(verdict === undefined
      ? {}
      : {
          verdict: {
            signed: verdict.objection === undefined,
            objection: verdict.objection ?? null,
            riskRoot: hex32(verdict.round.riskRoot),
            receipt: verdict.receipt,
          },
        }),
  }
}

/** What is worth a line, once: the same report again says nothing new. */
export function aggregatorLines({
  sequence,
  state,
  reasons,
  assessment,
  posted,
}: AggregatorReport): string[] {
  const lines = [
    `round ${sequence}: ${state}${reasons.length === 0 ? '' : `, not posted: ${reasons.join('; ')}`}`,
  ]
  if (posted !== undefined) {
    const { built, sent, signers } = posted
    const halted = built.matrix.halted.length
    lines[0] =
      `round ${sequence} ${hex32(built.round.riskRoot)}: posted in ${sent.transaction}, gas ${sent.gasUsed}, ` +
      `${signers.length} signatures, ${built.snapshot.instruments.length} instruments${halted === 0 ? '' : `, ${halted} halted`}`
  }
  if (assessment === undefined || state === 'collecting') return lines
  const { refusals, outliers, withoutQuorum, notAgreed, standings } = assessment
  for (const { feeder, rule } of refusals) lines.push(`  ${feeder} does not count: it ${rule}`)
  const byFeeder = new Map<string, string[]>()
  for (const { feeder, quantity } of outliers)
    byFeeder.set(feeder, [...(byFeeder.get(feeder) ?? []), quantity])
  for (const [feeder, quantities] of byFeeder) {
    lines.push(`  ${feeder} is an outlier in ${quantities.length} quantities, the first: ${quantities[0]}`)
  }
  if (withoutQuorum.length > 0) lines.push(`  without a quorum: ${few(withoutQuorum)}`)
  if (notAgreed.length > 0) lines.push(`  feeders do not agree on ${few(notAgreed)}`)
  for (const { symbol, heldRounds, breakerLevel } of standings) {
    if (heldRounds > 0) lines.push(`  ${symbol} has moved too far: held back, for ${heldRounds} rounds now`)
    if (breakerLevel > 0) lines.push(`  ${symbol}: circuit breaker at level ${breakerLevel}`)
  }
  return lines
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ')
  return names.length <= 3 ? shown : `${shown} and ${names.length - 3} more`
}

function points(value: number): string {
  return `${value.toFixed(2)} points`
}

function day(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10)
}

function time(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 19)
}
