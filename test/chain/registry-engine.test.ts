import { AbiCoder, id, keccak256 } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isBelow, isCovered, publishBook } from '../../src/chain/client.ts'
import { KEPT_PLACES } from '../../src/protocol/liquidation.ts'
import { packWord } from '../../src/protocol/packed-word.ts'
import { CASE, ENGINE, NO_CASE, VaultWorld } from './fixtures/vault-world.ts'
import { ADMIN, TAG, treeRootOf, VENUE } from './fixtures/world.ts'

const MIN_INTERVAL_SECONDS = 30

let world: VaultWorld
beforeAll(async () => {
  world = await VaultWorld.shared()
}, 600_000)
beforeEach(() => world.reset())

const move = async (nextRoot: bigint, changes: readonly unknown[], caseId = NO_CASE) => {
  const head = await world.view<bigint>(world.registry, 'headRoot')
  return world.send(world.registry, 'move', [caseId, head, nextRoot, changes], ENGINE)
}
const holdOf = async (tag: bigint) => [...(await world.view<unknown[]>(world.registry, 'holdOf', [tag]))]

describe('an account that the engine changed', () => {
  it('must be proven anew, and others need not: ten deposits of a second account keep no trigger out', async () => {
    // As often as the vault ever lets one account be changed, and all of it on one round.
    const fastest = [[50, 3_600, 3_600, MIN_INTERVAL_SECONDS]]
    await world.send(world.contracts.vault, 'setParameters', fastest, ADMIN)
    const trigger = await world.base.statement({ threshold: 'mm', below: true })
    for (let deposit = 0; deposit < 10; deposit++) {
      await world.deposit(1_000n, { tag: TAG + 1n })
      await world.chain.advance(MIN_INTERVAL_SECONDS)
    }
    expect(await world.view(world.registry, 'headSequence')).toBe(11n)
    await world.base.trigger(trigger)
    expect(await isBelow(world.base.connection, TAG, 'mm', 10_000)).toBe(true)
  })

  it('is neither covered nor below until it is proven on a head after the change', async () => {
    await world.base.record('im', false)
    expect(await isCovered(world.base.connection, TAG, 'im', 300)).toBe(true)
    await world.deposit()
    expect(await isCovered(world.base.connection, TAG, 'im', 300)).toBe(false)
    const bookRoot = await world.view<bigint>(world.registry, 'headRoot')
    await world.base.attest(await world.base.statement({ signals: { bookRoot } }))
    expect(await isCovered(world.base.connection, TAG, 'im', 300)).toBe(true)
  })

  it('counts as below no more after a cure', async () => {
    await world.base.record('mm', true)
    expect(await isBelow(world.base.connection, TAG, 'mm', 300)).toBe(true)
    await world.deposit()
    expect(await isBelow(world.base.connection, TAG, 'mm', 300)).toBe(false)
  })
})

describe('a move', () => {
  it('emits every changed leaf, and chains them to the published ones by hash', async () => {
    const changes = [
      [TAG, 3n, 77n],
      [TAG + 1n, 4n, 78n],
    ]
    const before = await world.view<{ dataHash: string }>(world.registry, 'headAt', [1])
    const { transaction } = await move(12_345n, changes, CASE)
    const receipt = (await world.chain.provider.getTransactionReceipt(transaction))!
    const events = receipt.logs.map((log) => world.registry.interface.parseLog(log)!)
    expect(events.map(({ name, args }) => [name, ...args])).toEqual([
      ['LeafMoved', 2n, 3n, 77n, TAG],
      ['LeafMoved', 2n, 4n, 78n, TAG + 1n],
      ['HeadMoved', 2n, 12_345n, CASE, expect.any(String)],
    ])
    const head = await world.view<{ dataHash: string; count: bigint; bookRoot: bigint }>(
      world.registry,
      'headAt',
      [2],
    )
    const encoded = AbiCoder.defaultAbiCoder().encode(
      ['bytes32', 'tuple(uint256,uint32,uint256)[]'],
      [before.dataHash, changes],
    )
    expect([head.dataHash, head.count, head.bookRoot]).toEqual([keccak256(encoded), 5n, 12_345n])
    expect(await world.view(world.registry, 'touchedSequence', [TAG + 1n])).toBe(2n)
  })
})

