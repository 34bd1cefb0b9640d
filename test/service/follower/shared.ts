/** What the parts of the follower's test share: one chain with the whole system, and a follower that has read nothing yet. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { knownOf } from '../../../src/service/chain/follower.ts'
import { feedAfter, listRecords } from '../../../src/service/storage/chain.ts'
import type { Database } from '../../../src/service/storage/database.ts'
import { EngineToyWorld } from '../../chain/fixtures/engine-toy-world.ts'
import { type Following, type FollowTarget, follow } from '../chain-world.ts'

export let w: EngineToyWorld
/** A new one for each test, over the chain as it was at first. */
export let following: Following

export const rpc = <T>(method: string, params: readonly unknown[] = []): Promise<T> =>
  w.chain.provider.send(method, [...params])
export const target = () => ({ url: w.chain.url, deployment: w.base.connection.deployment })

/** For the file that the parts are run from. */
export function prepareFollower(): void {
  beforeAll(async () => {
    w = await EngineToyWorld.start()
  })
  afterAll(() => w?.close())
  beforeEach(async () => {
    await w.base.reset()
    following = await follow(target())
  })
  afterEach(() => following?.close())
}

/** Whatever happened on the way: what is known is what a follower knows that reads the chain for the first time. */
export async function expectReplay(
  known: Database = following.database,
  of: FollowTarget = target(),
): Promise<void> {
  const fresh = await follow(of)
  try {
    await fresh.catchUp()
    expect(await knownOf(known)).toEqual(await knownOf(fresh.database))
  } finally {
    await fresh.close()
  }
}

export const feedOf = async (database = following.database) =>
  (await feedAfter(database, 0, 10_000)).map(({ payload }) => JSON.parse(payload))
export const cases = (database = following.database) => listRecords(database, 'case', 10)
