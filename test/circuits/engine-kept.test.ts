import { beforeAll, describe, expect, it } from 'vitest'
import { bookRootOf } from '../../src/book/book.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { KEPT_PLACES } from '../../src/protocol/liquidation.ts'
import { packWord } from '../../src/protocol/packed-word.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { keptWitness } from '../../src/prover/kept-inputs.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { engineCircuit } from '../support/engine-circuit.ts'
import { type EngineWorld, engineWorld, holding } from '../support/engine-world.ts'
import { type Checks, checksOf } from '../support/forgery-checks.ts'

const instance = MARGIN_INSTANCES['margin-4']
let checks: Checks
let world: EngineWorld

beforeAll(async () => {
  const hasher = await poseidonHasher()
  checks = checksOf(await engineCircuit('kept', instance))
  const portfolios = Array.from({ length: 11 }, (_, k) => holding({ 1: BigInt(k + 1) }))
  world = engineWorld(hasher, portfolios)
})

function kept(indices: readonly number[], of = world): CircuitInputs {
  const openings = indices.map((index) => of.opening(index))
  return keptWitness(of.hasher, instance, openings).inputs
}

describe('kept leaves', () => {
  it('are shown four at a time, fewer by repeating one, in any order', async () => {
    for (const indices of [[0, 3, 8, 10], [10, 0, 8, 3], [5], [9, 9, 1]]) await checks.accepts(kept(indices))
  })

  it('are refused with another leaf, at another place, of another book', async () => {
    const inputs = kept([0, 3, 8, 10])
    for (const name of ['leaf0', 'leaf1', 'leaf2', 'leaf3'] as const) {
      await checks.refuses({ ...inputs, [name]: world.opening(4).leaf }, name)
      await checks.refuses({ ...inputs, [name]: 0n }, name)
    }
    await checks.refuses({ ...inputs, leaf0: inputs.leaf1!, leaf1: inputs.leaf0! }, 'exchanged')
    const changed = engineWorld(world.hasher, [
      ...world.book.accounts.slice(0, 10).map(({ positions }) => positions),
      holding({ 1: 5n }),
    ])
    await checks.refusesAnyhow({ ...inputs, bookRoot: changed.book.root })
    for (const [field] of KEPT_PLACES) {
      const places = packWord(KEPT_PLACES, { place0: 0n, place1: 3n, place2: 8n, place3: 10n, [field]: 2n })
      await checks.refusesAnyhow({ ...inputs, places }, field)
    }
  })

  it('stand below the count, within the tree', async () => {
    const inputs = kept([0, 3, 8, 10])
    // A book that counts one less than it holds: the last leaf is in its tree and not in the book.
    const bookRoot = bookRootOf(world.hasher, world.book.treeRoot, 10)
    await checks.refuses({ ...inputs, bookRoot, count: 10n })
    for (const count of [0n, 10n, 12n, FIELD_MODULUS - 1n]) await checks.refusesAnyhow({ ...inputs, count })
    const far = packWord(KEPT_PLACES, { place0: 64n, place1: 3n, place2: 8n, place3: 10n })
    await checks.refusesAnyhow({ ...inputs, places: far })
    await checks.refuses({ ...inputs, places: (inputs.places as bigint) + (1n << 84n) })
  })

  it('bind every input', { timeout: 120_000 }, async () => {
    expect(Object.keys(kept([0])).length).toBe(8)
    await checks.bindsEveryInput(kept([0, 3, 8, 10]), [])
  })
})
