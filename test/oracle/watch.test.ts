import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HDNodeWallet } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import { run } from '../../src/cli/run.ts'
import { OracleReader } from '../../src/feeder/oracle-reader.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { shiftMarket } from '../../src/risk/market/sample.ts'
import { riskLeaf } from '../../src/risk/risk-tree.ts'
import { BOND_WEI, CHALLENGE_SECONDS, CHALLENGER, type Draft, OracleWorld } from './fixtures/oracle-world.ts'

/** An honest round on chain; the second is honest too, or has one wrong cell. */
let world: OracleWorld
let draft: Draft
beforeAll(async () => {
  world = await OracleWorld.start()
  await world.post(1, await world.draft(1))
  draft = await world.draft(2)
  await world.mark()
}, 300_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

const PLACE = 20

/** The round with one scenario of one instrument a nano-USD off. */
function withWrongCell(): Draft {
  const vector = [...draft.matrix.vectors.values()].find(({ id }) => id === PLACE)!
  const ratesNano = vector.ratesNano.map((rate, dim) => (dim === 30 ? rate - 1n : rate))
  const leaf = riskLeaf(world.hasher, { ...vector, ratesNano })
  return world.changed(draft, { tops: draft.data.tops.map((node, at) => (at === PLACE ? leaf : node)) })
}

describe('the watcher', () => {
  it('lets honest rounds stand', async () => {
    await world.post(2, draft)
    const rounds = await world.watch({ challenger: world.signer(CHALLENGER) }).step()
    expect(rounds.map(({ sequence, state }) => [sequence, state])).toEqual([
      [1, 'honest'],
      [2, 'honest'],
    ])
  })

  it('challenges a round with one wrong cell, and is paid for it', async () => {
    const watch = world.watch({ challenger: world.signer(CHALLENGER) })
    expect(await watch.step()).toHaveLength(1)
    await world.post(2, withWrongCell())
    const [round] = await watch.step()
    expect(round).toMatchObject({ sequence: 2, state: 'challenged', fault: { kind: 'cell', place: PLACE } })
    expect(await world.is('isRejected', 2)).toBe(true)
    expect(await world.owed(CHALLENGER)).toBe(BOND_WEI / 2n)
    expect(await watch.step()).toEqual([])
  })

  it('goes on with honest rounds on the one before a rejected one', async () => {
    const watch = world.watch({ challenger: world.signer(CHALLENGER) })
    await world.post(2, withWrongCell())
    await watch.step()
    world.posted.set(2, world.posted.get(1)!)
    world.drafts.set(2, world.drafts.get(1)!)
    await world.post(3, await world.draft(3))
    expect(await watch.step()).toMatchObject([{ sequence: 3, state: 'honest' }])
    await world.chain.advance(CHALLENGE_SECONDS)
    expect([await world.is('isSettleable', 2), await world.is('isSettleable', 3)]).toEqual([false, true])
  })

  it('tells of a wrong round that is final, and of one that somebody else challenged', async () => {
    await world.post(2, withWrongCell())
    const challenge = challengeOf({ kind: 'cell', place: PLACE }, world.posted.get(2)!, world.lookup)
    const fresh = () => world.watch().step()
    expect((await fresh())[1]).toMatchObject({ state: 'wrong', sent: [] })
    await sendChallenge(world.connection, world.signer(CHALLENGER), challenge)
    expect((await fresh())[1]).toMatchObject({ state: 'rejected' })
    await world.reset()
    await world.post(2, withWrongCell())
    await world.chain.advance(CHALLENGE_SECONDS)
    expect((await fresh())[1]).toMatchObject({ state: 'final and wrong' })
  })

  it('looks again after a reorganisation: another root for the same data is another round', async () => {
    const watch = world.watch({ challenger: world.signer(CHALLENGER) })
    await world.post(2, draft)
    expect(await watch.step()).toMatchObject([{ state: 'honest' }, { state: 'honest' }])
    await world.reset()
    await world.post(2, world.changed(draft, {}, draft.riskRoot + 1n))
    expect(await watch.step()).toMatchObject([{ sequence: 2, state: 'challenged', fault: { kind: 'root' } }])
    expect(await world.is('isRejected', 2)).toBe(true)
  })

  it('challenges again when a reorganisation has dropped its challenge and not the round', async () => {
    const watch = world.watch({ challenger: world.signer(CHALLENGER) })
    await world.post(2, withWrongCell())
    const before = await world.chain.provider.send('evm_snapshot', [])
    expect((await watch.step())[1]).toMatchObject({ state: 'challenged' })
    await world.chain.provider.send('evm_revert', [before])
    world.signer(CHALLENGER).reset()
    expect(await world.is('isRejected', 2)).toBe(false)
    expect(await watch.step()).toMatchObject([{ sequence: 2, state: 'challenged' }])
    expect(await world.is('isRejected', 2)).toBe(true)
    expect(await watch.step()).toEqual([])
  })

  it('knows that it cannot recompute a round of a configuration that it has not got', async () => {
    const rounds = await world.watch({ configurations: [] }).step()
    expect(rounds).toMatchObject([{ state: 'unknown configuration' }])
  })
})

describe('what feeders and aggregators read of the chain', () => {
  const reader = () =>
    new OracleReader({
      ...{ connection: world.connection, fromBlock: 0 },
      ...{ configurations: [DEFAULT_CONFIGURATION], parameters: DEFAULT_ORACLE_PARAMETERS },
    })
  const posted = async (round: Draft) => {
    await world.post(2, round)
    return reader().read()
  }

  it('is read again after a reorganisation has put another round in the place of a known one', async () => {
    const known = reader()
    const first = await posted(draft)
    expect(await known.read()).toEqual(first)
    await world.reset()
    // As many blocks as before, and more: neither height nor sequence tells.
    await world.chain.advance(1)
    const moved = await world.draft(2, (market) =>
      shiftMarket(market, { spotBps: 90n, volBps: 0n, secondsLater: 0 }),
    )
    const second = await posted(moved)
    expect(second.standing!.data.spotsNano).not.toEqual(first.standing!.data.spotsNano)
    expect(await known.read()).toEqual(second)
  })

  it('leaves out a round that was rejected after the next one was posted', async () => {
    const known = reader()
    await world.post(2, withWrongCell())
    const wrong = world.posted.get(2)!
    await world.post(3, await world.draft(3))
    const before = await known.read()
    await sendChallenge(
      ...([world.connection, world.signer(CHALLENGER)] as const),
      challengeOf({ kind: 'cell', place: PLACE }, wrong, world.lookup),
    )
    const after = await known.read()
    expect(after).toEqual(await reader().read())
    expect(after.guards).not.toEqual(before.guards)
  })
})

describe('tacit watch', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tacit-watch-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function watch(...args: string[]) {
    let stdout = ''
    const io = {
      stdout: (text: string) => void (stdout += text),
      stderr: () => {},
      live: false,
      colour: false,
      environment: {},
    }
    const target = ['--oracle', world.deployment.oracle, '--rpc', world.chain.url, '--instance', 'margin-4']
    const code = await run(['watch', ...target, '--once', '--json', ...args], io)
    return { code, result: JSON.parse(stdout.trim().split('\n').at(-1)!) }
  }

  it('ends with 0 on honest rounds, and with 1 once it has challenged a wrong one', async () => {
    expect(await watch()).toMatchObject({
      code: 0,
      result: { honest: true, rounds: [{ state: 'honest', fault: null }] },
    })
    await world.post(2, withWrongCell())
    const key = join(folder, 'challenger.key')
    writeFileSync(key, (world.signer(CHALLENGER).signer as HDNodeWallet).privateKey)
    chmodSync(key, 0o600)
    const { code, result } = await watch('--key', key)
    expect(code).toBe(1)
    expect(result.rounds[1]).toMatchObject({ state: 'challenged', fault: { kind: 'cell', place: PLACE } })
    expect(await world.is('isRejected', 2)).toBe(true)
  })

  it('refuses a bad address with 2, and a chain that is not there with 3', async () => {
    expect(await watch('--oracle', '0x12')).toMatchObject({ code: 2 })
    expect(await watch('--rpc', 'http://127.0.0.1:1')).toMatchObject({ code: 3 })
  })
})
