import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emptyChainState } from '../../src/book/chain.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { MARGIN_SIGNALS, marginSignalsToArray } from '../../src/protocol/signals.ts'
import { claimWitness, type MarginWitness, stepWitness } from '../../src/prover/margin-inputs.ts'
import { MarginProver } from '../../src/prover/margin-prover.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { type SyntheticWorld, syntheticWorld } from '../support/synthetic.ts'

// The one test with full-size proofs of this circuit: 16 slots in use, a tree of 4,096 places, a book of 2^21.
const instance = MARGIN_INSTANCES['margin-16']
let hasher: Hasher
let world: SyntheticWorld
let prover: MarginProver

beforeAll(async () => {
  hasher = await poseidonHasher()
  const portfolio = Array.from({ length: 16 }, (_, i) => ({
    id: 1 + 250 * i,
    quantityLots: BigInt(i % 3 === 0 ? 40 + i : -7 - i),
  }))
  world = syntheticWorld(hasher, instance, [portfolio, portfolio.slice(0, 1)], { instruments: 4_000 })
  prover = await MarginProver.open(instance, { backend: { backend: 'builtin' } })
}, 300_000)

afterAll(async () => {
  await prover?.close()
  await closeSnarkjs()
})

async function checked(witness: MarginWitness): Promise<void> {
  const { proof, signals } = await prover.prove(witness)
  expect(signals).toEqual(witness.signals)
  expect(prover.verify({ proof, signals })).toBe(true)
  const publicSignals = marginSignalsToArray(signals).map(String)
  expect(await snarkjs.groth16.verify(prover.artifacts.verificationKey, publicSignals, proof)).toBe(true)
  for (const [index, name] of MARGIN_SIGNALS.entries()) {
    const other = { ...signals, [name]: signals[name] + 1n }
    expect(prover.verify({ proof, signals: other }), `${index} ${name}`).toBe(false)
  }
}

describe('margin-16', () => {
  it('proves a claim, which snarkjs accepts and no other signal fits', { timeout: 120_000 }, async () => {
    const probe = (below: boolean) =>
      claimWitness(hasher, instance, world.opening(0), world.round, {
        claim: { threshold: 'mm', below },
        context: 7n,
      })
    let witness: MarginWitness
    try {
      witness = probe(true)
    } catch {
      witness = probe(false)
    }
    await checked(witness)
  })

  it('proves a step of the solvency chain', { timeout: 120_000 }, async () => {
    const state = { ...emptyChainState(11n), count: 1 }
    const step = { beta: 1n << 200n, state, nextBlind: 12n, context: 7n }
    await checked(stepWitness(hasher, instance, world.opening(1), world.round, step))
  })
})
