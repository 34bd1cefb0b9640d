import { AbiCoder, Contract, Interface, id, ZeroHash } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { signRound } from '../../src/chain/client.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { challengeOf, type Judge } from '../../src/chain/oracle-challenge.ts'
import { bindConfiguration, postRoundWithData, sendChallenge } from '../../src/chain/oracle-client.ts'
import { wordsBytes } from '../../src/chain/oracle-data.ts'
import type { RoundFault } from '../../src/chain/oracle-recompute.ts'
import { listingParts } from '../../src/chain/oracle-round.ts'
import { send } from '../../src/chain/transactions.ts'
import { configurationHash } from '../../src/risk/configuration-hash.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { expectRefused } from '../chain/fixtures/engine-refusals.ts'
import { impersonated } from '../chain/fixtures/impersonate.ts'
import { switchedContracts, without } from '../chain/fixtures/switches.ts'
import { spotWord } from './fixtures/attacks.ts'
import {
  ADMIN,
  CHALLENGER,
  type Draft,
  FEEDERS,
  OracleWorld,
  POSTER,
  TREASURY,
} from './fixtures/oracle-world.ts'

/** What the oracle, its judges and its listing refuse besides what defences.test.ts takes out. */

const UNQUOTED = 'BTC-PERPETUAL'

