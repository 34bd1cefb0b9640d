/** The service as a whole: what stands behind `tacit serve` and in the tests. Boundary module. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger as Pino } from 'pino'
import { ChainError, InputError } from '../protocol/errors.ts'
import { MatrixPool } from '../prover/matrix-pool.ts'
import type { ApiContext, ApiLimits, SampleControl } from './api/context.ts'
import { buildServer, type ServerOptions } from './api/server.ts'
import { FeedWatcher } from './chain/feed.ts'
import { ChainFollower } from './chain/follower.ts'
import { type FollowedChain, openFollowedChain, unusableChain } from './chain/open.ts'
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

/** Starts everything that the configuration asks for, and listens; or closes what it has started. Errors as openFoundation. */
export async function startService(
  config: ServiceConfig,
  log: Pino,
  say: Say = () => {},
  more: ServiceParts = {},
): Promise<RunningService> {
  // Before keys, circuits and a database are made: a chain that cannot be followed leaves nothing behind.
  const chain = await openChain(config)
  const foundation = await openFoundation(config, log, say).catch((error: unknown) => {
    chain?.source.close()
    throw error
  })
  const { database } = foundation.store
  const parts = openParts(config, foundation)
  const running: { app?: FastifyInstance; follower?: ChainFollower | undefined; worker?: WorkerThread } = {}
  const close = async () => {
    parts.watcher.close()
    parts.feed.close()
    await running.app?.close()
    await running.follower?.close()
    await running.worker?.stop()
    await parts.pool.close()
    await parts.reader.close()
    await foundation.close()
  }
  try {
    running.follower = await startFollower(chain, config, foundation, log, parts.metrics)
    const site = { origin: config.publicUrl }
    const app = await buildServer(
      serverOptions(config, log),
      contextOf(config, log, foundation, parts, more, site),
    )
    running.app = app
    const url = await listen(app, config)
    site.origin ??= new URL(url)
    if (config.TACIT_PROVERS > 0) {
      const options = threadOptions(config, foundation)
      running.worker = await WorkerThread.start(database, options, log, parts.metrics.tasks)
    }
    log.info({ url, database: database.kind }, 'service listens')
    return { url, app, foundation, worker: running.worker, close }
  } catch (error) {
    // What hinders the closing now is not what went wrong.
    await close().catch(() => {})
    throw error
  }
}

function openParts({ TACIT_INSTANCE, TACIT_POLL_MS }: ServiceConfig, { store, queue }: Foundation) {
  return {
    pool: new MatrixPool(),
    reader: new BookReader(TACIT_INSTANCE),
    watcher: new JobWatcher(store.database, TACIT_POLL_MS),
    feed: new FeedWatcher(store.database, TACIT_POLL_MS),
    metrics: new Metrics(store.database, queue),
    trees: new LeafTrees(),
  }
}

function contextOf(
  config: ServiceConfig,
  log: Pino,
  { store, queue, artifacts }: Foundation,
  parts: ReturnType<typeof openParts>,
  { sample, consoleFiles }: ServiceParts,
  /** Known when it listens, at the latest. */
  site: { readonly origin: URL | undefined },
): Omit<ApiContext, 'route'> {
  const { TACIT_CHAIN_ID: chainId } = config
  return {
    ...parts,
    store,
    queue,
    artifacts,
    log,
    console: consoleFiles,
    chainId,
    signInTerms: () => ({ domain: site.origin?.host ?? '', uri: site.origin?.origin ?? '', chainId }),
    limits: limitsOf(config),
    sample,
  }
}

/** Throws InputError when the port is taken or not allowed. */
async function listen(
  app: FastifyInstance,
  { TACIT_HOST: host, TACIT_PORT }: ServiceConfig,
): Promise<string> {
  try {
    await app.listen({ host, port: TACIT_PORT })
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw new InputError(`cannot be listened on (${code})`, { field: 'TACIT_PORT' }, { cause })
  }
  const { port } = app.server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Undefined when no chain is to be followed. Throws InputError, with the variable, for a chain that cannot be. */
async function openChain(config: ServiceConfig): Promise<FollowedChain | undefined> {
  const { TACIT_RPC_URL: rpcUrl, TACIT_DEPLOYMENT: deployment } = config
  if (rpcUrl === undefined || deployment === undefined) return undefined
  return openFollowedChain({
    rpcUrl,
    deployment,
    walletRpcUrl: config.walletRpcUrl,
    chainId: config.TACIT_CHAIN_ID,
    timeoutMs: config.TACIT_RPC_TIMEOUT_MS,
  })
}

/** Throws InputError for a database that follows another chain. */
async function startFollower(
  chain: FollowedChain | undefined,
  config: ServiceConfig,
  { store: { database } }: Foundation,
  log: Pino,
  metrics: Metrics,
): Promise<ChainFollower | undefined> {
  if (chain === undefined) return undefined
  try {
    const options = { chain, database, log, meter: metrics.follower, pollMs: config.TACIT_CHAIN_POLL_MS }
    return await ChainFollower.start(options)
  } catch (error) {
    chain.source.close()
    if (error instanceof ChainError) throw unusableChain(error)
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
