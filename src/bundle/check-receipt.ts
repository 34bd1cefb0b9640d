import type { Account } from '../book/account.ts'
import { accountLeaf } from '../book/leaf.ts'
import { formatDecimal } from '../fixed-point/decimal.ts'
import { TacitError } from '../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../protocol/instances.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { VALUE_DIM } from '../protocol/risk-layout.ts'
import { checkPath } from '../prover/margin-inputs.ts'
import { type MarginResult, marginOf } from '../risk/margin.ts'
import type { CountedAccount } from './claim/counted.ts'
import type { Chunks } from './lines.ts'
import type { Receipt } from './receipt.ts'
import { type Check, type Finding, fail, pass } from './verify/check.ts'
import type { BundleReport, BundleVerdict } from './verify/report.ts'
import { type CheckedRound, quotesById } from './verify/round.ts'
import { type VerifyOptions, verifyBundle } from './verify/verify.ts'

/** One position as its owner knows it. */
export interface CountedPosition {
  readonly symbol: string
  readonly id: number
  readonly quantityLots: bigint
  /** In units of the instrument, a decimal text. */
  readonly units: string
  /** Of one unit, nano-USD, rounded to the nearest. */
  readonly markNano: bigint
  readonly valueNano: bigint
}

export interface ReceiptReport {
  readonly format: 'tacit.receipt-report'
  readonly version: 1
  /** counted: the bundle is valid and counts exactly this account, once. */
  readonly verdict: 'counted' | 'not-counted'
  readonly words: readonly string[]
  readonly checks: readonly Check[]
  readonly accountId: number
  readonly index: number
  readonly positions: readonly CountedPosition[]
  /** Recomputed at the round's prices; undefined when the round could not be. */
  readonly margin: Pick<MarginResult, 'equityNano' | 'requirementNano' | 'tier'> | undefined
  readonly bundleVerdict: BundleVerdict
  readonly bundle: BundleReport
}

/**
 * Whether a bundle counts exactly the positions of a receipt, once: verifies the bundle whole, and looks the account's
 * leaf up among its leaves.
 */
export async function checkReceipt(
  receipt: Receipt,
  chunks: Chunks,
  options: VerifyOptions,
): Promise<ReceiptReport> {
  return (await countAccount(receipt, chunks, options)).report
}

/** As checkReceipt, with what the owner of a counted account proves claims from; undefined for one that is not counted. */
export async function countAccount(
  receipt: Receipt,
  chunks: Chunks,
  options: VerifyOptions,
): Promise<{ readonly report: ReceiptReport; readonly counted: CountedAccount | undefined }> {
  const { hasher, nowMs } = options
  const started = nowMs()
  const leaf = leafOf(hasher, receipt)
  const foundAt: number[] = []
  const { report, header, round, keys } = await verifyBundle(chunks, options, {
    onLeaf: (index, value) => {
      if (value === leaf) foundAt.push(index)
    },
  })
  const book = header === undefined ? undefined : { ...header, bookRoot: BigInt(header.statement.bookRoot) }
  const findings: readonly (readonly [id: string, title: string, finding: Finding])[] = [
    ['bundle', 'The bundle is valid', bundleFinding(report)],
    ['opening', 'The receipt opens a leaf of its book', openingFinding(hasher, receipt, leaf)],
    ['same-book', 'The receipt is of the book of the bundle', sameBook(receipt, book)],
    ['counted-once', 'The leaf is counted exactly once', countedOnce(receipt, leaf, foundAt)],
    ['positions', 'Every position is priced in this round', positionsFinding(receipt.account, round)],
  ]
  const milliseconds = Math.round(nowMs() - started)
  const checks = findings.map(([id, title, finding]) => ({ id, title, ...finding, milliseconds }))
  const counted = checks.every(({ verdict }) => verdict === 'pass')
  const margin = counted
    ? marginOf(receipt.account.positions, round.matrix!.vectors, round.matrix!.parameters)
    : undefined
  const receiptReport: ReceiptReport = {
    format: 'tacit.receipt-report',
    version: 1,
    verdict: counted ? 'counted' : 'not-counted',
    words: receiptWords(counted, receipt, report, checks),
    checks,
    accountId: receipt.account.accountId,
    index: receipt.index,
    positions: countedPositions(receipt.account, round),
    margin: margin && {
      equityNano: margin.equityNano,
      requirementNano: margin.requirementNano,
      tier: margin.tier,
    },
    bundleVerdict: report.verdict,
    bundle: report,
  }
  if (!counted) return { report: receiptReport, counted: undefined }
  const account = { hasher, receipt, leaf: leaf!, matrix: round.matrix!, header: header!, key: keys[0]! }
  return { report: receiptReport, counted: account }
}

