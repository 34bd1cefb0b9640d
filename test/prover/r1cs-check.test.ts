import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SetupError, WitnessError } from '../../src/protocol/errors.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { readInteger, viewOf } from '../../src/prover/binary.ts'
import { domainPower, parseR1cs, type R1cs, readR1cs } from '../../src/prover/r1cs.ts'
import { violatedConstraints } from '../../src/prover/r1cs-check.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { WorkerPool } from '../../src/prover/workers/pool.ts'
import { readWitness, writeWitness } from '../../src/prover/wtns.ts'
import { RepeatedCheck } from '../support/repeated-check.ts'
import { openWorkshop, type Workshop } from './toy.ts'

let workshop: Workshop
let artifacts: CircuitArtifacts
let witness: Uint8Array
let r1cs: R1cs
const pool = new WorkerPool(1)

beforeAll(async () => {
  workshop = await openWorkshop()
  artifacts = await workshop.artifacts('bits', { pool, simplification: 'O0' })
  r1cs = await readR1cs(artifacts.r1csPath)
  witness = await (await WitnessCalculator.create(artifacts.wasmPath)).calculate({ value: 0xfedcbn })
})
afterAll(async () => {
  await pool.close()
  await workshop.close()
})

/** The same check in plain integers. */
function violatedSlowly(values: readonly bigint[]): number[] {
  const view = viewOf(r1cs.constraints)
  let at = 0
  const combination = () => {
    let sum = 0n
    for (let terms = view.getUint32(at, true), i = (at += 4) * 0; i < terms; i++, at += 36) {
      sum += readInteger(r1cs.constraints, at + 4) * values[view.getUint32(at, true)]!
    }
    return sum % FIELD_MODULUS
  }
  const violated: number[] = []
  for (let row = 0; row < r1cs.constraintCount; row++) {
    const [a, b, c] = [combination(), combination(), combination()]
    if ((a * b - c) % FIELD_MODULUS !== 0n) violated.push(row)
  }
  return violated
}

describe('the constraint check', () => {
  it('agrees with plain integers on every single changed signal', async () => {
    const values = readWitness(witness)
    expect(await violatedConstraints(r1cs, witness)).toEqual([])
    // The tests' own, which keeps what it knows from one witness to the next.
    const repeated = new RepeatedCheck(r1cs)
    for (let i = 1; i < values.length; i++) {
      for (const value of [values[i]! + 1n, FIELD_MODULUS - 1n, 12345678901234567890n << 100n]) {
        const changed = values.with(i, value)
        const expected = violatedSlowly(changed)
        expect(expected.length).toBeGreaterThan(0)
        expect(await violatedConstraints(r1cs, writeWitness(changed), pool)).toEqual(expected)
        expect(repeated.violations(writeWitness(changed))).toBe(expected.length)
      }
    }
    expect(repeated.violations(witness)).toBe(0)
  })

  it('refuses a witness of another circuit and damaged constraints', async () => {
    const short = writeWitness(readWitness(witness).slice(0, -1))
    await expect(violatedConstraints(r1cs, short)).rejects.toThrow(WitnessError)
    await expect(violatedConstraints(r1cs, witness.subarray(0, 100))).rejects.toThrow(WitnessError)
    const cut = { ...r1cs, constraints: r1cs.constraints.subarray(0, -1) }
    await expect(violatedConstraints(cut, witness)).rejects.toThrow(SetupError)
    const foreign = { ...r1cs, constraints: r1cs.constraints.slice() }
    viewOf(foreign.constraints).setUint32(4, r1cs.signalCount, true)
    await expect(violatedConstraints(foreign, witness)).rejects.toThrow(/names a signal/)
  })
})

describe('the r1cs reader', () => {
  it('reads what the compiler counted', () => {
    expect(r1cs).toMatchObject({
      outputCount: 20,
      publicInputCount: 0,
      publicCount: 20,
      privateInputCount: 1,
    })
    expect(r1cs.constraintCount).toBe(artifacts.constraints)
    expect(2 ** domainPower(r1cs)).toBeGreaterThan(r1cs.constraintCount + r1cs.publicCount)
  })

  it('refuses truncated, foreign and padded files', async () => {
    const bytes = new Uint8Array(await readFile(artifacts.r1csPath))
    for (const length of [0, 3, 11, 40, bytes.length - 1]) {
      expect(() => parseR1cs(bytes.subarray(0, length))).toThrow(SetupError)
    }
    expect(() => parseR1cs(new Uint8Array([...bytes, 0]))).toThrow(/after its last section/)
    expect(() => parseR1cs(witness)).toThrow(/not a r1cs file/)
    await expect(readR1cs('/nonexistent.r1cs')).rejects.toThrow(/cannot be read/)
  })
})
