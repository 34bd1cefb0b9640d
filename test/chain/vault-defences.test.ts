import { beforeAll, beforeEach, describe } from 'vitest'
import { depositContext } from '../../src/chain/context.ts'
import type { Sent } from '../../src/chain/transactions.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import {
  CASE,
  COIN_ID,
  DEPOSITOR,
  ENGINE,
  INTERVAL_SECONDS,
  RECLAIM_SECONDS,
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

const ROLE = { target, rule: 'AccessControlUnauthorizedAccount' }
const parameters = (changes: Partial<Record<0 | 1 | 2 | 3, number>>) => [
  [50, RECLAIM_SECONDS, 7_200, INTERVAL_SECONDS].map((value, index) => changes[index as 0] ?? value),
]

const GOVERNANCE: readonly VaultDefence[] = [
  {
    ...ROLE,
    attack: 'a stranger makes a worthless token collateral',
    arrange: async (w) => () =>
      w.send(w.contracts.vault, 'addCollateral', [9, w.contracts.coin.target, 1, 1], STRANGER),
  },
  {
    ...ROLE,
    attack: 'a stranger changes the delays',
    arrange: calling('setParameters', parameters({}), STRANGER),
  },
  {
    ...ROLE,
    attack: 'a stranger says who is in a case',
    arrange: async (w) => () => w.send(w.contracts.vault, 'setCases', [w.contracts.cases.target], STRANGER),
  },
  { ...ROLE, attack: 'a stranger fills the ledger', arrange: calling('bringIn', [CASH, 10], DEPOSITOR) },
  { ...ROLE, attack: 'a stranger credits the book', arrange: calling('creditBook', [10], DEPOSITOR) },
  {
    ...ROLE,
    attack: 'a stranger takes cash out of the book',
    arrange: async (w) => {
      await w.send(w.contracts.vault, 'bringIn', [CASH, 100], VENUE)
      return calling('debitBook', [10], STRANGER)(w)
    },
  },
  {
    target,
    rule: 'CollateralExists',
    attack: 'a lot that is suddenly worth another number of units',
    arrange: async (w) => () =>
      w.send(w.contracts.vault, 'addCollateral', [COIN_ID, w.contracts.coin.target, 1, 1], ADMIN),
  },
  {
    target,
    rule: 'InstrumentOutOfRange',
    attack: 'an instrument id that is none',
    arrange: async (w) => () =>
      w.send(w.contracts.vault, 'addCollateral', [2n ** 32n, w.contracts.coin.target, 1, 1], ADMIN),
  },
  {
    target,
    rule: 'UnitsPerLotIsZero',
    attack: 'a collateral whose lots are worth nothing',
    arrange: async (w) => () =>
      w.send(w.contracts.vault, 'addCollateral', [9, w.contracts.coin.target, 0, 1], ADMIN),
  },
  ...[{ 0: 10_001 }, { 1: 599 }, { 1: 604_801 }, { 2: 3_599 }, { 2: 1_209_601 }, { 3: 29 }, { 3: 3_601 }].map(
    (changes): VaultDefence => ({
      target,
      rule: 'ParameterOutOfBounds',
      attack: `governance sets ${JSON.stringify(changes)}`,
      arrange: calling('setParameters', parameters(changes), ADMIN),
    }),
  ),
  {
    target,
    rule: 'MigrationIsOver',
    attack: 'the venue fills the ledger after a head is final',
    arrange: async (w) => {
      await w.finalise()
      return calling('bringIn', [CASH, 10], VENUE)(w)
    },
  },
]

const HOOKS: readonly VaultDefence[] = [
  {
    target,
    rule: 'NotBacked',
    attack: 'fees paid out of what depositors have pending',
    arrange: async (w) => {
      await socialise(w, 500n)
      await w.request(10_000n)
      return calling('debitBook', [600], ENGINE)(w)
    },
  },
  {
    ...ROLE,
    attack: 'a stranger lets the accounts pay a debt',
    arrange: async (w) => {
      const covered = await coveringBy(w, 500n, 0n)
      return () => covered(STRANGER)
    },
  },
  {
    ...ROLE,
    attack: 'a stranger deposits past the case',
    arrange: async (w) => {
      await w.send(w.registry, 'hold', [TAG, 3, 99], ENGINE)
      const depositId = await w.request()
      const context = depositContext(31337n, String(w.contracts.vault.target), depositId)
      const proven = await w.proven(await w.adjustSignals({}, context))
      return calling('applyCure', [CASE, depositId, ...proven], STRANGER)(w)
    },
  },
  {
    target,
    rule: 'ContextMismatch',
    attack: 'a cover proven for another case',
    arrange: async (w) => {
      const covered = await coveringBy(w, 500n, 500n, { signals: { context: 5n } })
      return () => covered(ENGINE)
    },
  },
  {
    target,
    rule: 'TagMismatch',
    attack: 'the fund pays the debt of another account than the case’s',
    arrange: async (w) => {
      const covered = await coveringBy(w, 500n, 500n, { signals: { tag: TAG + 1n } }, TAG)
      return () => covered(ENGINE)
    },
  },
  {
    target,
    rule: 'ChangeMismatch',
    attack: 'a deposit by the fund in place of a cover, which would leave a balance behind',
    arrange: async (w) => {
      const covered = await coveringBy(w, 500n, 500n, { kind: 'deposit' })
      return () => covered(ENGINE)
    },
  },
]

/** A cover of the tag's account, of which the fund pays some. */
async function coveringBy(
  w: VaultWorld,
  lots: bigint,
  paidLots: bigint,
  options: Parameters<VaultWorld['adjustSignals']>[0] = {},
  caseTag?: bigint,
): Promise<(sender: number) => Promise<Sent>> {
  const args = await w.covering(lots, paidLots, options, caseTag)
  return (sender) => w.send(w.contracts.vault, 'applyCover', args, sender)
}

/** A book of 1,000 lots, of which so many are not there. */
async function socialise(w: VaultWorld, lots: bigint): Promise<void> {
  await w.send(w.contracts.vault, 'bringIn', [CASH, 1_000n - lots], VENUE)
  await (await coveringBy(w, lots, 0n, { signals: { tag: TAG + 2n } }))(ENGINE)
}

describe('what binds governance and venue', () => itHolds(GOVERNANCE, () => world))
describe('what binds the engine’s hooks', () => itHolds(HOOKS, () => world))
