import type { ChainState } from '../../src/book/chain.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { type SealStatement, type SealWitness, sealWitness } from '../../src/prover/seal-inputs.ts'
import { type SealCircuit, sealCircuit } from '../support/seal-circuit.ts'
import {
  type Chain,
  chainOf,
  commitmentOf,
  type SolvencyWorld,
  sealStatement,
  solvencyWorld,
} from '../support/solvency-world.ts'

/**
 * A cheating venue before the seal. Each cheat is tried twice: the prover's own checks name the rule, and the circuit
 * refuses a witness that goes round them. The venue chooses everything but the chain's ends, which its steps fix.
 */
export interface SealForge {
  readonly hasher: Hasher
  readonly circuit: SealCircuit
  readonly world: SolvencyWorld
  readonly chain: Chain
  /** The inputs of the honest seal. */
  readonly honest: CircuitInputs
  /** A proof of these inputs exists. */
  accepted(inputs: CircuitInputs): Promise<boolean>
  /** What an honest prover does with a statement. Throws WitnessError naming the rule. */
  prove(changes: Partial<SealStatement>, of?: SolvencyWorld): SealWitness
  /** The honest inputs with the opening of another last state, and the end of the chain that belongs to it. */
  endingWith(of: Chain, state?: ChainState): CircuitInputs
}

export async function sealForge(): Promise<SealForge> {
  const hasher = await poseidonHasher()
  const circuit = await sealCircuit()
  const world = solvencyWorld(hasher)
  const honest = sealWitness(hasher, sealStatement(hasher, world)).inputs
  return {
    hasher,
    circuit,
    world,
    chain: chainOf(hasher, world, world.ledger),
    honest,
    accepted: async (inputs) => (await circuit.violations(inputs)) === 0,
    prove: (changes, of = world) => sealWitness(hasher, sealStatement(hasher, of, changes)),
    endingWith: (of, state = of.states.at(-1)!) => ({
      ...honest,
      chainLast: commitmentOf(hasher, of, state),
      count: BigInt(state.count),
      fingerprintLast: state.fingerprint,
      totalsLast: state.totals,
      blindLast: state.blind,
    }),
  }
}
