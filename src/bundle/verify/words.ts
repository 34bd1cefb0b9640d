import { type LedgerEntry, ledgerEntries } from '../../book/ledger.ts'
import { formatDecimal } from '../../fixed-point/decimal.ts'
import { unpackWord } from '../../protocol/packed-word.ts'
import { BOOK_TOTAL_BITS } from '../../protocol/ranges.ts'
import {
  GAUGE_WORD,
  LEAST_LIQUIDITY_NANO,
  LIQUIDITY_WORD,
  RESERVES_BITS,
  SEAL_COUNTS,
  SEAL_POLICY_CODES,
  SEAL_TOTALS,
  type SealPolicy,
} from '../../protocol/solvency.ts'
import type { BundleHeader } from '../records.ts'
import { epochContextOf, OFFLINE_CONTEXT, type SealStatement } from '../statement.ts'
import { type Finding, fail, pass, skipped } from './check.ts'
import { type CheckedRound, instant, quotesById } from './round.ts'

/** The seal's words taken apart. Every function throws OutOfRangeError for a word that no sound seal has. */
export function ledgerOf(statement: SealStatement): LedgerEntry[] {
  return ledgerEntries([statement.ledger0, statement.ledger1, statement.ledger2])
}

export function gaugesOf(statement: SealStatement): bigint[] {
  const { gauge0Bps, gauge1Bps, gauge2Bps } = unpackWord(GAUGE_WORD, statement.gauge)
  return [gauge0Bps, gauge1Bps, gauge2Bps]
}

export function liquiditiesOf(statement: SealStatement): bigint[] {
  const { liquidity0Nano, liquidity1Nano, liquidity2Nano } = unpackWord(LIQUIDITY_WORD, statement.liquidity)
  return [liquidity0Nano, liquidity1Nano, liquidity2Nano]
}

export function policyOf(statement: SealStatement): SealPolicy | undefined {
  const codes = Object.entries(SEAL_POLICY_CODES) as [SealPolicy, number][]
  return codes.find(([, code]) => BigInt(code) === statement.policy)?.[0]
}

export interface Aggregates {
  readonly reduceOnly: bigint
  readonly softLiquidation: bigint
  readonly fullLiquidation: bigint
  readonly insolvent: bigint
  readonly shortfallNano: bigint
  readonly requirementMmBpsNano: bigint
  readonly equityNano: bigint
}

export function aggregatesOf(statement: SealStatement): Aggregates {
  const { equityBiasedNano, ...totals } = unpackWord(SEAL_TOTALS, statement.totals)
  return {
    ...unpackWord(SEAL_COUNTS, statement.counts),
    ...totals,
    equityNano: equityBiasedNano - (1n << BigInt(BOOK_TOTAL_BITS)),
  }
}

/** 1234.50 USD, rounded to cents towards zero. */
export function usdText(amountNano: bigint): string {
  return `${formatDecimal((amountNano / 10_000_000n) * 10_000_000n, 9)} USD`
}

export function contextFinding(header: BundleHeader, statement: SealStatement): Finding {
  const { chain } = header
  const expected = chain === null ? OFFLINE_CONTEXT : epochContextOf(chain)
  if (statement.context !== expected) {
    return fail(
      chain === null
        ? `the context is ${statement.context}, and the bundle names no chain that it could be for`
        : `the context is ${statement.context}, and epoch ${chain.epoch} of ${chain.seals} on chain ${chain.chainId} has ${expected}`,
    )
  }
  return pass(
    chain === null
      ? 'offline: seal and steps were made for no chain'
      : `seal and steps were made for epoch ${chain.epoch} of ${chain.seals} on chain ${chain.chainId} and no other`,
  )
}

/** A derivative that stood in the ledger would not have to net to zero. */
export function ledgerFinding(statement: SealStatement, round: CheckedRound): Finding {
  const entries = ledgerOf(statement)
  const quotes = quotesById(round)
  const texts: string[] = []
  for (const { instrumentId, lots } of entries) {
    const quote = quotes.get(instrumentId)
    if (quote === undefined)
      return fail(`instrument ${instrumentId} of the ledger is not quoted in this round`)
    if (quote.kind !== 'cash' && quote.kind !== 'spot') {
      return fail(`the ledger holds ${quote.symbol}, which is a derivative and must net to zero`)
    }
    texts.push(`${formatDecimal(lots * quote.lotNano, 9)} ${quote.symbol}`)
  }
  return pass(
    `the accounts hold ${texts.length === 0 ? 'no collateral' : texts.join(', ')} in all; every derivative nets to zero`,
  )
}