function leafOf(hasher: Hasher, { account, instance }: Receipt): bigint | undefined {
  try {
    return accountLeaf(hasher, account, MARGIN_INSTANCES[instance].slots)
  } catch (error) {
    if (error instanceof TacitError) return undefined
    throw error
  }
}

function bundleFinding({ verdict, words }: BundleReport): Finding {
  return verdict === 'invalid' || verdict === 'refused' ? fail(words[0]!) : pass(verdict)
}

function openingFinding(hasher: Hasher, receipt: Receipt, leaf: bigint | undefined): Finding {
  if (leaf === undefined)
    return fail('its positions are no canonical account: unsorted, repeated or too many')
  try {
    checkPath(hasher, MARGIN_INSTANCES[receipt.instance], { ...receipt, leaf })
  } catch (error) {
    if (error instanceof TacitError) return fail(error.message)
    throw error
  }
  return pass(`the opening hashes to the leaf ${leaf}, which leads to the book root ${receipt.bookRoot}`)
}

function sameBook(
  receipt: Receipt,
  book: { readonly bookRoot: bigint; readonly count: number; readonly instance: string } | undefined,
): Finding {
  if (book === undefined) return fail('the bundle has no header')
  if (receipt.bookRoot !== book.bookRoot) {
    return fail(
      `the receipt is of the book ${receipt.bookRoot}, and the bundle of ${book.bookRoot}: ask for a new receipt`,
    )
  }
  if (receipt.count !== book.count || receipt.instance !== book.instance) {
    return fail(
      `the receipt is of ${receipt.count} accounts of ${receipt.instance}, the bundle of ${book.count} of ${book.instance}`,
    )
  }
  return pass(`both are of the book ${book.bookRoot} with ${book.count} accounts`)
}

function countedOnce(receipt: Receipt, leaf: bigint | undefined, foundAt: readonly number[]): Finding {
  if (leaf === undefined || foundAt.length === 0) return fail('no leaf of the bundle is that of this account')
  if (foundAt.length > 1)
    return fail(`the leaf stands at ${foundAt.join(', ')}: it is counted ${foundAt.length} times`)
  if (foundAt[0] !== receipt.index) return fail(`the leaf stands at ${foundAt[0]}, not at ${receipt.index}`)
  return pass(`it stands at ${receipt.index} and nowhere else, and step ${receipt.index} counts it`)
}

function positionsFinding({ positions }: Account, { matrix }: CheckedRound): Finding {
  if (matrix === undefined) return fail('the round could not be recomputed')
  const unknown = positions.find(({ id }) => !matrix.vectors.has(id))
  if (unknown !== undefined) return fail(`instrument ${unknown.id} has no price in this round`)
  return pass(`${positions.length} positions`)
}

function countedPositions({ positions }: Account, round: CheckedRound): CountedPosition[] {
  const quotes = quotesById(round)
  return positions.map(({ id, quantityLots }) => {
    const lotNano = round.matrix?.listing.byId(id)?.lotNano ?? 1_000_000_000n
    const valuePerLot = round.matrix?.vectors.get(id)?.ratesNano[VALUE_DIM] ?? 0n
    return {
      symbol: quotes.get(id)?.symbol ?? round.matrix?.listing.byId(id)?.symbol ?? `instrument ${id}`,
      id,
      quantityLots,
      units: formatDecimal(quantityLots * lotNano, 9),
      markNano: (valuePerLot * 1_000_000_000n + lotNano / 2n) / lotNano,
      valueNano: quantityLots * valuePerLot,
    }
  })
}

function receiptWords(
  counted: boolean,
  receipt: Receipt,
  report: BundleReport,
  checks: readonly Check[],
): string[] {
  const { account, index } = receipt
  if (!counted) {
    const failed = checks.filter(({ verdict }) => verdict === 'fail').map(({ evidence }) => evidence)
    return [
      `NOT COUNTED: this bundle does not show that account ${account.accountId} is in the book.`,
      ...failed,
    ]
  }
  return [
    `Counted: the book counts account ${account.accountId} with exactly these ${account.positions.length} positions, once, ` +
      `at index ${index} of ${receipt.count}.`,
    ...(report.verdict === 'valid' ? [] : [report.words[0]!]),
  ]
}
