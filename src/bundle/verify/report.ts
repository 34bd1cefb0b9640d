import { formatDecimal } from '../../fixed-point/decimal.ts'
import { TacitError } from '../../protocol/errors.ts'
import type { BundleHeader, BundleKey } from '../records.ts'
import type { SealStatement } from '../statement.ts'
import type { Check } from './check.ts'
import { type CheckedRound, instant, quotesById } from './round.ts'
import {
  type Aggregates,
  aggregatesOf,
  gaugesOf,
  ledgerOf,
  liquiditiesOf,
  percent,
  policyOf,
  usdText,
} from './words.ts'

export const REPORT_FORMAT = 'tacit.bundle-report'
export const REPORT_VERSION = 1

/**
 * - valid: every check passed or was asked for by nobody, and the keys are those that the reader named.
 * - valid-unpinned-keys: the same, but the reader named no keys.
 * - valid-development-keys: the same, with keys that anyone can forge proofs for.
 * - invalid: a check failed. - refused: the file is no bundle, or not a whole one.
 */
export type BundleVerdict = 'valid' | 'valid-unpinned-keys' | 'valid-development-keys' | 'invalid' | 'refused'

export interface StatementFigures {
  readonly instance: string
  readonly accounts: number
  readonly asOfSeconds: number
  readonly bookRoot: bigint
  readonly riskRoot: bigint
  readonly parameters: bigint
  readonly collateral: readonly {
    readonly symbol: string
    readonly instrumentId: number
    readonly lots: bigint
    readonly units: string
  }[]
  readonly reservesNano: bigint
  readonly belowMm: bigint
  /** By underlying of the round. */
  readonly gauges: readonly {
    readonly underlying: string
    readonly gaugeBps: bigint
    readonly liquidityNano: bigint
  }[]
  readonly policy: string
  readonly aggregates: Aggregates | undefined
}

export interface BundleReport {
  readonly format: typeof REPORT_FORMAT
  readonly version: typeof REPORT_VERSION
  readonly verdict: BundleVerdict
  /** The verdict in plain words: what is proven, what is not, and what to do. */
  readonly words: readonly string[]
  readonly checks: readonly Check[]
  readonly statement: StatementFigures | undefined
  readonly chain: BundleHeader['chain']
  readonly keys: readonly {
    readonly role: string
    readonly circuit: string
    readonly hash: string
    readonly setup: BundleKey['setup']
  }[]
  /** Root of the digest of all steps, which EpochSeals keeps; undefined for a refused bundle. */
  readonly stepsRoot: string | undefined
  /** Of the whole file; undefined for a refused one. */
  readonly digest: string | undefined
  readonly milliseconds: number
}

export function verdictOf(checks: readonly Check[], keys: readonly BundleKey[]): BundleVerdict {
  const of = (id: string) => checks.find((check) => check.id === id)?.verdict
  if (of('format') !== 'pass') return 'refused'
  if (checks.some(({ verdict }) => verdict === 'fail')) return 'invalid'
  // Nothing but these may be left out, and these only because nobody asked.
  const left = checks.filter(
    ({ id, verdict }) => verdict === 'skipped' && id !== 'pins' && id !== 'freshness',
  )
  if (left.length > 0) return 'invalid'
  if (keys.some(({ setup }) => setup.kind !== 'production')) return 'valid-development-keys'
  return of('pins') === 'pass' ? 'valid' : 'valid-unpinned-keys'
}

/** What the seal states, with names; undefined when its words cannot be read. */
export function figuresOf(
  header: BundleHeader,
  statement: SealStatement,
  round: CheckedRound,
): StatementFigures | undefined {
  try {
    return readFigures(header, statement, round)
  } catch (error) {
    if (error instanceof TacitError) return undefined
    throw error
  }
}

