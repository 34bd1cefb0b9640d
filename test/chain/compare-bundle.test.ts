import { beforeAll, describe, expect, it } from 'vitest'
import { keyHash, keyPointsOf } from '../../src/bundle/key-hash.ts'
import type { BundleHeader } from '../../src/bundle/records.ts'
import { bookHead, designateEpoch, latestRound } from '../../src/chain/client.ts'
import { compareWithChain } from '../../src/chain/compare-bundle.ts'
import type { VerificationKey } from '../../src/prover/zkey.ts'
import { VENUE, World } from './fixtures/world.ts'

/** What a bundle says of a chain, held against a chain with a round and a head. */
let world: World
let header: BundleHeader
let keys: { role: 'step'; circuit: string; hash: string }[]

beforeAll(async () => {
  world = await World.shared()
  const { connection } = world
  await designateEpoch(connection, world.signer(VENUE))
  const { deployment } = connection
  const round = (await latestRound(connection))!
  const head = (await bookHead(connection))!
  const stored = await connection.registry.headAt!(head.sequence)
  header = {
    count: Number(stored.count),
    round: {
      asOfSeconds: round.timeSeconds,
      configurationHash: round.configurationHash,
      marketHash: round.marketHash,
    },
    statement: {
      bookRoot: `${head.bookRoot}`,
      riskRoot: `${round.riskRoot}`,
      parameters: `${round.parameters}`,
    },
    chain: {
      chainId: `${deployment.chainId}`,
      seals: `0x${'5e'.repeat(20)}`,
      epoch: '1',
      references: {
        oracle: deployment.oracle.toLowerCase(),
        registry: deployment.registry.toLowerCase(),
        attestor: deployment.attestor.toLowerCase(),
        roundSequence: round.sequence,
        headSequence: head.sequence,
        posting: null,
      },
    },
  } as unknown as BundleHeader
  keys = [
    { role: 'step', circuit: 'margin-4', hash: keyHash(keyPointsOf(world.prover.key as VerificationKey)) },
  ]
}, 600_000)

const OF_SEALS = ['chain-seal-key', 'chain-seal', 'chain-final']

async function failures(change: (header: BundleHeader) => BundleHeader = (same) => same): Promise<string[]> {
  const report = { keys, stepsRoot: undefined } as unknown as Parameters<typeof compareWithChain>[0]['report']
  const provider = world.chain.provider
  const checks = await compareWithChain({ header: change(header), report, provider, nowMs: () => 0 })
  expect(checks).toHaveLength(10)
  const failed = checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)
  // This chain has no EpochSeals; seals.test.ts and test/cli/solvency-chain.test.ts compare with one.
  expect(failed).toEqual(expect.arrayContaining(OF_SEALS))
  return failed.filter((id) => !OF_SEALS.includes(id))
}

const withReference = (name: string, value: unknown) => (of: BundleHeader) =>
  ({
    ...of,
    chain: { ...of.chain!, references: { ...of.chain!.references!, [name]: value } },
  }) as BundleHeader

describe('a bundle and a chain', () => {
  it('agree', async () => {
    expect(await failures()).toEqual([])
  })

  it('disagree on whatever is changed', async () => {
    expect(await failures((h) => ({ ...h, statement: { ...h.statement, bookRoot: '5' } }))).toEqual([
      'chain-head',
    ])
    expect(await failures((h) => ({ ...h, count: h.count + 1 }))).toEqual(['chain-head'])
    expect(await failures((h) => ({ ...h, statement: { ...h.statement, riskRoot: '5' } }))).toEqual([
      'chain-round',
    ])
    expect(await failures((h) => ({ ...h, statement: { ...h.statement, parameters: '5' } }))).toEqual([
      'chain-round',
    ])
    const round = (of: BundleHeader) => ({
      ...of,
      round: { ...of.round, marketHash: `0x${'00'.repeat(32)}` },
    })
    expect(await failures(round)).toEqual(['chain-round'])
    expect(await failures((h) => ({ ...h, chain: { ...h.chain!, chainId: '1' } }))).toEqual(['chain-id'])
    expect(await failures(withReference('roundSequence', 99))).toEqual(['chain-round'])
    expect(await failures(withReference('headSequence', 99))).toEqual(['chain-head'])
    expect(await failures(withReference('oracle', `0x${'0a'.repeat(20)}`))).toEqual([
      'chain-attestor',
      'chain-round',
    ])
    expect(await failures(withReference('attestor', `0x${'0a'.repeat(20)}`))).toEqual([
      'chain-attestor',
      'chain-key',
    ])
    expect(await failures((h) => ({ ...h, chain: null }))).toHaveLength(7)
    keys[0]!.hash = `0x${'11'.repeat(32)}`
    expect(await failures()).toEqual(['chain-key'])
  })
})
