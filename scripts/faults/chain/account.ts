/** What must hold after a storm on the chain's side. Boundary module: network, database. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { knownOf } from '../../../src/service/chain/follower.ts'
import { type Feed, feedAfter, readCursor } from '../../../src/service/storage/chain.ts'
import type { Database } from '../../../src/service/storage/database.ts'
import { type FollowTarget, follow } from '../../../test/service/chain-world.ts'
import type { ChainStorm } from './storm.ts'

const LOOK_MS = 50

/** Waits until the newest block was read. False when it was not in time. */
export async function caughtUp(storm: ChainStorm, database: Database, patienceMs: number): Promise<boolean> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(LOOK_MS)) {
    const cursor = await readCursor(database)
    const head = await storm.w.chain.provider.getBlock('latest')
    if (cursor?.hash === head?.hash && cursor?.status !== null) return true
  }
  return false
}

/** Where a follower knows another thing than one that reads the chain for the first time; in words. */
export async function differences(
  database: Database,
  target: FollowTarget,
  heard: readonly Feed[],
): Promise<string[]> {
  const fresh = await follow(target)
  try {
    await fresh.catchUp()
    const [known, right] = await Promise.all([database, fresh.database].map(knownOf))
    const said = standing(heard)
    const events = (await feedAfter(fresh.database, 0, 1_000_000)).map(({ payload }) => JSON.parse(payload))
    return [
      ...unequal('', known, right),
      ...(isDeepStrictEqual(said, events)
        ? []
        : [
            `listeners were told of ${said.length} events that stand, and the chain has ${events.length} or others`,
          ]),
    ]
  } finally {
    await fresh.close()
  }
}

/** What listeners take for true, from all that they were told: what was told of abandoned blocks is void. */
export function standing(heard: readonly Feed[]): Feed[] {
  let told: Feed[] = []
  for (const item of heard) {
    if (item.kind === 'restarted') told = []
    else if (item.kind === 'reorganised') told = told.filter(({ block }) => block <= item.block)
    else told.push(item)
  }
  return told
}

/** Paths at which two plain values differ. */
function unequal(path: string, known: unknown, right: unknown): string[] {
  if (isDeepStrictEqual(known, right)) return []
  const both = [known, right]
  if (!both.every((value) => typeof value === 'object' && value !== null)) {
    return [`the chain: ${path} is known as ${JSON.stringify(known)}, and read as ${JSON.stringify(right)}`]
  }
  const names = new Set(both.flatMap((value) => Object.keys(value as object)))
  const at = (value: unknown, name: string) => (value as Record<string, unknown>)[name]
  return [...names]
    .flatMap((name) => unequal(`${path}/${name}`, at(known, name), at(right, name)))
    .slice(0, 20)
}
