import type { Contract } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { DEMAND_SECONDS, SealsWorld } from './fixtures/seals-world.ts'
import { UNITS_PER_LOT } from './fixtures/vault-deploy.ts'
import { DEPOSITOR, DISPUTE_SECONDS, OWNER } from './fixtures/vault-world.ts'
import { openWindows, tell } from './fixtures/windowed-oracle.ts'
import { KEEPER, STRANGER, TAG, VENUE } from './fixtures/world.ts'

/** Vault and seals over rounds that can be challenged: what is paid and what is final waits for the round's window. */
const WINDOW_SECONDS = 20_000

let world: SealsWorld
let oracle: Contract
beforeAll(async () => {
  world = await SealsWorld.start()
  oracle = await openWindows(world.chain, world.deployed('RiskOracle'), WINDOW_SECONDS)
  await world.vaultWorld.base.mark()
}, 900_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

const vaultCall = (method: string, args: readonly unknown[], by = STRANGER) =>
  world.vaultWorld.send(world.vaultWorld.contracts.vault, method, args, by)
const vaultView = <T>(method: string, args: readonly unknown[] = []) =>
  world.vaultWorld.view<T>(world.vaultWorld.contracts.vault, method, args)
/** 400 lots withdrawn on round 1, their head final and the dispute delay over. */
const withdrawn = async () => {
  await world.vaultWorld.deposit(1_000n)
  await world.chain.advance(60)
  await world.vaultWorld.withdraw()
  await world.vaultWorld.finalise()
  await world.chain.advance(DISPUTE_SECONDS)
}

/** A deposit of 1,000 lots, and a withdrawal of 400 of them that is ready to be sent. */
const withdrawing = async () => {
  await world.vaultWorld.deposit(1_000n)
  await world.chain.advance(60)
  return world.vaultWorld.withdrawing()
}
const withdrawable = { target: 'CollateralVault', call: 'oracle.requireWithdrawable' } as const

const DEFENCES: readonly Defence<SealsWorld>[] = [
  {
    ...withdrawable,
    rule: 'RoundHeldBack',
    attack: 'an account is emptied at a flash print that makes it look rich',
    arrange: async () => {
      const call = await withdrawing()
      await tell(oracle, 'holdBack', 1)
      return call
    },
  },
  {
    ...withdrawable,
    rule: 'WithdrawalsHalted',
    attack: 'somebody leaves in a crash, at prices that are older than they seem',
    arrange: async () => {
      const call = await withdrawing()
      await tell(oracle, 'setLevel', 2)
      return call
    },
  },
  {
    target: 'CollateralVault',
    rule: 'RoundNotSettleable',
    attack: 'a withdrawal is paid on a round that can still be shown to be wrong',
    arrange: async () => {
      await withdrawn()
      return () => vaultCall('claim', [1])
    },
  },
  {
    target: 'CollateralVault',
    rule: 'RoundNotRejected',
    attack: 'a withdrawal on a round that stands is sent back by somebody else',
    arrange: async () => {
      await withdrawn()
      return () => vaultCall('returnWithdrawal', [1])
    },
  },
  {
    target: 'EpochSeals',
    rule: 'RoundNotSettleable',
    attack: 'a seal is final on a round that can still be shown to be wrong',
    arrange: async (w) => {
      await w.submit()
      await w.chain.advance(DEMAND_SECONDS)
      return () => w.send('finalize', [1], KEEPER)
    },
  },
  {
    target: 'EpochSeals',
    rule: 'RoundNotSettleable',
    attack: 'a venue loses its bond for a step that nobody can prove, since the round was rejected',
    arrange: async (w) => {
      await w.submit()
      await w.demand(1)
      await tell(oracle, 'reject', 1)
      await w.chain.advance(DEMAND_SECONDS)
      return () => w.send('rejectUnanswered', [1, 1], STRANGER)
    },
  },
  {
    target: 'EpochSeals',
    rule: 'RoundNotSettleable',
    attack: 'a venue loses its bond for tags that nobody can trigger, since the round was rejected',
    arrange: async (w) => {
      await w.submit({ signals: { belowMm: 1n } })
      await tell(oracle, 'reject', 1)
      await w.chain.advance(DEMAND_SECONDS)
      return () => w.send('rejectUntriggered', [1], STRANGER)
    },
  },
  {
    target: 'EpochSeals',
    rule: 'RoundStands',
    attack: 'a venue takes a seal back before anybody finds what is wrong with it',
    arrange: async (w) => {
      await w.submit()
      return () => w.send('voidSeal', [1], VENUE)
    },
  },
]

describe('what stands between a challengeable round and what is paid or final', () =>
  itHolds(DEFENCES, () => world))

describe('a withdrawal', () => {
  it('goes out below the second level of the circuit breaker, and when the level has lapsed', async () => {
    const call = await withdrawing()
    await tell(oracle, 'setLevel', 3)
    await expectRefused(call(), 'WithdrawalsHalted')
    await tell(oracle, 'setLevel', 1)
    await call()
  })

  it('of nothing shows who owns an account at every level', async () => {
    await tell(oracle, 'setLevel', 3)
    await tell(oracle, 'holdBack', 1)
    await world.vaultWorld.withdraw({ lots: 0n })
  })

  it('is paid when nobody can challenge its round any more', async () => {
    await withdrawn()
    const owner = await world.vaultWorld.address(OWNER)
    const before = await world.vaultWorld.balance(owner)
    await world.chain.advance(WINDOW_SECONDS)
    await vaultCall('claim', [1])
    expect((await world.vaultWorld.balance(owner)) - before).toBe(400n * UNITS_PER_LOT)
  })

  it('goes back to its account when its round is rejected: nobody reclaims it, and every ledger stays whole', async () => {
    await withdrawn()
    const [ledger, pending] = [
      await vaultView<bigint>('ledgerOf', [CASH_ID]),
      await vaultView<bigint>('pendingLots', [CASH_ID]),
    ]
    await tell(oracle, 'reject', 1)
    await expectRefused(vaultCall('claim', [1]), 'RoundNotSettleable')
    await vaultCall('returnWithdrawal', [1])
    await expectRefused(vaultCall('returnWithdrawal', [1]), 'NothingPayable')
    await expectRefused(vaultCall('claim', [1]), 'NothingPayable')
    const depositId = await vaultView<bigint>('depositCount')
    expect(await vaultView('pendingLots', [CASH_ID])).toBe(pending + 400n)
    expect(await vaultView('payableLots', [CASH_ID])).toBe(0n)
    await world.chain.advance(10 * 365 * 86_400)
    for (const who of [DEPOSITOR, OWNER]) {
      await expectRefused(vaultCall('reclaimDeposit', [depositId], who), 'NotTheDepositor')
    }
    await world.vaultWorld.apply(depositId, { lots: 400n, signals: { tag: TAG } })
    expect(await vaultView('ledgerOf', [CASH_ID])).toBe(ledger + 400n)
    expect(await vaultView('pendingLots', [CASH_ID])).toBe(pending)
  })
})

describe('a seal on a rejected round', () => {
  it('is void: the venue has its bond back, so has who demanded, and the epoch can be sealed again', async () => {
    await world.submit()
    await world.demand(1)
    await tell(oracle, 'reject', 1)
    const bonded = await world
      .view<bigint>('freeLots', [await world.vaultWorld.address(VENUE)])
      .catch(() => 0n)
    await world.send('voidSeal', [1], STRANGER)
    await world.send('reclaim', [1, 1], STRANGER)
    const free = await world.view<bigint>('freeLots', [await world.vaultWorld.address(VENUE)])
    expect(free).toBeGreaterThan(bonded)
    await expectRefused(world.send('finalize', [1], KEEPER), 'SealNotPending')
    await world.vaultWorld.base.postRound(2)
  })

  it('is final once nobody can challenge its round', async () => {
    await world.submit()
    await world.chain.advance(WINDOW_SECONDS)
    await world.send('finalize', [1], KEEPER)
  })
})