let world: OracleWorld
let second: Draft
beforeAll(async () => {
  world = await OracleWorld.start()
  await world.post(1, await world.draft(1))
  second = await world.draft(2, (market) => ({
    ...market,
    instruments: market.instruments.filter(({ symbol }) => symbol !== UNQUOTED),
  }))
  // Honest but for its root.
  await world.post(2, { ...second, riskRoot: 5n })
  await world.mark()
}, 600_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

const call = (method: string, args: readonly unknown[], by = POSTER) =>
  send(world.connection.oracle, method, args, world.signer(by), world.connection.errors)
const list = (part: number, former: string, rows: string) =>
  send(world.connection.listing, 'list', [part, former, rows], world.signer(ADMIN), world.connection.errors)
const posted = (sequence = 1) => world.posted.get(sequence)!
const wrongRoot = () => challengeOf({ kind: 'root' }, posted(2), world.lookup)

/** A judge asked directly. */
async function judged(judge: Judge, sequences: readonly number[], evidence: string) {
  const facts = await world.connection.oracle.getFunction('factsOf').staticCall(sequences)
  const { abi } = (await switchedContracts()).CellJudge!
  const contract = new Contract(
    world.deployment.judges[judge],
    Interface.from(abi as never),
    world.signer(ADMIN),
  )
  return contract.getFunction('isWrong').staticCall(facts.toArray(true), evidence)
}

const refusal = (data: unknown) => ({ data })
const selector = (error: string) => expect.stringMatching(new RegExp(`^${id(error).slice(0, 10)}`))

describe('a contract of the oracle is not deployed', () => {
  const setup = (change: object) => () => {
    const [given] = world.deployment.constructorArguments.ChallengeableOracle!
    return [{ ...(given as object), ...change }]
  }
  const judge = (name: string, change: (parts: unknown, levels: unknown) => unknown[]) => () => {
    const [parts, levels] = world.deployment.constructorArguments[name]!
    return change(parts, levels)
  }
  it.each([
    ['ChallengeableOracle', 'ChallengeSecondsOutOfRange', setup({ challengeSeconds: 0 })],
    ['ChallengeableOracle', 'RewardOutOfRange', setup({ rewardBps: 0 })],
    ['ChallengeableOracle', 'RewardOutOfRange', setup({ rewardBps: 10_001 })],
    ['ChallengeableOracle', 'MaxAgeIsZero', setup({ maxAgeSeconds: 0 })],
    ['TreeJudge', 'LevelsOutOfRange', judge('TreeJudge', (parts) => [parts, 1])],
    ['CellJudge', 'LevelsOutOfRange', judge('CellJudge', (parts) => [parts, 1])],
    [
      'TreeJudge',
      'WrongTables',
      judge('TreeJudge', (parts, levels) => [[...(parts as string[])].reverse(), levels]),
    ],
  ])('%s: %s', async (name, rule, args) => {
    const artifact = (await switchedContracts())[name]!
    const deploying = (code: typeof artifact) => deployContract(code, args(), world.signer(ADMIN))
    await expectRefused(deploying(artifact), rule)
    await expect(deploying(without(artifact, [rule])), 'without the rule').resolves.toBeDefined()
  })
})

describe('the oracle refuses', () => {
  it('a round without its data', async () => {
    const { oracle } = world.connection
    const round = world.round(3, second)
    const values = [round.sequence, round.timeSeconds, 1, 1, ZeroHash, ZeroHash]
    const data = oracle.interface.encodeFunctionData('postRound', [values, []])
    const sent = world.signer(POSTER).call({ to: world.deployment.oracle, data })
    await expect(sent).rejects.toMatchObject(refusal(selector('DataMissing()')))
  })

  it('sections that are not all there, and a configuration that stands for nothing', async () => {
    const target = { chainId: world.chain.chainId, oracle: world.deployment.oracle }
    const post = async (sections: readonly string[], change: object) => {
      const round = { ...world.round(3, second), ...change }
      const signatures = await Promise.all(
        FEEDERS.map((index) => signRound(target, world.signer(index), round)),
      )
      return postRoundWithData(world.connection, world.signer(POSTER), round, signatures, sections)
    }
    await expectRefused(post(second.sections.slice(0, 2), {}), 'SectionsMissing')
    await expectRefused(post(second.sections, { configurationHash: id('unbound') }), 'ConfigurationNotBound')
  })

  it('other words for a configuration, and words that are none', async () => {
    const hash = configurationHash(DEFAULT_CONFIGURATION)
    const bound = bindConfiguration(world.connection, world.signer(ADMIN), hash, DEFAULT_CONFIGURATION)
    await expectRefused(bound, 'ConfigurationBoundAlready')
    await expectRefused(call('bindConfiguration', [id('other'), '0x1234'], ADMIN), 'WordsNotWhole')
  })

  it('a challenge under no judge, of no round, or of one that is rejected', async () => {
    await expectRefused(call('challenge', [99, [1], '0x']), 'UnknownJudge')
    await expectRefused(call('challenge', [0, [77], '0x']), 'UnknownRound')
    await expectRefused(call('reclaimBond', [77]), 'UnknownRound')
    await sendChallenge(world.connection, world.signer(CHALLENGER), wrongRoot())
    const again = sendChallenge(world.connection, world.signer(CHALLENGER), wrongRoot())
    await expectRefused(again, 'RoundRejectedAlready')
  })

  it('a payment that its receiver does not take, and owes it still', async () => {
    await sendChallenge(world.connection, world.signer(CHALLENGER), wrongRoot())
    const treasury = await world.signer(TREASURY).getAddress()
    const owed = await world.owed(TREASURY)
    expect(owed).toBeGreaterThan(0n)
    // Reverts whatever it gets.
    await world.chain.provider.send('anvil_setCode', [treasury, '0x60006000fd'])
    const caller = await impersonated(world.chain, treasury)
    await expectRefused(
      send(world.connection.oracle, 'withdraw', [], caller, world.connection.errors),
      'PaymentFailed',
    )
    expect(await world.owed(TREASURY)).toBe(owed)
  })
})

describe('the listing refuses', () => {
  it('a part beyond the next, rows that are not whole, and a row that is no instrument', async () => {
    const parts = listingParts(world.listed)
    const last = parts.length - 1
    await expectRefused(list(99, '0x', '0x'), 'PartOutOfRange')
    await expectRefused(list(last, parts[last]!, `${parts[last]!}11`), 'RowsNotWhole')
    // A place that nothing has had yet, and a lot of nothing.
    const row = spotWord(0) & ~(((1n << 64n) - 1n) << 56n)
    const free = BigInt(last * 64 + 63)
    await expectRefused(
      list(last, parts[last]!, `${parts[last]!}${wordsBytes([row | free]).slice(2)}`),
      'RowMalformed',
    )
  })
})

describe('judges refuse', () => {
  const refuses = (fault: RoundFault, rule: string, about = posted) =>
    expectRefused(
      sendChallenge(world.connection, world.signer(CHALLENGER), challengeOf(fault, about(), world.lookup)),
      rule,
    )

  it('a place, a group and a node that the tree does not have', async () => {
    await refuses({ kind: 'top', top: 99 }, 'TopOutOfRange')
    await refuses({ kind: 'group', group: 0, place: 1 }, 'GroupOutOfRange')
    await refuses({ kind: 'cell', place: 1 << 12 }, 'PlaceOutOfRange')
  })

  it('evidence of more rounds than were named, or of fewer sections than it takes', async () => {
    const cell = challengeOf({ kind: 'cell', place: 1 }, posted(), world.lookup)
    const refused = judged('cell', [], cell.evidence)
    await expect(refused).rejects.toMatchObject(refusal(selector('EvidenceMismatch(uint256,uint256)')))
    const CODER = AbiCoder.defaultAbiCoder()
    const ROUND = ['uint256', 'tuple(bytes32[],uint256[],bytes[],bytes32[],uint256,bytes,uint256[])']
    const root = challengeOf({ kind: 'root' }, posted(), world.lookup)
    const [top, evidence] = CODER.decode(ROUND, root.evidence).toArray(true) as [bigint, unknown[]]
    const bare = CODER.encode(ROUND, [top, evidence.with(1, []).with(2, [])])
    const missing = judged('tree', [1], bare)
    await expect(missing).rejects.toMatchObject(refusal(selector('SectionMissing(uint256)')))
  })

  it('a halted instrument without the round whose vector stands', async () => {
    const place = second.matrix.listing.bySymbol(UNQUOTED)!.id
    const cell = challengeOf({ kind: 'cell', place }, posted(2), world.lookup)
    expect(cell.sequences).toEqual([2, 1])
    // The same evidence, as if its second round were the challenged one again.
    const CODER = AbiCoder.defaultAbiCoder()
    const ROUNDS =
      'tuple(uint256, uint256[], tuple(bytes32[],uint256[],bytes[],bytes32[],uint256,bytes,uint256[])[])'
    const [[at, opened, rounds]] = CODER.decode([ROUNDS], cell.evidence).toArray(true) as [unknown[]]
    const alone = CODER.encode([ROUNDS], [[at, opened, (rounds as unknown[]).slice(0, 1)]])
    const refused = judged('cell', [2], alone)
    await expect(refused).rejects.toMatchObject(refusal(selector('RoundMissing(uint64)')))
  })
})
