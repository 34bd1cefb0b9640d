import { readFileSync } from 'node:fs'
import { Contract, Interface } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Artifacts } from '../../src/chain/build.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { challengeOf } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import { receiptOf, send } from '../../src/chain/transactions.ts'
import { testContracts } from '../support/test-contracts.ts'
import { oracleArtifacts } from './fixtures/artifacts.ts'
import { ADMIN, CHALLENGER, type Draft, OracleWorld, POSTER } from './fixtures/oracle-world.ts'

/** The guards over rounds as they are posted: which of them confirm, what a rejection changes, and what an external feed does. */
const SPOT_NANO = 60_000n * 10n ** 9n
const STEP_SECONDS = 60

let world: OracleWorld
let stubs: Artifacts
let honest: Draft
beforeAll(async () => {
  const name = 'test/FeedStubs.sol'
  const text = readFileSync(new URL('./fixtures/FeedStubs.sol', import.meta.url), 'utf8')
  stubs = await testContracts({ [name]: text })
  world = await OracleWorld.start()
  honest = await world.draft(1)
  await world.mark()
}, 600_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

function draftAt(sequence: number, percent: number, riskRoot?: bigint): Draft {
  const [, second, third] = honest.data.spotsNano
  const spotsNano = [(SPOT_NANO * BigInt(percent)) / 100n, second, third] as const
  const asOfSeconds = honest.data.asOfSeconds + STEP_SECONDS * sequence
  return world.changed(honest, { asOfSeconds, spotsNano }, riskRoot)
}
/** Rounds a minute apart whose first underlying stands at these shares of its price, percent. What their roots are is nothing here. */
async function post(percents: readonly number[], first = 1): Promise<void> {
  for (const [index, percent] of percents.entries()) {
    const sequence = first + index
    await world.post(sequence, draftAt(sequence, percent))
  }
}
async function guardsOf(sequence: number): Promise<{ confirms: boolean; level: number }> {
  const [confirms, level] = await world.connection.oracle.getFunction('guardsOf').staticCall(sequence)
  return { confirms, level: Number(level) }
}
const confirms = async (sequence: number) => (await guardsOf(sequence)).confirms
const withdrawable = (sequence: number) =>
  world.connection.oracle.getFunction('requireWithdrawable').staticCall(sequence)
const refusal = (name: string) => ({ revert: { name } })

async function put(artifacts: Artifacts, name: string, args: readonly unknown[]): Promise<Contract> {
  const artifact = artifacts[name]!
  const address = await deployContract(artifact, args, world.signer(ADMIN))
  return new Contract(address, Interface.from(artifact.abi as never), world.signer(ADMIN))
}

describe('a posted round', () => {
  it('is held back when it is a flash print, whatever comes after it', async () => {
    await post([100, 100, 100, 85, 100, 100])
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(confirms))).toEqual([true, true, true, false, true, true])
    await expect(withdrawable(4)).rejects.toMatchObject(refusal('RoundHeldBack'))
    await withdrawable(6)
  })

  it('confirms when it is the third that says so', async () => {
    await post([100, 100, 85, 85, 85, 85])
    expect(await Promise.all([3, 4, 5, 6].map(confirms))).toEqual([false, false, true, true])
    expect((await guardsOf(6)).level).toBe(1)
  })

  it('halts withdrawals at a fifth within the hour, on the round before it too', async () => {
    await post([100, 100, 80])
    expect(await guardsOf(3)).toEqual({ confirms: false, level: 2 })
    await expect(withdrawable(3)).rejects.toMatchObject(refusal('RoundHeldBack'))
    await expect(withdrawable(2)).rejects.toMatchObject(refusal('WithdrawalsHalted'))
    await post([80, 80], 4)
    await expect(withdrawable(5)).rejects.toMatchObject(refusal('WithdrawalsHalted'))
    // The level lapses by itself.
    await post([80], 5 + 65)
    expect(await guardsOf(70)).toEqual({ confirms: true, level: 0 })
    await withdrawable(70)
  })

  it('that was rejected bears nothing out, and nothing is done on it', async () => {
    await post([100, 100, 85])
    await world.post(4, draftAt(4, 85, 5n))
    await post([85], 5)
    expect(await confirms(5)).toBe(true)
    const challenge = challengeOf({ kind: 'root' }, world.posted.get(4)!, world.lookup)
    await sendChallenge(world.connection, world.signer(CHALLENGER), challenge)
    expect(await Promise.all([3, 4, 5].map(confirms))).toEqual([false, false, false])
    await post([85], 6)
    expect(await confirms(6)).toBe(true)
  })

  it('looks at rounds however old they are: two prints an hour apart do not bear each other out', async () => {
    await post([100, 100, 100, 85])
    await post([85], 70)
    expect(await confirms(70)).toBe(false)
  })
})

describe('spot and an external feed', () => {
  async function feed(answerUsd: bigint): Promise<{ stub: Contract; spot: Contract }> {
    const stub = await put(stubs, 'FeedStub', [8])
    const bounds = [SPOT_NANO / 10n, SPOT_NANO * 10n]
    const spot = await put(await oracleArtifacts(), 'ExternalSpot', [
      await stub.getAddress(),
      86_400,
      ...bounds,
    ])
    await receiptOf(await stub.getFunction('set').send(answerUsd * 10n ** 8n, await world.chain.now()))
    return { stub, spot }
  }
  const setFeed = async (underlying: number, address: unknown, boundBps: number, by = ADMIN) => {
    const { oracle, errors } = world.connection
    return send(oracle, 'setExternalFeed', [underlying, address, boundBps], world.signer(by), errors)
  }
  const doubted = (sequence: number) =>
    world.connection.oracle.getFunction('isDoubted').staticCall(sequence) as Promise<boolean>

  it('that differ are doubted, and hold the round back until the third', async () => {
    const { spot } = await feed(60_000n)
    await setFeed(0, await spot.getAddress(), 200)
    await post([100, 102, 103, 103, 103, 100])
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(doubted))).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
    ])
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(confirms))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ])
    const word = await world.connection.oracle.getFunction('spots').staticCall(3)
    expect(word >> 232n).toBe(0n)
  })

  it('that is silent, or is taken away, stops nothing', async () => {
    const { stub, spot } = await feed(30_000n)
    await setFeed(0, await spot.getAddress(), 200)
    await post([100])
    expect(await doubted(1)).toBe(true)
    // Out of its bounds: no answer.
    await receiptOf(await stub.getFunction('set').send(-1n, await world.chain.now()))
    await post([100], 2)
    expect([await doubted(2), await confirms(2)]).toEqual([false, true])
    await receiptOf(await stub.getFunction('set').send(30_000n * 10n ** 8n, await world.chain.now()))
    await setFeed(0, `0x${'00'.repeat(20)}`, 200)
    await post([100], 3)
    expect([await doubted(3), await confirms(3)]).toEqual([false, true])
  })

  it('are set by governance alone, for an underlying that there is', async () => {
    const { spot } = await feed(60_000n)
    const address = await spot.getAddress()
    await expect(setFeed(0, address, 200, POSTER)).rejects.toMatchObject({ code: 'CHAIN_REJECTED' })
    for (const [underlying, bound] of [
      [3, 200],
      [0, 0],
      [0, 10_000],
    ] as const) {
      const refused = { code: 'CHAIN_REJECTED', rule: 'ExternalFeedMalformed' }
      await expect(setFeed(underlying, address, bound)).rejects.toMatchObject(refused)
    }
  })
})
