import { describe, expect, it } from 'vitest'
import { invertModulo } from '../../src/prover/engine/big-curve.ts'
import { toCoset, writeTables } from '../../src/prover/engine/domain.ts'
import { type Job, runJob } from '../../src/prover/engine/jobs.ts'
import { type KeyLayout, layOutKey } from '../../src/prover/engine/layout.ts'
import type { Machine } from '../../src/prover/engine/machine.ts'
import { FR, limbsOf, R, SCALAR_MODULUS } from '../../src/prover/engine/wasm/layout.ts'
import { rootOfUnity } from '../../src/prover/scalar-field.ts'
import { Bn128 } from '../../src/prover/workers/bn128.ts'
import { openBench, Random } from './support.ts'

const r = SCALAR_MODULUS
const unit = invertModulo(R % r, r)

function layout(domainSize: number): KeyLayout {
  const empty = new Uint32Array(0)
  const points = { a: empty, b1: empty, b2: empty, c: empty, h: empty }
  const header = { alpha1: empty, beta1: empty, beta2: empty, delta1: empty, delta2: empty }
  const file = { signalCount: 8, publicCount: 1, domainSize, coefficients: empty, ...points, ...header }
  const bases = { a: 2, b1: 2, b2: 2, c: 2, h: 2 }
  return layOutKey(file, { values: 8, records: { a: 4 * domainSize, b: domainSize }, bases }, 1)
}

function place(array: number, n: number, i: number): [number, 0 | 1] {
  const half = n / 2
  return [array + (i % half) * 80, i < half ? 0 : 1]
}

function put(machine: Machine, array: number, values: readonly bigint[]): void {
  values.forEach((value, i) => {
    machine.setLane(...place(array, values.length, i), limbsOf((value * R) % r))
  })
}

function get(machine: Machine, array: number, n: number): bigint[] {
  return Array.from({ length: n }, (_, i) => (machine.lane(...place(array, n, i)) * unit) % r)
}

/** The polynomial through the values on the domain, evaluated on the odd coset, by the definition. */
function slowCoset(values: readonly bigint[]): bigint[] {
  const n = values.length
  const log = Math.log2(n)
  const [w, g] = [rootOfUnity(log), rootOfUnity(log + 1)]
  const power = (base: bigint, exponent: number) => {
    let result = 1n
    for (let i = 0; i < exponent; i++) result = (result * base) % r
    return result
  }
  const scale = invertModulo(BigInt(n), r)
  const coefficients = values.map((_, k) => {
    const step = invertModulo(power(w, k), r)
    return (values.reduceRight((sum, value) => (sum * step + value) % r, 0n) * scale) % r
  })
  return values.map((_, i) => {
    const x = (g * power(w, i)) % r
    return coefficients.reduceRight((sum, coefficient) => (sum * x + coefficient) % r, 0n)
  })
}

describe.each([false, true])('the transform to the coset, checked: %s', (checked) => {
  it.each([2, 4, 8, 32])('agrees with the definition on %i values', async (n) => {
    const { machine } = await openBench(checked, 32)
    const key = layout(n)
    writeTables(machine, key)
    const random = new Random(BigInt(n))
    for (const special of [[0n], [1n], [r - 1n], [0n, r - 1n, 1n], undefined]) {
      const values = Array.from({ length: n }, () => (special ? random.pick(special) : random.below(r)))
      put(machine, key.rows.a, values)
      toCoset(machine, key, key.rows.a, key.work[0]!)
      expect(get(machine, key.rows.a, n)).toEqual(slowCoset(values))
    }
  })

  it('agrees with wasmcurves on 1,024 values', async () => {
    const { machine } = await openBench(checked, 32)
    const n = 1024
    const key = layout(n)
    writeTables(machine, key)
    const random = new Random(9n)
    const values = Array.from({ length: n }, (_, i) => (i < 40 ? r - 1n : random.below(r)))
    put(machine, key.rows.c, values)
    toCoset(machine, key, key.rows.c, key.work[0]!)
    expect(get(machine, key.rows.c, n)).toEqual(theirCoset(values))
  })
})

