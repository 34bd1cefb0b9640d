import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SetupError } from '../../src/protocol/errors.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import {
  ceremonyBeacon,
  ceremonyContribute,
  ceremonyFinish,
  ceremonyNew,
  ceremonyVerify,
} from '../../src/prover/ceremony.ts'
import { readContributions } from '../../src/prover/contributions.ts'
import { blake2bOf, checkPowersOfTau, POWERS_OF_TAU, powersOfTauFor } from '../../src/prover/powers-of-tau.ts'
import { isProductionKey, keyNotice, sha256 } from '../../src/prover/provenance.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { WasmcurvesBackend } from '../../src/prover/wasmcurves/backend.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { openWorkshop, TOY_SOURCES, type Workshop } from './toy.ts'

const POWER = 5
const BEACON = '0123456789abcdef'.repeat(4)

let workshop: Workshop
let circuit: CircuitArtifacts
let powersOfTauPath: string
let allowedHash: string
const at = (name: string) => join(workshop.folder, name)

beforeAll(async () => {
  workshop = await openWorkshop()
  circuit = await workshop.artifacts('context')
  const curve = await snarkjs.curves.getCurveFromName('bn128')
  await snarkjs.powersOfTau.newAccumulator(curve, POWER, at('pot0.ptau'))
  await snarkjs.powersOfTau.contribute(at('pot0.ptau'), at('pot1.ptau'), 'test', 'some entropy')
  await snarkjs.powersOfTau.preparePhase2(at('pot1.ptau'), at('pot.ptau'))
  await closeSnarkjs()
  powersOfTauPath = at('pot.ptau')
  allowedHash = await blake2bOf(powersOfTauPath)
})
afterAll(async () => {
  await closeSnarkjs()
  await workshop.close()
})

const sources = () => ({ r1csPath: circuit.r1csPath, powersOfTauPath, allowedHash })
const verify = (name: string) => ceremonyVerify({ ...sources(), zkeyPath: at(name) })

describe('powers of tau', () => {
  it('are pinned for every power from 8 to 28, as snarkjs publishes them', async () => {
    const readme = await readFile(new URL('../../node_modules/snarkjs/README.md', import.meta.url), 'utf8')
    expect(POWERS_OF_TAU.map(({ power }) => power)).toEqual(Array.from({ length: 21 }, (_, i) => i + 8))
    for (const { file, hash } of POWERS_OF_TAU) {
      const row = readme.split('\n').find((line) => line.includes(`${file}](`) && line.includes('| ['))
      expect(row).toContain(hash)
    }
    expect(powersOfTauFor(3).power).toBe(8)
    expect(powersOfTauFor(16).file).toBe('powersOfTau28_hez_final_16.ptau')
  })

  it('of another hash, power or kind are refused', async () => {
    await expect(checkPowersOfTau(powersOfTauPath, POWER)).rejects.toMatchObject({ code: 'SETUP_REFUSED' })
    await expect(checkPowersOfTau(powersOfTauPath, POWER, 'ab'.repeat(64))).rejects.toThrow(/not a published/)
    await expect(checkPowersOfTau(powersOfTauPath, 8, allowedHash)).rejects.toThrow(/of power 5, not 8/)
    await expect(checkPowersOfTau(circuit.zkeyPath, POWER)).rejects.toThrow(/not a powers-of-tau file/)
    await expect(
      ceremonyNew({ r1csPath: circuit.r1csPath, powersOfTauPath, zkeyPath: at('never.zkey') }),
    ).rejects.toMatchObject({ code: 'SETUP_REFUSED' })
    await expect(readFile(at('never.zkey'))).rejects.toThrow()
  })
})

