/** What service and worker share: database, queue, keys, circuits. Boundary module: files, environment. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../protocol/instances.ts'
import { poseidonHasher } from '../protocol/poseidon.ts'
import type { PassArtifacts } from '../prover/book-pass/request.ts'
import { REPOSITORY_ROOT } from '../prover/cache.ts'
import { TRANSCRIPT_FILE, type Transcript } from '../prover/ceremony.ts'
import { marginArtifacts } from '../prover/margin-prover.ts'
import { sealArtifacts } from '../prover/seal-prover.ts'
import { refuseKeys, type ServiceConfig } from './config.ts'
import { Keyring } from './keyring.ts'
import type { Logger } from './log.ts'
import { ownKey } from './own-key.ts'
import { Queue } from './queue/queue.ts'
import type { Database } from './storage/database.ts'
import { isAway } from './storage/database-away.ts'
import { checkKeys } from './storage/key-checks.ts'
import { migrate } from './storage/migrate.ts'
import { openEmbedded } from './storage/pglite.ts'
import { openPostgres } from './storage/postgres.ts'
import type { BookStore } from './venue.ts'
import type { Transcripts } from './work/solvency.ts'

/** Told how far something slow is. */
export type Say = (state: string) => void

export interface Foundation {
  readonly store: BookStore
  readonly queue: Queue
  readonly artifacts: PassArtifacts
  readonly transcripts: Transcripts
  /** Of encryption, for a worker thread. */
  readonly keys: readonly (readonly [id: string, key: Uint8Array])[]
  close(): Promise<void>
}

/** Throws InputError for what is unsafe or unreachable, SetupError for keys, ToolError for a database of a newer Tacit. */
export async function openFoundation(config: ServiceConfig, log: Logger, say: Say): Promise<Foundation> {
  const artifacts = await openArtifacts(config, say)
  const kinds = Object.values(artifacts).map(({ name, provenance }) => [name, provenance.kind])
  refuseKeys(config.TACIT_CHAIN_ID, Object.fromEntries(kinds))
  const own = config.encryptionKeys === undefined ? ownKey(dataFolder(config), log) : undefined
  const keys = config.encryptionKeys ?? own!.keys
  const keyring = new Keyring(keys)
  say('database')
  const database = await openDatabase(config)
  try {
    await migrate(database)
    await checkKeys(database, keyring).catch(own?.refused)
    const queue = await Queue.open(database, (error) =>
      log.error({ err: error }, 'upkeep of the queue failed'),
    )
    const instance = MARGIN_INSTANCES[config.TACIT_INSTANCE]
    const store = { database, keyring, hasher: await poseidonHasher(), instance }
    const close = async () => {
      await queue.close()
      await database.close()
    }
    return { store, queue, artifacts, transcripts: transcriptsOf(config), keys, close }
  } catch (error) {
    await database.close()
    throw error
  }
}

export function dataFolder({ TACIT_DATA }: Pick<ServiceConfig, 'TACIT_DATA'>): string {
  return TACIT_DATA ?? join(REPOSITORY_ROOT, 'build', 'service')
}

/** Throws InputError, without the address: it may hold a password. */
export async function openDatabase(config: ServiceConfig): Promise<Database> {
  if (config.DATABASE_URL === undefined) return openEmbedded(dataFolder(config))
  try {
    return await openPostgres(config.DATABASE_URL)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? (isAway(error) ? 'no answer' : 'unknown')
    throw new InputError(`the database does not answer or does not let us in (${code})`, {
      field: 'DATABASE_URL',
    })
  }
}

async function openArtifacts(config: ServiceConfig, say: Say): Promise<PassArtifacts> {
  const { TACIT_CACHE, TACIT_KEYS, TACIT_SEAL_KEYS, TACIT_INSTANCE } = config
  const options = (circuit: string, keyFolder: string | undefined) => ({
    cacheRoot: TACIT_CACHE,
    keyFolder,
    progress: (step: string, done: number, total: number) =>
      say(`${circuit}: ${step}${total > 0 ? ` ${Math.floor((100 * done) / total)}%` : ''}`),
  })
  return {
    step: await marginArtifacts(MARGIN_INSTANCES[TACIT_INSTANCE], options(TACIT_INSTANCE, TACIT_KEYS)),
    seal: await sealArtifacts(options('seal', TACIT_SEAL_KEYS)),
  }
}

function transcriptsOf({ TACIT_KEYS, TACIT_SEAL_KEYS }: ServiceConfig): Transcripts {
  const read = (folder: string | undefined): Transcript | undefined => {
    const file = folder && join(folder, TRANSCRIPT_FILE)
    return file && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Transcript) : undefined
  }
  const [step, seal] = [read(TACIT_KEYS), read(TACIT_SEAL_KEYS)]
  return { ...(step && { step }), ...(seal && { seal }) }
}
