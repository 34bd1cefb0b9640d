/** A service with its workers, on either database, for load, faults and measurements. Boundary module: processes, files. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '../../test/service/postgres-server.ts'
import { embeddedKeys, newKey } from './keys.ts'
import { type Environment, freePort, ServeProcess, scratchFolder, TacitProcess } from './tacit-process.ts'

export interface Deployed {
  readonly serve: ServeProcess
  readonly workers: readonly TacitProcess[]
  /** Undefined where the database is the service's own. */
  readonly postgres: PostgresServer | undefined
  readonly venueToken: string
  /** Ends every process and throws their files away. */
  close(): Promise<void>
}

export interface DeployedOptions {
  readonly database: 'embedded' | 'postgres'
  readonly instance: 'margin-4' | 'margin-16'
  /** Processes of `tacit worker`, each with one proving process. An embedded service proves itself. */
  readonly workers: number
  readonly environment?: Environment
}

/** Undefined, and a line that says why, where no PostgreSQL server can run. */
export async function deployService(options: DeployedOptions): Promise<Deployed | undefined> {
  const isEmbedded = options.database === 'embedded'
  const postgres = isEmbedded ? undefined : await startPostgres()
  if (!isEmbedded && postgres === undefined) return undefined
  const { folder, remove } = scratchFolder()
  const data = join(folder, 'data')
  const shared: Environment = {
    TACIT_INSTANCE: options.instance,
    TACIT_LOG: 'warn',
    // The service alone, without the sample venue.
    TACIT_LIVE: '0',
    TACIT_PROVERS: '1',
    // All clients of a measurement have one address.
    TACIT_RATE_PER_MINUTE: '100000000',
    ...(postgres === undefined
      ? { TACIT_DATA: data }
      : { DATABASE_URL: postgres.url, TACIT_ENCRYPTION_KEYS: `k:${randomBytes(32).toString('hex')}` }),
    ...options.environment,
  }
  const own = isEmbedded ? {} : { TACIT_PROVERS: '0' }
  const serve = new ServeProcess(await freePort(), { ...shared, ...own }, join(folder, 'serve.log'))
  const workers = Array.from(
    { length: isEmbedded ? 0 : options.workers },
    (_, i) => new TacitProcess(['worker'], shared, join(folder, `worker-${i}.log`)),
  )
  const close = async () => {
    await Promise.all([serve, ...workers].map((each) => each.end('SIGKILL')))
    await postgres?.stop()
    remove()
  }
  try {
    serve.start()
    await serve.ready()
    for (const worker of workers) worker.start()
    const venueToken =
      postgres === undefined ? (await embeddedKeys(data)).venue : await newKey(postgres.url, 'venue')
    return { serve, workers, postgres, venueToken, close }
  } catch (error) {
    await close()
    throw error
  }
}
