import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChainState, emptyChainState } from '../../src/book/chain.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { compileCircuit } from '../../src/prover/compile.ts'
import { SEAL_NAME, writeSealSources } from '../../src/prover/generate-seal.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'
import { type R1cs, readR1cs } from '../../src/prover/r1cs.ts'
import { violatedConstraints } from '../../src/prover/r1cs-check.ts'
import { sealWitness } from '../../src/prover/seal-inputs.ts'
import { readSymbols } from '../../src/prover/symbols.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { readWitness, writeWitness } from '../../src/prover/wtns.ts'
import { type Chain, chainOf, commitmentOf, sealStatement, solvencyWorld } from '../support/solvency-world.ts'

/**
 * What ties the opened states to the rest of the seal: each state is a sound commitment by itself, of something else than
 * the seal says. The circuits are compiled without simplification, so that every wire is a constraint of its own.
 */
interface Program {
  readonly calculator: WitnessCalculator
  readonly r1cs: R1cs
  readonly symbols: ReadonlyMap<string, number>
}

let folder: string
let hasher: Hasher
let seal: Program
let stateAlone: Program
let chain: Chain
let honest: CircuitInputs

async function program(mainFile: string, name: string): Promise<Program> {
  const includeFolders = [GENERATED_CIRCUITS]
  const compiled = await compileCircuit({ mainFile, name, simplification: 'O0', includeFolders })
  return {
    calculator: await WitnessCalculator.create(compiled.wasmPath, { sanityCheck: false }),
    r1cs: await readR1cs(compiled.r1csPath),
    symbols: await readSymbols(compiled.symPath),
  }
}

beforeAll(async () => {
  hasher = await poseidonHasher()
  seal = await program(writeSealSources(GENERATED_CIRCUITS), `${SEAL_NAME}-plain`)
  folder = await mkdtemp(join(REPOSITORY_ROOT, 'build', 'wires-test-'))
  const mainFile = join(folder, 'state-alone.circom')
  await writeFile(
    mainFile,
    'pragma circom 2.1.9;\ninclude "margin/chain.circom";\ncomponent main = ChainState();\n',
  )
  stateAlone = await program(mainFile, 'state-alone')
  const world = solvencyWorld(hasher)
  chain = chainOf(hasher, world, world.ledger)
  honest = sealWitness(hasher, sealStatement(hasher, world)).inputs
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Constraints broken by a seal whose component `end` opens another state, whole, and whose signal says so. */
async function withState(end: 'first' | 'last', state: ChainState, header = chain.header): Promise<number> {
  const signal = end === 'first' ? 'chainFirst' : 'chainLast'
  const commitment = commitmentOf(hasher, { ...chain, header }, state)
  const witness = readWitness(await seal.calculator.calculate({ ...honest, [signal]: commitment }))
  const { count, ...rest } = state
  const inside = readWitness(
    await stateAlone.calculator.calculate({ ...header, ...rest, count: BigInt(count) }),
  )
  for (const [name, index] of stateAlone.symbols) {
    const place = seal.symbols.get(name.replace(/^main\./, `main.${end}.`))
    if (place === undefined) throw new Error(`the seal has no ${name} in ${end}`)
    witness[place] = inside[index]!
  }
  return (await violatedConstraints(seal.r1cs, writeWitness(witness))).length
}

describe('each wire of an opened state', () => {
  it('is all that refuses another value behind it', async () => {
    const [first, last] = [chain.states[0]!, chain.states.at(-1)!]
    expect(await withState('first', first)).toBe(0)
    expect(await withState('last', last)).toBe(0)
    for (const [end, state] of [
      ['first', emptyChainState(first.blind)],
      ['last', last],
    ] as const) {
      // Exactly one constraint stands in the way of each: the wire.
      expect(await withState(end, { ...state, count: state.count + 1 }), `${end} count`).toBe(1)
      expect(
        await withState(end, { ...state, fingerprint: state.fingerprint + 1n }),
        `${end} fingerprint`,
      ).toBe(1)
      for (let t = 0; t < state.totals.length; t++) {
        const totals = state.totals.map((word, i) => (i === t ? word + 1n : word))
        expect(await withState(end, { ...state, totals }), `${end} total ${t}`).toBe(1)
      }
      for (const name of ['bookRoot', 'riskRoot', 'parameters', 'beta'] as const) {
        const header = { ...chain.header, [name]: chain.header[name] + 1n }
        expect(await withState(end, state, header), `${end} ${name}`).toBe(1)
      }
    }
  })
})
