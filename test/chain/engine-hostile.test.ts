import { type Contract, id } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readAward, readCase } from '../../src/chain/engine-client/cases.ts'
import { bidCommitment, reclaimBid } from '../../src/chain/engine-client/liquidator.ts'
import { send } from '../../src/chain/transactions.ts'
import { commit, finish, reveal, toEnd, toReveal } from './fixtures/engine-bids.ts'
import { ADMIN, ALICE, BOB } from './fixtures/engine-chain.ts'
import { honest, inDutch, step } from './fixtures/engine-sales.ts'
import { CARRY_LOTS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { HostileBidder, type Mood, turnHostile } from './fixtures/hostile.ts'

/**
 * A bidder that is a contract and answers every call by refusing, by burning all gas or by calling back; a token that
 * tells it of every payment, and one that blocks it. Whatever it does, the others go on.
 */
const MONEY_LOTS = 5_000_000n
/** A settlement takes well below it; a bidder that burns gas would take all of a block's. */
const MOST_SETTLEMENT_GAS = 3_000_000n
const NASTY = ['reverts', 'burnsGas', 'reenters'] as const

let world: EngineToyWorld
let hostile: HostileBidder
let token: Contract
beforeAll(async () => {
  world = await EngineToyWorld.shared()
  hostile = await HostileBidder.join(world, MONEY_LOTS)
  token = await turnHostile(world.chain, String(world.base.token.target), 6)
  await onToken('setCalled', hostile.address, true)
  await world.base.mark()
}, 600_000)
beforeEach(() => world.base.reset())

const as = (index: number) => world.base.signer(index)
const stage = async (caseId: string) => (await readCase(world.base.connection, caseId)).stage
const freeOf = (address: string) => world.base.view<bigint>('escrow', 'freeLots', [address])
const callsOf = (name: 'calls' | 'reentered') => hostile.contract.getFunction(name).staticCall()

function onToken(method: 'setCalled' | 'setBlocked', account: string, value: boolean) {
  return send(token, method, [account, value], as(ADMIN), world.base.connection.errors)
}

async function heldLots(address: string): Promise<bigint> {
  const units = (await token.getFunction('balanceOf').staticCall(address)) as bigint
  return units / world.base.connection.deployment.unitsPerLot
}

/** Everybody else's money still moves. */
async function expectOthersPaid(): Promise<void> {
  const bob = await world.base.address(BOB)
  const before = await heldLots(bob)
  await world.base.send('escrow', 'withdraw', [1_000n], BOB)
  expect(await heldLots(bob)).toBe(before + 1_000n)
}

function withdrawData(lots: bigint): string {
  return world.base.connection.contracts.escrow.interface.encodeFunctionData('withdraw', [lots])
}

/** In the mood, and calling the escrow back where that is the mood. */
function turn(mood: Mood) {
  return hostile.become(mood, String(world.base.connection.contracts.escrow.target), withdrawData(1n))
}

/** A sealed auction that the contract wins against Alice. */
async function wonBySealedBid(): Promise<string> {
  const { connection } = world.base
  await world.base.send('liquidators', 'whitelist', [hostile.address], ADMIN)
  await hostile.act('liquidators', 'setDisclosureKey', [id('key of a contract')])
  await hostile.act('liquidators', 'bond', [1_000_000n])
  const caseId = await world.onSale()
  const bid = { discountBps: 300n, subTag: hostile.subTag, salt: id('salt of a contract') }
  const commitment = bidCommitment(connection.deployment, caseId, hostile.address, bid)
  await hostile.act('sealed', 'commit', [caseId, commitment])
  await commit(world, caseId, ALICE, 700n)
  await toReveal(world)
  await hostile.act('sealed', 'reveal', [caseId, bid.discountBps, bid.subTag, bid.salt])
  await reveal(world, caseId, ALICE, 700n)
  await turn('reverts')
  await toEnd(world)
  await finish(world, caseId)
  expect((await readAward(connection, caseId)).winner).toBe(hostile.address)
  return caseId
}

describe.each(NASTY)('a winner that %s', (mood) => {
  it('is settled with all the same, and nobody calls it', async () => {
    const caseId = await inDutch(world)
    await hostile.act('dutch', 'take', [caseId, hostile.subTag, 0n])
    await turn(mood)
    const { gasUsed } = await world.settle(caseId, hostile.subTag, await honest(world, caseId))
    expect(gasUsed).toBeLessThan(MOST_SETTLEMENT_GAS)
    expect(await stage(caseId)).toBe('closed')
    expect(await callsOf('calls')).toBe(0n)
    await expectOthersPaid()
  })

  it('fetches its own money once, or stands in its own way alone', async () => {
    await turn(mood)
    const [free, total] = [
      await freeOf(hostile.address),
      await world.base.view<bigint>('escrow', 'totalLots'),
    ]
    const fetched = hostile.act('escrow', 'withdraw', [1_000n])
    if (mood === 'reenters') {
      await fetched
      // It was told of the payment, and its second call was refused.
      expect([await callsOf('calls'), await callsOf('reentered')]).toEqual([1n, 0n])
      expect(await freeOf(hostile.address)).toBe(free - 1_000n)
      expect(await heldLots(hostile.address)).toBe(1_000n)
    } else {
      await expect(fetched).rejects.toThrow()
      expect(await freeOf(hostile.address)).toBe(free)
      expect(await world.base.view('escrow', 'totalLots')).toBe(total)
    }
    await expectOthersPaid()
  })
})

describe('a bidder that refuses every call', () => {
  it('is beaten or made whole like any other: what it is owed is a number', async () => {
    const caseId = await wonBySealedBid()
    const free = await freeOf(hostile.address)
    await world.base.passes(125)
    await step(world, 'fail', caseId)
    expect(await freeOf(hostile.address)).toBeGreaterThan(free + CARRY_LOTS)
    expect(await stage(caseId)).toBe('dutch')
    await reclaimBid(world.base.connection, as(ALICE), 'sealed', caseId)
    await expectOthersPaid()
  })
})

describe('a token that blocks', () => {
  it('the winner stops neither its settlement nor anybody else', async () => {
    const caseId = await wonBySealedBid()
    await onToken('setBlocked', hostile.address, true)
    await reclaimBid(world.base.connection, as(ALICE), 'sealed', caseId)
    await world.settle(caseId, hostile.subTag, await honest(world, caseId))
    expect(await stage(caseId)).toBe('closed')
    await expectOthersPaid()
  })

  it('a loser keeps its money where it is until it is let through', async () => {
    const caseId = await wonBySealedBid()
    const alice = await world.base.address(ALICE)
    await onToken('setBlocked', alice, true)
    await reclaimBid(world.base.connection, as(ALICE), 'sealed', caseId)
    const free = await freeOf(alice)
    await expect(world.base.send('escrow', 'withdraw', [free], ALICE)).rejects.toThrow()
    expect(await freeOf(alice)).toBe(free)
    await world.settle(caseId, hostile.subTag, await honest(world, caseId))
    await expectOthersPaid()
    await onToken('setBlocked', alice, false)
    await world.base.send('escrow', 'withdraw', [free], ALICE)
    expect(await freeOf(alice)).toBe(0n)
  })
})