function theirCoset(values: readonly bigint[]): bigint[] {
  const curve = new Bn128()
  const n = values.length
  const words = (value: bigint) =>
    new Uint8Array(
      BigUint64Array.from([0n, 64n, 128n, 192n], (shift) => BigInt.asUintN(64, value >> shift)).buffer,
    )
  const [one, shift] = [curve.allocate(32), curve.place(words(rootOfUnity(Math.log2(n) + 1)))]
  const array = curve.allocate(32 * n, 1 << 22)
  values.forEach((value, i) => {
    curve.bytes.set(words(value), array + 32 * i)
  })
  curve.call.frm_batchToMontgomery!(array, n, array)
  curve.call.frm_toMontgomery!(shift, shift)
  curve.call.frm_one!(one)
  curve.call.frm_ifft!(array, n)
  curve.call.frm_batchApplyKey!(array, n, one, shift, array)
  curve.call.frm_fft!(array, n)
  curve.call.frm_batchFromMontgomery!(array, n, array)
  const view = new DataView(curve.bytes.buffer)
  return values.map((_, i) =>
    [3, 2, 1, 0].reduce(
      (value, part) => (value << 64n) | view.getBigUint64(array + 32 * i + 8 * part, true),
      0n,
    ),
  )
}

describe.each([false, true])('rows and quotient, checked: %s', (checked) => {
  it('agree with bigint for rows of 0 to 60 terms, zeros and extremes among them', async () => {
    const { machine } = await openBench(checked, 32)
    const n = 16
    const key = layout(n)
    const random = new Random(11n)
    const number = () => (random.index(3) === 0 ? random.pick([0n, 1n, r - 1n]) : random.below(r))
    const values = Array.from({ length: 8 }, number)
    const witness = Array.from({ length: 8 }, number)
    values.forEach((value, i) => {
      machine.setElement(key.values + 48 * i, (((value * R) % r) * R) % r)
      machine.setElement(key.witness + 48 * i, witness[i]!)
    })
    const expected: bigint[] = []
    let record = key.records.a
    for (let row = 0; row < n; row++) {
      machine.words[key.starts.a / 4 + row] = record
      let sum = 0n
      // At most 60 terms in all but one row of one.
      const terms = row === 5 ? 40 : row % 3
      for (let i = 0; i < terms; i++, record += 8) {
        const [value, signal] = [random.index(8), random.index(8)]
        machine.words.set([key.values + 48 * value, key.witness + 48 * signal], record / 4)
        sum = (sum + values[value]! * witness[signal]!) % r
      }
      expected.push(sum)
    }
    machine.words[key.starts.a / 4 + n] = record
    const run = (job: Job) => runJob(machine, key, key.work[0]!, job)
    run({ kind: 'rows', matrix: 'a', first: 0, last: 7 })
    run({ kind: 'rows', matrix: 'a', first: 7, last: n })
    expect(get(machine, key.rows.a, n)).toEqual(expected)

    const [b, c] = [Array.from({ length: n }, number), Array.from({ length: n }, number)]
    put(machine, key.rows.b, b)
    run({ kind: 'product' })
    expect(get(machine, key.rows.c, n)).toEqual(expected.map((a, i) => (a * b[i]!) % r))
    put(machine, key.rows.c, c)
    run({ kind: 'quotient', first: 0, last: 3 })
    run({ kind: 'quotient', first: 3, last: n / 2 })
    for (let i = 0; i < n; i++) {
      const words = machine.words.subarray(key.quotient / 4 + 8 * i, key.quotient / 4 + 8 * i + 8)
      const value = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n)
      expect(value <= FR.p && value % r).toBe((expected[i]! * b[i]! + r * r - c[i]!) % r)
    }
  })
})
