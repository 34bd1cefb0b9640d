import { describe, expect, it } from 'vitest'
import bn128 from 'wasmcurves/build/bn128_wasm.js'
import {
  ELEMENT_BYTES,
  type FieldLayout,
  FQ,
  FR,
  fromLimbs,
  LIMBS,
  limbsOf,
  R,
} from '../../src/prover/engine/wasm/layout.ts'
import { type Bench, inverse, openBench, Random } from './support.ts'

const MASK = 2 ** 29 - 1

/** The same value with limbs up to 2^29 + 6: one unit of a limb is 2^29 of the limb below. */
function loosen(limbs: readonly number[], random: Random): number[] {
  const loose = [...limbs]
  for (let i = 1; i < LIMBS; i++) {
    if (loose[i]! > 0 && loose[i - 1]! <= 6 && random.index(2) === 0) {
      loose[i]!--
      loose[i - 1]! += 2 ** 29
    }
  }
  return loose
}

/** Values whose limbs are all extreme: zero, all ones, and just above 2^29. */
function extremes(p: bigint): number[][] {
  const top = Number((8n * p) >> 232n) - 1
  return [0, 1, MASK - 1, MASK, MASK + 1, MASK + 7].map((limb) => [...new Array<number>(8).fill(limb), top])
}

function operand(p: bigint, random: Random): number[] {
  const special = [
    0n,
    1n,
    2n,
    p - 1n,
    p,
    p + 1n,
    2n * p - 1n,
    5n * p,
    6n * p - 1n,
    R % p,
    p - (R % p),
    1n << 253n,
  ]
  const kind = random.index(4)
  if (kind === 0) return limbsOf(random.pick(special))
  if (kind === 1) return random.pick(extremes(p))
  const value = random.below(8n * p)
  // Runs of zero limbs let the loosened form differ.
  return loosen(limbsOf(kind === 2 ? value : (value >> 116n) << 116n), random)
}

interface Operations {
  readonly mul: (out: number, a: number, b: number) => void
  readonly square?: (out: number, a: number) => void
  readonly mulAdd?: (out: number, a: number, b: number, c: number, d: number) => void
  readonly mulElement?: (out: number, a: number, b: number) => void
}

