import { id } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildContracts } from '../../src/chain/build.ts'
import { attest, isBelow, isCovered, publishBook } from '../../src/chain/client.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { encodeClaim, THRESHOLDS, type Threshold } from '../../src/protocol/claims.ts'
import { ADMIN, FEEDERS, KEEPER, riskRootOf, TAG, treeRootOf, VENUE, World } from './fixtures/world.ts'

let world: World
beforeAll(async () => {
  world = await World.shared()
}, 300_000)
beforeEach(() => world.reset())

/** Thresholds at which the account counts as covered, or as below. */
async function coveredAt(maxAge = 300): Promise<Threshold[]> {
  return filterAsync((threshold) => isCovered(world.connection, TAG, threshold, maxAge))
}
async function belowAt(maxAge = 300): Promise<Threshold[]> {
  return filterAsync((threshold) => isBelow(world.connection, TAG, threshold, maxAge))
}
async function filterAsync(holds: (threshold: Threshold) => Promise<boolean>): Promise<Threshold[]> {
  const answers = await Promise.all(THRESHOLDS.map(holds))
  return THRESHOLDS.filter((_, index) => answers[index])
}

function event(name: string, transaction: string) {
  return world.chain.provider.getTransactionReceipt(transaction).then((receipt) =>
    receipt!.logs
      .map((log) => world.connection.attestor.interface.parseLog(log))
      .find((log) => log?.name === name)
      ?.args.toArray(),
  )
}

describe('gas', () => {
  it('an attestation costs at most 320,000', async () => {
    const first = await world.record('im', false)
    await world.postRound(2)
    const second = await world.record('im', false, 2)
    console.log(`gas: first attestation of a tag ${first.gasUsed}, later ones ${second.gasUsed}`)
    expect(first.gasUsed).toBeLessThanOrEqual(320_000n)
  })

  it('a trigger costs at most 320,000', async () => {
    await world.record('im', false)
    await world.postRound(2)
    // The dearest case: the previous round answers, and there are contrary records to compare with.
    const { gasUsed } = await world.record('mm', true)
    console.log(`gas: trigger ${gasUsed}`)
    expect(gasUsed).toBeLessThanOrEqual(320_000n)
  })

  it('a round and a publish cost what they cost', async () => {
    const round = await world.postRound(2, {}, FEEDERS)
    const published = await world.publish(2)
    console.log(`gas: postRound with three signatures ${round.gasUsed}, publish ${published.gasUsed}`)
    expect(round.gasUsed).toBeLessThanOrEqual(200_000n)
    expect(published.gasUsed).toBeLessThanOrEqual(200_000n)
  })
})

describe('what a statement implies', () => {
  it.each([
    ['im', ['zero', 'mm', 'soft', 'im']],
    ['soft', ['zero', 'mm', 'soft']],
    ['mm', ['zero', 'mm']],
    ['zero', ['zero']],
  ] as const)('covered at %s', async (threshold, implied) => {
    await world.record(threshold, false)
    expect(await coveredAt()).toEqual(implied)
    expect(await belowAt()).toEqual([])
  })

  it.each([
    ['im', ['im']],
    ['soft', ['soft', 'im']],
    ['mm', ['mm', 'soft', 'im']],
    ['zero', ['zero', 'mm', 'soft', 'im']],
  ] as const)('below %s', async (threshold, implied) => {
    await world.record(threshold, true)
    expect(await belowAt()).toEqual(implied)
    expect(await coveredAt()).toEqual([])
  })

  it('covered at mm and below soft, on one round, do not contradict each other', async () => {
    await world.record('mm', false)
    await world.record('soft', true)
    expect(await coveredAt()).toEqual(['zero', 'mm'])
    expect(await belowAt()).toEqual(['soft', 'im'])
  })

  it('nothing recorded is neither', async () => {
    expect(await coveredAt()).toEqual([])
    expect(await belowAt()).toEqual([])
  })

  it('of two contrary statements the newer round prevails, both ways', async () => {
    await world.record('im', false)
    await world.postRound(2)
    await world.record('mm', true, 2)
    expect(await coveredAt()).toEqual(['zero'])
    expect(await belowAt()).toEqual(['mm', 'soft', 'im'])
    await world.postRound(3)
    await world.record('mm', false, 3)
    expect(await coveredAt()).toEqual(['zero', 'mm'])
    expect(await belowAt()).toEqual(['soft', 'im'])
  })

  it('on one round, the newer head prevails', async () => {
    await world.record('mm', true)
    await world.publish(2)
    await world.record('im', false, 1, 2)
    expect(await coveredAt()).toEqual(['zero', 'mm', 'soft', 'im'])
  })

  it('at equal positions the trigger prevails, whichever came first', async () => {
    await world.record('im', false)
    await world.record('mm', true)
    expect(await coveredAt()).toEqual(['zero'])
    await world.reset()
    await world.record('mm', true)
    await expect(world.record('im', false)).rejects.toMatchObject({ rule: 'ContradictedByTrigger' })
  })

  it('is true for as long as asked, and no longer', async () => {
    await world.record('im', false)
    const round = await world.connection.oracle.getFunction('roundTime').staticCall(1)
    await world.chain.advance(100)
    const age = (await world.chain.now()) - Number(round)
    expect(await coveredAt(age + 2)).toHaveLength(4)
    expect(await coveredAt(age - 2)).toHaveLength(0)
  })

  it('a threshold that does not exist is refused', async () => {
    const call = world.connection.attestor.getFunction('isCovered').staticCall(TAG, 5, 300)
    await expect(call).rejects.toMatchObject({ revert: { name: 'UnknownThreshold' } })
  })
})

