/**
 * Multiples of a group's generator. A table holds, for every window of a scalar, the multiples of the generator times
 * the window's weight; with signed digits a product is then one addition per window, and the additions of many
 * products are independent: batches with one inversion each.
 */
import { ADDITIONS_BYTES, Additions } from './additions.ts'
import { type Affine, type Group, type Jacobian, shift, toAffine, toJacobian } from './big-curve.ts'
import { Arena, degree, type Machine, packLimbs, pointBytes } from './machine.ts'
import { addHalves, copyHalved, SCALAR_BITS, WORDS, windowAt, windowCount } from './scalars.ts'
import { BASE_MODULUS, ELEMENT_BYTES, FIRST_FREE_ADDRESS, LIMBS, limbsOf, PAIR_BYTES } from './wasm/layout.ts'

const GENERATORS: Readonly<Record<Group, Affine>> = {
  g1: { x: [1n], y: [2n] },
  g2: {
    x: [
      10857046999023057135944570762232829481370756359578518086990519993285655852781n,
      11559732032986387107991004021392285783925812861821192530917403151452391805634n,
    ],
    y: [
      8495653923123431417604973247489272438418190587263600148770280649306958101930n,
      4082367875863433681332203403145435568316851327593401208105741076214120093531n,
    ],
  },
}

/** The table of one group. */
export interface TableLayout {
  readonly windowBits: number
  /** Address of each window's row: entry d - 1 is d times the generator times 2^(windowBits * window). */
  readonly rows: readonly number[]
}

/** Memory with the tables of both groups. Plain data: it goes to the worker threads as it is. */
export interface TablesLayout {
  readonly tables: Readonly<Record<Group, TableLayout>>
  /** Working memory per thread. */
  readonly work: readonly number[]
  readonly byteLength: number
}

export type TableJob =
  /** Fills the rows firstWindow ... lastWindow - 1. */
  | {
      readonly kind: 'table'
      readonly group: Group
      readonly firstWindow: number
      readonly lastWindow: number
    }
  /** Scalars below the modulus, 8 words each, to affine points in snarkjs' form; as many as MULTIPLES_PER_JOB. */
  | {
      readonly kind: 'multiples'
      readonly group: Group
      readonly scalars: Uint32Array
      readonly points: Uint32Array
    }

export const MULTIPLES_PER_JOB = 4096

/** Larger rows no longer fit a processor's second-level cache. */
const MAXIMUM_BITS: Readonly<Record<Group, number>> = { g1: 15, g2: 14 }

/** The last window's digits are what bits are left, unsigned, and one value more for a carry. */
function rowEntries(windowBits: number, window: number): number {
  const last = window === windowCount(windowBits) - 1
  return 2 ** (last ? SCALAR_BITS - window * windowBits : windowBits - 1)
}

/** Additions for a table and for `count` products with it. */
function cost(windowBits: number, count: number): number {
  return windowCount(windowBits) * (count + 2 ** (windowBits - 1))
}

function bestWindow(group: Group, count: number): number {
  let best = 2
  for (let bits = 3; bits <= MAXIMUM_BITS[group]; bits++)
    if (cost(bits, count) < cost(best, count)) best = bits
  return best
}

/** @param counts products that are expected in each group */
export function layOutTables(counts: Readonly<Record<Group, number>>, threads: number): TablesLayout {
  const arena = new Arena(FIRST_FREE_ADDRESS)
  const table = (group: Group): TableLayout => {
    const windowBits = bestWindow(group, counts[group])
    const rows = Array.from({ length: windowCount(windowBits) }, (_, window) =>
      arena.take(rowEntries(windowBits, window) * pointBytes(group)),
    )
    return { windowBits, rows }
  }
  const tables = { g1: table('g1'), g2: table('g2') }
  const need = ADDITIONS_BYTES + MULTIPLES_PER_JOB * pointBytes('g2') + 2 * PAIR_BYTES + 128
  const work = Array.from({ length: threads }, () => arena.take(need))
  return { tables, work, byteLength: arena.next }
}

/** @param work this thread's working memory */
export function runTableJob(machine: Machine, layout: TablesLayout, work: number, job: TableJob): undefined {
  const table = layout.tables[job.group]
  if (job.kind === 'table') fillRows(machine, table, work, job)
  else multiples(machine, table, work, job)
  return undefined
}

