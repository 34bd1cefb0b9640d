import { bookRootOf } from '../book/book.ts'
import {
  type accountTotals,
  type ChainHeader,
  type ChainState,
  chainBeta,
  chainCommitment,
  fingerprint,
  unpackTotals,
} from '../book/chain.ts'
import {
  gaugeBps,
  gaugeWord,
  type LedgerEntry,
  ledgerWords,
  liquidityWord,
  type NettingFault,
  nettingFaults,
} from '../book/ledger.ts'
import { TacitError, WitnessError } from '../protocol/errors.ts'
import { packWord } from '../protocol/packed-word.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { BOOK_TOTAL_BITS } from '../protocol/ranges.ts'
import type { SealSignals } from '../protocol/seal-signals.ts'
import {
  RESERVES_BITS,
  SEAL_COUNTS,
  SEAL_POLICY_CODES,
  SEAL_TOTALS,
  type SealPolicy,
} from '../protocol/solvency.ts'
import { type CircuitInputs, checkedContext } from './margin-inputs.ts'

export interface SealStatement {
  readonly bookRoot: bigint
  readonly riskRoot: bigint
  /** Packed margin parameters. */
  readonly parameters: bigint
  /** bookRoot = hash(BOOK_ROOT, [treeRoot, count]). */
  readonly treeRoot: bigint
  readonly count: number
  readonly ledger: readonly LedgerEntry[]
  readonly first: ChainState
  readonly last: ChainState
  /** Nano-USD that stand outside the book, below 2^104. */
  readonly reservesNano: bigint
  /** Nano-USD of P&L at the small gamma shock, by underlying; each in [2^34, 2^84). */
  readonly liquidityNano: readonly bigint[]
  readonly policy: SealPolicy
  readonly context: bigint
  /** Net lots of the book by instrument: says which of them does not meet the ledger, when one does not. */
  readonly netLots?: ReadonlyMap<number, bigint> | undefined
}

export interface SealWitness {
  readonly inputs: CircuitInputs
  readonly signals: SealSignals
  /** What the last state sums up to; disclosed only under the policy aggregates. */
  readonly totals: ReturnType<typeof accountTotals>
  readonly gaugeBps: readonly bigint[]
}

/**
 * Inputs and public signals of a seal. Throws WitnessError, before anything is proven, naming the rule of
 * docs/solvency.md that the book or the chain breaks; OutOfRangeError for a ledger or a liquidity that no word holds.
 */
export function sealWitness(hasher: Hasher, statement: SealStatement): SealWitness {
  const { bookRoot, riskRoot, parameters, treeRoot, count, first, last, policy } = statement
  checkChain(hasher, statement)
  const ledger = ledgerWords(statement.ledger)
  const beta = chainBeta(hasher, { bookRoot, riskRoot, parameters }, ledger)
  const header: ChainHeader = { bookRoot, riskRoot, parameters, beta }
  checkFingerprint(header, statement)
  const totals = unpackTotals(last.totals)
  checkReserves(totals.shortfallNano, statement.reservesNano)
  const gauges = gaugeBps(totals, statement.liquidityNano)
  const disclosed = policy === 'aggregates'
  const signals: SealSignals = {
    bookRoot,
    riskRoot,
    parameters,
    chainFirst: chainCommitment(hasher, header, first),
    chainLast: chainCommitment(hasher, header, last),
    ledger0: ledger[0]!,
    ledger1: ledger[1]!,
    ledger2: ledger[2]!,
    reserves: statement.reservesNano,
    belowMm: totals.fullLiquidation + totals.insolvent,
    gauge: fittingGauge(gauges),
    liquidity: liquidityWord(statement.liquidityNano),
    policy: BigInt(SEAL_POLICY_CODES[policy]),
    counts: disclosed ? packWord(SEAL_COUNTS, totals) : 0n,
    totals: disclosed ? packWord(SEAL_TOTALS, biased(totals)) : 0n,
    context: checkedContext(statement.context),
  }
  return {
    signals,
    totals,
    gaugeBps: gauges,
    inputs: {
      ...signals,
      treeRoot,
      count: BigInt(count),
      fingerprintLast: last.fingerprint,
      totalsLast: last.totals,
      blindFirst: first.blind,
      blindLast: last.blind,
    },
  }
}

