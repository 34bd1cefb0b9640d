import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { developmentKey, toxicWaste } from '../../src/prover/development-setup.ts'
import { keyNotice, readProvenance, sha256 } from '../../src/prover/provenance.ts'
import { readR1cs } from '../../src/prover/r1cs.ts'
import { invertField, powField } from '../../src/prover/scalar-field.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { WitnessCalculator, type WitnessInputs } from '../../src/prover/witness.ts'
import { WorkerPool } from '../../src/prover/workers/pool.ts'
import { parseZkey, refuseUnsafeKey, verificationKeyOf } from '../../src/prover/zkey.ts'
import { openWorkshop, type ToyName, type Workshop } from './toy.ts'

let workshop: Workshop
let pool: WorkerPool

beforeAll(async () => {
  workshop = await openWorkshop()
  pool = new WorkerPool(2)
})
afterAll(async () => {
  await pool.close()
  await closeSnarkjs()
  await workshop.close()
})

const shown = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n]
const INPUTS: Record<ToyName, WitnessInputs> = {
  product: { a: 3n, b: 5n },
  eight: { shown, hidden: shown.map(invertField) },
  context: { context: 77n, x: 4n },
  bits: { value: 0xabcden },
}

async function snarkjsProof(artifacts: CircuitArtifacts, inputs: WitnessInputs) {
  const calculator = await WitnessCalculator.create(artifacts.wasmPath)
  const witness = await calculator.calculate(inputs)
  return snarkjs.groth16.prove(artifacts.zkeyPath, witness)
}

describe('a development key', () => {
  for (const name of Object.keys(INPUTS) as ToyName[]) {
    it(`proves "${name}" through snarkjs, and no other statement`, async () => {
      const artifacts = await workshop.artifacts(name, { pool })
      const { proof, publicSignals } = await snarkjsProof(artifacts, INPUTS[name])
      const key = artifacts.verificationKey
      expect(await snarkjs.groth16.verify(key, publicSignals, proof)).toBe(true)
      expect(verifyProof(key, publicSignals.map(BigInt), proof)).toBe(true)
      for (let i = 0; i < publicSignals.length; i++) {
        const forged = publicSignals.with(i, (BigInt(publicSignals[i]!) + 1n).toString())
        expect(await snarkjs.groth16.verify(key, forged, proof)).toBe(false)
        expect(verifyProof(key, forged.map(BigInt), proof)).toBe(false)
      }
    })
  }

  it('holds the verification key that snarkjs reads from it', async () => {
    const artifacts = await workshop.artifacts('eight', { pool })
    const exported = await snarkjs.zKey.exportVerificationKey(artifacts.zkeyPath)
    expect(artifacts.verificationKey).toEqual(exported)
    expect(JSON.parse(JSON.stringify(artifacts.verificationKey))).toEqual(exported)
  })

  it('is the same for the same seed, and another for another', async () => {
    const { r1csPath, zkeyPath } = await workshop.artifacts('bits', { pool, seed: 'a' })
    const r1cs = await readR1cs(r1csPath)
    const again = await developmentKey(r1cs, 'a', pool)
    expect(sha256(again)).toBe(sha256(await readFile(zkeyPath)))
    expect(sha256(await developmentKey(r1cs, 'b', pool))).not.toBe(sha256(again))
    // The bytes do not depend on how many threads made them, nor on the machine.
    const single = new WorkerPool(1)
    expect(sha256(await developmentKey(r1cs, 'a', single))).toBe(sha256(again))
    await single.close()
  })

  it('is made with wasmcurves, and a notice, where there is no WebAssembly SIMD', async () => {
    const { r1csPath } = await workshop.artifacts('bits', { pool, seed: 'a' })
    const r1cs = await readR1cs(r1csPath)
    const notices: string[] = []
    const options = { notice: (message: string) => notices.push(message) }
    const key = sha256(await developmentKey(r1cs, 'a', pool, options))
    expect(notices).toEqual([])
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)
    try {
      expect(sha256(await developmentKey(r1cs, 'a', pool, options))).toBe(key)
      expect(notices).toEqual([expect.stringMatching(/no WebAssembly SIMD/)])
      await expect(developmentKey(r1cs, 'a', pool, { arithmetic: 'engine' })).rejects.toThrow(/SIMD/)
    } finally {
      validate.mockRestore()
    }
  })

  it('says what it is', async () => {
    const artifacts = await workshop.artifacts('product', { pool, seed: 'said aloud' })
    expect(artifacts.provenance).toMatchObject({ kind: 'development', seed: 'said aloud' })
    expect(keyNotice(artifacts.provenance)).toMatch(/DEVELOPMENT KEYS.*said aloud.*forge/)
    const file = join(dirname(artifacts.zkeyPath), 'provenance.json')
    expect(await readProvenance(file)).toEqual(artifacts.provenance)
    expect(artifacts.provenance.zkeyHash).toBe(sha256(await readFile(artifacts.zkeyPath)))
  })
})

describe('the secrets of a seed', () => {
  it('are distinct, non-zero, and tau is in neither domain', () => {
    for (const seed of ['', 'x', 'tacit']) {
      const waste = toxicWaste(seed, 4)
      const values = Object.values(waste)
      expect(new Set([...values, 0n]).size).toBe(6)
      expect(powField(waste.tau, 32n)).not.toBe(1n)
      expect(toxicWaste(seed, 4)).toEqual(waste)
    }
  })
})

describe('an unsafe key', () => {
  const HEADER_POINTS = 12 + 12 + 4 + 12 + 84
  const [GAMMA2, DELTA1, DELTA2] = [256, 384, 448].map((offset) => HEADER_POINTS + offset) as [
    number,
    number,
    number,
  ]

  async function key(change: (bytes: Uint8Array) => void) {
    const { zkeyPath } = await workshop.artifacts('product', { pool })
    const bytes = new Uint8Array(await readFile(zkeyPath))
    change(bytes)
    return parseZkey(bytes)
  }

  it('with delta equal to gamma is refused', async () => {
    const unsafe = await key((bytes) => bytes.copyWithin(DELTA2, GAMMA2, GAMMA2 + 128))
    expect(() => refuseUnsafeKey(unsafe)).toThrow(expect.objectContaining({ code: 'SETUP_REFUSED' }))
    expect(() => refuseUnsafeKey(unsafe)).toThrow(/delta equals its gamma/)
  })

  it('with gamma or delta at infinity is refused', async () => {
    for (const [at, length, name] of [
      [GAMMA2, 128, 'gamma2'],
      [DELTA2, 128, 'delta2'],
      [DELTA1, 64, 'delta1'],
    ] as const) {
      const unsafe = await key((bytes) => bytes.fill(0, at, at + length))
      expect(() => refuseUnsafeKey(unsafe)).toThrow(new RegExp(`${name} is the point at infinity`))
    }
  })

  it('with a point off the curve is refused', async () => {
    await expect(key((bytes) => bytes.fill(1, DELTA1, DELTA1 + 4))).rejects.toThrow(/not on the curve/)
  })

  it('as made is accepted, and its verification key separates gamma from delta', async () => {
    const sound = await key(() => {})
    expect(() => refuseUnsafeKey(sound)).not.toThrow()
    const { vk_gamma_2, vk_delta_2 } = verificationKeyOf(sound)
    expect(vk_gamma_2).not.toEqual(vk_delta_2)
  })
})
