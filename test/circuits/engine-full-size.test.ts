import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { chooseSlice, type Lot } from '../../src/book/liquidation/lot.ts'
import { engineSignalsToArray } from '../../src/protocol/engine-signals.ts'
import { toField } from '../../src/protocol/field.ts'
import { type EngineCircuit, MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { adjustWitness } from '../../src/prover/adjust-inputs.ts'
import type { EngineWitness } from '../../src/prover/engine-witness.ts'
import { keptWitness } from '../../src/prover/kept-inputs.ts'
import { lotWitness } from '../../src/prover/lot-inputs.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { transferWitness } from '../../src/prover/transfer-inputs.ts'
import { type InputPath, inputPaths, withInput } from '../support/compiled-circuit.ts'
import { fullSizeCircuit, unsimplifiedName } from '../support/engine-circuit.ts'
import { forgeLot, forgeTransfer, MODES, percentOf } from '../support/engine-forge.ts'
import { atHealth, type EngineWorld, engineWorld, holding, spreadMarket } from '../support/engine-world.ts'
import { type Checks, checksOf } from '../support/forgery-checks.ts'
import { TEST_PARAMETERS } from '../support/synthetic.ts'

// The circuits of the liquidation engine in full size: 15 entries and cash, 4,096 instruments, a book of 2^21. Witnesses are
// held against the constraints, which is what a proof would show; proofs of this size are made by `npm run bench`.
const instance = MARGIN_INSTANCES['margin-16']
const committed = JSON.parse(
  readFileSync(new URL('../../circuits/constraints.json', import.meta.url), 'utf8'),
) as Record<string, number>
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
  lot = chooseSlice(positions, world.risk, instance.slots, 400n)
})

/**
 * The honest witness keeps every constraint and states its signals; with one scalar of any list changed, in its middle or at
 * its end, beyond whatever the small instance has, no proof of it exists.
 */
async function holds<Circuit extends EngineCircuit>(witness: EngineWitness<Circuit>): Promise<Checks> {
  const { circuit: name, inputs, signals } = witness
  const circuit = await fullSizeCircuit(name)
  expect(circuit.constraints).toBe(committed[unsimplifiedName(name)])
  const checks = checksOf(circuit)
  await checks.accepts(inputs, name)
  expect(await circuit.stated(inputs)).toEqual(engineSignalsToArray(name, signals))
  for (const path of listedPaths(inputs)) {
    await checks.refusesAnyhow(
      withInput(inputs, path, (value) => toField(value + 1n)),
      path.join('.'),
    )
  }
  return checks
}

/** The way to the scalar in the middle and to the last of every list of the inputs. */
function listedPaths(inputs: CircuitInputs): InputPath[] {
  const lists = new Map<unknown, InputPath[]>()
  for (const path of inputPaths(inputs)) {
    if (path.length > 1) lists.set(path[0], [...(lists.get(path[0]) ?? []), path])
  }
  return [...lists.values()].flatMap((list) => [list[list.length >> 1]!, list.at(-1)!])
}

describe('the circuits of the liquidation engine in full size', () => {
  const limit = { timeout: 900_000 }

  it('hold a lot', limit, async () => {
    const { terms, moved } = lot
    const statement = { terms, moved, salt: SALT, context: CONTEXT }
    const { refuses } = await holds(
      lotWitness(world.hasher, instance, world.opening(1), world.round, statement),
    )
    const percent = terms.percent + 1n
    const { positions } = world.opening(1).account
    const forged = { ...terms, mode: MODES.slice, percent, moved: percentOf(positions, percent) }
    await refuses(forgeLot(world, 1, forged), 'a percent more than is needed')
  })

  it('hold a transfer', limit, async () => {
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
    const { refuses } = await holds(transferWitness(world.hasher, instance, openings, world.round, statement))
    const received = moved.slice(0, -1)
    const forged = { ...terms, mode: MODES.slice, moved, received, places: [1, 2] as const }
    await refuses(forgeTransfer(world, forged), 'the last entry does not arrive')
  })

  it('hold an adjustment', limit, async () => {
    const change = { kind: 'withdrawal', instrumentId: 1, lots: 5n } as const
    const statement = { change, context: CONTEXT }
    await holds(adjustWitness(world.hasher, instance, world.opening(2), world.round, statement))
  })

  it('hold kept leaves', limit, async () => {
    const openings = [3, 0, 1].map((index) => world.opening(index))
    await holds(keptWitness(world.hasher, instance, openings))
  })
})
