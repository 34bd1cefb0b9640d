import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProofError, SetupError, TacitError, ToolError, WitnessError } from '../../src/protocol/errors.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import type { ProverBackend } from '../../src/prover/backend.ts'
import { readSections } from '../../src/prover/binary.ts'
import { EngineBackend } from '../../src/prover/engine-backend.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { WasmcurvesBackend } from '../../src/prover/wasmcurves/backend.ts'
import { readWitness, writeWitness } from '../../src/prover/wtns.ts'
import { buildToys, openWorkshop, TOY_NAMES, type Toys, type Workshop } from './toy.ts'

// What every backend owes its caller, shown for each that is built in.
const BACKENDS: readonly (readonly [string, () => Promise<ProverBackend>])[] = [
  ['engine', () => EngineBackend.create({ threads: 2 })],
  ['wasmcurves', async () => new WasmcurvesBackend({ threads: 2 })],
]

let workshop: Workshop
let artifacts: Toys['artifacts']
let witnesses: Toys['witnesses']

beforeAll(async () => {
  workshop = await openWorkshop()
  ;({ artifacts, witnesses } = await buildToys(workshop))
})
afterAll(async () => {
  await closeSnarkjs()
  await workshop.close()
})

describe.each(BACKENDS)('%s', (_, open) => {
  let backend: ProverBackend
  beforeAll(async () => {
    backend = await open()
  })
  afterAll(() => backend.close())

  describe('a proof', () => {
    for (const name of TOY_NAMES) {
      it(`of "${name}" verifies with snarkjs and shows nothing else`, async () => {
        const { proof, publicSignals, timings } = await backend.prove(artifacts[name], witnesses[name])
        const key = artifacts[name].verificationKey
        const texts = publicSignals.map(String)
        expect(await snarkjs.groth16.verify(key, texts, proof)).toBe(true)
        expect(timings.total).toBeGreaterThan(0)
        for (let i = 0; i < texts.length; i++) {
          const forged = publicSignals.with(i, publicSignals[i]! + 1n)
          expect(verifyProof(key, forged, proof)).toBe(false)
          // The same signal under another name.
          expect(verifyProof(key, publicSignals.with(i, publicSignals[i]! + FIELD_MODULUS), proof)).toBe(
            false,
          )
        }
      })
    }

    it('differs each time, and proofs at the same time do not disturb each other', async () => {
      const jobs = [...TOY_NAMES, ...TOY_NAMES].map((name) => backend.prove(artifacts[name], witnesses[name]))
      const proofs = await Promise.all(jobs)
      expect(new Set(proofs.map(({ proof }) => proof.pi_a[0])).size).toBe(proofs.length)
      proofs.forEach(({ proof, publicSignals }, i) => {
        expect(verifyProof(artifacts[TOY_NAMES[i % 4]!]!.verificationKey, publicSignals, proof)).toBe(true)
      })
    })
  })

  describe('a witness is refused', () => {
    it('when it belongs to another circuit', async () => {
      await expect(backend.prove(artifacts.product, witnesses.eight)).rejects.toThrow(WitnessError)
      await expect(backend.prove(artifacts.product, witnesses.eight)).rejects.toThrow(
        /belongs to another circuit/,
      )
    })

    it('when it breaks a constraint, naming it', async () => {
      const values = readWitness(witnesses.bits)
      const forged = writeWitness(values.with(2, values[2]! + 1n))
      await expect(backend.prove(artifacts.bits, forged)).rejects.toThrow(WitnessError)
      await expect(backend.prove(artifacts.bits, forged)).rejects.toThrow(
        /breaks \d+ constraints of bits: \d/,
      )
      const { r1csPath: _, ...without } = artifacts.bits
      await expect(backend.prove(without, forged)).rejects.toThrow(ProofError)
    })

    it('when it is damaged, foreign, not canonical, or its first signal is not 1', async () => {
      const sound = witnesses.product
      const values = readWitness(sound)
      const bad: [Uint8Array, RegExp][] = [
        [sound.subarray(0, sound.length - 5), /truncated/],
        [new Uint8Array(0), /not a wtns file/],
        [writeWitness(values.with(0, 2n)), /first signal/],
        [writeWitness(values.with(1, FIELD_MODULUS)), /signal 1 of the witness is not below/],
        [sound.with(40, sound[40]! ^ 1), /not over the BN254/],
      ]
      for (const [witness, message] of bad) {
        await expect(backend.prove(artifacts.product, witness)).rejects.toThrow(WitnessError)
        await expect(backend.prove(artifacts.product, witness)).rejects.toThrow(message)
      }
    })
  })

  describe('a proving key is refused', () => {
    const withKey = async (name: string, change: (bytes: Uint8Array) => Uint8Array) => {
      const path = join(workshop.folder, `${name}.zkey`)
      await writeFile(path, change(new Uint8Array(await readFile(artifacts.product.zkeyPath))))
      return backend.prove({ ...artifacts.product, zkeyPath: path }, witnesses.product)
    }

    it('when it is missing, truncated or foreign', async () => {
      const missing = { ...artifacts.product, zkeyPath: '/nonexistent.zkey' }
      await expect(backend.prove(missing, witnesses.product)).rejects.toThrow(SetupError)
      await expect(withKey('short', (bytes) => bytes.subarray(0, -7))).rejects.toThrow(SetupError)
      await expect(withKey('empty', () => new Uint8Array(0))).rejects.toThrow(SetupError)
      await expect(withKey('wtns', () => witnesses.product)).rejects.toThrow(/not a zkey file/)
    })

    it('when a coefficient points outside', async () => {
      // The first record of section 4, whose header follows sections 1 and 2.
      const record = 12 + 16 + 12 + 84 + 576 + 12 + 4
      for (const [offset, message] of [
        [0, /coefficient out of range/],
        [7, /coefficient out of range/],
        [11, /coefficient out of range/],
      ] as const) {
        const damaged = withKey(`record-${offset}`, (bytes) =>
          bytes.fill(0x7f, record + offset, record + offset + 1),
        )
        await expect(damaged).rejects.toThrow(SetupError)
        await expect(damaged).rejects.toThrow(message)
      }
    })

    it('when nobody contributed to it', async () => {
      const unsafe = withKey('unsafe', (bytes) => bytes.copyWithin(124 + 448, 124 + 256, 124 + 256 + 128))
      await expect(unsafe).rejects.toMatchObject({ code: 'SETUP_REFUSED' })
    })

    it('when its points are not those of the circuit: the proof is not handed out', async () => {
      const swapped = withKey('points', (bytes) => {
        // Two A points exchanged: a well-formed key that proves nothing.
        const points = readSections(bytes, 'zkey', 'key').get(5)!
        const [first, second] = [points.slice(64, 128), points.slice(128, 192)]
        points.set(second, 64)
        points.set(first, 128)
        return bytes
      })
      await expect(swapped).rejects.toThrow(ProofError)
    })

    it('when it belongs to another verification key', async () => {
      const foreign = { ...artifacts.product, verificationKey: artifacts.context.verificationKey }
      const refused = backend.prove(foreign, witnesses.product)
      await expect(refused).rejects.toThrow(TacitError)
      await expect(refused).rejects.toThrow(/not belong/)
    })

    it('and the backend still proves afterwards', async () => {
      await expect(backend.prove(artifacts.product, witnesses.product)).resolves.toBeDefined()
    })
  })

  describe('closing', () => {
    it('refuses further work', async () => {
      const other = await open()
      const refused = expect(other.prove(artifacts.eight, witnesses.eight)).rejects.toThrow(ToolError)
      await other.close()
      await refused
      await expect(other.prove(artifacts.eight, witnesses.eight)).rejects.toThrow(/closed/)
    })
  })
})
