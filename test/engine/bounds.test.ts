import { describe, expect, it } from 'vitest'
import { type FunctionBuilder, ModuleBuilder } from '../../src/prover/engine/wasm/emitter.ts'
import {
  type FieldLayout,
  FQ,
  FR,
  fromLimbs,
  LIMBS,
  redundant,
  writeConstants,
} from '../../src/prover/engine/wasm/layout.ts'
import { PairCode } from '../../src/prover/engine/wasm/pair.ts'
import { Random } from './support.ts'

const L = 2 ** 29 + 6
const [OUT, A, B, C] = [65_536, 65_664, 65_792, 65_920]

type Emit = (code: PairCode, f: FunctionBuilder) => void

/** A module of one function "run", on memory with the constants in place. */
function build(field: FieldLayout, checked: boolean, emit: Emit) {
  const module = new ModuleBuilder()
  const f = module.function(4)
  emit(new PairCode(field, checked), f)
  module.export('run', f)
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 })
  writeConstants(memory.buffer)
  const compiled = new WebAssembly.Module(module.bytes({ shared: false, maximumPages: 2 }))
  const { run } = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Record<
    string,
    CallableFunction
  >
  const words = new Uint32Array(memory.buffer)
  const put = (pair: number, limbs: readonly number[]) => {
    limbs.forEach((limb, i) => {
      words.fill(limb, pair / 4 + 2 * i, pair / 4 + 2 * i + 2)
    })
  }
  const limbs = () => Array.from({ length: LIMBS }, (_, i) => words[OUT / 4 + 2 * i + 1]!)
  return { put, limbs, run: () => run!(OUT, A, B, C) }
}

const compress: Emit = (code, f) => {
  const pair = code.newPair(f)
  const [out, a] = f.parameters
  f.emit(code.loadPair(pair, a!.get), code.compress(f, pair), code.storePair(out!.get, pair))
}

const subtract =
  (constant: 'sub2' | 'sub3' | 'sub4' | 'sub5', terms: 0 | 1, subtrahends: 1 | 2): Emit =>
  (code, f) => {
    const [out, a, b, c] = f.parameters
    const [x, y, z] = [code.newPair(f), code.newPair(f), code.newPair(f)]
    f.emit(code.loadPair(x, a!.get), code.loadPair(y, b!.get), code.loadPair(z, c!.get))
    const rest = subtrahends === 1 ? [y] : [y, z]
    f.emit(
      code.subtract(x, code.layout[constant], terms === 1 ? x : undefined, ...rest),
      code.storePair(out!.get, x),
    )
  }

/** Nine limbs: the first eight alike, and the top limb of a multiple of p in hundredths. */
const shaped = (p: bigint, limb: number, hundredths: bigint) => [
  ...new Array<number>(8).fill(limb),
  Number(((p * hundredths) / 100n) >> 232n),
]

describe.each([
  ['Fq', FQ],
  ['Fr', FR],
] as const)('limb bounds in %s', (_, field) => {
  const { p } = field

  it.each([false, true])('compression of anything below 7p ends in [p, 2.06p] (checked: %s)', (checked) => {
    const { put, limbs, run } = build(field, checked, compress)
    const random = new Random(21n)
    const below = 7n * p
    for (let round = 0; round < 4_000; round++) {
      const raw = Array.from({ length: 8 }, () =>
        random.pick([0, 1, 2 ** 29 - 1, 2 ** 29, 2 ** 32 - 1, random.index(2 ** 32)]),
      )
      const lower = fromLimbs([...raw, 0])
      const special = random.pick([
        0n,
        lower,
        p,
        2n * p - 1n,
        2n * p,
        6n * p,
        below - 1n,
        random.below(below),
      ])
      const top = special <= lower ? 0n : (special - lower) >> 232n
      put(A, [...raw, Number(top)])
      const value = lower + (top << 232n)
      if (value >= below) continue
      run()
      const result = fromLimbs(limbs())
      expect(
        limbs()
          .slice(0, 8)
          .every((limb) => limb <= L),
      ).toBe(true)
      expect((result - value) % p).toBe(0n)
      if (result < p || result * 100n > 206n * p) expect.fail(`${value} became ${result}`)
    }
  })

  // One row per use in bounds.md: constant, limbs of a, limbs and size (in hundredths of p) of what is subtracted.
  const raw = 3 * 2 ** 29 - 1
  it.each([
    ['sub2', 0, 0, 1, 2 ** 29, 176n],
    ['sub3', 1, L, 1, L, 206n],
    ['sub3', 0, 0, 1, L, 206n],
    ['sub4', 1, raw, 1, raw, 300n],
    ['sub5', 1, 2 ** 29, 2, L, 206n],
  ] as const)(
    '%s neither borrows nor overflows at the ends of its use',
    (name, terms, from, count, limb, size) => {
      const { put, limbs, run } = build(field, true, subtract(name, terms, count))
      const constant = fromLimbs(limbsOfConstant(p, name))
      for (const a of [shaped(p, 0, 0n), shaped(p, from, 300n)]) {
        for (const b of [shaped(p, 0, 0n), shaped(p, limb, size)]) {
          put(A, a)
          put(B, b)
          put(C, b)
          run()
          const expected = constant + BigInt(terms) * fromLimbs(a) - BigInt(count) * fromLimbs(b)
          expect(fromLimbs(limbs())).toBe(expected)
        }
      }
    },
  )

  it('the checked build traps beyond them', () => {
    const { put, run } = build(field, true, subtract('sub3', 1, 1))
    put(A, shaped(p, 0, 0n))
    put(B, shaped(p, 2 ** 31, 0n))
    expect(run).toThrow(WebAssembly.RuntimeError)
    const squeeze = build(field, true, compress)
    squeeze.put(A, shaped(p, 0, 900n))
    expect(squeeze.run).toThrow(WebAssembly.RuntimeError)
  })
})

function limbsOfConstant(p: bigint, name: 'sub2' | 'sub3' | 'sub4' | 'sub5'): number[] {
  const lent = { sub2: 2, sub3: 2, sub4: 4, sub5: 3 }[name]
  return redundant(BigInt(name[3]!) * p, lent)
}