describe('a ceremony', () => {
  it('runs from start to keys that prove, marked as a test for its powers of tau', async () => {
    await ceremonyNew({ ...sources(), zkeyPath: at('0.zkey') })
    const hashes = [
      await ceremonyContribute({ before: at('0.zkey'), after: at('1.zkey'), name: 'first', entropy: 'dice' }),
      await ceremonyContribute({ before: at('1.zkey'), after: at('2.zkey'), name: 'second' }),
      await ceremonyBeacon({
        before: at('2.zkey'),
        after: at('3.zkey'),
        name: 'beacon',
        beaconHash: BEACON,
        iterationsExponent: 10,
      }),
    ]
    const { transcript, provenance } = await ceremonyFinish({
      ...sources(),
      zkeyPath: at('3.zkey'),
      folder: at('keys'),
    })
    expect(transcript.contributions.map(({ kind, name, hash }) => [kind, name, hash])).toEqual([
      ['contribution', 'first', hashes[0]],
      ['contribution', 'second', hashes[1]],
      ['beacon', 'beacon', hashes[2]],
    ])
    expect(transcript.contributions[2]!.beacon).toEqual({ hash: BEACON, iterationsExponent: 10 })
    expect(provenance).toMatchObject({ kind: 'test', r1csHash: circuit.provenance.r1csHash })
    expect(isProductionKey(provenance)).toBe(false)
    expect(keyNotice(provenance)).toMatch(/TEST KEYS/)
    expect(provenance.transcriptHash).toBe(sha256(await readFile(at('keys/transcript.json'))))
    // A folder that exists is not overwritten.
    await expect(
      ceremonyFinish({ ...sources(), zkeyPath: at('3.zkey'), folder: at('keys') }),
    ).rejects.toThrow(SetupError)
  })

  it('gives keys that the provers take', async () => {
    const artifacts = await workshop.artifacts('context', { keyFolder: at('keys') })
    expect(artifacts.provenance.kind).toBe('test')
    const calculator = await WitnessCalculator.create(artifacts.wasmPath)
    const witness = await calculator.calculate({ context: 77n, x: 4n })
    const backend = new WasmcurvesBackend()
    const { proof, publicSignals } = await backend.prove(artifacts, witness)
    await backend.close()
    const texts = publicSignals.map(String)
    expect(await snarkjs.groth16.verify(artifacts.verificationKey, texts, proof)).toBe(true)
    expect(await snarkjs.groth16.verify(circuit.verificationKey, texts, proof)).toBe(false)
  })

  it('whose keys are those of another circuit, or damaged, is refused', async () => {
    const mainFile = await workshop.source('product', TOY_SOURCES.product)
    await expect(workshop.artifacts('product', { mainFile, keyFolder: at('keys') })).rejects.toThrow(
      /another constraint system/,
    )
    const zkey = await readFile(at('keys/circuit.zkey'))
    await copyFile(circuit.zkeyPath, at('keys/circuit.zkey'))
    await expect(workshop.artifacts('context', { keyFolder: at('keys') })).rejects.toThrow(/provenance/)
    await writeFile(at('keys/circuit.zkey'), zkey)
  })
})

describe('an incomplete ceremony is refused', () => {
  it('without a contribution: delta equals gamma', async () => {
    await expect(verify('0.zkey')).rejects.toThrow(/delta equals its gamma/)
  })

  it('without a beacon, with a beacon alone, and with anything after the beacon', async () => {
    await expect(verify('2.zkey')).rejects.toThrow(/0 beacons/)
    const beacon = { name: 'b', beaconHash: BEACON, iterationsExponent: 10 }
    await ceremonyBeacon({ before: at('0.zkey'), after: at('alone.zkey'), ...beacon })
    await expect(verify('alone.zkey')).rejects.toThrow(/nobody contributed/)
    const after = { before: at('3.zkey'), after: at('after.zkey') }
    await expect(ceremonyContribute({ ...after, name: 'late' })).rejects.toThrow(/ceremony is over/)
    await expect(ceremonyBeacon({ ...after, ...beacon })).rejects.toThrow(/ceremony is over/)
    // snarkjs itself would take it; the check must find it.
    await snarkjs.zKey.contribute(at('3.zkey'), at('after.zkey'), 'late', 'x')
    await closeSnarkjs()
    expect((await readContributions(at('after.zkey'))).contributions).toHaveLength(4)
    await expect(verify('after.zkey')).rejects.toThrow(/beacon is not last/)
  })

  it('with a development key, a damaged key, or the key of another circuit', async () => {
    await expect(ceremonyVerify({ ...sources(), zkeyPath: circuit.zkeyPath })).rejects.toThrow(
      /nobody contributed/,
    )
    const bytes = new Uint8Array(await readFile(at('3.zkey')))
    await writeFile(at('cut.zkey'), bytes.subarray(0, -3))
    await expect(verify('cut.zkey')).rejects.toThrow(SetupError)
    const other = await workshop.artifacts('product')
    await expect(
      ceremonyVerify({ ...sources(), r1csPath: other.r1csPath, zkeyPath: at('3.zkey') }),
    ).rejects.toThrow(/ceremony verify failed/)
  })

  it('with bad names, beacons or iterations', async () => {
    const step = { before: at('1.zkey'), after: at('no.zkey'), name: 'b' }
    const beacon = { ...step, beaconHash: BEACON, iterationsExponent: 10 }
    await expect(ceremonyContribute({ ...step, name: '' })).rejects.toThrow(/"name"/)
    await expect(ceremonyBeacon({ ...beacon, beaconHash: 'xyz' })).rejects.toThrow(/"beacon"/)
    await expect(ceremonyBeacon({ ...beacon, beaconHash: '' })).rejects.toThrow(/"beacon"/)
    await expect(ceremonyBeacon({ ...beacon, iterationsExponent: 9 })).rejects.toThrow(/"iterations"/)
  })
})
