import { readFile } from 'node:fs/promises'
import type { MarginInstance } from '../../src/protocol/instances.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { claimWitness, type MarginWitness } from '../../src/prover/margin-inputs.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { circuitArtifactsOf } from '../support/margin-artifacts.ts'
import { syntheticWorld } from '../support/synthetic.ts'

export interface MarginFiles {
  readonly artifacts: CircuitArtifacts
  readonly zkey: Uint8Array
  readonly wtns: Uint8Array
}

/** Proving key and a satisfied witness of a compiled circuit: keys of real size hold equal and opposite points. */
export async function marginFiles(instance: MarginInstance): Promise<MarginFiles> {
  const hasher = await poseidonHasher()
  const artifacts = await circuitArtifactsOf(instance)
  const portfolio = [1, 2, 3, 4].map((id) => ({ id, quantityLots: id % 3 === 0 ? 40n : -7n - BigInt(id) }))
  const world = syntheticWorld(hasher, instance, [portfolio, portfolio.slice(0, 1)], {})
  const witness = (below: boolean): MarginWitness =>
    claimWitness(hasher, instance, world.opening(0), world.round, {
      claim: { threshold: 'mm', below },
      context: 7n,
    })
  let claim: MarginWitness
  try {
    claim = witness(true)
  } catch {
    claim = witness(false)
  }
  const calculator = await WitnessCalculator.create(artifacts.wasmPath)
  return {
    artifacts,
    zkey: new Uint8Array(await readFile(artifacts.zkeyPath)),
    wtns: await calculator.calculate(claim.inputs),
  }
}
