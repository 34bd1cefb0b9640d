/**
 * Some windows of a multi-exponentiation by buckets. Points that share a digit are added pairwise, round by round;
 * the sum of (b + 1) * bucket b is then halved level by level: with T_j = B_2j + B_2j+1,
 *   sum b B_b = 2 sum j T_j + sum B_2j+1,
 * so that everything is batches of independent affine additions, for all windows at once.
 */
import { ADDITIONS_BYTES, Additions } from './additions.ts'
import { addJacobian, double, type Group, infinity, type Jacobian, toJacobian } from './big-curve.ts'
import { Arena, type Machine, pointBytes } from './machine.ts'
import { largestWindow, type Prepared, SCALAR_BITS, WORDS, windowAt, windowCount } from './scalars.ts'

export interface WindowsJob {
  readonly group: Group
  readonly prepared: Prepared
  /** The windows firstWindow ... lastWindow - 1. */
  readonly firstWindow: number
  readonly lastWindow: number
}

/** Windows that one job takes at most: more make better batches of the last rounds, fewer spread better. */
export const WINDOWS_PER_JOB = 5

/**
 * Bytes of working memory for any job on up to `count` points: half of them in slots, and the buckets of each window
 * three times over. The last window may have twice the buckets of the others.
 */
export function workBytes(group: Group, count: number): number {
  const slots = (count >> 1) + 2 + (WINDOWS_PER_JOB + 1) * 3 * 2 ** (largestWindow(count) - 1) + 16
  return ADDITIONS_BYTES + (slots + 2) * pointBytes(group) + 4096
}

/** sum over the windows w of 2^(windowBits (w - firstWindow)) * (sum of digit * base). */
export function sumWindows(machine: Machine, work: number, job: WindowsJob): Jacobian {
  const { group, prepared, firstWindow, lastWindow } = job
  const arena = new Arena(work)
  const additions = new Additions(machine, group, arena)
  const size = pointBytes(group)
  const slots = arena.take(((prepared.count >> 1) + 2) * size)
  const windows: Uint32Array[] = []
  for (let w = firstWindow; w < lastWindow; w++) {
    const sorted = sortByDigit(machine.words, prepared, w)
    const buckets = sumBuckets(additions, sorted, slots, size)
    const kept = arena.take(buckets.length * size)
    keep(machine, buckets, slots, kept, size)
    windows.push(buckets)
  }
  const sums = weightedSums(additions, arena, windows, size)
  return join(machine, job, sums)
}

interface Sorted {
  /** Addresses of points (lowest bit: negated) in the order of their buckets. */
  readonly order: Uint32Array
  /** Where each bucket starts; one more than there are buckets. Bucket b holds digit b + 1. */
  readonly starts: Uint32Array
}

function sortByDigit({ buffer }: Uint32Array, prepared: Prepared, w: number): Sorted {
  const { count, windowBits } = prepared
  const scalars = new Uint32Array(buffer, prepared.scalars, count * WORDS)
  const pointers = new Uint32Array(buffer, prepared.pointers, count)
  const last = w === windowCount(windowBits) - 1
  const half = last ? 0 : 1 << (windowBits - 1)
  // The last window has what bits are left, and one value more for a carry.
  const bits = last ? SCALAR_BITS - w * windowBits : windowBits - 1
  const starts = new Uint32Array(2 ** bits + 1)
  const digits = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const digit = windowAt(scalars, i * WORDS, w, windowBits) - half
    digits[i] = digit
    if (digit !== 0) starts[digit < 0 ? -digit : digit]!++
  }
  for (let b = 1; b < starts.length; b++) starts[b]! += starts[b - 1]!
  const order = new Uint32Array(starts[starts.length - 1]!)
  // Filled from the back of each bucket, which leaves starts[b] where bucket b begins.
  for (let i = 0; i < count; i++) {
    const digit = digits[i]!
    if (digit > 0) order[--starts[digit]!] = pointers[i]!
    else if (digit < 0) order[--starts[-digit]!] = pointers[i]! ^ 1
  }
  starts.copyWithin(0, 1)
  starts[starts.length - 1] = order.length
  return { order, starts }
}

