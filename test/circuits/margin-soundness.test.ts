import { beforeAll, describe, expect, it } from 'vitest'
import { bookRootOf } from '../../src/book/book.ts'
import { emptyChainState } from '../../src/book/chain.ts'
import { THRESHOLDS, type Threshold } from '../../src/protocol/claims.ts'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { packMarginParameters } from '../../src/protocol/parameters.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { MARGIN_SIGNALS } from '../../src/protocol/signals.ts'
import {
  type CircuitInputs,
  claimWitness,
  type MarginWitness,
  stepWitness,
} from '../../src/prover/margin-inputs.ts'
import { isBelow, marginOf } from '../../src/risk/margin.ts'
import { forgeWorld, NANO_CASH_ID, THREE_LOSSES_ID } from '../support/forge-world.ts'
import { inputPaths, type MarginCircuit, marginCircuit, withInput } from '../support/margin-circuit.ts'
import { type SyntheticWorld, TEST_PARAMETERS, TestRandom } from '../support/synthetic.ts'

const instance = MARGIN_INSTANCES['margin-4']
let hasher: Hasher
let circuit: MarginCircuit

beforeAll(async () => {
  hasher = await poseidonHasher()
  circuit = await marginCircuit(instance)
})

/** The honest witness of whichever side of the threshold is true. */
function honestClaim(
  world: SyntheticWorld,
  index: number,
  threshold: Threshold,
  context = 77n,
): MarginWitness {
  const account = world.accounts[index]!
  const margin = marginOf(account.positions, world.round.tree.vectors, TEST_PARAMETERS)
  const claim = { threshold, below: isBelow(margin, threshold) }
  return claimWitness(hasher, instance, world.opening(index), world.round, { claim, context })
}

function step(world: SyntheticWorld, index = 0) {
  const state = { ...emptyChainState(5n), count: index }
  const request = { beta: 987_654_321n << 90n, state, nextBlind: 6n, context: 3n }
  return stepWitness(hasher, instance, world.opening(index), world.round, request)
}

async function accepted(inputs: CircuitInputs): Promise<boolean> {
  return (await circuit.violations(inputs)) === 0
}

/** The claim of the other side, with everything else as it is. */
function otherSide(inputs: CircuitInputs): CircuitInputs {
  return { ...inputs, claim: (inputs.claim as bigint) ^ 1n }
}

describe('both-ways soundness', () => {
  it('proves exactly the true side of every threshold, for random portfolios', async () => {
    const random = new TestRandom(5)
    const portfolios = Array.from({ length: 6 }, (_, i) =>
      [3, 7 + i, 20 + i]
        .map((id) => ({ id, quantityLots: random.signed(i + 3) }))
        .filter(({ quantityLots }) => quantityLots !== 0n),
    )
    const world = forgeWorld(hasher, instance, portfolios)
    for (let index = 0; index < portfolios.length; index++) {
      for (const threshold of THRESHOLDS) {
        const { inputs } = honestClaim(world, index, threshold)
        expect(await accepted(inputs), `account ${index}, ${threshold}`).toBe(true)
        expect(await accepted(otherSide(inputs)), `account ${index}, ${threshold}, false side`).toBe(false)
      }
    }
  })

  // Checklist 3 and 10: equity exactly at a threshold is covered, one nano-USD less is not.
  it('decides the boundary to the nano-USD', async () => {
    const risky = { id: 9, quantityLots: -3n }
    const vectors = forgeWorld(hasher, instance, [[risky]]).round.tree.vectors
    const bare = marginOf([risky], vectors, TEST_PARAMETERS)
    for (const threshold of THRESHOLDS) {
      const needed = bare.requirementNano[threshold] - bare.equityNano
      const portfolios = [needed, needed - 1n].map((cash) => [
        { id: NANO_CASH_ID, quantityLots: cash },
        risky,
      ])
      const world = forgeWorld(hasher, instance, portfolios)
      for (const [index, below] of [false, true].entries()) {
        const { inputs, signals } = honestClaim(world, index, threshold)
        expect(signals.claim & 1n, threshold).toBe(below ? 1n : 0n)
        expect(await accepted(inputs), threshold).toBe(true)
        expect(await accepted(otherSide(inputs)), threshold).toBe(false)
      }
    }
  })

  // Checklist 5: the extremes of the quantity range, and one beyond them.
  it('takes the whole range of quantities and no more', async () => {
    const low = -(1n << 38n)
    const high = (1n << 38n) - 1n
    for (const quantityLots of [low, high]) {
      const world = forgeWorld(hasher, instance, [[{ id: THREE_LOSSES_ID, quantityLots }]])
      const { inputs } = honestClaim(world, 0, 'im')
      expect(await accepted(inputs)).toBe(true)
      const beyond = withInput(inputs, ['quantity', 3], (value) =>
        toField(quantityLots === low ? value - 1n : value + 1n),
      )
      expect(await accepted(beyond)).toBe(false)
    }
  })
})

