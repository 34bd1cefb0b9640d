import { compileCircuit } from '../../src/prover/compile.ts'
import { SEAL_NAME, writeSealSources } from '../../src/prover/generate-seal.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'
import { readR1cs } from '../../src/prover/r1cs.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { readWitness, writeWitness } from '../../src/prover/wtns.ts'
import { RepeatedCheck } from './repeated-check.ts'

/** The compiled seal to forge against. */
export interface SealCircuit {
  readonly constraints: number
  /** How many constraints a witness of these inputs breaks; 0: a proof of it exists. */
  violations(inputs: CircuitInputs): Promise<number>
  /** The same with some signals of the witness replaced, by full name; unknown names throw. */
  violationsWith(inputs: CircuitInputs, forged: Readonly<Record<string, bigint>>): Promise<number>
}

export async function sealCircuit(): Promise<SealCircuit> {
  const compiled = await compileCircuit({ mainFile: writeSealSources(GENERATED_CIRCUITS), name: SEAL_NAME })
  // Without its assertions the witness program computes what a forger would: everything, from any inputs.
  const forger = await WitnessCalculator.create(compiled.wasmPath, { sanityCheck: false })
  const check = new RepeatedCheck(await readR1cs(compiled.r1csPath))
  const { readSymbols } = await import('../../src/prover/symbols.ts')
  const symbols = await readSymbols(compiled.symPath)
  return {
    constraints: compiled.constraints,
    violations: async (inputs) => check.violations(await forger.calculate(inputs)),
    violationsWith: async (inputs, forged) => {
      const witness = readWitness(await forger.calculate(inputs))
      for (const [name, value] of Object.entries(forged)) {
        const index = symbols.get(name)
        if (index === undefined) throw new Error(`the witness has no signal ${name}`)
        witness[index] = value
      }
      return check.violations(writeWitness(witness))
    },
  }
}