function readFigures(header: BundleHeader, statement: SealStatement, round: CheckedRound): StatementFigures {
  const quotes = quotesById(round)
  const liquidities = liquiditiesOf(statement)
  const gauges = gaugesOf(statement)
  const policy = policyOf(statement)
  return {
    instance: header.instance,
    accounts: header.count,
    asOfSeconds: header.round.asOfSeconds,
    bookRoot: statement.bookRoot,
    riskRoot: statement.riskRoot,
    parameters: statement.parameters,
    collateral: ledgerOf(statement).map(({ instrumentId, lots }) => {
      const quote = quotes.get(instrumentId)
      const units = quote === undefined ? `${lots} lots` : formatDecimal(lots * quote.lotNano, 9)
      return { symbol: quote?.symbol ?? `instrument ${instrumentId}`, instrumentId, lots, units }
    }),
    reservesNano: statement.reserves,
    belowMm: statement.belowMm,
    gauges: (round.configuration?.underlyings ?? []).map((underlying, index) => ({
      underlying,
      gaugeBps: gauges[index]!,
      liquidityNano: liquidities[index]!,
    })),
    policy: policy ?? `unknown (${statement.policy})`,
    aggregates: policy === 'aggregates' ? aggregatesOf(statement) : undefined,
  }
}

/** @param standing number of instruments with a vector of an earlier round */
export function verdictWords(
  verdict: BundleVerdict,
  checks: readonly Check[],
  figures: StatementFigures | undefined,
  standing: number,
): string[] {
  const failed = checks.filter((check) => check.verdict === 'fail')
  if (verdict === 'refused')
    return [`Refused: ${failed[0]?.evidence ?? 'this is no bundle'}. Nothing is proven by this file.`]
  if (verdict === 'invalid' || figures === undefined) {
    const names = failed.map(({ title, evidence }) => `${title}: NO (${evidence})`)
    return ['Not valid. Nothing is proven by this bundle.', ...names]
  }
  const words = [meaning(figures), limits(standing)]
  if (verdict === 'valid-development-keys') {
    words.unshift(
      'Valid, development keys: anyone could have forged these proofs. Rely on this for testing only.',
    )
  } else if (verdict === 'valid-unpinned-keys') {
    words.unshift(
      'Valid for the keys that the bundle brings along. Whether those belong to the published circuits is yours to check: ' +
        'name the hashes of the keys that you trust.',
    )
  } else words.unshift('Valid.')
  return words
}

function meaning(figures: StatementFigures): string {
  const collateral = figures.collateral.map(({ symbol, units }) => `${units} ${symbol}`).join(', ')
  const gauges = figures.gauges
    .map(({ underlying, gaugeBps }) => `${underlying} ${percent(gaugeBps)}`)
    .join(', ')
  return (
    `The book of ${figures.accounts} accounts with the root ${figures.bookRoot}, at the prices of ` +
    `${instant(figures.asOfSeconds)}, counts every account once and only once. Every derivative nets to zero; the ` +
    `collateral of all accounts is ${collateral === '' ? 'nothing' : collateral}, which is what the vault's ledger must hold. ` +
    `The shortfalls of insolvent accounts are at most ${usdText(figures.reservesNano)}. ${figures.belowMm} accounts are ` +
    `below their maintenance margin. Short gamma at risk by underlying: ${gauges} of the stated hedge liquidity.`
  )
}

/** What a venue may write into a file as it likes: no proof of it is bound to the market, the rules or the vault outside. */
function limits(standing: number): string {
  const halted =
    standing === 0
      ? ''
      : ` ${standing} halted instruments stand with vectors of an earlier round, as the file states them: nothing in it shows ` +
        'that they were ever priced so.'
  return (
    'Not shown by this file alone: that the prices and their time are right, that the margin rules (scenarios and factors of ' +
    'the configuration) are the approved ones, that the vault and the fund hold what is stated, that the stated liquidity ' +
    `is the market's, and that this is the venue's newest book.${halted} Compare with the chain (--rpc).`
  )
}
