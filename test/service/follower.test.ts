import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HDNodeWallet, Interface, Wallet } from 'ethers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readAward, readCase } from '../../src/chain/engine-client/cases.ts'
import type { EngineDeployment } from '../../src/chain/engine-client/deployment.ts'
import { startLocalChain } from '../../src/chain/local-chain.ts'
import { knownOf } from '../../src/service/chain/follower.ts'
import { auctionView } from '../../src/service/chain/views.ts'
import { feedAfter, listRecords, readCursor } from '../../src/service/storage/chain.ts'
import type { Database, Sql } from '../../src/service/storage/database.ts'
import { bothBid, commit } from '../chain/fixtures/engine-bids.ts'
import { ALICE, BOB } from '../chain/fixtures/engine-chain.ts'
import { SUB_TAGS } from '../chain/fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from '../chain/fixtures/engine-toy-world.ts'
import {
  deploymentFile,
  emptyDatabase,
  type Following,
  follow,
  followInto,
  startProxy,
  VENUE_KEY,
} from './chain-world.ts'
import { startWorld } from './world.ts'

/** Of the local chain, and its account of Alice. */
const MNEMONIC = 'test test test test test test test test test test test junk'
const PATH_OF_ALICE = `m/44'/60'/0'/0/${ALICE}`

let w: EngineToyWorld
let following: Following
const rpc = <T>(method: string, params: readonly unknown[] = []): Promise<T> =>
  w.chain.provider.send(method, [...params])
const target = () => ({ url: w.chain.url, deployment: w.base.connection.deployment })

beforeAll(async () => {
  w = await EngineToyWorld.start()
})
afterAll(() => w?.close())
beforeEach(async () => {
  await w.base.reset()
  following = await follow(target())
})
afterEach(() => following?.close())

/** Whatever happened on the way: what is known is what a follower knows that reads the chain for the first time. */
async function expectReplay(known: Database = following.database): Promise<void> {
  const fresh = await follow(target())
  try {
    await fresh.catchUp()
    expect(await knownOf(known)).toEqual(await knownOf(fresh.database))
  } finally {
    await fresh.close()
  }
}

const addressesOf = ({ verifiers, ...rest }: EngineDeployment) =>
  [...Object.values(verifiers), ...Object.values(rest)].filter((value) => /^0x\w{40}$/.test(`${value}`))
const feedOf = async (database = following.database) =>
  (await feedAfter(database, 0, 10_000)).map(({ payload }) => JSON.parse(payload))
const cases = (database = following.database) => listRecords(database, 'case', 10)

