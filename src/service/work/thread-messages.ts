/** What a service and its worker thread say to each other. Everything is structured-cloneable. */
import type { MessagePort } from 'node:worker_threads'
import type { MarginInstanceName } from '../../protocol/instances.ts'
import type { PoseidonImage } from '../../protocol/poseidon-wasm.ts'
import type { LogLevel } from '../config.ts'
import type { Task } from '../queue/queue.ts'
import type { Database } from '../storage/database.ts'
import type { WorkerOptions } from './worker.ts'

export type ThreadOptions = Pick<
  WorkerOptions,
  'artifacts' | 'transcripts' | 'processes' | 'backend' | 'leaseSeconds' | 'pollMs' | 'databaseUrl'
> & {
  readonly instance: MarginInstanceName
  /** Of what is sealed. They stay in this process. */
  readonly keys: readonly (readonly [id: string, key: Uint8Array])[]
}

export interface ThreadStart {
  readonly poseidon: PoseidonImage
  readonly options: ThreadOptions
  readonly database: MessagePort
  readonly databaseKind: Database['kind']
}

export type FromThread =
  | { readonly kind: 'started' | 'stopped' }
  | {
      readonly kind: 'log'
      readonly level: Exclude<LogLevel, 'fatal' | 'silent'>
      readonly fields: object
      readonly text: string
    }
  | { readonly kind: 'measured'; readonly task: Task['kind']; readonly seconds: number }
