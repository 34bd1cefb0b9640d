import { compileCircuit, type Simplification } from '../../src/prover/compile.ts'
import type { CircuitInput, CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { readR1cs } from '../../src/prover/r1cs.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { readWitness } from '../../src/prover/wtns.ts'
import { RepeatedCheck } from './repeated-check.ts'

/** A compiled circuit to forge against: witnesses of any inputs, and the constraints that refuse them. */
export interface CompiledCircuit {
  readonly constraints: number
  /** How many constraints a witness of these inputs breaks; 0: a proof of it exists. */
  violations(inputs: CircuitInputs): Promise<number>
  /** The public signals that a proof of these inputs states, in the order of the circuit. */
  stated(inputs: CircuitInputs): Promise<bigint[]>
}

export async function compiledCircuit(
  mainFile: string,
  name: string,
  simplification?: Simplification,
): Promise<CompiledCircuit> {
  const compiled = await compileCircuit({ mainFile, name, simplification })
  // Without its assertions the witness program computes what a forger would: everything, from any inputs.
  const forger = await WitnessCalculator.create(compiled.wasmPath, { sanityCheck: false })
  const check = new RepeatedCheck(await readR1cs(compiled.r1csPath))
  return {
    constraints: compiled.constraints,
    violations: async (inputs) => check.violations(await forger.calculate(inputs)),
    stated: async (inputs) =>
      readWitness(await forger.calculate(inputs)).slice(1, 1 + compiled.publicSignals),
  }
}

/** The way to one scalar of the inputs: ["vector", 2, 14]. */
export type InputPath = readonly (string | number)[]

/** Every scalar of the inputs with the way to it. */
export function inputPaths(inputs: CircuitInputs): InputPath[] {
  const paths: InputPath[] = []
  const walk = (value: CircuitInput, path: InputPath) => {
    if (typeof value === 'bigint') paths.push(path)
    else for (const [index, child] of value.entries()) walk(child, [...path, index])
  }
  for (const [name, value] of Object.entries(inputs)) walk(value, [name])
  return paths
}

/** The inputs with one scalar replaced. */
export function withInput(
  inputs: CircuitInputs,
  path: InputPath,
  change: (value: bigint) => bigint,
): CircuitInputs {
  const replace = (value: CircuitInput, rest: InputPath): CircuitInput => {
    if (typeof value === 'bigint') return change(value)
    const [index, ...deeper] = rest as readonly number[]
    return value.map((child, position) => (position === index ? replace(child, deeper) : child))
  }
  const [name, ...rest] = path as readonly [string, ...number[]]
  return { ...inputs, [name]: replace(inputs[name]!, rest) }
}