describe('a case on the chain', () => {
  it('is told from trigger to settlement, as the contracts have it at every stage', async () => {
    const caseId = await w.onSale()
    await commit(w, caseId, ALICE, 50n)
    await following.catchUp()
    const { status } = (await readCursor(following.database))!
    const [onSale] = await cases()
    const said = await readCase(w.base.connection, caseId)
    expect(onSale).toMatchObject({ stage: 'sealed', since: Number(said.since), kind: 'full', ending: null })
    expect(auctionView(onSale!, status!, ['BTC', 'ETH'])).toMatchObject({
      mode: 'sealed',
      phase: 'commit',
      commitEnds: Number(said.since) + 60,
      revealEnds: Number(said.since) + 90,
      commitments: 1,
      lot: { percent: 40, health: 32, carryLots: `${said.carryLots}`, capBps: Number(said.capBps) },
    })
    await w.base.reset()
  })

  it('has its bids, its award and its end, each with block, transaction and time', async () => {
    const caseId = await w.onSale()
    await bothBid(w, caseId, 30n, 40n)
    await following.catchUp()
    const award = await readAward(w.base.connection, caseId)
    expect((await cases())[0]).toMatchObject({
      stage: 'awarded',
      award: {
        winner: award.winner.toLowerCase(),
        discountBps: 30,
        soldIn: 'sealed',
        settleBy: Number(award.settleBy),
      },
      bids: [
        { isRevealed: true, discountBps: 40 },
        { isRevealed: true, discountBps: 30 },
      ].reverse(),
    })
    await w.settle(caseId, SUB_TAGS[ALICE]!, { discountBps: award.discountBps })
    await following.catchUp()
    const [over] = await cases()
    expect(over).toMatchObject({ caseId, stage: 'closed', ending: 'settled' })
    const names = over!.timeline.map(({ event }) => event)
    expect(names[0]).toBe('Triggered')
    expect(names.slice(1, 4)).toEqual(['CaseOpened', 'CaseMoved', 'LotConfirmed'])
    expect(names).toEqual(
      expect.arrayContaining(['Committed', 'Revealed', 'Awarded', 'Settled', 'CaseClosed']),
    )
    for (const { block, transaction, atSeconds } of over!.timeline) {
      const receipt = await w.chain.provider.getTransactionReceipt(transaction)
      expect(receipt!.blockNumber).toBe(block)
      expect((await w.chain.provider.getBlock(block))!.timestamp).toBe(atSeconds)
    }
    const told = (await feedOf()).map(({ kind }) => kind)
    expect(told).toEqual(
      expect.arrayContaining(['round', 'head', 'trigger', 'case', 'bid', 'award', 'settlement']),
    )
    await expectReplay()
  })

  it('leaves the public auction where the contract has it', async () => {
    const caseId = await w.onSale()
    await w.base.passes(100)
    await w.base.send('sealed', 'finish', [caseId], ALICE)
    await w.base.passes(200)
    await following.catchUp()
    const { status, block } = (await readCursor(following.database))!
    const seen = auctionView((await cases())[0]!, status!, [])!
    const discount = await w.base.connection.contracts.dutch
      .getFunction('discountOf')
      .staticCall(caseId, { blockTag: block })
    expect(seen).toMatchObject({ mode: 'public', phase: 'falling', discountBps: Number(discount) })
    expect(seen.discountBps).toBeGreaterThan(0)
  })
})

describe('liquidators', () => {
  it('are whom the registry has whitelisted, and no more when it delists them', async () => {
    await following.catchUp()
    const listed = async () =>
      (await listRecords(following.database, 'liquidator', 10, true)).map(({ address }) => address).sort()
    const both = await Promise.all([ALICE, BOB].map((index) => w.base.address(index)))
    expect(await listed()).toEqual(both.map((address) => address.toLowerCase()).sort())
    await w.base.send('liquidators', 'delist', [both[1]], 0)
    await following.catchUp()
    expect(await listed()).toEqual([both[0]!.toLowerCase()])
  })
})

describe('a chain that reorganises', () => {
  it('takes back the case and the bids of its abandoned blocks, and nothing else', async () => {
    await following.catchUp()
    const snapshot = await rpc<string>('evm_snapshot')
    const before = await knownOf(following.database)
    const caseId = await w.onSale()
    await commit(w, caseId, ALICE, 50n)
    await following.catchUp()
    expect(await cases()).toHaveLength(1)
    await rpc('evm_revert', [snapshot])
    // The same height and more, with other blocks.
    await w.base.mine(600)
    await following.catchUp()
    expect(await cases()).toEqual([])
    expect(following.counts.reorganised).toBe(1)
    const abandoned = (await feedOf()).find(({ kind }) => kind === 'reorganised')
    expect(abandoned.block).toBe((before as { block: number }).block)
    await expectReplay()
  })

  it('is noticed when it became shorter', async () => {
    await following.catchUp()
    const snapshot = await rpc<string>('evm_snapshot')
    const before = await knownOf(following.database)
    await w.onSale()
    await following.catchUp()
    await rpc('evm_revert', [snapshot])
    await following.catchUp()
    expect(await knownOf(following.database)).toEqual(before)
  })

  it('is followed back into the middle of what was read at once, and through other versions of the same events', async () => {
    const first = await w.onSale()
    await w.base.mine(120)
    await following.catchUp()
    // The same transactions may come again in other blocks: anvil_reorg keeps some and drops the rest.
    await rpc('anvil_reorg', [8, []])
    await following.catchUp()
    expect(following.counts.reorganised).toBe(1)
    await expectReplay()
    await w.base.postRound().catch(() => {})
    await following.catchUp()
    expect((await cases()).map(({ caseId }) => caseId)).toEqual([first])
    await expectReplay()
  })

  it('may do so while it is read: nothing of two histories is mixed', async () => {
    for (let i = 0; i < 3; i++) {
      await w.onSale()
      const reading = following.catchUp().catch(() => {})
      await w.base.reset()
      await w.base.mine(12 * (i + 1))
      await reading
    }
    await following.catchUp()
    await expectReplay()
  })
})

