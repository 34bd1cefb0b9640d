import { beforeAll, beforeEach, describe } from 'vitest'
import { depositContext } from '../../src/chain/context.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import {
  COIN_ID,
  DEPOSITOR,
  ENGINE,
  INTERVAL_SECONDS,
  MIN_DEPOSIT_LOTS,
  OWNER,
  RECLAIM_SECONDS,
  UNITS_PER_LOT,
  VaultWorld,
} from './fixtures/vault-world.ts'
import { ADMIN, STRANGER, TAG, VENUE } from './fixtures/world.ts'

let world: VaultWorld
beforeAll(async () => {
  world = await VaultWorld.shared()
}, 600_000)
beforeEach(() => world.reset())

type VaultDefence = Defence<VaultWorld>
const target = 'CollateralVault' as const
const CASH = BigInt(CASH_ID)

/** A call of the vault with fixed arguments. */
function calling(method: string, args: readonly unknown[], sender: number): VaultDefence['arrange'] {
  return async (w) => () => w.send(w.contracts.vault, method, args, sender)
}

const REQUESTS: readonly VaultDefence[] = [
  {
    target,
    rule: 'DepositTooSmall',
    attack: 'a deposit of dust',
    arrange: calling('requestDeposit', [CASH, MIN_DEPOSIT_LOTS - 1n, TAG, false], DEPOSITOR),
  },
  {
    target,
    rule: 'DepositTooLarge',
    attack: 'a deposit that no account can hold',
    arrange: async (w) => {
      const units = 2n ** 38n * UNITS_PER_LOT
      await w.send(w.contracts.token, 'mint', [await w.address(DEPOSITOR), units], DEPOSITOR)
      await w.send(w.contracts.token, 'approve', [w.contracts.vault.target, 2n * units], DEPOSITOR)
      return calling('requestDeposit', [CASH, 2n ** 38n, TAG, false], DEPOSITOR)(w)
    },
  },
  {
    target,
    rule: 'TagOutOfRange',
    attack: 'a deposit for nobody',
    arrange: calling('requestDeposit', [CASH, 1_000, 0, false], DEPOSITOR),
  },
  {
    target,
    rule: 'TokenKeepsAShare',
    attack: 'a token that keeps a share leaves the ledger unbacked',
    arrange: async (w) => {
      const taking = await w.fixture('TakingToken')
      await w.send(w.contracts.vault, 'addCollateral', [9, taking.target, 1, 1], ADMIN)
      await w.enrich(DEPOSITOR, taking)
      return calling('requestDeposit', [9, 1_000, TAG, false], DEPOSITOR)(w)
    },
  },
  {
    target,
    rule: 'ReentrancyGuardReentrantCall',
    attack: 'a token that calls back into the vault in the middle of a payment',
    arrange: async (w) => {
      const token = await w.fixture('CallingToken')
      const { vault } = w.contracts
      await w.send(vault, 'addCollateral', [9, token.target, 1, 1], ADMIN)
      await w.enrich(DEPOSITOR, token)
      // In the middle of its transfer the token asks for a deposit of its own, in cash.
      await w.send(w.contracts.token, 'mint', [token.target, 10_000n * UNITS_PER_LOT], ADMIN)
      const approve = w.contracts.token.interface.encodeFunctionData('approve', [vault.target, 2n ** 255n])
      await w.send(token, 'act', [w.contracts.token.target, approve], ADMIN)
      const again = vault.interface.encodeFunctionData('requestDeposit', [CASH, 1_000, TAG, false])
      await w.send(token, 'arm', [vault.target, again], ADMIN)
      return calling('requestDeposit', [9, 1_000, TAG, false], DEPOSITOR)(w)
    },
  },
  {
    target,
    rule: 'NotTheDepositor',
    attack: 'a stranger takes a pending deposit back to itself',
    arrange: async (w) => {
      const depositId = await w.request()
      await w.chain.advance(RECLAIM_SECONDS)
      return calling('reclaimDeposit', [depositId], STRANGER)(w)
    },
  },
  {
    target,
    rule: 'NotReclaimableYet',
    attack: 'a depositor who takes it back just before it is applied',
    arrange: async (w) => calling('reclaimDeposit', [await w.request()], DEPOSITOR)(w),
  },
  {
    target,
    rule: 'DepositNotPending',
    attack: 'a deposit that is in the book and comes back as well',
    arrange: async (w) => {
      await w.deposit()
      // A second depositor's money, which the first would take.
      await w.request(5_000n, { sender: OWNER })
      await w.chain.advance(RECLAIM_SECONDS)
      return calling('reclaimDeposit', [1], DEPOSITOR)(w)
    },
  },
  {
    target,
    rule: 'DepositNotPending',
    attack: 'a deposit applied twice, on the head that it made',
    arrange: async (w) => {
      await w.deposit()
      await w.request(5_000n, { sender: OWNER })
      await w.chain.advance(INTERVAL_SECONDS)
      return w.applying(1n)
    },
  },
]

