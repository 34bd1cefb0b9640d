/** Worker thread of a service that proves itself: the very worker of `tacit worker`, its database at the other end of a port. */
import { parentPort, workerData } from 'node:worker_threads'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { adoptPoseidon, poseidonHasher } from '../../protocol/poseidon.ts'
import { Keyring } from '../keyring.ts'
import { errorOf, type Logger } from '../log.ts'
import { Queue } from '../queue/queue.ts'
import { remoteDatabase } from '../storage/remote.ts'
import type { FromThread, ThreadStart } from './thread-messages.ts'
import { ServiceWorker } from './worker.ts'

const port = parentPort!
const { options, poseidon, database: databasePort, databaseKind } = workerData as ThreadStart
adoptPoseidon(poseidon)
const say = (message: FromThread) => port.postMessage(message)

const lineOf =
  (level: 'info' | 'warn' | 'error' | 'debug') =>
  (first: unknown, second?: unknown): void => {
    const given = typeof first === 'string' ? {} : (first as { err?: unknown })
    // Of an error its name, code and place, as in every log: nothing else leaves the thread.
    const fields = 'err' in given ? { ...given, err: errorOf(given.err) } : given
    say({ kind: 'log', level, fields, text: typeof first === 'string' ? first : String(second ?? '') })
  }
const log = Object.fromEntries(
  (['info', 'warn', 'error', 'debug'] as const).map((level) => [level, lineOf(level)]),
) as unknown as Logger

const { instance, keys, ...shared } = options
const database = remoteDatabase(databasePort, databaseKind)
const queue = await Queue.open(database, (err) => log.error({ err }, 'upkeep of the queue failed'))
const worker = await ServiceWorker.start({
  ...shared,
  store: {
    database,
    keyring: new Keyring(keys),
    hasher: await poseidonHasher(),
    instance: MARGIN_INSTANCES[instance],
  },
  queue,
  log,
  measured: (task, seconds) => say({ kind: 'measured', task, seconds }),
})
say({ kind: 'started' })

port.once('message', async () => {
  await worker.stop()
  await queue.close()
  await database.close()
  say({ kind: 'stopped' })
  port.close()
})