export function figuresFinding(
  statement: SealStatement,
  count: number,
  { configuration }: Pick<CheckedRound, 'configuration'>,
): Finding {
  if (statement.reserves >> BigInt(RESERVES_BITS) !== 0n) return fail('the reserves are no amount')
  const poor = liquiditiesOf(statement).findIndex((amount) => amount < LEAST_LIQUIDITY_NANO)
  if (poor >= 0) return fail(`the liquidity of underlying ${poor} is below ${LEAST_LIQUIDITY_NANO} nano-USD`)
  if (statement.belowMm > BigInt(count))
    return fail(`${statement.belowMm} of ${count} accounts cannot be below MM`)
  const values = gaugesOf(statement)
  const names = configuration?.underlyings ?? []
  const idle = values.findIndex((gauge, index) => index >= names.length && gauge !== 0n)
  if (configuration !== undefined && idle >= 0)
    return fail(`there is a gauge for underlying ${idle}, and the configuration has ${names.length}`)
  const gauges = names.map((name, index) => `${name} ${percent(values[index]!)}`).join(', ')
  return pass(
    `shortfalls are within reserves of ${usdText(statement.reserves)}; ${statement.belowMm} of ${count} accounts are below ` +
      `MM; stress gauge ${gauges} of the stated liquidity`,
  )
}

export function policyFinding(statement: SealStatement, count: number): Finding {
  const policy = policyOf(statement)
  if (policy === undefined) return fail(`no disclosure policy has the code ${statement.policy}`)
  if (policy === 'predicates') {
    return statement.counts === 0n && statement.totals === 0n
      ? pass('predicates: no sums and no tiers are disclosed')
      : fail('sums are disclosed under a policy that discloses none')
  }
  const sums = aggregatesOf(statement)
  const { reduceOnly, softLiquidation, fullLiquidation, insolvent, shortfallNano } = sums
  if (fullLiquidation + insolvent !== statement.belowMm)
    return fail('the tiers are not those of the count below MM')
  if (reduceOnly + softLiquidation + fullLiquidation + insolvent > BigInt(count)) {
    return fail(`the tiers count more accounts than the ${count} of the book`)
  }
  if (shortfallNano > statement.reserves) return fail('the disclosed shortfall is above the reserves')
  if ((insolvent === 0n) !== (shortfallNano === 0n))
    return fail('shortfall and insolvent accounts do not go together')
  return pass(
    `aggregates: ${reduceOnly} reduce-only, ${softLiquidation} in soft and ${fullLiquidation} in full liquidation, ` +
      `${insolvent} insolvent; shortfall ${usdText(shortfallNano)}; equity ${usdText(sums.equityNano)} against ` +
      `MM of ${usdText(sums.requirementMmBpsNano / 10_000n)}`,
  )
}

/** Chains and feeders keep clocks of their own: a round may be this far ahead of the reader's. */
const MAX_SKEW_SECONDS = 60

export function freshnessFinding(
  header: BundleHeader,
  asOfSeconds: number | undefined,
  maxAgeSeconds: number | undefined,
): Finding {
  const { asOfSeconds: roundSeconds } = header.round
  const of = `the round is of ${instant(roundSeconds)}`
  if (asOfSeconds === undefined) return skipped(`${of}; no time was given to hold it against`)
  const age = asOfSeconds - roundSeconds
  if (age < -MAX_SKEW_SECONDS) return fail(`${of}, which is ${-age} s after ${instant(asOfSeconds)}`)
  if (maxAgeSeconds === undefined)
    return skipped(`${of}, ${age} s before ${instant(asOfSeconds)}; no greatest age was given`)
  return age > maxAgeSeconds
    ? fail(`${of}, ${age} s before ${instant(asOfSeconds)}: older than ${maxAgeSeconds} s`)
    : pass(`${of}, ${age} s before ${instant(asOfSeconds)}, within ${maxAgeSeconds} s`)
}

/** 123.45% of basis points. */
export function percent(bps: bigint): string {
  return `${formatDecimal(bps, 2)}%`
}
