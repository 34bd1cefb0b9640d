import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { readInteger, readSections, viewOf } from '../../src/prover/binary.ts'
import { developmentKey, toxicWaste } from '../../src/prover/development-setup.ts'
import { invertModulo } from '../../src/prover/engine/big-curve.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { Point } from '../../src/prover/points.ts'
import { sha256 } from '../../src/prover/provenance.ts'
import { domainPower, type R1cs, readR1cs } from '../../src/prover/r1cs.ts'
import { invertField, powField, rootOfUnity } from '../../src/prover/scalar-field.ts'
import { affineBytes, type Group } from '../../src/prover/workers/bn128.ts'
import type { ToxicWaste } from '../../src/prover/workers/jobs.ts'
import { WorkerPool } from '../../src/prover/workers/pool.ts'
import { openWorkshop, TOY_NAMES, type Workshop } from './toy.ts'

// The definition of the key in plain integers, against what the threads, tables and batches make of it.
const r = FIELD_MODULUS
const mul = (...factors: bigint[]) => factors.reduce((product, factor) => (product * factor) % r)

let workshop: Workshop
let pool: WorkerPool
beforeAll(async () => {
  workshop = await openWorkshop()
  pool = new WorkerPool(2)
})
afterAll(async () => {
  await pool.close()
  await workshop.close()
})

/** L_i(tau) = (tau^n - 1) root^i / (n (tau - root^i)) on the domain of 2^power places, for i < count. */
function lagrange(tau: bigint, power: number, count: number): bigint[] {
  const step = rootOfUnity(power)
  const size = 2n ** BigInt(power)
  const scale = mul(powField(tau, size) - 1n + r, invertField(size))
  let root = 1n
  return Array.from({ length: count }, () => {
    const value = mul(scale, root, invertModulo(tau > root ? tau - root : tau - root + r, r))
    root = mul(root, step)
    return value
  })
}

interface Term {
  readonly matrix: number
  readonly row: number
  readonly signal: number
  readonly value: bigint
}

function termsOf({ constraints, constraintCount, publicCount }: R1cs): Term[] {
  const view = viewOf(constraints)
  const terms: Term[] = []
  let at = 0
  for (let row = 0; row < constraintCount; row++) {
    for (let matrix = 0; matrix < 3; matrix++) {
      const end = at + 4 + 36 * view.getUint32(at, true)
      for (at += 4; at < end; at += 36) {
        const value = readInteger(constraints, at + 4)
        terms.push({ matrix, row, signal: view.getUint32(at, true), value })
      }
    }
  }
  for (let signal = 0; signal <= publicCount; signal++) {
    terms.push({ matrix: 0, row: constraintCount + signal, signal, value: 1n })
  }
  return terms
}

function signalScalars(r1cs: R1cs, terms: readonly Term[], power: number, waste: ToxicWaste) {
  const rows = r1cs.constraintCount + r1cs.publicCount + 1
  const basis = lagrange(waste.tau, power, rows)
  const sums = [0, 1, 2].map(() => new Array<bigint>(r1cs.signalCount).fill(0n))
  for (const { matrix, row, signal, value } of terms) {
    sums[matrix]![signal] = (sums[matrix]![signal]! + value * basis[row]!) % r
  }
  const [a, b, c] = sums as [bigint[], bigint[], bigint[]]
  const [shown, hidden] = [invertField(waste.gamma), invertField(waste.delta)]
  const joined = c.map((value, i) => {
    const divisor = i <= r1cs.publicCount ? shown : hidden
    return mul(value + waste.beta * a[i]! + waste.alpha * b[i]!, divisor)
  })
  return { a, b, c: joined }
}

/** Compares every `step`-th point and record of a key with their definition. */
function expectKey(bytes: Uint8Array, r1cs: R1cs, seed: string, step: number): void {
  const power = domainPower(r1cs)
  const waste = toxicWaste(seed, power)
  const sections = readSections(bytes, 'zkey', 'the key')
  const expectPoints = (group: Group, id: number, scalars: readonly bigint[], offset = 0) => {
    const size = affineBytes(group)
    const body = sections.get(id)!.subarray(offset)
    expect(body.length).toBeGreaterThanOrEqual(scalars.length * size)
    for (let i = 0; i < scalars.length; i += step) {
      const expected = Point.generator(group).times(scalars[i]!).toAffine()
      expect(Uint8Array.from(body.subarray(i * size, (i + 1) * size)), `${id}/${i}`).toEqual(expected)
    }
  }
  const terms = termsOf(r1cs)
  const { a, b, c } = signalScalars(r1cs, terms, power, waste)
  expectPoints('g1', 5, a)
  expectPoints('g1', 6, b)
  expectPoints('g2', 7, b)
  expectPoints('g1', 3, c.slice(0, r1cs.publicCount + 1))
  expectPoints('g1', 8, c.slice(r1cs.publicCount + 1))
  const overDelta = invertField(waste.delta)
  const doubled = lagrange(waste.tau, power + 1, 2 ** (power + 1))
  const h = doubled.filter((_, i) => i % 2 === 1).map((value) => mul(value, overDelta))
  expectPoints('g1', 9, h)
  for (const [group, offset, secret] of [
    ['g1', 0, waste.alpha],
    ['g1', 64, waste.beta],
    ['g2', 128, waste.beta],
    ['g2', 256, waste.gamma],
    ['g1', 384, waste.delta],
    ['g2', 448, waste.delta],
  ] as const) {
    expectPoints(group, 2, [secret], 84 + offset)
  }
  expectRecords(
    sections.get(4)!,
    terms.filter(({ matrix }) => matrix < 2),
    step,
  )
}

function expectRecords(body: Uint8Array, terms: readonly Term[], step: number): void {
  const view = viewOf(body)
  expect(view.getUint32(0, true)).toBe(terms.length)
  expect(body.length).toBe(4 + 44 * terms.length)
  for (let i = 0; i < terms.length; i += step) {
    const at = 4 + 44 * i
    expect({
      matrix: view.getUint32(at, true),
      row: view.getUint32(at + 4, true),
      signal: view.getUint32(at + 8, true),
      value: readInteger(body, at + 12),
    }).toEqual({ ...terms[i]!, value: mul(terms[i]!.value, 2n ** 512n % r) })
  }
}

describe('a development key is what Groth16 defines, point by point', () => {
  it.each(TOY_NAMES)('of "%s"', async (name) => {
    const { r1csPath } = await workshop.artifacts(name, { pool })
    const r1cs = await readR1cs(r1csPath)
    for (const arithmetic of ['engine', 'wasmcurves'] as const) {
      expectKey(await developmentKey(r1cs, 'definition', pool, { arithmetic }), r1cs, 'definition', 1)
    }
  })

  it('of margin-4, in samples; both arithmetics and one thread or two give the same bytes', async () => {
    const { r1csPath, zkeyPath, provenance } = await marginArtifacts(MARGIN_INSTANCES['margin-4'])
    const r1cs = await readR1cs(r1csPath)
    const seed = provenance.seed!
    const key = await developmentKey(r1cs, seed, pool, { arithmetic: 'engine' })
    expectKey(key, r1cs, seed, 151)
    const hash = sha256(key)
    expect(sha256(await developmentKey(r1cs, seed, pool, { arithmetic: 'wasmcurves' }))).toBe(hash)
    expect(sha256(await readFile(zkeyPath))).toBe(hash)
    const single = new WorkerPool(1)
    expect(sha256(await developmentKey(r1cs, seed, single, { arithmetic: 'engine' }))).toBe(hash)
    await single.close()
  })
})
