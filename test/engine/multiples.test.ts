import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { negate } from '../../src/prover/engine/generator-table.ts'
import { EngineError, GeneratorMultiples } from '../../src/prover/engine/index.ts'
import { BASE_MODULUS, SCALAR_MODULUS } from '../../src/prover/engine/wasm/layout.ts'
import { Point } from '../../src/prover/points.ts'
import { Random } from './support.ts'

const r = SCALAR_MODULUS
const GROUPS = [
  ['g1', 16],
  ['g2', 32],
] as const

/** Zero (infinity), ends of the field, ends of its halves, and both sides of every power of two. */
function specialScalars(): bigint[] {
  const powers = Array.from({ length: 253 }, (_, i) => 1n << BigInt(i + 1))
  const ends = [0n, 1n, r - 1n, r - 2n, (r - 1n) / 2n, (r + 1n) / 2n, (r - 3n) / 2n]
  return [...ends, ...powers, ...powers.map((power) => power - 1n), ...powers.map((power) => r - power)]
}

function shared(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * length))
}

function wordsOf(scalars: readonly bigint[]): Uint32Array {
  const words = shared(8 * scalars.length)
  scalars.forEach((scalar, i) => {
    for (let j = 0; j < 8; j++) words[8 * i + j] = Number((scalar >> BigInt(32 * j)) & 0xffffffffn)
  })
  return words
}

async function expectMultiples(
  multiples: GeneratorMultiples,
  scalars: readonly bigint[],
  known: (group: 'g1' | 'g2', scalar: bigint) => Uint8Array = (group, scalar) =>
    Point.generator(group).times(scalar).toAffine(),
): Promise<void> {
  for (const [group, perPoint] of GROUPS) {
    const points = shared(perPoint * scalars.length).fill(0xdeadbeef)
    let done = 0
    await multiples.multiply(group, wordsOf(scalars), points, (count) => {
      done += count
    })
    expect(done).toBe(scalars.length)
    scalars.forEach((scalar, i) => {
      const bytes = new Uint8Array(points.slice(i * perPoint, (i + 1) * perPoint).buffer)
      expect(bytes, `${group} ${scalar}`).toEqual(known(group, scalar))
    })
  }
}

// Products that are expected decide the window: 3 to 15 bits. 11 divides the 253 bits of a halved scalar.
describe.each([
  { threads: 0, counts: { g1: 1, g2: 1 } },
  { threads: 0, counts: { g1: 400, g2: 20 } },
  { threads: 0, counts: { g1: 6_000, g2: 9_000 } },
  { threads: 2, counts: { g1: 40_000, g2: 20_000 } },
  { threads: 2, counts: { g1: 2_000_000, g2: 2_000_000 } },
  { threads: 0, counts: { g1: 1, g2: 500 }, checked: true },
])('multiples of the generators with %o', (options) => {
  let multiples: GeneratorMultiples
  beforeAll(async () => {
    multiples = await GeneratorMultiples.create(options)
  })
  afterAll(() => multiples.close())

  it('agree with wasmcurves, zero and the ends of the field included', async () => {
    const random = new Random(99n)
    const all = [...specialScalars(), ...Array.from({ length: 200 }, () => random.below(r))]
    await expectMultiples(multiples, options.checked ? all.filter((_, i) => i % 8 === 0 || i < 8) : all)
  })

  it('are nothing for no scalars', async () => {
    await multiples.multiply('g1', shared(0), shared(0))
  })
})

describe('many at once', () => {
  it('keep their places over several jobs', async () => {
    const multiples = await GeneratorMultiples.create({ threads: 2, counts: { g1: 5_000, g2: 5_000 } })
    const cache = new Map<string, Uint8Array>()
    const known = (group: 'g1' | 'g2', scalar: bigint) => {
      const name = `${group}${scalar}`
      const point = cache.get(name) ?? Point.generator(group).times(scalar).toAffine()
      cache.set(name, point)
      return point
    }
    await expectMultiples(
      multiples,
      Array.from({ length: 9_001 }, (_, i) => BigInt(i % 31) * (r / 31n)),
      known,
    )
    await multiples.close()
  })

  it('fail when the threads are closed', async () => {
    const multiples = await GeneratorMultiples.create({ threads: 1, counts: { g1: 10, g2: 10 } })
    await multiples.close()
    await expect(multiples.multiply('g1', wordsOf([1n]), shared(16))).rejects.toThrow(EngineError)
  })
})

describe('the negative of a coordinate', () => {
  it('is canonical, that of zero too', () => {
    for (const [value, negative] of [
      [0n, 0n],
      [1n, BASE_MODULUS - 1n],
      [BASE_MODULUS - 1n, 1n],
    ] as const) {
      const words = wordsOf([value])
      negate(words, 0)
      expect(words).toEqual(wordsOf([negative]))
    }
  })
})
