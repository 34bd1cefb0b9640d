import { readFileSync } from 'node:fs'
import { Contract, Interface } from 'ethers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Artifacts } from '../../src/chain/build.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { challengeOf } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import { receiptOf } from '../../src/chain/transactions.ts'
import { testContracts } from '../support/test-contracts.ts'
import { oracleArtifacts } from './fixtures/artifacts.ts'
import { ADMIN, CHALLENGER, OracleWorld } from './fixtures/oracle-world.ts'

/** Spot and gauge as Chainlink feeds, and spot from one. */
let world: OracleWorld
let stubs: Artifacts
beforeAll(async () => {
  const name = 'test/FeedStubs.sol'
  const text = readFileSync(new URL('./fixtures/FeedStubs.sol', import.meta.url), 'utf8')
  stubs = await testContracts({ [name]: text })
  world = await OracleWorld.start()
}, 600_000)
afterAll(() => world?.close())

async function put(artifacts: Artifacts, name: string, args: readonly unknown[]): Promise<Contract> {
  const artifact = artifacts[name]!
  const address = await deployContract(artifact, args, world.signer(ADMIN))
  return new Contract(address, Interface.from(artifact.abi as never), world.signer(ADMIN))
}

const answerOf = async (feed: Contract, method: string, args: readonly unknown[] = []) =>
  [...(await feed.getFunction(method).staticCall(...args))].map(BigInt)
const refusal = (name: string) => ({ revert: { name } })

it('a round shows its spot, unless it was rejected', async () => {
  const artifacts = await oracleArtifacts()
  const feed = await put(artifacts, 'SpotFeed', [world.deployment.oracle, 0, 'BTC / USD'])
  const none = await put(artifacts, 'SpotFeed', [world.deployment.oracle, 2, 'nothing'])
  await expect(answerOf(feed, 'latestRoundData')).rejects.toMatchObject(refusal('NoData'))
  const first = await world.draft(1)
  await world.post(1, first)
  const time = BigInt(first.data.asOfSeconds)
  const expected = [1n, first.data.spotsNano[0], time, time, 1n]
  expect(await answerOf(feed, 'latestRoundData')).toEqual(expected)
  expect(await feed.getFunction('decimals').staticCall()).toBe(9n)
  await expect(answerOf(none, 'latestRoundData')).rejects.toMatchObject(refusal('NoData'))
  const second = await world.draft(2)
  await world.post(2, world.changed(second, {}, 5n))
  expect((await answerOf(feed, 'latestRoundData'))[0]).toBe(2n)
  const challenge = challengeOf({ kind: 'root' }, world.posted.get(2)!, world.lookup)
  await sendChallenge(world.connection, world.signer(CHALLENGER), challenge)
  expect(await answerOf(feed, 'latestRoundData')).toEqual(expected)
  await expect(answerOf(feed, 'getRoundData', [2])).rejects.toMatchObject(refusal('NoData'))
})

it('spot from a feed is fresh, in bounds and in nano-USD, or is refused', async () => {
  const artifacts = await oracleArtifacts()
  const [least, most] = [10n ** 12n, 10n ** 15n]
  for (const [decimals, answer] of [
    [8, 68_000n * 10n ** 8n],
    [18, 68_000n * 10n ** 18n + 1n],
  ] as const) {
    const stub = await put(stubs, 'FeedStub', [decimals])
    const spot = await put(artifacts, 'ExternalSpot', [await stub.getAddress(), 60, least, most])
    const now = await world.chain.now()
    const set = async (value: bigint, at: number) => receiptOf(await stub.getFunction('set').send(value, at))
    await set(answer, now)
    expect((await answerOf(spot, 'spot'))[0]).toBe(68_000n * 10n ** 9n)
    const refused: [bigint, number, string][] = [
      [answer, now - 600, 'AnswerStale'],
      [answer, now + 600, 'AnswerFromFuture'],
      [0n, now, 'AnswerOutOfBounds'],
      [-answer, now, 'AnswerOutOfBounds'],
      [answer * 100n, now, 'AnswerOutOfBounds'],
    ]
    for (const [value, at, name] of refused) {
      await set(value, at)
      await expect(answerOf(spot, 'spot'), name).rejects.toMatchObject(refusal(name))
    }
  }
})

it('a feed of no underlying, or over a feed that nobody can bound, is not deployed', async () => {
  const artifacts = await oracleArtifacts()
  const refused = (rule: string) => ({ code: 'CHAIN_REJECTED', rule })
  const spotFeed = put(artifacts, 'SpotFeed', [world.deployment.oracle, 3, 'nothing'])
  await expect(spotFeed).rejects.toMatchObject(refused('UnderlyingOutOfRange'))
  const external = async (decimals: number, ...bounds: readonly (number | bigint)[]) => {
    const stub = await put(stubs, 'FeedStub', [decimals])
    return put(artifacts, 'ExternalSpot', [await stub.getAddress(), ...bounds])
  }
  await expect(external(8, 0, 1n, 2n)).rejects.toMatchObject(refused('MaxAgeIsZero'))
  await expect(external(8, 60, 2n, 2n)).rejects.toMatchObject(refused('BoundsOutOfOrder'))
  await expect(external(8, 60, 0n, 2n)).rejects.toMatchObject(refused('BoundsOutOfOrder'))
  await expect(external(255, 60, 1n, 2n)).rejects.toMatchObject(refused('TooManyDecimals'))
})

it('the gauge of a final seal is recorded once, in order of epochs', async () => {
  const seals = await put(stubs, 'SealsStub', [])
  const feed = await put(await oracleArtifacts(), 'GaugeFeed', [await seals.getAddress()])
  const record = (epoch: number) => feed.getFunction('record').send(epoch)
  await expect(answerOf(feed, 'latestRoundData')).rejects.toMatchObject(refusal('NoData'))
  await receiptOf(await record(2))
  expect((await answerOf(feed, 'latestRoundData')).slice(0, 2)).toEqual([2n, 200n])
  const call = (epoch: number) => feed.getFunction('record').staticCall(epoch)
  await expect(call(2)).rejects.toMatchObject(refusal('EpochNotNewer'))
  await expect(call(3)).rejects.toMatchObject(refusal('SealNotFinal'))
  await expect(call(4)).resolves.toBeDefined()
})
