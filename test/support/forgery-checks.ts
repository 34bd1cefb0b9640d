import { expect } from 'vitest'
import { toField } from '../../src/protocol/field.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { type CompiledCircuit, inputPaths, withInput } from './compiled-circuit.ts'

/** What a test of forged witnesses asks of a circuit. */
export interface Checks {
  /** A proof of it exists. */
  accepts(inputs: CircuitInputs, name?: string): Promise<void>
  /**
   * No proof of it exists, and few constraints say so: the witness is consistent but for the rule that it bends, so
   * it is that rule which refuses it.
   */
  refuses(inputs: CircuitInputs, name?: string): Promise<void>
  /** No proof of it exists, whatever refuses it. */
  refusesAnyhow(inputs: CircuitInputs, name?: string): Promise<void>
  /** One scalar after another is changed by one; only those of the inputs that are open may keep their proof. */
  bindsEveryInput(inputs: CircuitInputs, open: readonly string[]): Promise<void>
}

/**
 * Of tens of thousands. Mostly one or two; but the compiler substitutes a linear equation away, and bending that one
 * shows wherever its signals stand.
 */
const FEW = 40

export function checksOf(circuit: CompiledCircuit): Checks {
  const violations = (inputs: CircuitInputs) => circuit.violations(inputs)
  const refusesAnyhow = async (inputs: CircuitInputs, name?: string) =>
    expect(await violations(inputs), name).toBeGreaterThan(0)
  return {
    accepts: async (inputs, name) => expect(await violations(inputs), name).toBe(0),
    refuses: async (inputs, name) => {
      const broken = await violations(inputs)
      expect(broken, name).toBeGreaterThan(0)
      expect(broken, `${name ?? 'forgery'} breaks more than its rule`).toBeLessThanOrEqual(FEW)
    },
    refusesAnyhow,
    bindsEveryInput: async (inputs, open) => {
      expect(await violations(inputs)).toBe(0)
      for (const [which, path] of inputPaths(inputs).entries()) {
        if (open.includes(path[0] as string)) continue
        const change = (value: bigint) => toField(which % 2 === 0 ? value + 1n : value - 1n)
        await refusesAnyhow(withInput(inputs, path, change), path.join('.'))
      }
    },
  }
}
