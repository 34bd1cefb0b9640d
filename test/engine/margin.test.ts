import { readFile } from 'node:fs/promises'
import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { Groth16Engine } from '../../src/prover/engine/index.ts'
import { claimWitness } from '../../src/prover/margin-inputs.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { syntheticWorld } from '../support/synthetic.ts'

// A circuit of real size: keys of compiled circuits hold equal and opposite points, and infinity.
let artifacts: CircuitArtifacts
let zkey: Uint8Array
let wtns: Uint8Array

beforeAll(async () => {
  const instance = MARGIN_INSTANCES['margin-4']
  const hasher = await poseidonHasher()
  artifacts = await marginArtifacts(instance)
  zkey = new Uint8Array(await readFile(artifacts.zkeyPath))
  const portfolio = [1, 2, 3, 4].map((id) => ({ id, quantityLots: id % 3 === 0 ? 40n : -7n - BigInt(id) }))
  const world = syntheticWorld(hasher, instance, [portfolio, portfolio.slice(0, 1)], {})
  const calculator = await WitnessCalculator.create(artifacts.wasmPath)
  const witness = (below: boolean) =>
    claimWitness(hasher, instance, world.opening(0), world.round, {
      claim: { threshold: 'mm', below },
      context: 7n,
    })
  let claim: ReturnType<typeof witness>
  try {
    claim = witness(true)
  } catch {
    claim = witness(false)
  }
  wtns = await calculator.calculate(claim.inputs)
}, 300_000)

afterAll(() => closeSnarkjs())

it.each([{ threads: 2 }, { threads: 0, checked: true }])(
  'margin-4, proved with %o, verifies with snarkjs',
  async (options) => {
    const engine = await Groth16Engine.create(options)
    const key = await engine.loadKey(zkey)
    const { proof, publicSignals } = await engine.prove(key, wtns)
    const signals = publicSignals.map(String)
    expect(await snarkjs.groth16.verify(artifacts.verificationKey, signals, proof)).toBe(true)
    signals[0] = String(publicSignals[0]! ^ 1n)
    expect(await snarkjs.groth16.verify(artifacts.verificationKey, signals, proof)).toBe(false)
    await engine.close()
  },
)
