import { emptyChainState } from '../../src/book/chain.ts'
import { THRESHOLDS } from '../../src/protocol/claims.ts'
import { WitnessError } from '../../src/protocol/errors.ts'
import type { EngineCircuit } from '../../src/protocol/instances.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { MARGIN_SIGNALS } from '../../src/protocol/signals.ts'
import { circomEngineMain } from '../../src/prover/generate.ts'
import {
  type CircuitInputs,
  claimWitness,
  type MarginWitness,
  stepWitness,
} from '../../src/prover/margin-inputs.ts'
import { WitnessCalculator, type WitnessInputs } from '../../src/prover/witness.ts'
import { readWitness } from '../../src/prover/wtns.ts'
import { SMALL } from '../../test/support/engine-cases.ts'
import { syntheticWorld, type TestRandom } from '../../test/support/synthetic.ts'
import { compileSources, readSymbols } from './harness.ts'
import { honestEngineInputs } from './honest-engine.ts'
import { FULL, type Harness } from './templates.ts'

/** A witness calculator of a compiled circuit, without checks. */
export interface Program {
  run(inputs: WitnessInputs): Promise<bigint[]>
}

export async function loadProgram(path: string): Promise<Program> {
  const calculator = await WitnessCalculator.create(path, { sanityCheck: false })
  return { run: async (inputs) => readWitness(await calculator.calculate(inputs)) }
}

/** Signal values by name of one honest run of the whole circuit. */
export type HonestRun = ReadonlyMap<string, bigint>

export const FULL_INSTANCE = { name: 'margin-mutation', ...FULL }

export function mainText(
  file: string,
  template: string,
  args: string,
  publicInputs: readonly string[] = [],
): string {
  const visible = publicInputs.length === 0 ? '' : ` {public [${publicInputs.join(', ')}]}`
  return `pragma circom 2.1.9;\ninclude "protocol.circom";\ninclude "${file}";\ncomponent main${visible} = ${template}(${args});\n`
}

/** Runs that between them make every part of the formula bind: claims on both sides of every threshold, and steps. */
export async function honestInputs(): Promise<MarginWitness[]> {
  const hasher = await poseidonHasher()
  const portfolios = [
    [
      { id: 1, quantityLots: 900_000n },
      { id: 2, quantityLots: -5n },
    ],
    [
      { id: 1, quantityLots: 500_000n },
      { id: 3, quantityLots: -7n },
      { id: 70, quantityLots: 9n },
      { id: 300, quantityLots: 3n },
    ],
    [{ id: 2, quantityLots: -1n }],
    [],
    [
      { id: 5, quantityLots: 100n },
      { id: 6, quantityLots: 200n },
      { id: 7, quantityLots: -100n },
    ],
    [
      { id: 1, quantityLots: -40n },
      { id: 9, quantityLots: 1n },
    ],
  ]
  const world = syntheticWorld(hasher, FULL_INSTANCE, portfolios, { instruments: 400 })
  const witnesses: MarginWitness[] = []
  let state = emptyChainState(5n)
  for (let index = 0; index < portfolios.length; index++) {
    const opening = world.opening(index)
    for (const threshold of THRESHOLDS) {
      for (const below of [false, true]) {
        try {
          const statement = { claim: { threshold, below }, context: 77n }
          witnesses.push(claimWitness(hasher, FULL_INSTANCE, opening, world.round, statement))
        } catch (error) {
          // The claim on the other side is false; exactly one of the two exists.
          if (!(error instanceof WitnessError)) throw error
        }
      }
    }
    const step = { beta: 987_654_321n << 90n, state, nextBlind: 99n + BigInt(index), context: 3n }
    const witness = stepWitness(hasher, FULL_INSTANCE, opening, world.round, step)
    witnesses.push(witness)
    state = witness.next
  }
  return witnesses
}

/** Every signal of a whole circuit for each of its honest inputs. */
export async function honestRuns(
  sources: ReadonlyMap<string, string>,
  circuit: Harness['circuit'],
): Promise<HonestRun[]> {
  const { main, inputs } = circuit === 'margin' ? await marginRuns() : await engineRuns(circuit)
  const compiled = await compileSources(sources, main, 'program')
  const program = await loadProgram(compiled.wasm)
  const symbols = readSymbols(compiled.sym)
  const runs: HonestRun[] = []
  for (const honest of inputs) {
    const witness = await program.run(honest)
    runs.push(new Map([...symbols].map(([name, index]) => [name, witness[index]!])))
  }
  return runs
}

async function marginRuns(): Promise<{ main: string; inputs: CircuitInputs[] }> {
  const args = [FULL.slots, FULL.riskLevels, FULL.accountLevels].join(', ')
  const main = mainText('margin/margin.circom', 'Margin', args, MARGIN_SIGNALS)
  return { main, inputs: (await honestInputs()).map(({ inputs }) => inputs) }
}

async function engineRuns(circuit: EngineCircuit): Promise<{ main: string; inputs: CircuitInputs[] }> {
  const hasher = await poseidonHasher()
  return { main: circomEngineMain(circuit, SMALL), inputs: honestEngineInputs(hasher, circuit) }
}

/** Random field elements: honest inputs of a template that constrains none of them. */
export function randomValue(random: TestRandom): bigint {
  return random.bits(250)
}
