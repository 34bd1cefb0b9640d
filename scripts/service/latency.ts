/** Times of requests by kind, and what went wrong. */
export interface Percentiles {
  readonly count: number
  /** Milliseconds. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export class Latencies {
  readonly #times = new Map<string, number[]>()
  /** Messages of what failed, each once, and how often. */
  readonly errors = new Map<string, number>()

  /** Times one request. What it throws is counted and gives undefined: a client goes on. */
  async of<T>(kind: string, work: () => Promise<T>): Promise<T | undefined> {
    const started = performance.now()
    try {
      const value = await work()
      const times = this.#times.get(kind) ?? []
      times.push(performance.now() - started)
      this.#times.set(kind, times)
      return value
    } catch (error) {
      const message = `${kind}: ${error instanceof Error ? error.message : String(error)}`
      this.errors.set(message, (this.errors.get(message) ?? 0) + 1)
      return undefined
    }
  }

  get errorCount(): number {
    return [...this.errors.values()].reduce((sum, count) => sum + count, 0)
  }

  /** @param kinds all of them together unless given */
  percentiles(kinds: readonly string[] = [...this.#times.keys()]): Percentiles {
    const sorted = kinds.flatMap((kind) => this.#times.get(kind) ?? []).sort((a, b) => a - b)
    const at = (share: number) =>
      sorted.length === 0
        ? Number.NaN
        : sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
    return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
  }

  byKind(): Record<string, Percentiles> {
    const kinds = [...this.#times.keys()].sort()
    return Object.fromEntries(kinds.map((kind) => [kind, this.percentiles([kind])]))
  }
}