describe('the worst loss', () => {
  // 1,000 lots of an instrument that loses 100, 50 and 10: the worst loss is 100,000 nano-USD.
  const worldOf = () => forgeWorld(hasher, instance, [[{ id: THREE_LOSSES_ID, quantityLots: 1n }]])

  it('is accepted when exact', async () => {
    const { inputs, margin } = honestClaim(worldOf(), 0, 'mm')
    expect(margin.worstMmNano).toBe(100n)
    expect(await accepted(inputs)).toBe(true)
  })

  // Checklist 9: an inflated worst loss would trigger a covered account.
  it('is refused when inflated, deflated or borrowed from a neighbouring limb', async () => {
    const { inputs } = honestClaim(worldOf(), 0, 'mm')
    for (const worst of [101n, 200n, 99n, 51n, 50n, 10n, 0n, -1n, 1n << 82n, (1n << 84n) - 49n]) {
      expect(await accepted({ ...inputs, worstMm: toField(worst) }), `${worst}`).toBe(false)
    }
  })

  it('is refused when an excess is claimed that no extreme scenario has, or hidden that one has', async () => {
    const portfolios = Array.from({ length: 12 }, (_, i) => [{ id: 9 + i, quantityLots: 3n }])
    const world = forgeWorld(hasher, instance, portfolios)
    const all = portfolios.map((_, index) => honestClaim(world, index, 'im'))
    const exceeds = ({ margin }: MarginWitness) => margin.worstImNano > margin.worstMmNano
    const runs = [all.find(exceeds)!, all.find((run) => !exceeds(run))!]
    for (const { inputs, margin } of runs) {
      const excess = margin.worstImNano - margin.worstMmNano
      expect(await accepted(inputs)).toBe(true)
      for (const claimed of [excess + 1n, excess - 1n, excess * 2n + 5n, toField(-excess - 1n)]) {
        expect(await accepted({ ...inputs, worstExcess: toField(claimed) }), `${claimed}`).toBe(false)
      }
      // The two worst losses moved against each other, their sum kept.
      expect(
        await accepted({ ...inputs, worstMm: margin.worstMmNano + 1n, worstExcess: toField(excess - 1n) }),
      ).toBe(false)
    }
  })
})