describe('a recorded statement', () => {
  it('is told with its tag, threshold, beneficiary, round and head', async () => {
    const beneficiary = await world.address(KEEPER)
    const attested = await world.record('im', false)
    expect(await event('Attested', attested.transaction)).toEqual([TAG, 4n, beneficiary, 1n, 1n])
    await world.postRound(2)
    const triggered = await world.record('mm', true, 2)
    expect(await event('Triggered', triggered.transaction)).toEqual([TAG, 2n, beneficiary, 2n, 1n])
  })

  it('can be read by claim, and by what it implies', async () => {
    await world.record('soft', false)
    const { attestor } = world.connection
    const ofClaim = (threshold: Threshold, below: boolean) =>
      attestor.getFunction('newestOfClaim').staticCall(TAG, encodeClaim({ threshold, below }))
    expect([...(await ofClaim('soft', false))]).toEqual([1n, 1n])
    expect([...(await ofClaim('mm', false))]).toEqual([0n, 0n])
    expect([...(await attestor.getFunction('newestCovered').staticCall(TAG, 2))]).toEqual([1n, 1n])
    expect([...(await attestor.getFunction('newestBelow').staticCall(TAG, 4))]).toEqual([0n, 0n])
  })

  it('makes no claim about nothing', async () => {
    const statement = await world.statement({ signals: { claim: 0n } })
    await expect(world.attest(statement)).rejects.toMatchObject({ rule: 'NoClaim' })
  })

  it('may be repeated on a newer round with the same risk root, and counts for the newer', async () => {
    const statement = await world.statement()
    await world.attest(statement)
    await world.postRound(2, { riskRoot: riskRootOf(1) })
    await world.attest(statement)
    const [round] = await world.connection.attestor.getFunction('newestCovered').staticCall(TAG, 4)
    expect(round).toBe(2n)
  })

  it('on the round before the latest is accepted', async () => {
    await world.postRound(2)
    await world.record('im', false, 1)
    expect(await coveredAt()).toHaveLength(4)
  })

  it('keeps four thresholds of one tag, and two tags, apart', async () => {
    for (const threshold of THRESHOLDS) await world.record(threshold, false)
    await world.postRound(2)
    await world.record('mm', false, 2)
    const { attestor } = world.connection
    const rounds = await Promise.all(
      THRESHOLDS.map(async (threshold) => {
        const claim = encodeClaim({ threshold, below: false })
        return (await attestor.getFunction('newestOfClaim').staticCall(TAG, claim))[0]
      }),
    )
    expect(rounds).toEqual([1n, 2n, 1n, 1n])
    expect(await isCovered(world.connection, TAG + 1n, 'zero', 300)).toBe(false)
  })

  it('is refused where a forged proof is sent on chain, with transaction, gas and reason', async () => {
    const statement = await world.statement()
    const forged = { ...statement, proof: (await world.statement({ threshold: 'mm' })).proof }
    const sent = attest(world.connection, world.signer(KEEPER), forged, { gasLimit: 500_000n })
    await expect(sent).rejects.toMatchObject({
      code: 'CHAIN_REJECTED',
      rule: 'InvalidProof',
      message: expect.stringContaining('does not verify'),
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      gasUsed: expect.any(BigInt),
    })
    // Nothing was recorded, and the sender's next transaction goes through.
    expect(await coveredAt()).toEqual([])
    await world.attest(statement)
  })
})

describe('deployment', () => {
  it('does not wire the attestor to an address without a contract', async () => {
    const artifact = (await buildContracts()).MarginAttestor!
    const { verifier, oracle, registry } = world.connection.deployment
    const nobody = `0x${'12'.repeat(20)}`
    for (const args of [
      [nobody, oracle, registry],
      [verifier, nobody, registry],
      [verifier, oracle, nobody],
    ]) {
      const call = deployContract(artifact, args, world.signer(ADMIN))
      await expect(call).rejects.toMatchObject({ rule: 'NotAContract' })
    }
  })

  it('hashes the book root itself: the same tree with another count is another root', async () => {
    const update = { baseSequence: 1, treeRoot: treeRootOf(1), count: 6, dataHash: id('six') }
    const { bookRoot } = await publishBook(world.connection, world.signer(VENUE), update)
    expect(bookRoot).not.toBe(await world.bookRoot(1))
  })
})
