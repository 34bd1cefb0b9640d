import type { Position } from '../../src/book/account.ts'
import { Book } from '../../src/book/book.ts'
import type { TransferTerms } from '../../src/book/liquidation/terms.ts'
import { MARGIN_INSTANCES, type MarginInstance } from '../../src/protocol/instances.ts'
import { CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import { packMarginParameters } from '../../src/protocol/parameters.ts'
import type { Hasher } from '../../src/protocol/poseidon.ts'
import { VALUE_DIM } from '../../src/protocol/risk-layout.ts'
import type { RiskRound } from '../../src/prover/margin-inputs.ts'
import { RiskTree } from '../../src/risk/risk-tree.ts'
import { atHealth, belowSoft, holding, SLICE_TERMS, VECTORS } from '../book/liquidation-support.ts'
import { TEST_PARAMETERS, TestRandom } from './synthetic.ts'

const ENTRIES = holding({ 2: -1_000n, 4: 200n })

/** Who stands where in the book of the liquidation tests. Places 8 and up are in another group of eight. */
export const PLACES = {
  /** Below MM, solvent. */
  solvent: 0,
  /** Below zero. */
  insolvent: 1,
  /** Between MM and SOFT. */
  soft: 2,
  /** An empty sub-account with cash. */
  receiver: 3,
  /** Far above IM. */
  covered: 4,
  /** Owes cash and holds nothing. */
  debtor: 5,
  /** Holds nothing at all. */
  empty: 6,
  /** Below MM in every slot, without cash. */
  full: 7,
  /** Another empty sub-account with cash, in another group. */
  distant: 8,
  /** Holds the other side of `solvent`, levered. */
  counterparty: 9,
} as const

const PORTFOLIOS: Readonly<Record<keyof typeof PLACES, readonly Position[]>> = {
  solvent: atHealth(ENTRIES, 60n),
  insolvent: atHealth(ENTRIES, -40n),
  soft: belowSoft(ENTRIES, 40n),
  receiver: holding({ 1: 1n << 30n }),
  covered: atHealth(holding({ 2: -10n, 4: 5n }), 300n),
  debtor: holding({ 1: -77n }),
  empty: [],
  full: holding({ 2: -100n, 3: 104n, 4: 5n, 6: -50n }),
  distant: holding({ 1: 1n << 30n }),
  counterparty: atHealth(holding({ 2: 800n, 4: -150n }), 150n),
}

export interface LiquidationWorld {
  readonly hasher: Hasher
  readonly instance: MarginInstance
  readonly round: RiskRound
  readonly book: Book
}

/** A round of options, perpetuals and cash, and a book of ten accounts, one for every way into the engine. */
export function liquidationWorld(hasher: Hasher): LiquidationWorld {
  return worldOf(hasher, Object.values(PORTFOLIOS))
}

/** The same round, on margin-4, with a book of other portfolios; cash may be worth something else than it must be. */
export function worldOf(
  hasher: Hasher,
  portfolios: readonly (readonly Position[])[],
  cashNano = CASH_LOT_NANO,
): LiquidationWorld {
  const instance = MARGIN_INSTANCES['margin-4']
  const random = new TestRandom(4)
  const accounts = portfolios.map((positions, index) => ({
    accountId: 100 + index,
    owner: random.bits(160),
    secret: random.bits(248),
    nonce: BigInt(index),
    positions,
  }))
  const [cash, ...others] = VECTORS
  const ratesNano = cash!.ratesNano.map((rate, dim) => (dim === VALUE_DIM ? cashNano : rate))
  return {
    hasher,
    instance,
    round: {
      tree: RiskTree.of(hasher, instance, [{ ...cash!, ratesNano }, ...others]),
      parameters: packMarginParameters(TEST_PARAMETERS),
    },
    book: Book.from(accounts, hasher, instance),
  }
}

/** Terms of a transfer with a discount, a fee and an escrow, so that every part of the price counts. */
export const TERMS: TransferTerms = {
  ...SLICE_TERMS,
  costBps: 170n,
  discountBps: 120n,
  feeBps: 50n,
  escrowLots: 5_000n,
}
export const SOFT_TERMS: TransferTerms = { ...TERMS, mode: 'soft', escrowLots: 0n }
export const DELEVERAGE_TERMS: TransferTerms = {
  ...SLICE_TERMS,
  mode: 'deleverage',
  cutoffBps: 4_000n,
  floorBps: 1_000n,
}
/** A soft hedge: some of the short options back, and some of the other options bought. */
export const SOFT_MOVED = holding({ 2: -20n, 3: -5n })
export const DELEVERAGE_MOVED = holding({ 2: -100n, 4: 10n })