describe('the portfolio is the whole portfolio', () => {
  const cash = { id: NANO_CASH_ID, quantityLots: 5_000n }
  const short = { id: 9, quantityLots: -3n }
  const long = { id: 12, quantityLots: 2n }
  let inputs: CircuitInputs
  let world: SyntheticWorld

  beforeAll(() => {
    world = forgeWorld(hasher, instance, [[cash, short, long], [cash]])
    inputs = honestClaim(world, 0, 'im').inputs
  })

  /** Every per-slot input with its slots in another order. */
  function reordered(order: readonly number[]): CircuitInputs {
    const perSlot = ['id', 'quantity', 'vector', 'riskChildren'] as const
    const moved = perSlot.map((name) => [
      name,
      order.map((slot) => (inputs[name] as readonly bigint[])[slot]!),
    ])
    return { ...inputs, ...Object.fromEntries(moved) }
  }

  // Checklist 7. The account leaf would have to be made of the same forged slots: so the leaf is rebuilt for each.
  it('refuses slots out of order, twice, padded in the middle or left out', async () => {
    expect(await accepted(inputs)).toBe(true)
    for (const order of [
      [0, 1, 3, 2],
      [1, 0, 2, 3],
      [0, 2, 2, 3],
      [0, 0, 2, 3],
      [0, 0, 0, 0],
    ]) {
      expect(await accepted(reordered(order)), order.join()).toBe(false)
    }
  })

  it('refuses a dropped leg: padding in its place under the same leaf', async () => {
    for (const slot of [1, 2, 3]) {
      const dropped = withInput(inputs, ['quantity', slot], () => 0n)
      expect(await accepted(dropped)).toBe(false)
    }
  })

  // Checklist 8 and 37: the vector of another instrument, another generation, or a node instead of a leaf.
  it('refuses any vector but the one listed under the whole id', async () => {
    const vectors = inputs.vector as readonly (readonly bigint[])[]
    for (let slot = 1; slot < 4; slot++) {
      const borrowed = vectors.map((vector, index) => (index === slot ? vectors[0]! : vector))
      expect(await accepted({ ...inputs, vector: borrowed })).toBe(false)
      const generation = withInput(inputs, ['id', slot], (id) => id + (1n << 12n))
      expect(await accepted(generation)).toBe(false)
    }
    const top = inputs.riskTop as readonly bigint[]
    expect(await accepted({ ...inputs, riskTop: top.map((node, i) => (i === 9 ? top[12]! : node)) })).toBe(
      false,
    )
  })

  // Checklist 24: vectors of another round under this round's root, and this round's under another root.
  it('refuses a swapped round', async () => {
    const other = honestClaim(forgeWorld(hasher, instance, [[cash, short, long], [cash]], 2), 0, 'im').inputs
    expect(await accepted(other)).toBe(true)
    expect(await accepted({ ...inputs, riskRoot: other.riskRoot! })).toBe(false)
    expect(await accepted({ ...inputs, vector: other.vector!, riskTop: other.riskTop! })).toBe(false)
    expect(await accepted({ ...inputs, vector: other.vector! })).toBe(false)
  })

  // Checklist 11: the second account's opening at the first index, and an index at or beyond the count.
  it('refuses an index that is not the leaf, or not below the count', async () => {
    for (const index of [1n, 2n, 63n, 64n, FIELD_MODULUS - 1n]) {
      expect(await accepted({ ...inputs, index }), `${index}`).toBe(false)
    }
    for (const count of [0n, 1n, 3n, FIELD_MODULUS - 1n]) {
      expect(await accepted({ ...inputs, count }), `${count}`).toBe(false)
    }
  })

  it('does not prove an empty place of the book', async () => {
    // A venue counts three accounts where two stand. The empty place shares its eight children with the first.
    const bookRoot = bookRootOf(hasher, world.book.treeRoot, 3)
    const counted = { ...inputs, bookRoot, count: 3n }
    expect(await accepted(counted)).toBe(true)
    expect(await accepted({ ...counted, index: 2n })).toBe(false)
    // Nor an account of nothing at all there.
    const nothing = inputs.id as readonly bigint[]
    const zero = nothing.map(() => 0n)
    expect(
      await accepted({
        ...counted,
        index: 2n,
        id: zero,
        quantity: zero,
        accountId: 0n,
        owner: 0n,
        nonce: 0n,
      }),
    ).toBe(false)
  })
})