describe('a chain that is started anew', () => {
  it('is read anew where it is a local one, and listeners are told', async () => {
    await w.onSale()
    await following.catchUp()
    const { url } = w.chain
    const other = await startLocalChain({ anyCodeSize: true })
    const proxy = await startProxy(url)
    try {
      // The same contracts at the same addresses, as a local deployment has them, and none of what has happened.
      for (const address of addressesOf(target().deployment))
        await other.provider.send('anvil_setCode', [
          address,
          await rpc<string>('eth_getCode', [address, 'latest']),
        ])
      await other.provider.send('anvil_mine', ['0x8'])
      const { database, folder } = await emptyDatabase()
      const moving = await followInto(database, folder, { ...target(), url: proxy.url })
      await moving.catchUp()
      expect(await cases(database)).toHaveLength(1)
      proxy.target = other.url
      await moving.catchUp()
      expect(moving.counts.restarted).toBe(1)
      expect((await feedOf(database)).some(({ kind }) => kind === 'restarted')).toBe(true)
      const fresh = await follow({ ...target(), url: other.url })
      await fresh.catchUp()
      expect(await knownOf(database)).toEqual(await knownOf(fresh.database))
      await fresh.close()
      await moving.close()
      await database.close()
    } finally {
      await proxy.close()
      await other.close()
    }
  })

  it('is refused, with the reason, while its contracts are not there, or it is another chain', async () => {
    const other = await startLocalChain({})
    const proxy = await startProxy(w.chain.url)
    try {
      await expect(follow({ ...target(), url: other.url })).rejects.toMatchObject({
        message: expect.stringMatching(/TACIT_DEPLOYMENT.*no contract at the address of/),
      })
      const moving = await follow({ ...target(), url: proxy.url })
      await moving.catchUp()
      proxy.target = other.url
      await expect(moving.catchUp()).rejects.toMatchObject({ message: expect.stringMatching(/no contract/) })
      proxy.target = w.chain.url
      await moving.catchUp()
      await expectReplay(moving.database)
      await moving.close()
      const { deployment } = target()
      await expect(follow({ ...target(), deployment: { ...deployment, chainId: 1n } })).rejects.toMatchObject(
        {
          message: expect.stringMatching(/TACIT_DEPLOYMENT.*is of chain 1/),
        },
      )
      await expect(follow({ ...target(), url: 'http://127.0.0.1:9' })).rejects.toMatchObject({
        message: expect.stringMatching(/TACIT_RPC_URL.*does not answer/),
      })
    } finally {
      await proxy.close()
      await other.close()
    }
  })
})

describe('a node that fails', () => {
  it('by silence, by faults or in the middle of an answer costs no event, and its words go nowhere', async () => {
    const proxy = await startProxy(w.chain.url)
    const faulty = await follow({ ...target(), url: proxy.url, timeoutMs: 300 })
    try {
      await w.onSale()
      for (const mood of ['hangs', 'fails', 'breaks off'] as const) {
        for (const of of [/./, /eth_getLogs/, /eth_call/]) {
          Object.assign(proxy, { mood, of })
          const refused = await faulty.catchUp().then(
            () => undefined,
            (error: Error) => error,
          )
          if (refused !== undefined) expect(refused.message).toMatch(/^the chain (does not answer|refuses)/)
          Object.assign(proxy, { mood: 'well' })
          await faulty.follower.step()
          await w.base.postRound()
        }
      }
      await faulty.catchUp()
      await expectReplay(faulty.database)
      expect(faulty.lines.join()).not.toContain('secret-key')
    } finally {
      await faulty.close()
      await proxy.close()
    }
  })
})