function biased(totals: SealWitness['totals']) {
  return { ...totals, equityBiasedNano: totals.equityNano + (1n << BigInt(BOOK_TOTAL_BITS)) }
}

/** Rules 1 to 3: it begins with nothing and ends with the whole book. */
function checkChain(hasher: Hasher, { bookRoot, treeRoot, count, first, last }: SealStatement): void {
  if (bookRootOf(hasher, treeRoot, count) !== bookRoot) {
    throw new WitnessError(`the book root is not that of this tree with a count of ${count}`)
  }
  const begun = first.count !== 0 || first.fingerprint !== 0n || first.totals.some((word) => word !== 0n)
  if (begun) throw new WitnessError('the chain does not begin with the empty state (rule 1)')
  if (last.count < count) {
    throw new WitnessError(
      `the chain ends after ${last.count} of the book's ${count} accounts: ${count - last.count} are not counted (rule 3)`,
    )
  }
  if (last.count > count) {
    throw new WitnessError(
      `the chain counts ${last.count} accounts and the book has ${count}: ${last.count - count} too many (rule 3)`,
    )
  }
}

/** Rule 5. */
function checkFingerprint(header: ChainHeader, statement: SealStatement): void {
  const faults = statement.netLots === undefined ? [] : nettingFaults(statement.netLots, statement.ledger)
  if (faults.length > 0) throw new WitnessError(`${nettingText(faults)} (rule 5)`)
  const held = statement.ledger.map(({ instrumentId, lots }) => ({ id: instrumentId, quantityLots: lots }))
  if (fingerprint(header.beta, held) !== statement.last.fingerprint) {
    throw new WitnessError(
      "the chain's fingerprint is not the ledger's: some derivative does not net to zero, some collateral is not " +
        'what the ledger says, or the chain was made for another ledger (rules 4 and 5)',
    )
  }
}

const MOST_FAULTS = 5

function nettingText(faults: readonly NettingFault[]): string {
  const texts = faults.slice(0, MOST_FAULTS).map(({ instrumentId, bookLots, ledgerLots }) => {
    if (ledgerLots === undefined) {
      return `instrument ${instrumentId} does not net to zero: the book holds ${bookLots} lots of it in all and the ledger none`
    }
    const difference = ledgerLots - bookLots
    const word = difference < 0n ? `short by ${-difference}` : `over by ${difference}`
    return `collateral ${instrumentId} is ${word} lots: the book holds ${bookLots} and the ledger ${ledgerLots}`
  })
  const more = faults.length - texts.length
  return `${texts.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

/** Rule 6. */
function checkReserves(shortfallNano: bigint, reservesNano: bigint): void {
  if (reservesNano < 0n || reservesNano >> BigInt(RESERVES_BITS) !== 0n) {
    throw new WitnessError(
      `reserves of ${reservesNano} nano-USD are no unsigned integer of ${RESERVES_BITS} bits`,
    )
  }
  if (shortfallNano > reservesNano) {
    throw new WitnessError(
      `the accounts' shortfall of ${shortfallNano} nano-USD is above the reserves of ${reservesNano}: the venue is not solvent (rule 6)`,
    )
  }
}

/** Rule 8. */
function fittingGauge(gauges: readonly bigint[]): bigint {
  try {
    return gaugeWord(gauges)
  } catch (cause) {
    if (!(cause instanceof TacitError)) throw cause
    throw new WitnessError(`the gauge does not fit its word (rule 8): ${cause.message}`, { cause })
  }
}
