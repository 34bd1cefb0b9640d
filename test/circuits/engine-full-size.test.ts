import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chooseSlice, type Lot } from '../../src/book/liquidation/lot.ts'
import { type EngineSignals, engineSignalsToArray } from '../../src/protocol/engine-signals.ts'
import { type EngineCircuit, MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { ENGINE_SIGNALS } from '../../src/protocol/liquidation.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { adjustWitness } from '../../src/prover/adjust-inputs.ts'
import { EngineProver } from '../../src/prover/engine-circuits.ts'
import type { EngineWitness } from '../../src/prover/engine-witness.ts'
import { keptWitness } from '../../src/prover/kept-inputs.ts'
import { lotWitness } from '../../src/prover/lot-inputs.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { transferWitness } from '../../src/prover/transfer-inputs.ts'
import { atHealth, type EngineWorld, engineWorld, holding, spreadMarket } from '../support/engine-world.ts'
import { TEST_PARAMETERS } from '../support/synthetic.ts'

// The one test with full-size proofs of the liquidation engine: 15 entries and cash, 4,096 instruments, a book of 2^21.
const instance = MARGIN_INSTANCES['margin-16']
const SALT = 0x5a17n
const CONTEXT = 7n
let world: EngineWorld
let lot: Lot

beforeAll(async () => {
  const hasher = await poseidonHasher()
  const vectors = spreadMarket(15)
  const risk = { vectors: new Map(vectors.map((v) => [v.id, v])), parameters: TEST_PARAMETERS }
  const lots = vectors.slice(1).map(({ id }, k): [number, bigint] => {
    return [id, k % 3 === 2 ? BigInt(30 - k) : BigInt(-1_000 - 7 * k)]
  })
  const positions = atHealth(holding(Object.fromEntries(lots)), 60n, risk)
  expect(positions.length).toBe(16)
  const portfolios = [holding({ 1: 9_000n }), positions, holding({ 1: 1n << 33n }), positions]
  world = engineWorld(hasher, portfolios, { vectors, instance })
  lot = chooseSlice(positions, world.risk, instance.slots)
})

afterAll(closeSnarkjs)

async function checked<Circuit extends EngineCircuit>(witness: EngineWitness<Circuit>): Promise<void> {
  const { circuit } = witness
  const prover = await EngineProver.open(circuit, instance, { backend: { backend: 'builtin' } })
  try {
    const { proof, signals } = await prover.prove(witness)
    expect(signals).toEqual(witness.signals)
    expect(prover.verify({ proof, signals })).toBe(true)
    const publicSignals = engineSignalsToArray(circuit, signals).map(String)
    expect(await snarkjs.groth16.verify(prover.artifacts.verificationKey, publicSignals, proof)).toBe(true)
    for (const name of ENGINE_SIGNALS[circuit] as readonly (keyof EngineSignals<Circuit>)[]) {
      const other = { ...signals, [name]: signals[name] + 1n }
      expect(prover.verify({ proof, signals: other }), String(name)).toBe(false)
    }
  } finally {
    await prover.close()
  }
}

describe('the circuits of the liquidation engine in full size', () => {
  const limit = { timeout: 900_000 }

  it('prove a lot', limit, async () => {
    const { terms, moved } = lot
    const statement = { terms, moved, salt: SALT, context: CONTEXT }
    await checked(lotWitness(world.hasher, instance, world.opening(1), world.round, statement))
  })

  it('prove a transfer', limit, async () => {
    const { moved, summary } = lot
    const terms = {
      ...lot.terms,
      discountBps: 25n,
      feeBps: 100n,
      escrowLots: summary.carryLots,
      cutoffBps: 0n,
      floorBps: 0n,
    }
    const openings = { from: world.opening(1), to: world.opening(2) }
    const statement = { terms, moved, salt: SALT, context: CONTEXT }
    await checked(transferWitness(world.hasher, instance, openings, world.round, statement))
  })

  it('prove an adjustment', limit, async () => {
    const change = { kind: 'withdrawal', instrumentId: 1, lots: 5n } as const
    const statement = { change, context: CONTEXT }
    await checked(adjustWitness(world.hasher, instance, world.opening(2), world.round, statement))
  })

  it('prove kept leaves', limit, async () => {
    const openings = [3, 0, 1].map((index) => world.opening(index))
    await checked(keptWitness(world.hasher, instance, openings))
  })
})
