import type { Position } from '../../src/book/account.ts'
import {
  addAccount,
  type ChainHeader,
  type ChainState,
  chainBeta,
  chainCommitment,
  emptyChainState,
} from '../../src/book/chain.ts'
import { type LedgerEntry, ledgerOfBook, ledgerWords, netLots } from '../../src/book/ledger.ts'
import { MARGIN_INSTANCES, type MarginInstance } from '../../src/protocol/instances.ts'
import type { Hasher } from '../../src/protocol/poseidon.ts'
import type { SealStatement } from '../../src/prover/seal-inputs.ts'
import { marginOf, type Tier } from '../../src/risk/margin.ts'
import {
  CASH_VALUE_NANO,
  cashVector,
  type SyntheticWorld,
  syntheticVectors,
  syntheticWorld,
  TEST_PARAMETERS,
} from './synthetic.ts'

export const CASH_ID = 1
/** A second collateral: random rates, held long by somebody and by nobody short in sum. */
export const COIN_ID = 2
export const LIQUIDITY_NANO = [1n << 40n, 1n << 45n, 1n << 34n]
export const EPOCH_CONTEXT = 4_242n

/** Two by two: what one is long of derivatives, the other is short of. */
const TIERS: readonly Tier[] = [
  'healthy',
  'fullLiquidation',
  'softLiquidation',
  'insolvent',
  'reduceOnly',
  'healthy',
  'insolvent',
  'fullLiquidation',
]

export interface SolvencyWorld extends SyntheticWorld {
  readonly instance: MarginInstance
  readonly ledger: readonly LedgerEntry[]
}

/** Eight accounts in every tier, whose derivatives net to zero, and the ledger of what they hold of cash and coin. */
export function solvencyWorld(hasher: Hasher, options: { readonly seed?: number } = {}): SolvencyWorld {
  const { seed = 3 } = options
  const vectors = [cashVector(CASH_ID), ...syntheticVectors(40, seed).slice(1)]
  const byId = new Map(vectors.map((vector) => [vector.id, vector]))
  const portfolios = TIERS.map((tier, index): Position[] => {
    const side = index % 2 === 0 ? 1n : -1n
    const pair = index >> 1
    const risky = [
      ...(index === 0 ? [{ id: COIN_ID, quantityLots: 7n }] : []),
      { id: 9 + pair, quantityLots: side * BigInt(400 + 31 * index - 31 * (index % 2)) },
      { id: 20 + pair, quantityLots: -side * 250n },
    ]
    return [{ id: CASH_ID, quantityLots: cashFor(tier, risky, byId) }, ...risky]
  })
  return withLedger(syntheticWorld(hasher, MARGIN_INSTANCES['margin-4'], portfolios, { seed, vectors }))
}

/** A world with the ledger of its own book. */
export function withLedger(world: SyntheticWorld): SolvencyWorld {
  const ledger = ledgerOfBook(netLots(world.accounts), [CASH_ID, COIN_ID])
  return {
    ...world,
    opening: (index) => world.opening(index),
    instance: MARGIN_INSTANCES['margin-4'],
    ledger,
  }
}

/** Cash that puts a portfolio into a tier: halfway between its threshold and the next one. */
function cashFor(tier: Tier, risky: readonly Position[], byId: Parameters<typeof marginOf>[1]): bigint {
  const { equityNano, requirementNano } = marginOf(risky, byId, TEST_PARAMETERS)
  const { mm, soft, im } = requirementNano
  const goal = {
    healthy: im + im / 5n,
    reduceOnly: (soft + im) / 2n,
    softLiquidation: (mm + soft) / 2n,
    fullLiquidation: mm / 2n,
    insolvent: -mm / 3n,
  }[tier]
  return (goal - equityNano) / CASH_VALUE_NANO
}

export interface Chain {
  readonly header: ChainHeader
  /** One more than accounts. */
  readonly states: readonly ChainState[]
}

/** The states of a chain over these accounts of a world, whoever they are: a cheat may leave some out. */
export function chainOf(
  hasher: Hasher,
  world: SyntheticWorld,
  ledger: readonly LedgerEntry[],
  indices: readonly number[] = [...world.accounts.keys()],
): Chain {
  const { book, round } = world
  const roots = { bookRoot: book.root, riskRoot: round.tree.root, parameters: round.parameters }
  const header = { ...roots, beta: chainBeta(hasher, roots, ledgerWords(ledger)) }
  const states = [emptyChainState(1_000n)]
  for (const index of indices) {
    const { positions } = world.accounts[index]!
    const margin = marginOf(positions, round.tree.vectors, TEST_PARAMETERS)
    states.push(addAccount(header, states.at(-1)!, { positions, margin }, 1_001n + BigInt(index)))
  }
  return { header, states }
}

export function commitmentOf(hasher: Hasher, { header }: Chain, state: ChainState): bigint {
  return chainCommitment(hasher, header, state)
}

/** The seal of the whole chain, reserves just enough. */
export function sealStatement(
  hasher: Hasher,
  world: SolvencyWorld,
  changes: Partial<SealStatement> = {},
): SealStatement {
  const ledger = changes.ledger ?? world.ledger
  const { states } = chainOf(hasher, world, ledger)
  const { book, round } = world
  return {
    bookRoot: book.root,
    riskRoot: round.tree.root,
    parameters: round.parameters,
    treeRoot: book.treeRoot,
    count: book.count,
    ledger,
    first: states[0]!,
    last: states.at(-1)!,
    reservesNano: shortfallNano(world),
    liquidityNano: LIQUIDITY_NANO,
    policy: 'predicates',
    context: EPOCH_CONTEXT,
    netLots: netLots(world.accounts),
    ...changes,
  }
}

export function shortfallNano(world: SyntheticWorld): bigint {
  return world.accounts
    .map(({ positions }) => marginOf(positions, world.round.tree.vectors, TEST_PARAMETERS).equityNano)
    .reduce((sum, equity) => (equity < 0n ? sum - equity : sum), 0n)
}
