/** Times of work. On a busy machine the median of alternating runs says more than any single one. */

export interface Timed<T> {
  readonly value: T
  readonly seconds: number
  /** Processor time of all threads of this process: on a busy machine nearer the truth than the clock. */
  readonly cpuSeconds: number
}

export async function timed<T>(work: () => T | Promise<T>): Promise<Timed<T>> {
  const cpuBefore = process.cpuUsage()
  const started = performance.now()
  const value = await work()
  const seconds = (performance.now() - started) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { value, seconds, cpuSeconds: (user + system) / 1e6 }
}

/** Median clock and processor time, each by itself. */
export function medianTimes(runs: readonly Omit<Timed<unknown>, 'value'>[]): Omit<Timed<unknown>, 'value'> {
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
  }
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values to take the median of')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Seconds to a tenth of a millisecond: more digits are noise. */
export function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

const SAMPLE_MS = 20

/** The most resident memory of this process, threads included, seen while the work went on; MiB. */
export async function peakMemoryMib(work: () => Promise<unknown>): Promise<number> {
  let peak = process.memoryUsage.rss()
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const looking = setInterval(look, SAMPLE_MS)
  try {
    await work()
  } finally {
    clearInterval(looking)
    look()
  }
  return Math.round(peak / 2 ** 20)
}
