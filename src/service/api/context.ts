import type { PassArtifacts } from '../../prover/book-pass/request.ts'
import type { MatrixPool } from '../../prover/matrix-pool.ts'
import type { SignInTerms } from '../auth/sign-in.ts'
import type { FeedWatcher } from '../chain/feed.ts'
import type { ConsoleFiles } from '../console-files.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Queue } from '../queue/queue.ts'
import type { BookStore, LeafTrees } from '../venue.ts'
import type { BookReader } from '../work/book-reader.ts'
import type { JobWatcher } from '../work/watcher.ts'
import type { RouteMaker } from './route.ts'

/** What the routes have at hand. */
export interface ApiContext {
  readonly route: RouteMaker
  readonly store: BookStore
  readonly queue: Queue
  readonly pool: MatrixPool
  readonly reader: BookReader
  readonly artifacts: PassArtifacts
  readonly trees: LeafTrees
  readonly watcher: JobWatcher
  readonly feed: FeedWatcher
  readonly metrics: Metrics
  readonly log: Logger
  /** undefined: this service has no console. */
  readonly console: ConsoleFiles | undefined
  /** The chain that proofs and sign-ins are for. */
  readonly chainId: number
  readonly signInTerms: () => SignInTerms
  readonly limits: ApiLimits
  /** Undefined: no sample venue runs here. */
  readonly sample: SampleControl | undefined
}

/** What an operator may ask of a sample venue (src/live). */
export interface SampleControl {
  /** The next round is the first of a crash. */
  crash(): void
}

export interface ApiLimits {
  readonly maxAccounts: number
  /** Bytes of a market or a book. */
  readonly largeBody: number
  readonly sessionSeconds: number
  /** Streams of server-sent events at a time, of each kind. */
  readonly streams: number
  /** Of what happens, to one address. */
  readonly streamsPerAddress: number
}