describe('a database that fails at any statement', () => {
  it('keeps all of a batch or nothing of it', async () => {
    const caseId = await w.onSale()
    await commit(w, caseId, ALICE, 50n)
    const { database, folder } = await emptyDatabase()
    let left = Number.POSITIVE_INFINITY
    const brittle = (sql: Sql): Sql => ({
      script: (text) => sql.script(text),
      query: (text, values) => {
        if (--left < 0) throw new Error('the database went away')
        return sql.query(text, values)
      },
    })
    const failing: Database = {
      ...database,
      transaction: (work) => database.transaction((sql) => work(brittle(sql))),
    }
    const interrupted = await followInto(failing, folder, target())
    for (left = 0; left < 400; left = passed(left)) {
      budget = left
      await interrupted.catchUp().then(
        () => {},
        () => {},
      )
    }
    left = Number.POSITIVE_INFINITY
    await interrupted.catchUp()
    await expectReplay(database)
    await interrupted.close()
    await database.close()
  })
})

let budget = 0
/** A little further every time. */
const passed = (_left: number) => budget + 23

describe('two followers of one database', () => {
  it('read every event once', async () => {
    const second = await following.again()
    await w.onSale()
    await Promise.all([following.catchUp(), second.catchUp()])
    await w.base.postRound()
    await Promise.all([second.catchUp(), following.catchUp()])
    await expectReplay()
    const ids = (await feedOf()).map(({ transaction, event, values }) =>
      JSON.stringify([transaction, event, values]),
    )
    expect(new Set(ids).size).toBe(ids.length)
    await second.close()
  })
})

describe('the service on top', () => {
  it('answers with what the chain says, and tells it to listeners from where they were cut off', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tacit-chain-api-'))
    const world = await startWorld({
      TACIT_PROVERS: '0',
      TACIT_RPC_URL: w.chain.url,
      TACIT_DEPLOYMENT: deploymentFile(folder, target()),
      TACIT_CHAIN_POLL_MS: '100',
      TACIT_STREAMS_PER_ADDRESS: '1',
    })
    try {
      const { client } = world
      const alice = await world.signIn(
        new Wallet(HDNodeWallet.fromPhrase(MNEMONIC, '', PATH_OF_ALICE).privateKey),
      )
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 50n)
      // The venue may be first.
      await world
        .as('venue')
        .writePackage(caseId, await w.base.address(ALICE), { round: 2, package: 'a lot' })
      await expect
        .poll(async () => (await client.auctions()).auctions[0]?.commitments, { timeout: 60_000 })
        .toBe(1)
      expect(await alice.packages(caseId)).toEqual([{ round: 2, package: 'a lot' }])
      const overview = await client.overview()
      expect(overview).toMatchObject({
        chain: { trouble: null },
        clock: { isPaused: false, isStale: false },
        round: { sequence: w.base.round, hasMarket: false },
        cases: { open: 1, byStage: { sealed: 1 } },
        funds: { insuranceLots: '30000000', venueBondLots: '20000000' },
      })
      expect((await client.oracleRounds()).map(({ sequence }) => sequence)[0]).toBe(w.base.round)
      expect(await client.oracleRound(w.base.round)).toEqual(overview.round)
      const { contracts, parameters, venueKey } = await client.deployment()
      const { engine } = target().deployment
      expect(contracts.find(({ name }) => name === 'engine')?.address).toBe(engine.toLowerCase())
      expect([parameters.commitWindow, venueKey]).toEqual(['60', VENUE_KEY])
      expect(Interface.from((await client.abi('sealed')).abi as never).getFunction('commit')).not.toBeNull()
      expect(await client.case(caseId)).toMatchObject({ source: 'chain', stage: 'sealed' })
      const word = { tag: caseId, kind: 'full' as const, stage: 'closed', round: 1, timeline: [] }
      await expect(world.as('venue').writeCase(caseId, word)).rejects.toMatchObject({ status: 409 })

      const listen = async (after: number) => {
        const ids: (number | undefined)[] = []
        for await (const { event, id } of client.events({ after, seconds: 0 }))
          if (event === 'chain') ids.push(id)
        return ids
      }
      const all = await listen(0)
      expect(all.length).toBeGreaterThan(10)
      expect(await listen(all[4]!)).toEqual(all.slice(5))
      const stop = new AbortController()
      const first = client.events({ signal: stop.signal })
      await first.next()
      await expect(client.events().next()).rejects.toMatchObject({ status: 429 })
      stop.abort()
      await first.next().catch(() => {})
    } finally {
      await world.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
