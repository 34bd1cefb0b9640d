/**
 * One window of a multi-exponentiation by buckets. Points that share a digit are added pairwise, round by round,
 * in affine form with one inversion per round for all pairs: about a third cheaper than adding each point to a
 * Jacobian sum. Equal and opposite points and the point at infinity occur in real keys and are told apart.
 */
import { affineBytes, type Bn128, coordinateBytes, type Group, jacobianBytes } from './bn128.ts'
import type { WindowJob } from './jobs.ts'

/** Beyond what is allocated here, for the module's batch inversion. */
const SCRATCH = 1 << 20

const ADD = 0
const DOUBLE = 1
const CANCEL = 2

/** sum(digit_i * base_i) for one window, as a Jacobian point; see WindowJob. */
export function windowSum(curve: Bn128, job: WindowJob): Uint8Array {
  return curve.scope(() => {
    const sorted = sortByDigit(job)
    const buckets = new Buckets(curve, job, sorted)
    while (buckets.addPairs()) {
      // Each round about halves the number of points.
    }
    return buckets.weightedSum()
  })
}

interface Sorted {
  /** For each place in bucket order, the index of the base; negative (bitwise not) for a negated base. */
  readonly order: Int32Array
  /** Points per bucket; bucket b holds digit b + 1. */
  readonly counts: Int32Array
}

/** Digits are what the window shows, less half the window when the digits are signed. */
function sortByDigit(job: WindowJob): Sorted {
  const { bits, firstBit, signed, bases } = job
  const size = affineBytes(job.group)
  const count = bases.length / size
  const words = new Uint32Array(job.scalars.buffer, job.scalars.byteOffset, job.scalars.length / 4)
  const baseWords = new Uint32Array(bases.buffer, bases.byteOffset, bases.length / 4)
  const offset = signed ? 1 << (bits - 1) : 0
  const counts = new Int32Array(signed ? offset : (1 << bits) - 1)
  const digits = new Int32Array(count)
  let total = 0
  for (let i = 0; i < count; i++) {
    const digit = windowAt(words, i, firstBit, bits) - offset
    if (digit === 0 || isInfinity(baseWords, (i * size) / 4, size / 4)) continue
    digits[i] = digit
    counts[Math.abs(digit) - 1]!++
    total++
  }
  const next = new Int32Array(counts.length)
  for (let b = 1; b < next.length; b++) next[b] = next[b - 1]! + counts[b - 1]!
  const order = new Int32Array(total)
  for (let i = 0; i < count; i++) {
    const digit = digits[i]!
    if (digit !== 0) order[next[Math.abs(digit) - 1]!++] = digit > 0 ? i : ~i
  }
  return { order, counts }
}

function windowAt(words: Uint32Array, i: number, firstBit: number, bits: number): number {
  const word = firstBit >>> 5
  const shift = firstBit & 31
  let value = words[i * 8 + word]! >>> shift
  if (shift + bits > 32 && word < 7) value |= words[i * 8 + word + 1]! << (32 - shift)
  return value & ((1 << bits) - 1)
}

function isInfinity(words: Uint32Array, from: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (words[from + i] !== 0) return false
  return true
}

type Field = (...parameters: number[]) => number
type FieldOperation = 'add' | 'sub' | 'mul' | 'square' | 'copy' | 'isZero' | 'batchInverse'

class Buckets {
  readonly #curve: Bn128
  readonly #group: Group
  readonly #counts: Int32Array
  readonly #size: number
  readonly #half: number
  /** Affine points in bucket order; each round packs its results at the front. */
  readonly #points: number
  readonly #denominators: number
  readonly #inverses: number
  readonly #temporary: readonly [number, number, number]
  readonly #kinds: Uint8Array
  readonly #field: Readonly<Record<FieldOperation, Field>>

