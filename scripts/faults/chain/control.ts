/**
 * A follower that does not mend its records when the chain takes blocks back: what a comparison after a storm is for. One that
 * does not notice it would notice nothing. Boundary module: network, database, files.
 */
import { rmSync } from 'node:fs'
import { type Feed, feedAfter } from '../../../src/service/storage/chain.ts'
import type { Database, Sql } from '../../../src/service/storage/database.ts'
import {
  emptyDatabase,
  type Following,
  type FollowTarget,
  followInto,
} from '../../../test/service/chain-world.ts'

export interface Control {
  readonly following: Following
  /** What it tells listeners. */
  heard(): Promise<Feed[]>
  close(): Promise<void>
}

/** What abandon() asks before it makes records again from what is left. */
const MENDING = 'select distinct subject from chain_events'

export async function startControl(target: FollowTarget): Promise<Control> {
  const { database, folder } = await emptyDatabase()
  const forgetful = (sql: Sql): Sql => ({
    script: (text) => sql.script(text),
    query: async (text, values) => (text.startsWith(MENDING) ? [] : sql.query(text, values)),
  })
  const broken: Database = {
    ...database,
    transaction: (work) => database.transaction((sql) => work(forgetful(sql))),
  }
  const following = await followInto(broken, folder, target)
  return {
    following,
    heard: async () => (await feedAfter(database, 0, 1_000_000)).map(({ payload }) => JSON.parse(payload)),
    close: async () => {
      await following.close()
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