function fillRows(
  machine: Machine,
  { windowBits, rows }: TableLayout,
  work: number,
  { group, firstWindow, lastWindow }: TableJob & { kind: 'table' },
): void {
  const additions = new Additions(machine, group, new Arena(work))
  const size = pointBytes(group)
  let weighted: Jacobian = shift(toJacobian(group, GENERATORS[group]), firstWindow * windowBits)
  for (let window = firstWindow; window < lastWindow; window++) {
    machine.setPoint(group, rows[window]!, toAffine(weighted))
    weighted = shift(weighted, windowBits)
  }
  // From the multiples up to `known` to those up to twice as many, in all rows at once.
  for (let known = 1; known < 2 ** windowBits; known *= 2) {
    for (let window = firstWindow; window < lastWindow; window++) {
      if (known >= rowEntries(windowBits, window)) continue
      const entry = (multiple: number) => rows[window]! + (multiple - 1) * size
      for (let i = 1; i <= known; i++) additions.add(entry(known), entry(i), entry(known + i))
    }
    additions.flush()
  }
}

function multiples(
  machine: Machine,
  { windowBits, rows }: TableLayout,
  work: number,
  { group, scalars, points }: TableJob & { kind: 'multiples' },
): void {
  const count = scalars.length / WORDS
  const size = pointBytes(group)
  const arena = new Arena(work)
  const additions = new Additions(machine, group, arena)
  const slots = arena.take(count * size)
  const halved = new Uint32Array(scalars.length)
  const signs = Uint8Array.from({ length: count }, (_, i) =>
    copyHalved(scalars, i * WORDS, halved, i * WORDS),
  )
  addHalves(halved, 0, count, windowBits)
  // The address of each sum so far, lowest bit set for its negative; 0 while it is infinity.
  const sums = new Uint32Array(count)
  rows.forEach((row, window) => {
    const half = window === rows.length - 1 ? 0 : 1 << (windowBits - 1)
    for (let i = 0; i < count; i++) {
      const digit = windowAt(halved, i * WORDS, window, windowBits) - half
      if (digit === 0) continue
      const negative = (digit < 0 ? 1 : 0) ^ signs[i]!
      const entry = row + (Math.abs(digit) - 1) * size + negative
      if (sums[i] === 0) {
        sums[i] = entry
        continue
      }
      additions.add(sums[i]!, entry, slots + i * size)
      sums[i] = slots + i * size
    }
    additions.flush()
  })
  const scratch = arena.take(2 * PAIR_BYTES)
  toSnarkjs(machine, group, sums, points, scratch)
}

/** Points at addresses into snarkjs' form: canonical x * 2^256, 32 bytes per element, zeros for infinity. */
function toSnarkjs(
  machine: Machine,
  group: Group,
  sources: Uint32Array,
  points: Uint32Array,
  scratch: number,
): void {
  const elements = 2 * degree(group)
  const [pair, factor] = [scratch, scratch + PAIR_BYTES]
  const { words, call } = machine
  // A product divides by 2^261, so this leaves x * 2^256 of x * 2^261.
  const power = limbsOf((1n << 256n) % BASE_MODULUS)
  machine.setLane(factor, 0, power)
  machine.setLane(factor, 1, power)
  points.fill(0)
  sources.forEach((source, i) => {
    if (source === 0) return
    const negative = source & 1
    for (let element = 0; element < elements; element += 2) {
      for (let lane = 0; lane < 2; lane++) {
        const from = (source - negative + (element + lane) * ELEMENT_BYTES) / 4
        for (let limb = 0; limb < LIMBS; limb++) words[pair / 4 + 2 * limb + lane] = words[from + limb]!
      }
      call.fqMul(pair, pair, factor)
      for (let lane = 0; lane < 2; lane++) {
        const to = (i * elements + element + lane) * WORDS
        packLimbs(words, pair / 4 + lane, 2, points, to)
        reduceOnce(points, to)
        if (negative === 1 && element + lane >= elements / 2) negate(points, to)
      }
    }
  })
}

const MODULUS_WORDS = Uint32Array.from({ length: WORDS }, (_, i) =>
  Number((BASE_MODULUS >> BigInt(32 * i)) & 0xffffffffn),
)

/** A value below twice the modulus becomes canonical. */
function reduceOnce(words: Uint32Array, at: number): void {
  for (let i = WORDS - 1; i >= 0; i--) {
    if (words[at + i] === MODULUS_WORDS[i]) continue
    if (words[at + i]! < MODULUS_WORDS[i]!) return
    break
  }
  subtract(words, words, at, MODULUS_WORDS, 0, at)
}

/** The modulus less a canonical value; zero stays. */
export function negate(words: Uint32Array, at: number): void {
  let bits = 0
  for (let i = 0; i < WORDS; i++) bits |= words[at + i]!
  if (bits !== 0) subtract(words, MODULUS_WORDS, 0, words, at, at)
}

function subtract(
  out: Uint32Array,
  a: Uint32Array,
  aAt: number,
  b: Uint32Array,
  bAt: number,
  at: number,
): void {
  let borrow = 0
  for (let i = 0; i < WORDS; i++) {
    const difference = a[aAt + i]! - b[bAt + i]! - borrow
    out[at + i] = difference
    borrow = difference < 0 ? 1 : 0
  }
}
