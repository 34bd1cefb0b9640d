/** The service as a whole: what stands behind `tacit serve` and in the tests. Boundary module. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger as Pino } from 'pino'
import { InputError } from '../protocol/errors.ts'
import { MatrixPool } from '../prover/matrix-pool.ts'
import type { ApiLimits, SampleControl } from './api/context.ts'
import { buildServer, type ServerOptions } from './api/server.ts'
import { FeedWatcher } from './chain/feed.ts'
import { ChainFollower } from './chain/follower.ts'
import { openFollowedChain } from './chain/open.ts'
import type { ServiceConfig } from './config.ts'
import type { ConsoleFiles } from './console-files.ts'
import { Metrics } from './metrics.ts'
import { type Foundation, openFoundation, type Say } from './open.ts'
import { LeafTrees } from './venue.ts'
import { BookReader } from './work/book-reader.ts'
import type { ThreadOptions } from './work/thread-messages.ts'
import { JobWatcher } from './work/watcher.ts'
import { ServiceWorker } from './work/worker.ts'
import { WorkerThread } from './work/worker-thread.ts'

const MEGABYTE = 1 << 20
const SMALL_BODY = 65_536

export interface RunningService {
  /** Where it listens: http://127.0.0.1:8787 */
  readonly url: string
  readonly app: FastifyInstance
  readonly foundation: Foundation
  readonly worker: WorkerThread | undefined
  close(): Promise<void>
}

/** What a service has beside what every service has. */
export interface ServiceParts {
  readonly sample?: SampleControl | undefined
  /** What to show people under /. */
  readonly consoleFiles?: ConsoleFiles | undefined
}

/** Starts everything that the configuration asks for, and listens. Errors as openFoundation. */
export async function startService(
  config: ServiceConfig,
  log: Pino,
  say: Say = () => {},
  { sample, consoleFiles }: ServiceParts = {},
): Promise<RunningService> {
  const foundation = await openFoundation(config, log, say)
  const { store, queue, artifacts } = foundation
  const metrics = new Metrics(store.database, queue)
  const follower = await startFollower(config, foundation, log, metrics)
  const pool = new MatrixPool()
  const reader = new BookReader(config.TACIT_INSTANCE)
  const watcher = new JobWatcher(store.database, config.TACIT_POLL_MS)
  const feed = new FeedWatcher(store.database, config.TACIT_POLL_MS)
  let origin = config.publicUrl
  const app = await buildServer(serverOptions(config, log), {
    store,
    queue,
    pool,
    reader,
    artifacts,
    watcher,
    feed,
    metrics,
    log,
    console: consoleFiles,
    chainId: config.TACIT_CHAIN_ID,
    signInTerms: () => ({
      domain: origin?.host ?? '',
      uri: origin?.origin ?? '',
      chainId: config.TACIT_CHAIN_ID,
    }),
    trees: new LeafTrees(),
    limits: limitsOf(config),
    sample,
  })
  try {
    await app.listen({ host: config.TACIT_HOST, port: config.TACIT_PORT })
  } catch (cause) {
    await follower?.close()
    await foundation.close()
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw new InputError(`cannot be listened on (${code})`, { field: 'TACIT_PORT' }, { cause })
  }
  const { port } = app.server.address() as AddressInfo
  const url = `http://${config.TACIT_HOST.includes(':') ? `[${config.TACIT_HOST}]` : config.TACIT_HOST}:${port}`
  origin ??= new URL(url)
  const worker =
    config.TACIT_PROVERS === 0
      ? undefined
      : await WorkerThread.start(store.database, threadOptions(config, foundation), log, metrics.tasks)
  log.info({ url, database: store.database.kind }, 'service listens')
  return {
    url,
    app,
    foundation,
    worker,
    close: async () => {
      watcher.close()
      feed.close()
      await app.close()
      await follower?.close()
      await worker?.stop()
      await pool.close()
      await reader.close()
      await foundation.close()
    },
  }
}

/** Undefined when no chain is to be followed. Throws InputError, with the variable, for a chain that cannot be. */
async function startFollower(
  config: ServiceConfig,
  { store: { database }, close }: Foundation,
  log: Pino,
  metrics: Metrics,
): Promise<ChainFollower | undefined> {
  const { TACIT_RPC_URL: rpcUrl, TACIT_DEPLOYMENT: deployment } = config
  if (rpcUrl === undefined || deployment === undefined) return undefined
  try {
    const chain = await openFollowedChain({
      rpcUrl,
      deployment,
      walletRpcUrl: config.walletRpcUrl,
      chainId: config.TACIT_CHAIN_ID,
      timeoutMs: config.TACIT_RPC_TIMEOUT_MS,
    })
    return await ChainFollower.start({
      chain,
      database,
      log,
      meter: metrics.follower,
      pollMs: config.TACIT_CHAIN_POLL_MS,
    })
  } catch (error) {
    await close()
    throw error
  }
}

function serverOptions(config: ServiceConfig, log: Pino): ServerOptions {
  return {
    log,
    perMinute: config.TACIT_RATE_PER_MINUTE,
    bodyLimit: SMALL_BODY,
    proxies: config.TACIT_PROXIES,
    isSecure: config.TACIT_TLS_PROXY,
  }
}

function limitsOf(config: ServiceConfig): ApiLimits {
  return {
    maxAccounts: config.TACIT_MAX_ACCOUNTS,
    largeBody: config.TACIT_LARGE_BODY_MB * MEGABYTE,
    sessionSeconds: 60 * config.TACIT_SESSION_MINUTES,
    streams: config.TACIT_STREAMS,
    streamsPerAddress: config.TACIT_STREAMS_PER_ADDRESS,
  }
}

/** A worker of its own: no server, no port. */
export async function startWorker(
  config: ServiceConfig,
  log: Pino,
  say: Say = () => {},
): Promise<{ worker: ServiceWorker; close(): Promise<void> }> {
  const foundation = await openFoundation(config, log, say)
  const { store, queue } = foundation
  const worker = await ServiceWorker.start({ ...sharedOptions(config, foundation), store, queue, log })
  return {
    worker,
    close: async () => {
      await worker.stop()
      await foundation.close()
    },
  }
}

function sharedOptions(config: ServiceConfig, { artifacts, transcripts }: Foundation) {
  return {
    artifacts,
    transcripts,
    processes: config.TACIT_PROVERS,
    backend: { backend: config.TACIT_BACKEND },
    leaseSeconds: config.TACIT_LEASE_SECONDS,
    pollMs: config.TACIT_POLL_MS,
    databaseUrl: config.DATABASE_URL,
  }
}

function threadOptions(config: ServiceConfig, foundation: Foundation): ThreadOptions {
  const { keys } = foundation
  return { ...sharedOptions(config, foundation), instance: config.TACIT_INSTANCE, keys }
}