  constructor(curve: Bn128, job: WindowJob, { order, counts }: Sorted) {
    this.#curve = curve
    this.#group = job.group
    this.#counts = counts
    this.#size = affineBytes(job.group)
    this.#half = coordinateBytes(job.group)
    const pairs = order.length >> 1
    this.#kinds = new Uint8Array(pairs)
    this.#denominators = curve.allocate(pairs * this.#half)
    this.#inverses = curve.allocate(pairs * this.#half)
    this.#temporary = [0, 1, 2].map(() => curve.allocate(this.#half)) as [number, number, number]
    this.#points = curve.allocate(order.length * this.#size, pairs * this.#half + SCRATCH)
    const field = job.group === 'g1' ? 'f1m' : 'f2m'
    const call = (name: string) => curve.call[`${field}_${name}`] as Field
    this.#field = {
      add: call('add'),
      sub: call('sub'),
      mul: call('mul'),
      square: call('square'),
      copy: call('copy'),
      isZero: call('isZero'),
      batchInverse: call('batchInverse'),
    }
    this.#gather(job.bases, order, call('neg'))
  }

  #gather(bases: Uint8Array, order: Int32Array, negate: Field): void {
    const bytes = this.#curve.bytes
    const size = this.#size
    for (let place = 0; place < order.length; place++) {
      const entry = order[place]!
      const base = (entry < 0 ? ~entry : entry) * size
      const at = this.#points + place * size
      bytes.set(bases.subarray(base, base + size), at)
      if (entry < 0) negate(at + this.#half, at + this.#half)
    }
  }

  /** Adds the points of each bucket in pairs; false when no bucket has two. */
  addPairs(): boolean {
    const pairs = this.#prepare()
    if (pairs === 0) return false
    const half = this.#half
    this.#field.batchInverse(this.#denominators, half, pairs, this.#inverses, half)
    const counts = this.#counts
    let pair = 0
    let from = this.#points
    let to = this.#points
    for (let b = 0; b < counts.length; b++) {
      let left = counts[b]!
      const start = to
      for (; left >= 2; left -= 2, from += 2 * this.#size) {
        if (this.#addPair(from, to, pair)) to += this.#size
        pair++
      }
      if (left === 1) {
        if (to !== from) this.#curve.bytes.copyWithin(to, from, from + this.#size)
        from += this.#size
        to += this.#size
      }
      counts[b] = (to - start) / this.#size
    }
    return true
  }

  /** The denominators of all pairs: x2 - x1, or 2 y for a doubling; zero where the pair cancels. */
  #prepare(): number {
    const { sub, add, isZero } = this.#field
    const half = this.#half
    let pair = 0
    let from = this.#points
    for (const count of this.#counts) {
      const end = from + count * this.#size
      for (; from + 2 * this.#size <= end; from += 2 * this.#size) {
        const second = from + this.#size
        const at = this.#denominators + pair * half
        sub(second, from, at)
        let kind = ADD
        if (isZero(at) !== 0) {
          // The same x: the points are equal, or opposite.
          add(from + half, second + half, at)
          kind = isZero(at) !== 0 ? CANCEL : DOUBLE
        }
        this.#kinds[pair++] = kind
      }
      from = end
    }
    return pair
  }

  /** Writes the sum of two neighbours; false when it is the point at infinity and nothing is written. */
  #addPair(from: number, to: number, pair: number): boolean {
    const kind = this.#kinds[pair]!
    if (kind === CANCEL) return false
    const { add, sub, mul, square, copy } = this.#field
    const half = this.#half
    const second = from + this.#size
    const [slope, x, y] = this.#temporary
    if (kind === DOUBLE) {
      square(from, x)
      add(x, x, slope)
      add(slope, x, slope)
    } else {
      sub(second + half, from + half, slope)
    }
    mul(slope, this.#inverses + pair * half, slope)
    square(slope, x)
    sub(x, from, x)
    sub(x, second, x)
    sub(from, x, y)
    mul(y, slope, y)
    // `to` may be `from` itself, so its y is read before anything is written.
    sub(y, from + half, to + half)
    copy(x, to)
    return true
  }

  /** sum((b + 1) * point of bucket b), by running sums from the top. */
  weightedSum(): Uint8Array {
    const curve = this.#curve
    const size = jacobianBytes(this.#group)
    const [running, total] = [curve.allocate(size), curve.allocate(size)]
    const zero = curve.call[`${this.#group}m_zero`]!
    const add = curve.call[`${this.#group}m_add`]!
    const addMixed = curve.call[`${this.#group}m_addMixed`]!
    zero(running)
    zero(total)
    const counts = this.#counts
    let at = this.#points + counts.reduce((sum, count) => sum + count, 0) * this.#size
    for (let b = counts.length - 1; b >= 0; b--) {
      if (counts[b] === 1) {
        at -= this.#size
        addMixed(running, at, running)
      }
      add(total, running, total)
    }
    return curve.read(total, size)
  }
}