/** A pending deposit of 1,000 lots, and a proof that says otherwise. */
function applying(
  changes: (w: VaultWorld) => Parameters<VaultWorld['applying']>[1],
): VaultDefence['arrange'] {
  return async (w) => w.applying(await w.request(), changes(w))
}

const APPLIED: readonly VaultDefence[] = [
  {
    target,
    rule: 'ChangeMismatch',
    attack: 'ten times what was paid in',
    arrange: applying(() => ({ lots: 10_000n })),
  },
  {
    target,
    rule: 'ChangeMismatch',
    attack: 'another instrument than was paid in',
    arrange: applying(() => ({ instrumentId: COIN_ID })),
  },
  {
    target,
    rule: 'ChangeMismatch',
    attack: 'a cover in place of a deposit',
    arrange: applying(() => ({ kind: 'cover' })),
  },
  {
    target,
    rule: 'TagMismatch',
    attack: 'somebody else’s deposit, put in the prover’s account',
    arrange: applying(() => ({ signals: { tag: TAG + 1n } })),
  },
  {
    target,
    rule: 'OwnerNotZero',
    attack: 'a withdrawal’s owner in a deposit',
    arrange: applying(() => ({ signals: { owner: 5n } })),
  },
  {
    target,
    rule: 'ContextMismatch',
    attack: 'a proof made for another deposit of the same account',
    arrange: async (w) => {
      const [first, second] = [await w.request(), await w.request()]
      const other = depositContext(31337n, String(w.contracts.vault.target), first)
      return w.applying(second, { signals: { context: other } })
    },
  },
  {
    target,
    rule: 'InvalidProof',
    attack: 'a valid proof of one change, sent with another leaf',
    arrange: async (w) => {
      const depositId = await w.request()
      const context = depositContext(31337n, String(w.contracts.vault.target), depositId)
      const honest = await w.adjustSignals({}, context)
      const [proof] = await w.proven(honest)
      const [, signals] = await w.proven({ ...honest, leaf: 6n })
      return () => w.send(w.contracts.vault, 'applyDeposit', [depositId, proof, signals], DEPOSITOR)
    },
  },
  {
    target: 'BookRegistry',
    rule: 'BaseRootIsNotHead',
    attack: 'two deposits proven on one head: the second would lose the first',
    arrange: async (w) => {
      const [first, second] = [await w.request(), await w.request(1_000n, { tag: TAG + 1n })]
      const late = await w.applying(second, { signals: { tag: TAG + 1n } })
      await w.apply(first)
      return late
    },
  },
  {
    target,
    rule: 'AccountInCase',
    attack: 'a deposit that changes a leaf on sale, just before it is settled',
    arrange: async (w) => {
      await w.send(w.registry, 'hold', [TAG, 3, 99], ENGINE)
      return applying(() => ({}))(w)
    },
  },
  {
    target,
    rule: 'AdjustTooSoon',
    attack: 'an owner who keeps every proof about it out of date with a deposit per block',
    arrange: async (w) => {
      await w.deposit()
      return applying(() => ({}))(w)
    },
  },
  {
    target,
    rule: 'DepositorRefusesDeficit',
    attack: 'fresh money that bears a loss which was there before it',
    arrange: async (w) => {
      await socialise(w, 500n)
      return applying(() => ({}))(w)
    },
  },
]

/** A book of 1,000 lots, of which so many are not there. */
async function socialise(w: VaultWorld, lots: bigint): Promise<void> {
  await w.send(w.contracts.vault, 'bringIn', [CASH, 1_000n - lots], VENUE)
  const args = await w.covering(lots, 0n, { signals: { tag: TAG + 2n } })
  await w.send(w.contracts.vault, 'applyCover', args, ENGINE)
}

describe('what stands before a pending deposit', () => itHolds(REQUESTS, () => world))
describe('what stands between a deposit and the book', () => itHolds(APPLIED, () => world))
