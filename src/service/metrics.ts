/** Measurements for Prometheus. Labels are names of routes, roles and statuses: never an id, an account or an address. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { FollowerMeter } from './chain/follower.ts'
import type { Queue } from './queue/queue.ts'
import type { Database } from './storage/database.ts'

export class Metrics {
  readonly #registry = new Registry()
  readonly requests = new Counter({
    name: 'tacit_http_requests_total',
    help: 'Requests by route, method and status',
    labelNames: ['route', 'method', 'status'] as const,
    registers: [this.#registry],
  })
  readonly seconds = new Histogram({
    name: 'tacit_http_request_seconds',
    help: 'Time to answer',
    labelNames: ['route'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.#registry],
  })
  readonly tasks = new Histogram({
    name: 'tacit_task_seconds',
    help: "Time of this process' tasks, by kind",
    labelNames: ['kind'] as const,
    buckets: [0.1, 0.5, 1, 2, 5, 15, 60],
    registers: [this.#registry],
  })

  /** Of the follower: where it stands, and what went wrong. */
  readonly follower: FollowerMeter

  constructor(database: Database, queue: Queue) {
    collectDefaultMetrics({ register: this.#registry, prefix: 'tacit_' })
    const registers = [this.#registry]
    this.follower = followerMeter(this.#registry)
    new Gauge({
      name: 'tacit_jobs',
      help: 'Jobs by kind and status',
      labelNames: ['kind', 'status'] as const,
      registers,
      async collect() {
        const rows = await database.query<{ kind: string; status: string; count: number }>(
          'select kind, status, count(*)::int as count from jobs group by kind, status',
        )
        this.reset()
        for (const { kind, status, count } of rows) this.set({ kind, status }, count)
      },
    })
    new Gauge({
      name: 'tacit_tasks',
      help: 'Tasks that wait and tasks that workers hold',
      labelNames: ['state'] as const,
      registers,
      async collect() {
        const { waiting, held } = await queue.depth()
        this.set({ state: 'waiting' }, waiting)
        this.set({ state: 'held' }, held)
      },
    })
    new Gauge({
      name: 'tacit_workers',
      help: 'Workers heard of in the last minute',
      registers,
      async collect() {
        const rows = await database.query<{ count: number }>(
          `select count(*)::int as count from workers where seen_at > now() - interval '1 minute'`,
        )
        this.set(rows[0]!.count)
      },
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}

function followerMeter(registry: Registry): FollowerMeter {
  const registers = [registry]
  const block = new Gauge({ name: 'tacit_chain_block', help: 'Last block that was read', registers })
  const lag = new Gauge({
    name: 'tacit_chain_lag_blocks',
    help: 'Blocks that the chain has and the service has not read',
    registers,
  })
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const reorganisations = counter(
    'tacit_chain_reorganisations_total',
    'Times that read blocks were abandoned',
  )
  const restarts = counter('tacit_chain_restarts_total', 'Times that another chain was found and read anew')
  const failures = counter('tacit_chain_failures_total', 'Readings of the chain that failed')
  return {
    position: (read, head) => {
      block.set(read)
      lag.set(Math.max(0, head - read))
    },
    reorganised: () => reorganisations.inc(),
    restarted: () => restarts.inc(),
    failed: () => failures.inc(),
  }
}
