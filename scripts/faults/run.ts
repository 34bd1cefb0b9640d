/** A storm over a service that is being used, and the account of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TacitClient } from '../../src/service/client/index.ts'
import { openPostgres } from '../../src/service/storage/postgres.ts'
import { deploymentFile } from '../../test/service/chain-world.ts'
import { type Deployed, deployService } from '../service/deployment.ts'
import { accountFor } from './account.ts'
import { followUp } from './chain/follow-up.ts'
import { Listener } from './chain/listener.ts'
import { ChainStorm, type ChainStormCount, type ChainStormOptions } from './chain/storm.ts'
import { handInNext, orderOn, type Trail } from './orders.ts'
import { type StormCount, type StormOptions, storm } from './storm.ts'

export interface FaultRun extends StormCount {
  /** Undefined where there was none on the chain's side. */
  readonly chain: ChainStormCount | undefined
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
  /** What happens on the chain meanwhile; none is followed without. */
  readonly chain?: ChainStormOptions | undefined
}

/** How long a service waits for the chain here: also on a busy machine long enough for an honest answer. */
export const RPC_TIMEOUT_MS = 2_000

/** Undefined where no PostgreSQL server can run. */
export async function runFaults(
  options: FaultOptions,
  say: (state: string) => void,
): Promise<FaultRun | undefined> {
  say('deploying')
  const chain = options.chain && (await ChainStorm.start(options.chain))
  const folder = mkdtempSync(join(tmpdir(), 'tacit-faults-'))
  try {
    const deployed = await deployService({
      database: 'postgres',
      instance: 'margin-4',
      workers: options.workers,
      environment: { TACIT_LEASE_SECONDS: '3', TACIT_POLL_MS: '100', ...environmentOf(chain, folder) },
    })
    if (deployed === undefined) return undefined
    try {
      return await stormOver(deployed, chain, options, say)
    } finally {
      await deployed.close()
    }
  } finally {
    await chain?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function environmentOf(chain: ChainStorm | undefined, folder: string): Record<string, string> {
  if (chain === undefined) return {}
  return {
    TACIT_RPC_URL: chain.node.url,
    TACIT_DEPLOYMENT: deploymentFile(folder, chain.target),
    TACIT_CHAIN_POLL_MS: '100',
    TACIT_RPC_TIMEOUT_MS: `${RPC_TIMEOUT_MS}`,
  }
}

/** A service that starts while the chain does not answer gives up and says so. */
const CHAIN_AWAY = /tacit: INPUT_INVALID: field "TACIT_(RPC_URL|DEPLOYMENT)"/

async function stormOver(
  deployed: Deployed,
  chain: ChainStorm | undefined,
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
  const listener = new Listener(venue)
  try {
    const onChain = chain?.blow(say)
    // It is awaited further down.
    onChain?.catch(() => {})
    const isExcused = (words: string) => chain !== undefined && CHAIN_AWAY.test(words)
    const count = await storm(deployed, options, say, onChain, isExcused)
    over.abort()
    await Promise.all(clients)
    const onTheChain = await onChain
    const faults = await accountForAll({ deployed, chain, venue, trail, listener }, say)
    const own = count.ownDeaths.map((words) => `ended by itself: ${words}`)
    const { placed, handed, unanswered } = trail
    return {
      ...count,
      chain: onTheChain,
      orders: placed.length,
      rounds: handed.length,
      unanswered,
      faults: [...own, ...(onTheChain?.wrong ?? []), ...faults],
    }
  } finally {
    over.abort()
    await listener.close()
  }
}

interface Aftermath {
  readonly deployed: Deployed
  readonly chain: ChainStorm | undefined
  readonly venue: TacitClient
  readonly trail: Trail
  readonly listener: Listener
}

async function accountForAll(
  { deployed, chain, venue, trail, listener }: Aftermath,
  say: (state: string) => void,
): Promise<string[]> {
  const database = await openPostgres(deployed.postgres!.url, { connections: 1 })
  try {
    const faults = await accountFor(venue, database, trail, say)
    return chain === undefined ? faults : [...faults, ...(await followUp(chain, database, listener))]
  } finally {
    await database.close()
  }
}
