import { describe, expect, it } from 'vitest'
import {
  type Affine,
  addJacobian,
  type Group,
  infinity,
  isOnCurve,
  type Jacobian,
  negate,
  shift,
  toAffine,
} from '../../src/prover/engine/big-curve.ts'
import { pointOf } from '../../src/prover/engine/containers.ts'
import { CONVERT_BYTES, convertPoints } from '../../src/prover/engine/convert.ts'
import { type Machine, pointBytes } from '../../src/prover/engine/machine.ts'
import { sumWindows, windowJobs, workBytes } from '../../src/prover/engine/msm.ts'
import { prepare, preparedBytes } from '../../src/prover/engine/scalars.ts'
import { FQ, fromLimbs, limbsOf, SCALAR_MODULUS } from '../../src/prover/engine/wasm/layout.ts'
import { Point } from '../../src/prover/points.ts'
import { openBench, Random } from './support.ts'

const r = SCALAR_MODULUS

interface Setting {
  readonly machine: Machine
  readonly group: Group
  readonly bases: number
  readonly prepared: number
  readonly work: number
  /** Points of the pool with their logarithms, as addresses of engine points. */
  readonly pool: readonly { readonly log: bigint; readonly address: number }[]
}

const POOL_LOGS = [
  0n,
  1n,
  r - 1n,
  2n,
  r - 2n,
  3n,
  5n,
  7n,
  1n << 100n,
  r - (1n << 100n),
  12345678901234567890n,
]

async function openSetting(group: Group, checked: boolean, capacity: number): Promise<Setting> {
  const { machine, arena } = await openBench(checked, 32)
  const size = pointBytes(group)
  const poolAt = arena.take(POOL_LOGS.length * size)
  const bases = arena.take(capacity * size)
  const [scratch, prepared] = [arena.take(CONVERT_BYTES), arena.take(preparedBytes(capacity))]
  const work = arena.take(workBytes(group, capacity))
  const files = POOL_LOGS.map((log) => Point.generator(group).times(log).toAffine())
  const words = new Uint32Array(new Uint8Array(files.flatMap((bytes) => [...bytes])).buffer)
  convertPoints(machine, group, words, Uint32Array.from(POOL_LOGS.keys()), poolAt, scratch)
  const pool = POOL_LOGS.map((log, i) => ({ log, address: poolAt + i * size }))
  return { machine, group, bases, prepared, work, pool }
}

interface Term {
  readonly entry: Setting['pool'][number]
  readonly scalar: bigint
}

function multiexp(setting: Setting, terms: readonly Term[]): Affine {
  const { machine, group, bases, prepared, work } = setting
  const size = pointBytes(group)
  terms.forEach(({ entry }, i) => {
    machine.bytes.copyWithin(bases + i * size, entry.address, entry.address + size)
  })
  const words = Uint32Array.from(
    terms.flatMap(({ scalar }) =>
      Array.from({ length: 8 }, (_, i) => Number((scalar >> BigInt(32 * i)) & 0xffffffffn)),
    ),
  )
  const form = prepare(machine.words, prepared, [
    { words, count: terms.length, base: bases, baseBytes: size },
  ])
  const jobs = windowJobs(group, form)
  return toAffine(
    jobs.reduceRight<Jacobian>((total, job) => {
      const bits = (job.lastWindow - job.firstWindow) * form.windowBits
      return addJacobian(shift(total, bits), sumWindows(machine, work, job))
    }, infinity(group)),
  )
}

function expected(group: Group, terms: readonly Term[]): Affine {
  const log = terms.reduce((sum, { entry, scalar }) => (sum + entry.log * scalar) % r, 0n)
  return pointOf(group, Point.generator(group).times(log).toAffine())
}

const SCALARS = [0n, 1n, 2n, 3n, r - 1n, r - 2n, (r - 1n) / 2n, (r + 1n) / 2n, 1n << 252n, (1n << 128n) - 1n]

const KINDS: Record<string, (random: Random) => bigint> = {
  random: (random) => random.below(r),
  special: (random) => random.pick(SCALARS),
  bits: (random) => BigInt(random.index(2)),
  small: (random) => random.below(1n << 40n),
  'small and negative': (random) => (random.index(2) === 0 ? random.below(99n) : r - 1n - random.below(99n)),
  'all equal': () => 0x1234_5678_9abc_def0_1122_3344n,
  'all of the modulus less one': () => r - 1n,
}

for (const [group, checked, rounds] of [
  ['g1', false, 200],
  ['g2', false, 60],
  ['g1', true, 20],
  ['g2', true, 8],
] as const) {
  describe(`multi-exponentiation in ${group}, ${checked ? 'checked' : 'fast'} build`, async () => {
    const setting = await openSetting(group, checked, 600)
    for (const [name, scalar] of Object.entries(KINDS)) {
      it(`${rounds} times with few points, equal, opposite and infinite among them: ${name}`, () => {
        const random = new Random(BigInt(name.length) + 77n)
        for (let round = 0; round < rounds; round++) {
          const count = random.pick([0, 1, 2, 3, 5, 16, 33])
          const terms = Array.from({ length: count }, () => ({
            entry: random.pick(setting.pool),
            scalar: scalar(random),
          }))
          expect(multiexp(setting, terms)).toEqual(expected(group, terms))
        }
      })
    }

    it('with 600 points, where batches are long', () => {
      const random = new Random(5n)
      for (const kind of ['random', 'special', 'all equal']) {
        const terms = Array.from({ length: 600 }, () => ({
          entry: random.pick(setting.pool),
          scalar: KINDS[kind]!(random),
        }))
        expect(multiexp(setting, terms)).toEqual(expected(group, terms))
      }
    })

    it('with one point many times over', () => {
      for (const entry of setting.pool.slice(0, 3)) {
        const terms = Array.from({ length: 100 }, () => ({ entry, scalar: 6n }))
        expect(multiexp(setting, terms)).toEqual(expected(group, terms))
      }
    })
  })
}

describe('points that differ only in representation', () => {
  it('are told equal, or opposite, by their canonical form', async () => {
    const setting = await openSetting('g1', true, 8)
    const { machine } = setting
    const point = setting.pool[5]!
    const twin = { log: point.log, address: setting.pool[9]!.address }
    // The same point with every coordinate p higher, as lazy reduction leaves them.
    for (let coordinate = 0; coordinate < 2; coordinate++) {
      const from = (point.address + coordinate * 48) / 4
      const value = fromLimbs(machine.words.subarray(from, from + 9))
      machine.words.set(limbsOf((value % FQ.p) + FQ.p), twin.address / 4 + coordinate * 12)
    }
    for (const scalars of [
      [1n, 1n],
      [1n, r - 1n],
      [5n, 5n],
      [r - 3n, 3n],
    ]) {
      const terms = [point, twin].map((entry, i) => ({ entry, scalar: scalars[i]! }))
      expect(multiexp(setting, terms)).toEqual(expected('g1', terms))
    }
  })
})

describe('the curve in bigints', () => {
  it('agrees with wasmcurves on multiples', () => {
    for (const group of ['g1', 'g2'] as const) {
      const point = pointOf(group, Point.generator(group).times(999n).toAffine())
      expect(isOnCurve(point)).toBe(true)
      expect(isOnCurve(point && { x: point.y, y: point.x })).toBe(false)
      expect(negate(point)).toEqual(
        pointOf(
          group,
          Point.generator(group)
            .times(r - 999n)
            .toAffine(),
        ),
      )
    }
  })
})