/** Both lanes of every operation against bigint; results must be below 2p with tight limbs. */
function compare(
  { machine, arena }: Bench,
  field: FieldLayout,
  call: Operations,
  rounds: number,
  seed: bigint,
) {
  const { p } = field
  const random = new Random(seed)
  const unit = inverse(R, p)
  const [out, a, b, c, d] = Array.from({ length: 5 }, () => arena.pairs(1)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const element = arena.elements(1)
  const values = new Map<number, [bigint, bigint]>()
  const fill = (pair: number) => {
    const lanes = [operand(p, random), operand(p, random)] as const
    machine.setLane(pair, 0, lanes[0])
    machine.setLane(pair, 1, lanes[1])
    values.set(pair, [fromLimbs(lanes[0]), fromLimbs(lanes[1])])
  }
  const check = (expected: (lane: 0 | 1) => bigint) => {
    for (const lane of [0, 1] as const) {
      const result = machine.lane(out, lane)
      if (result % p !== (((expected(lane) * unit) % p) + p) % p || result >= 2n * p) {
        expect.fail(`lane ${lane} of ${[...values].join(' ')} is ${result}`)
      }
    }
  }
  const value = (pair: number, lane: 0 | 1) => values.get(pair)![lane]
  for (let round = 0; round < rounds; round++) {
    for (const pair of [a, b, c, d]) fill(pair)
    call.mul(out, a, b)
    check((lane) => value(a, lane) * value(b, lane))
    if (call.square !== undefined) {
      call.square(out, c)
      check((lane) => value(c, lane) ** 2n)
    }
    if (call.mulAdd !== undefined) {
      call.mulAdd(out, a, b, c, d)
      check((lane) => value(a, lane) * value(b, lane) + value(c, lane) * value(d, lane))
    }
    if (call.mulElement !== undefined) {
      machine.words.set(limbsOf(value(b, 0)), element / 4)
      call.mulElement(out, a, element)
      check((lane) => value(a, lane) * value(b, 0))
    }
  }
}

describe.each([
  ['the fast build', false, 12_000],
  ['the checked build', true, 3_000],
])('field arithmetic in %s', (_, checked, rounds) => {
  it('agrees with bigint on random, extreme and loose operands of Fq', async () => {
    const bench = await openBench(checked, 1)
    const { fqMul: mul, fqSquare: square, fqMulAdd: mulAdd } = bench.machine.call
    compare(bench, FQ, { mul, square, mulAdd }, rounds, 1n)
  })

  it('agrees with bigint on random, extreme and loose operands of Fr', async () => {
    const bench = await openBench(checked, 1)
    const { frMul: mul, frMulElement: mulElement } = bench.machine.call
    compare(bench, FR, { mul, mulElement }, rounds, 2n)
  })

  it('inverts, one and many, zero to zero', async () => {
    const { machine, arena } = await openBench(checked, 1)
    const { p } = FQ
    const random = new Random(3n)
    const count = 33
    const [values, products, scratch] = [arena.pairs(count), arena.pairs(count + 1), arena.pairs(20)]
    const numbers = Array.from(
      { length: count },
      (_, k) =>
        [k < 3 ? p + 1n : random.below(p) + 1n, k < 5 ? 6n * p - 1n : random.below(p - 1n) + 1n] as const,
    )
    numbers.forEach(([x, y], k) => {
      machine.setLane(values + 80 * k, 0, limbsOf(x))
      machine.setLane(values + 80 * k, 1, limbsOf(y))
    })
    machine.call.fqInvertAll(values, products, count, scratch)
    for (const [k, lanes] of numbers.entries()) {
      for (const lane of [0, 1] as const) {
        const result = machine.lane(products + 80 * k, lane)
        expect((result * lanes[lane]) % p).toBe((R * R) % p)
      }
    }
    machine.setLane(values, 0, limbsOf(0n))
    machine.setLane(values, 1, limbsOf(p))
    machine.call.fqInvert(products, values, scratch)
    expect([machine.lane(products, 0) % p, machine.lane(products, 1) % p]).toEqual([0n, 0n])
  })
})

it('a product agrees with wasmcurves', async () => {
  const { machine, arena } = await openBench(false, 1)
  const memory = new WebAssembly.Memory({ initial: 30 })
  const module = new WebAssembly.Module(Buffer.from(bn128.code, 'base64'))
  const other = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    string,
    CallableFunction
  >
  const random = new Random(4n)
  const [a, b, out] = [arena.pairs(1), arena.pairs(1), arena.pairs(1)]
  const [x, y, z] = [1_500_000, 1_500_032, 1_500_064]
  const view = new DataView(memory.buffer)
  const put = (address: number, value: bigint) => {
    for (let i = 0; i < 4; i++)
      view.setBigUint64(address + 8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)), true)
  }
  const get = (address: number) =>
    [3, 2, 1, 0].reduce((value, i) => (value << 64n) | view.getBigUint64(address + 8 * i, true), 0n)
  for (const [p, ours, name] of [
    [FQ.p, machine.call.fqMul, 'f1m_mul'],
    [FR.p, machine.call.frMul, 'frm_mul'],
  ] as const) {
    for (let round = 0; round < 5_000; round++) {
      const special = [0n, 1n, p - 1n, p - 2n]
      const number = () => (random.index(8) === 0 ? random.pick(special) : random.below(p))
      const [u, v, w] = [number(), number(), number()]
      machine.setLane(a, 0, limbsOf(u))
      machine.setLane(a, 1, limbsOf(w))
      machine.setLane(b, 0, limbsOf(v))
      machine.setLane(b, 1, limbsOf(v))
      ours(out, a, b)
      put(x, u)
      put(y, v)
      other[name]!(x, y, z)
      // Theirs is u v / 2^256, ours u v / 2^261.
      if ((machine.lane(out, 0) * 32n) % p !== get(z)) expect.fail(`${name} of ${u} and ${v}`)
    }
  }
})

it('the checked build traps on limbs that the bounds exclude', async () => {
  const { machine, arena } = await openBench(true, 1)
  const [a, b, out] = [arena.pairs(1), arena.pairs(1), arena.pairs(1)]
  const sound = limbsOf(5n)
  for (const lane of [0, 1] as const) for (const pair of [a, b]) machine.setLane(pair, lane, sound)
  machine.call.fqMul(out, a, b)
  for (let limb = 0; limb < LIMBS; limb++) {
    const loose = sound.with(limb, 2 ** 29 + 7)
    machine.setLane(a, 1, loose)
    expect(() => machine.call.fqMul(out, a, b)).toThrow(WebAssembly.RuntimeError)
    expect(() => machine.call.fqMul(out, b, a)).toThrow(WebAssembly.RuntimeError)
    expect(() => machine.call.fqSquare(out, a)).toThrow(WebAssembly.RuntimeError)
    machine.setLane(a, 1, sound)
  }
  expect(ELEMENT_BYTES).toBe(48)
})
