import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EngineConnection } from '../../src/chain/engine-client/connection.ts'
import { countableTags } from '../../src/chain/seal-demands.ts'
import { sealState } from '../../src/chain/seals.ts'
import {
  ANSWER_SECONDS,
  DEMAND_BOND_LOTS,
  DEMAND_SECONDS,
  RESERVE_LOTS,
  SealsWorld,
  VENUE_BOND_LOTS,
} from './fixtures/seals-world.ts'
import { FINALITY, UNITS_PER_LOT } from './fixtures/vault-world.ts'
import { KEEPER, riskRootOf, STRANGER, TAG, VENUE } from './fixtures/world.ts'

let world: SealsWorld
beforeAll(async () => {
  world = await SealsWorld.shared()
}, 900_000)
beforeEach(() => world.reset())

const free = async (index: number) => world.view<bigint>('freeLots', [await world.vaultWorld.address(index)])
const held = () => world.vaultWorld.balance(String(world.seals.target))
const status = async () => (await sealState(world.connection, 1))?.status

describe('the ways of a seal', () => {
  it('are known to the client, and its money is backed to the unit', async () => {
    expect(await status()).toBeUndefined()
    await world.submit()
    await world.demand(2)
    expect(await sealState(world.connection, 1)).toMatchObject({
      status: 'pending',
      count: 5,
      openDemands: 1,
    })
    expect(await held()).toBe((VENUE_BOND_LOTS + DEMAND_BOND_LOTS) * UNITS_PER_LOT)
    await (await world.answering(2))()
    expect(await free(KEEPER)).toBe(DEMAND_BOND_LOTS)
    await world.chain.advance(DEMAND_SECONDS)
    await world.send('finalize', [1], STRANGER)
    expect(await status()).toBe('final')
    // The worst underlying's.
    expect(await world.vaultWorld.view(world.vaultWorld.contracts.fund, 'gauge')).toBe(1_234n)
    await world.send('withdraw', [DEMAND_BOND_LOTS], KEEPER)
    await world.send('withdraw', [VENUE_BOND_LOTS], VENUE)
    expect(await held()).toBe(0n)
    await expect(world.send('withdraw', [1], VENUE)).rejects.toMatchObject({ rule: 'FreeLotsTooFew' })
  })

  it('give a demand of the last second its whole time, and finality waits for it', async () => {
    await world.submit()
    await world.chain.advance(DEMAND_SECONDS - 5)
    await world.demand(1)
    const { answerUntil } = await world.view<{ answerUntil: bigint }>('demandOf', [1, 1])
    const now = await world.chain.now()
    expect(Number(answerUntil) - now).toBe(ANSWER_SECONDS)
    await world.chain.advance(ANSWER_SECONDS - 20)
    await expect(world.send('finalize', [1], VENUE)).rejects.toMatchObject({ rule: 'StepsUnanswered' })
    await (await world.answering(1))()
    await world.send('finalize', [1], VENUE)
    expect(await status()).toBe('final')
  })

  it('give many demands at once more time each', async () => {
    await world.submit()
    for (const step of [0, 1, 2, 3]) await world.demand(step)
    const { answerUntil } = await world.view<{ answerUntil: bigint }>('demandOf', [1, 3])
    expect(Number(answerUntil) - (await world.chain.now())).toBe(ANSWER_SECONDS + 9)
  })

  it('end in a rejection that pays one challenger, gives the others their bonds back, and half to the fund', async () => {
    await world.submit()
    await world.demand(1)
    await world.demand(3, 1, VENUE)
    await world.chain.advance(ANSWER_SECONDS + 10)
    await world.send('rejectUnanswered', [1, 1], KEEPER)
    expect(await free(STRANGER)).toBe(VENUE_BOND_LOTS / 2n + DEMAND_BOND_LOTS)
    await expect(world.send('rejectUnanswered', [1, 3], KEEPER)).rejects.toMatchObject({
      rule: 'SealNotPending',
    })
    await world.send('reclaim', [1, 3], KEEPER)
    expect(await free(VENUE)).toBe(DEMAND_BOND_LOTS)
    const { fund } = world.vaultWorld.contracts
    expect(await world.vaultWorld.view(fund, 'insuranceLots')).toBe(RESERVE_LOTS + VENUE_BOND_LOTS / 2n)
    // A new round, a new bond, and every step may be demanded anew.
    await world.vaultWorld.base.postRound(2)
    await world.submit({ signals: { riskRoot: riskRootOf(2) } })
    await world.demand(1)
    expect(await sealState(world.connection, 1)).toMatchObject({ id: 2n, status: 'pending', openDemands: 1 })
  })

  it('end without a mark when a newer head is final first', async () => {
    await world.submit()
    await world.vaultWorld.send(world.vaultWorld.registry, 'markFinal', [1], FINALITY)
    await world.chain.advance(DEMAND_SECONDS)
    await world.send('finalize', [1], VENUE)
    expect(await status()).toBe('overtaken')
    expect(await free(VENUE)).toBe(VENUE_BOND_LOTS)
    expect(await world.vaultWorld.view(world.vaultWorld.contracts.fund, 'gauge')).toBe(0n)
  })

  it('end in a rejection when a collateral comes to light', async () => {
    await world.submit()
    await world.vaultWorld.send(world.vaultWorld.contracts.vault, 'bringIn', [1, 10], VENUE)
    await world.send('rejectLedger', [1], STRANGER)
    expect(await status()).toBe('rejected')
  })
})

describe('triggered tags', () => {
  it('count by prover, so that nobody spoils another’s count', async () => {
    const { base } = world.vaultWorld
    await base.record('mm', true)
    const second = await base.statement({ threshold: 'zero', below: true, signals: { tag: TAG + 1n } })
    await base.trigger(second)
    const { connection } = base
    const whole = { ...connection, contracts: { seals: world.seals } } as unknown as EngineConnection
    const left = async (prover: number) =>
      countableTags(whole, await world.vaultWorld.address(prover), { epoch: 1, roundSequence: 1 })
    expect(await left(KEEPER)).toEqual([TAG, TAG + 1n])
    await world.proveTags([TAG + 1n], STRANGER)
    await world.proveTags([TAG], KEEPER)
    expect(await left(KEEPER)).toEqual([TAG + 1n])
    expect(await world.view('triggeredTags', [1, 1])).toBe(1n)
    await world.proveTags([TAG + 1n], KEEPER)
    expect(await world.view('triggeredTags', [1, 1])).toBe(2n)
  })
})