describe('every input is bound', () => {
  const world = () =>
    forgeWorld(hasher, instance, [
      [
        { id: 9, quantityLots: -3n },
        { id: 12, quantityLots: 2n },
      ],
    ])

  // What a claim leaves open by design: the chain is not in use, so its private state may be anything.
  const OPEN_IN_A_CLAIM = ['beta', 'fingerprintIn', 'totalsIn', 'blindIn', 'blindOut']

  async function bound(inputs: CircuitInputs, open: readonly string[]): Promise<void> {
    for (const [which, path] of inputPaths(inputs).entries()) {
      const change = (value: bigint) => toField(which % 2 === 0 ? value + 1n : value - 1n)
      const refused = (await circuit.violations(withInput(inputs, path, change))) > 0
      expect(refused, path.join('.')).toBe(!open.includes(path[0] as string))
    }
  }

  // Checklist 6: a public signal that no constraint uses would be accepted changed, here as everywhere.
  it('in a claim', { timeout: 240_000 }, async () => {
    const { inputs } = honestClaim(world(), 0, 'mm')
    // The context is any value: it is bound by being public, and a constraint holds it (below). Other parameters make
    // another statement, which may be as true (next test).
    await bound(inputs, [...OPEN_IN_A_CLAIM, 'context', 'parameters'])
  })

  it('proves under other parameters only what is true under them', async () => {
    const { inputs, margin } = honestClaim(world(), 0, 'mm')
    const regular = TEST_PARAMETERS.regularMask
    const others = [
      { ...TEST_PARAMETERS, mmFactorBps: 7_999n },
      { ...TEST_PARAMETERS, mmFactorBps: 0n },
      { ...TEST_PARAMETERS, gammaMultiplierBps: 65_535n },
      { ...TEST_PARAMETERS, regularMask: 0n },
      { ...TEST_PARAMETERS, regularMask: regular ^ 1n },
      { ...TEST_PARAMETERS, regularMask: (1n << 32n) - 1n },
    ]
    const account = world().accounts[0]!
    for (const parameters of others) {
      const other = marginOf(account.positions, world().round.tree.vectors, parameters)
      // The worst losses of the witness are those of its own parameters; they must be these parameters' too.
      const sameWorst = other.worstMmNano === margin.worstMmNano && other.worstImNano === margin.worstImNano
      const isTrue = sameWorst && isBelow(other, 'mm') === isBelow(margin, 'mm')
      expect(await accepted({ ...inputs, parameters: packMarginParameters(parameters) })).toBe(isTrue)
    }
    expect(await accepted({ ...inputs, parameters: (inputs.parameters as bigint) + (1n << 99n) })).toBe(false)
  })

  it('in a chain step', { timeout: 240_000 }, async () => {
    await bound(step(world()).inputs, ['context'])
  })

  it('keeps every public signal in a constraint', async () => {
    // Groth16 binds a public signal through its key point; a signal in no constraint has the point at infinity there.
    const { circuitArtifactsOf } = await import('../support/margin-artifacts.ts')
    const { verificationKey } = await circuitArtifactsOf(instance)
    expect(verificationKey.IC).toHaveLength(MARGIN_SIGNALS.length + 1)
    for (const [index, point] of verificationKey.IC.entries()) {
      expect(point, index === 0 ? 'constant' : MARGIN_SIGNALS[index - 1]).not.toEqual(['0', '1', '0'])
    }
  })
})

describe('claims and steps do not mix', () => {
  const world = () => forgeWorld(hasher, instance, [[{ id: 9, quantityLots: -3n }]])

  it('a step carries no claim and no tag, a claim no chain', async () => {
    const chain = step(world())
    const claim = honestClaim(world(), 0, 'im')
    expect(await accepted(chain.inputs)).toBe(true)
    expect(await accepted({ ...chain.inputs, tag: claim.signals.tag })).toBe(false)
    expect(await accepted({ ...chain.inputs, claim: claim.signals.claim })).toBe(false)
    expect(
      await accepted({ ...claim.inputs, chainIn: chain.signals.chainIn, chainOut: chain.signals.chainOut }),
    ).toBe(false)
    expect(await accepted({ ...claim.inputs, tag: 0n })).toBe(false)
  })

  // Checklist 4: selectors that are not bits.
  it('selects at most one threshold, by bits', async () => {
    const { inputs } = honestClaim(world(), 0, 'im')
    for (const select of [
      [0n, 0n, 1n, 1n],
      [1n, 1n, 1n, 1n],
      [0n, 0n, 2n, -1n],
      [0n, 0n, -1n, 2n],
    ]) {
      const forged = select.map(toField)
      for (const claim of Array.from({ length: 10 }, (_, code) => BigInt(code))) {
        expect(await accepted({ ...inputs, select: forged, claim })).toBe(false)
      }
    }
  })
})
