import { beforeAll, describe, expect, it } from 'vitest'
import { emptyChainState } from '../../src/book/chain.ts'
import { WitnessError } from '../../src/protocol/errors.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { claimWitness, stepWitness } from '../../src/prover/margin-inputs.ts'
import { type SyntheticWorld, syntheticWorld } from '../support/synthetic.ts'

const instance = MARGIN_INSTANCES['margin-4']
const covered = { claim: { threshold: 'mm', below: false }, context: 7n } as const
let hasher: Hasher
let world: SyntheticWorld

beforeAll(async () => {
  hasher = await poseidonHasher()
  world = syntheticWorld(hasher, instance, [
    [
      { id: 1, quantityLots: 900_000n },
      { id: 2, quantityLots: -5n },
    ],
    [{ id: 2, quantityLots: -1n }],
  ])
})

/** The refusal of an opening changed in one thing. */
function refusal(change: (opening: ReturnType<SyntheticWorld['opening']>) => object): WitnessError {
  const opening = world.opening(0)
  try {
    claimWitness(hasher, instance, { ...opening, ...change(opening) }, world.round, covered)
  } catch (error) {
    expect(error).toBeInstanceOf(WitnessError)
    return error as WitnessError
  }
  throw new Error('nothing was refused')
}

describe('witness inputs are checked before proving', () => {
  it('names the slot of an instrument that the round does not list', () => {
    const error = refusal(({ account }) => ({
      account: {
        ...account,
        positions: [
          { id: 1, quantityLots: 5n },
          { id: 60, quantityLots: 5n },
        ],
      },
    }))
    expect(error.slot).toBe(3)
    expect(error.message).toMatch(/instrument 60 \(place 60\) is not listed/)
  })

  it('refuses another generation of a listed place', () => {
    const error = refusal(({ account }) => ({
      account: { ...account, positions: [{ id: 4096 + 2, quantityLots: 5n }] },
    }))
    expect(error.message).toMatch(/is not listed in this round/)
  })

  it('names the rule of slots that are not canonical', () => {
    const positions = [
      { id: 2, quantityLots: 5n },
      { id: 2, quantityLots: 6n },
    ]
    expect(refusal(({ account }) => ({ account: { ...account, positions } })).message).toMatch(/account 100/)
    const huge = [{ id: 2, quantityLots: 1n << 38n }]
    expect(refusal(({ account }) => ({ account: { ...account, positions: huge } })).message).toMatch(
      /quantity/,
    )
  })

  it('refuses a path that does not lead from this leaf to the root', () => {
    expect(refusal(({ account }) => ({ account: { ...account, nonce: 9n } })).message).toMatch(/level 0/)
    expect(refusal(({ path }) => ({ path: path.slice(1) })).message).toMatch(/1 levels/)
    expect(refusal(() => ({ bookRoot: 5n })).message).toMatch(/another root/)
    expect(refusal(() => ({ index: 2 })).message).toMatch(/not below the book's count/)
    expect(refusal(() => ({ count: 65 })).message).toMatch(/does not fit/)
  })

  it('refuses a false claim with the figures', () => {
    const below = { claim: { threshold: 'mm', below: true }, context: 7n } as const
    expect(() => claimWitness(hasher, instance, world.opening(0), world.round, below)).toThrow(
      /is not below the MM threshold of \d+/,
    )
    expect(() => claimWitness(hasher, instance, world.opening(1), world.round, covered)).toThrow(
      /the claim is false/,
    )
  })

  it('refuses a context outside the field', () => {
    for (const context of [-1n, FIELD_MODULUS]) {
      expect(() =>
        claimWitness(hasher, instance, world.opening(0), world.round, { ...covered, context }),
      ).toThrow(/context/)
    }
  })

  it('refuses a chain that has not counted exactly the accounts before this one', () => {
    const step = { beta: 1n, state: emptyChainState(1n), nextBlind: 2n, context: 0n }
    expect(() => stepWitness(hasher, instance, world.opening(1), world.round, step)).toThrow(
      /has counted 0 accounts/,
    )
  })

  it('refuses a risk tree of another size', () => {
    expect(() =>
      claimWitness(hasher, MARGIN_INSTANCES['margin-16'], world.opening(0), world.round, covered),
    ).toThrow(/built for margin-4/)
  })
})