/** Adds up each bucket; gives the address of each sum (a base's own where it is alone), 0 for an empty bucket. */
function sumBuckets(additions: Additions, sorted: Sorted, slots: number, size: number): Uint32Array {
  const { order, starts } = sorted
  const buckets = starts.length - 1
  const counts = new Uint32Array(buckets)
  let active: number[] = []
  for (let b = 0; b < buckets; b++) {
    counts[b] = starts[b + 1]! - starts[b]!
    if (counts[b]! > 1) active.push(b)
  }
  let fresh = slots
  while (active.length > 0) {
    const still: number[] = []
    for (const b of active) {
      const [from, count] = [starts[b]!, counts[b]!]
      const pairs = count >> 1
      for (let i = 0; i < pairs; i++) {
        const [first, second] = [order[from + 2 * i]!, order[from + 2 * i + 1]!]
        let target = first
        // Bases stay as they are: slots, which lie above all bases, are reused.
        if (first < slots) target = second < slots ? fresh : second
        if (target === fresh) fresh += size
        additions.add(first, second, target)
        order[from + i] = target
      }
      if (count % 2 === 1) order[from + pairs] = order[from + count - 1]!
      counts[b] = (count + 1) >> 1
      if (counts[b]! > 1) still.push(b)
    }
    additions.flush()
    active = still
  }
  return counts.map((count, b) => (count === 0 ? 0 : order[starts[b]!]!))
}

/** Copies the sums that lie in the slots, which the next window uses again, and renames them. */
function keep(machine: Machine, buckets: Uint32Array, slots: number, to: number, size: number): void {
  for (let b = 0; b < buckets.length; b++) {
    const from = buckets[b]!
    if (from < slots) continue
    machine.words.copyWithin((to + b * size) / 4, from / 4, (from + size) / 4)
    buckets[b] = to + b * size
  }
}

/** A point to be counted 2^bit times in the sum of a window. */
interface Weighted {
  readonly window: number
  readonly bit: number
  /** Addresses of points still to be added up. */
  items: number[]
}

/** The parts of sum (b + 1) * bucket b, for all windows. */
function weightedSums(additions: Additions, arena: Arena, windows: Uint32Array[], size: number): Weighted[] {
  const sums: Weighted[] = []
  const levels = [...windows]
  const total = windows.reduce((count, { length }) => count + length, 0)
  // A level needs half its buckets for the next level, and fewer than that for its own sum: twice all buckets.
  let next = arena.take(2 * total * size)
  const sum = (first: number, second: number) => {
    const target = next
    next += size
    additions.add(first, second, target)
    return target
  }
  for (
    let bit = 0;
    levels.some((level) => level.length > 1) || sums.some(({ items }) => items.length > 1);
    bit++
  ) {
    // These were known before this round, so they may be added in it.
    for (const entry of sums) {
      const { items } = entry
      const next: number[] = []
      for (let i = 0; i + 1 < items.length; i += 2) next.push(sum(items[i]!, items[i + 1]!))
      if (items.length % 2 === 1) next.push(items[items.length - 1]!)
      entry.items = next
    }
    levels.forEach((level, window) => {
      if (level.length === 1) return
      const odd: number[] = []
      const next = new Uint32Array(level.length / 2)
      for (let j = 0; j < next.length; j++) {
        const [first, second] = [level[2 * j]!, level[2 * j + 1]!]
        if (second !== 0) odd.push(second)
        next[j] = first === 0 ? second : second === 0 ? first : sum(first, second)
      }
      sums.push({ window, bit, items: odd })
      levels[window] = next
    })
    additions.flush()
  }
  // Bucket b counts b + 1 times: once more for each.
  levels.forEach((level, window) => {
    sums.push({ window, bit: 0, items: level[0] === 0 ? [] : [level[0]!] })
  })
  return sums
}

function join(machine: Machine, job: WindowsJob, sums: readonly Weighted[]): Jacobian {
  const { group, prepared } = job
  const byBit: Jacobian[] = []
  for (const { window, bit, items } of sums) {
    if (items.length === 0) continue
    const place = window * prepared.windowBits + bit
    const point = toJacobian(group, machine.point(group, items[0]!))
    const before = byBit[place]
    byBit[place] = before === undefined ? point : addJacobian(before, point)
  }
  let total = infinity(group)
  for (let bit = byBit.length - 1; bit >= 0; bit--) {
    total = double(total)
    const point = byBit[bit]
    if (point !== undefined) total = addJacobian(total, point)
  }
  return total
}

/** Cuts a multi-exponentiation into jobs of about equal size. */
export function windowJobs(group: Group, prepared: Prepared): WindowsJob[] {
  const count = windowCount(prepared.windowBits)
  const jobs = Math.ceil(count / WINDOWS_PER_JOB)
  return Array.from({ length: jobs }, (_, i) => ({
    group,
    prepared,
    firstWindow: Math.floor((count * i) / jobs),
    lastWindow: Math.floor((count * (i + 1)) / jobs),
  }))
}
