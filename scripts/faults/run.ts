/** A storm over a service that is being used, and the account of it. */
import { TacitClient } from '../../src/service/client/index.ts'
import { type Deployed, deployService } from '../service/deployment.ts'
import { accountFor } from './account.ts'
import { handInNext, orderOn, type Trail } from './orders.ts'
import { type StormCount, type StormOptions, storm } from './storm.ts'

export interface FaultRun extends StormCount {
  readonly orders: number
  readonly rounds: number
  /** Requests that had to be made again. */
  readonly unanswered: number
  /** What does not hold afterwards, in words. */
  readonly faults: readonly string[]
}

export interface FaultOptions extends StormOptions {
  /** Processes of `tacit worker`. */
  readonly workers: number
  /** Clients that order at the same time. */
  readonly clients: number
  /** A client waits at most so long between two orders. */
  readonly pauseMs: number
}

/** Undefined where no PostgreSQL server can run. */
export async function runFaults(
  options: FaultOptions,
  say: (state: string) => void,
): Promise<FaultRun | undefined> {
  const environment = { TACIT_LEASE_SECONDS: '3', TACIT_POLL_MS: '100' }
  const deployed = await deployService({
    database: 'postgres',
    instance: 'margin-4',
    workers: 2,
    environment,
  })
  if (deployed === undefined) return undefined
  try {
    return await stormOver(deployed, options, say)
  } finally {
    await deployed.close()
  }
}

async function stormOver(
  deployed: Deployed,
  options: FaultOptions,
  say: (state: string) => void,
): Promise<FaultRun> {
  const venue = new TacitClient({ url: deployed.serve.url, token: deployed.venueToken })
  const trail: Trail = { placed: [], handed: [], unanswered: 0, refused: [] }
  await handInNext(venue, trail)
  const over = new AbortController()
  const clients = Array.from({ length: options.clients }, (_, i) =>
    orderOn(venue, trail, {
      seed: 100 * options.seed + i,
      pauseMs: options.pauseMs,
      signal: over.signal,
      // Rounds come in order: one client hands them in.
      handsIn: i === 0,
    }),
  )
  const count = await storm(deployed, options, say)
  over.abort()
  await Promise.all(clients)
  const faults = await accountFor(venue, deployed.postgres!.url, trail, say)
  const { placed, handed, unanswered } = trail
  return {
    ...count,
    orders: placed.length,
    rounds: handed.length,
    unanswered,
    faults: [...count.ownDeaths.map((words) => `ended by itself: ${words}`), ...faults],
  }
}
