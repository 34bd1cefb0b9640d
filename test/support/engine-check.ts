import { groth16 } from 'snarkjs'
import { engineSignalsToArray } from '../../src/protocol/engine-signals.ts'
import { type EngineCircuit, MARGIN_INSTANCES, type MarginInstance } from '../../src/protocol/instances.ts'
import { EngineProver } from '../../src/prover/engine-circuits.ts'
import type { EngineWitness } from '../../src/prover/engine-witness.ts'
import { readR1cs } from '../../src/prover/r1cs.ts'
import { violatedConstraints } from '../../src/prover/r1cs-check.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'

/** One circuit of the engine, compiled and keyed, to hold witness inputs against. */
export interface EngineCheck<Circuit extends EngineCircuit> {
  /** Constraints that the witness breaks; its program's assertions are on, so a false one throws first. */
  violations(witness: EngineWitness<Circuit>): Promise<number>
  /** Proves, verifies, and verifies again with each public signal changed. */
  provesExactly(witness: EngineWitness<Circuit>): Promise<void>
  close(): Promise<void>
}

export async function engineCheck<Circuit extends EngineCircuit>(
  circuit: Circuit,
  instance: MarginInstance = MARGIN_INSTANCES['margin-4'],
): Promise<EngineCheck<Circuit>> {
  const prover = await EngineProver.open(circuit, instance)
  const { wasmPath, r1csPath, verificationKey } = prover.artifacts
  const calculator = await WitnessCalculator.create(wasmPath)
  const r1cs = await readR1cs(r1csPath)
  return {
    violations: async ({ inputs }) =>
      (await violatedConstraints(r1cs, await calculator.calculate(inputs))).length,
    provesExactly: async (witness) => {
      const { proof, signals } = await prover.prove(witness)
      const stated = engineSignalsToArray(circuit, signals)
      if (!verifyProof(verificationKey, stated, proof))
        throw new Error(`the ${circuit} proof does not verify`)
      const texts = stated.map(String)
      if (!(await groth16.verify(verificationKey, texts, proof)))
        throw new Error(`snarkjs refuses the ${circuit} proof`)
      for (const [changed] of stated.entries()) {
        const forged = stated.map((signal, index) => (index === changed ? signal + 1n : signal))
        if (verifyProof(verificationKey, forged, proof)) throw new Error(`signal ${changed} is not bound`)
      }
    },
    close: async () => {
      await prover.close()
      await closeSnarkjs()
    },
  }
}
