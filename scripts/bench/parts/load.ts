import { deployService } from '../../service/deployment.ts'
import type { Percentiles } from '../../service/latency.ts'
import { type LoadResult, runLoad, WRITES } from '../../service/load.ts'
import { rounded } from '../measure.ts'
import { atMost, type BenchPart, type Json, type Row, type Say, showCount, showSeconds } from '../part.ts'

const READERS = 200
const WRITERS = 20
const SECONDS = 60
const ACCOUNTS = 2_000
/** A reader asks about twice a second. */
const PAUSE_MS = 1_000
const DATABASES = { embedded: 'PGlite', postgres: 'PostgreSQL' } as const

/** A service as it is deployed, its proofs made beside it on the same machine. */
export const loadPart: BenchPart = {
  name: 'load',
  summary: `${READERS} readers and ${WRITERS} writers for ${SECONDS} s at a service, on PGlite and on PostgreSQL`,
  async run(_options, say) {
    const embedded = await measure('embedded', say)
    const postgres = await measure('postgres', say)
    return {
      figures: {
        readers: READERS,
        writers: WRITERS,
        seconds: SECONDS,
        accounts: ACCOUNTS,
        embedded: embedded?.figures ?? null,
        postgres: postgres?.figures ?? null,
      },
      rows: [
        ...(embedded?.rows ?? []),
        ...(postgres?.rows ?? [
          { measure: 'load on PostgreSQL', figure: 'not measured: no server runs here' },
        ]),
      ],
    }
  },
}

async function measure(database: keyof typeof DATABASES, say: Say) {
  const deployed = await deployService({ database, instance: 'margin-16', workers: 1 })
  if (deployed === undefined) return undefined
  try {
    const { serve, venueToken } = deployed
    const plan = {
      url: serve.url,
      venueToken,
      readers: READERS,
      writers: WRITERS,
      seconds: SECONDS,
      accounts: ACCOUNTS,
      pauseMs: PAUSE_MS,
    }
    const result = await runLoad(plan, (state) => say(`${DATABASES[database]}: ${state}`))
    for (const [message, count] of result.latencies.errors) say(`${count} x ${message}`)
    for (const lost of result.lost) say(`lost: ${lost}`)
    return { figures: figuresOf(result), rows: rowsOf(DATABASES[database], result) }
  } finally {
    await deployed.close()
  }
}

const writes = new Set<string>(WRITES)
const readsOf = ({ latencies }: LoadResult) => {
  const kinds = Object.keys(latencies.byKind())
  return latencies.percentiles(kinds.filter((kind) => kind.startsWith('GET')))
}
const writesOf = ({ latencies }: LoadResult) => latencies.percentiles([...writes])

function rowsOf(name: string, result: LoadResult): Row[] {
  const { latencies, lost, accepted, seconds } = result
  const [reads, wrote] = [readsOf(result), writesOf(result)]
  const times = ({ p50, p95, p99, max }: Percentiles) =>
    [p50, p95, p99, max].map((ms) => showSeconds(ms / 1_000)).join(' / ')
  return [
    {
      measure: `${READERS} readers, ${WRITERS} writers, ${name}: requests a second`,
      figure: showCount(Math.round((reads.count + wrote.count) / seconds)),
    },
    { measure: 'reading, p50 / p95 / p99 / most', figure: times(reads) },
    { measure: 'writing, the same', figure: times(wrote) },
    atMost('errors', latencies.errorCount, 0, showCount),
    atMost(`orders lost, of ${accepted}`, lost.length, 0, showCount),
  ]
}

function figuresOf(result: LoadResult): { readonly [key: string]: Json } {
  const { latencies, seconds, accepted, succeeded, cancelled, lost, drainSeconds } = result
  const plain = ({ count, ...times }: Percentiles) => ({
    count,
    ...Object.fromEntries(Object.entries(times).map(([name, ms]) => [`${name}Ms`, rounded(ms)])),
  })
  return {
    requestsPerSecond: rounded((readsOf(result).count + writesOf(result).count) / seconds),
    errors: latencies.errorCount,
    accepted,
    succeeded,
    cancelled,
    lost: lost.length,
    drainSeconds: rounded(drainSeconds),
    reading: plain(readsOf(result)),
    writing: plain(writesOf(result)),
    byKind: Object.fromEntries(Object.entries(latencies.byKind()).map(([kind, each]) => [kind, plain(each)])),
  }
}
