/** What `tacit solvency` proves and writes: an epoch's request from the options, its public file from the result. */
import { getAddress } from 'ethers/address'
import { type LedgerEntry, ledgerOfBook, netLots } from '../book/ledger.ts'
import { epochContextOf, OFFLINE_CONTEXT } from '../bundle/statement.ts'
import { verificationKeyHash } from '../chain/generate-verifier.ts'
import { InputError, TacitError } from '../protocol/errors.ts'
import { UNDERLYINGS } from '../protocol/risk-layout.ts'
import { LEAST_LIQUIDITY_NANO, type SealPolicy } from '../protocol/solvency.ts'
import type { BookPassResult } from '../prover/book-pass/pass.ts'
import type { PassArtifacts } from '../prover/book-pass/request.ts'
import { decimalToNano, quote } from '../risk/market/decimal.ts'
import type { Session } from './session.ts'

export const EPOCH_FORMAT = 'tacit.epoch'
export const EPOCH_VERSION = 1

export interface EpochContextOptions {
  readonly chainId?: bigint
  readonly seals?: string
  readonly epoch?: bigint
}

/** For which contract and epoch on which chain everything is made. */
export interface EpochContext {
  readonly chainId: bigint
  readonly seals: string
  readonly epoch: bigint
}

/** All three options, or none for an epoch that no contract takes. Throws InputError when some are missing. */
export function readEpochContext({ chainId, seals, epoch }: EpochContextOptions): EpochContext | undefined {
  const field = '--chain-id, --seals, --epoch'
  if (chainId === undefined && seals === undefined && epoch === undefined) return undefined
  if (chainId === undefined || seals === undefined || epoch === undefined) {
    throw new InputError('belong together: give all three, or none for an epoch that no contract takes', {
      field,
    })
  }
  try {
    return { chainId, seals: getAddress(seals), epoch }
  } catch (cause) {
    throw new InputError(`is no address: ${quote(seals)}`, { field: '--seals' }, { cause })
  }
}

export function epochContextSignal(context: EpochContext | undefined): bigint {
  if (context === undefined) return OFFLINE_CONTEXT
  const { chainId, seals, epoch } = context
  return epochContextOf({ chainId: chainId.toString(), seals, epoch: epoch.toString() })
}

/** An amount of dollars, not negative. Throws InputError with the option's name. */
export function readDollars(text: string, field: string): bigint {
  let nano: bigint
  try {
    nano = decimalToNano(text)
  } catch (cause) {
    if (!(cause instanceof TacitError)) throw cause
    throw new InputError(`is no amount of dollars: ${quote(text)}`, { field }, { cause })
  }
  if (nano < 0n) throw new InputError('must not be negative', { field })
  return nano
}

/**
 * Liquidity by underlying, in the market's order; underlyings that the market does not have get the least there is.
 * Throws InputError unless there is one amount per underlying, each of at least 2^34 nano-USD.
 */
export function readLiquidity(text: string, { snapshot }: Pick<Session, 'snapshot'>): bigint[] {
  const field = '--liquidity'
  const amounts = text.split(',').map((amount) => readDollars(amount.trim(), field))
  const symbols = snapshot.underlyings.map(({ symbol }) => symbol)
  if (amounts.length !== symbols.length) {
    throw new InputError(`takes one amount for each of ${symbols.join(', ')}, not ${amounts.length}`, {
      field,
    })
  }
  const small = amounts.findIndex((amount) => amount < LEAST_LIQUIDITY_NANO)
  if (small >= 0) {
    throw new InputError(`${symbols[small]}: must be at least ${LEAST_LIQUIDITY_NANO} nano-USD (17.18 USD)`, {
      field,
    })
  }
  return Array.from({ length: UNDERLYINGS }, (_, u) => amounts[u] ?? LEAST_LIQUIDITY_NANO)
}

/**
 * The vault's ledger as the user names it ("USD=1200,BTC=35", lots), or what the book holds of cash and spot.
 * Throws InputError for an unknown instrument or a number of lots that is none.
 */
export function readLedger(text: string | undefined, session: Session): LedgerEntry[] {
  const { snapshot, matrix, book } = session
  if (text === undefined) {
    const collateral = snapshot.instruments.filter(({ kind }) => kind === 'cash' || kind === 'spot')
    const ids = collateral.map(({ symbol }) => matrix.listing.bySymbol(symbol)!.id)
    return ledgerOfBook(netLots(book.accounts), ids)
  }
  const field = '--ledger'
  const entries = text.split(',').map((part) => {
    const [symbol = '', lots = ''] = part.split('=').map((piece) => piece.trim())
    const instrument = matrix.listing.bySymbol(symbol)
    if (instrument === undefined) throw new InputError(`unknown instrument ${quote(symbol)}`, { field })
    if (!/^\d{1,15}$/.test(lots))
      throw new InputError(`${symbol}: ${quote(lots)} is no number of lots`, { field })
    return { instrumentId: instrument.id, lots: BigInt(lots) }
  })
  return entries.sort((a, b) => a.instrumentId - b.instrumentId)
}

/** The public side of an epoch; its steps stand in files beside it. Integers become decimal texts. */
export function epochFileOf(
  session: Session,
  artifacts: PassArtifacts,
  result: BookPassResult,
  context: EpochContext | undefined,
  policy: SealPolicy,
) {
  return {
    format: EPOCH_FORMAT,
    version: EPOCH_VERSION,
    instance: session.instance.name,
    round: {
      riskRoot: session.matrix.root,
      parameters: session.matrix.parametersWord,
      asOfSeconds: session.matrix.asOfSeconds,
      configurationHash: session.configurationHash,
      marketHash: session.marketHash,
    },
    book: { root: session.book.root, treeRoot: session.book.treeRoot, count: session.book.count },
    context: context ?? null,
    policy,
    keys: {
      step: {
        kind: artifacts.step.provenance.kind,
        hash: verificationKeyHash(artifacts.step.verificationKey),
      },
      seal: {
        kind: artifacts.seal.provenance.kind,
        hash: verificationKeyHash(artifacts.seal.verificationKey),
      },
    },
    stepsRoot: result.stepsRoot,
    seal: result.seal,
  }
}
