import { describe, expect, it } from 'vitest'
import { knownOf } from '../../../src/service/chain/follower.ts'
import type { Database, Sql } from '../../../src/service/storage/database.ts'
import { commit } from '../../chain/fixtures/engine-bids.ts'
import { ALICE } from '../../chain/fixtures/engine-chain.ts'
import { emptyDatabase, follow, followInto, startProxy } from '../chain-world.ts'
import { expectReplay, feedOf, following, target, w } from './shared.ts'

let budget = 0
/** A little further every time. */
const passed = (_left: number) => budget + 23

export function failuresCostNothing(): void {
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

  describe('a node that lags', () => {
    it('is not taken for a chain that lost its newest blocks, while its address still has them', async () => {
      const proxy = await startProxy(w.chain.url)
      const behind = await follow({ ...target(), url: proxy.url })
      try {
        await w.onSale()
        await behind.catchUp()
        const before = await knownOf(behind.database)
        const newest = await w.chain.provider.getBlockNumber()
        Object.assign(proxy, { mood: 'lags', lagsAt: newest - 3 })
        await behind.catchUp()
        expect(await knownOf(behind.database)).toEqual(before)
        expect(behind.counts.reorganised).toBe(0)
        await w.base.postRound()
        proxy.lagsAt = newest + 1
        await behind.catchUp()
        expect(behind.counts.reorganised).toBe(0)
        await expectReplay(behind.database)
      } finally {
        await behind.close()
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
}