describe('a held leaf', () => {
  it('stays held as what a move makes of it, at its place only', async () => {
    await world.send(world.registry, 'hold', [TAG, 3, 77], ENGINE)
    await move(2_001n, [[TAG, 3, 88]])
    expect(await holdOf(TAG)).toEqual([true, 3n, 88n])
    await move(2_002n, [[TAG, 4, 99]])
    expect(await holdOf(TAG)).toEqual([true, 3n, 88n])
    await world.send(world.registry, 'release', [TAG], ENGINE)
    expect(await holdOf(TAG)).toEqual([false, 0n, 0n])
    const again = world.send(world.registry, 'release', [TAG], ENGINE)
    await expect(again).rejects.toMatchObject({ rule: 'NotHeld' })
  })

  it('is shown four to a proof at every publish, in the order that holds and releases leave', async () => {
    for (const tag of [1n, 2n, 3n, 4n, 5n, 6n]) {
      await world.send(world.registry, 'hold', [tag, tag, tag * 10n], ENGINE)
    }
    await world.send(world.registry, 'release', [2], ENGINE)
    const tags = await world.view<bigint[]>(world.registry, 'heldTags')
    expect([...tags]).toEqual([1n, 6n, 3n, 4n, 5n])
    const bookRoot = await world.base.bookRoot(2)
    const update = { baseSequence: 1, treeRoot: treeRootOf(2), count: 5, dataHash: id('leaves') }
    const proof = async (held: readonly [bigint, bigint, bigint, bigint]) => {
      const [place0, place1, place2, place3] = held
      const signals = {
        bookRoot,
        places: packWord(KEPT_PLACES, { place0, place1, place2, place3 }),
        leaf0: place0 * 10n,
        leaf1: place1 * 10n,
        leaf2: place2 * 10n,
        leaf3: place3 * 10n,
      }
      return { proof: await world.kept.prove(signals), signals }
    }
    const publish = (kept: Awaited<ReturnType<typeof proof>>[]) =>
      publishBook(world.base.connection, world.signer(VENUE), { ...update, kept })
    const [first, last] = [await proof([1n, 6n, 3n, 4n]), await proof([5n, 5n, 5n, 5n])]
    await expect(publish([])).rejects.toMatchObject({ rule: 'KeptProofCount' })
    await expect(publish([first])).rejects.toMatchObject({ rule: 'KeptProofCount' })
    await expect(publish([last, first])).rejects.toMatchObject({ rule: 'HeldLeafNotShown' })
    await publish([first, last])
    expect(await world.view(world.registry, 'headSequence')).toBe(2n)
  })
})

describe('a reservation', () => {
  const reserve = async (seconds: number) =>
    world.send(world.registry, 'reserve', [CASE, (await world.chain.now()) + seconds], ENGINE)

  it('lets its own case move the head, and nobody else until it is over', async () => {
    await reserve(200)
    await expect(world.base.publish(2)).rejects.toMatchObject({ rule: 'HeadReserved' })
    await move(2_001n, [[TAG, 3, 88]], CASE)
    await expect(move(2_002n, [[TAG, 3, 89]])).rejects.toMatchObject({ rule: 'HeadReserved' })
    await world.chain.advance(200)
    expect([...(await world.view<unknown[]>(world.registry, 'reservation'))]).toEqual([NO_CASE, 0n])
    await move(2_002n, [[TAG, 3, 89]])
  })

  it('ends when its case frees the head', async () => {
    await reserve(200)
    await world.send(world.registry, 'free', [CASE], ENGINE)
    await move(2_001n, [[TAG, 3, 88]])
  })
})

describe('the publish guard', () => {
  it('stops the venue, with its own reason', async () => {
    const guard = await world.fixture('ClosedGuard')
    await world.send(world.registry, 'setPublishGuard', [guard.target], ADMIN)
    const args = [1, treeRootOf(2), 5, id('leaves'), []]
    const call = world.registry
      .getFunction('publish')
      .staticCall(...args, { from: await world.address(VENUE) })
    const data = await call.catch((error: { data: string }) => error.data)
    expect(guard.interface.parseError(data)?.name).toBe('VenueBondShort')
  })
})
