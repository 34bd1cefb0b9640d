import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bookRootOf } from '../../src/book/book.ts'
import { chainCommitment, emptyChainState } from '../../src/book/chain.ts'
import { toField } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { stepWitness } from '../../src/prover/margin-inputs.ts'
import { marginCircuit } from '../support/margin-circuit.ts'
import { CASH_ID, chainOf, commitmentOf, EPOCH_CONTEXT } from '../support/solvency-world.ts'
import { sealForge } from './seal-forge.ts'

/** Every leaf is counted once, in one book, on one round, with one ledger: SealForge tries otherwise. */
const { hasher, circuit, world, chain, honest, accepted, prove, endingWith } = await sealForge()

describe('an honest seal', () => {
  it('takes as many constraints as are committed', () => {
    const url = new URL('../../circuits/constraints.json', import.meta.url)
    const committed = JSON.parse(readFileSync(url, 'utf8')) as Record<string, number>
    expect(circuit.constraints).toBe(committed.seal)
  })

  it('is accepted under both policies, and is the only thing that its chain says', async () => {
    expect(await accepted(honest)).toBe(true)
    const { inputs, signals, totals } = prove({ policy: 'aggregates' })
    expect(await accepted(inputs)).toBe(true)
    expect(signals.counts).not.toBe(0n)
    expect(totals).toMatchObject({ reduceOnly: 1n, softLiquidation: 1n, fullLiquidation: 2n, insolvent: 2n })
    expect(honest).toMatchObject({ counts: 0n, totals: 0n, belowMm: 4n, context: EPOCH_CONTEXT })
  })

  it('takes a ledger in all of its words', async () => {
    // Collaterals that nobody holds fill the places up to the ninth.
    const empty = [30, 31, 32, 33, 34, 35, 36].map((instrumentId) => ({ instrumentId, lots: 0n }))
    const { inputs, signals } = prove({ ledger: [...world.ledger, ...empty] })
    expect([signals.ledger0, signals.ledger1, signals.ledger2]).not.toContain(0n)
    expect(await accepted(inputs)).toBe(true)
    const [ledger1, ledger2] = [signals.ledger2, signals.ledger1]
    expect(await accepted({ ...inputs, ledger1, ledger2 })).toBe(false)
  })

  it('breaks with any other value of any input but those that it does not fix', async () => {
    // More reserves are still enough, a context is bound as it is, and much liquidity may give the same gauge.
    const free = new Set(['reserves', 'context', 'liquidity'])
    for (const [name, value] of Object.entries(honest)) {
      if (free.has(name)) continue
      const values = Array.isArray(value) ? (value as bigint[]) : [value as bigint]
      for (let i = 0; i < values.length; i++) {
        const changed = values.map((one, j) => (i === j ? toField(one + 1n) : one))
        const inputs = { ...honest, [name]: Array.isArray(value) ? changed : changed[0]! }
        expect(await accepted(inputs), `${name} ${i}`).toBe(false)
      }
    }
  })
})

describe('every leaf once and only once', () => {
  it('refuses an omitted leaf', async () => {
    const short = chainOf(hasher, world, world.ledger, [0, 1, 2, 3, 4, 5, 6])
    expect(() => prove({ last: short.states.at(-1)! })).toThrow(
      /ends after 7 of the book's 8 accounts.*rule 3/,
    )
    const inputs = endingWith(short)
    expect(await accepted(inputs)).toBe(false)
    // Called eight, or under a book root of seven: neither opens what is there.
    expect(await accepted({ ...inputs, count: 8n })).toBe(false)
    const root = bookRootOf(hasher, world.book.treeRoot, 7)
    expect(await accepted({ ...inputs, bookRoot: root })).toBe(false)
  })

  it('refuses leaves beyond the count, the same one twice for instance', async () => {
    const long = chainOf(hasher, world, world.ledger, [0, 1, 2, 3, 4, 5, 6, 7, 7])
    expect(() => prove({ last: long.states.at(-1)! })).toThrow(/counts 9 accounts and the book has 8.*rule 3/)
    expect(await accepted(endingWith(long))).toBe(false)
    expect(await accepted({ ...endingWith(long), count: 8n })).toBe(false)
  })

  it('refuses a chain that does not begin with nothing', async () => {
    const begun = { ...emptyChainState(7n), totals: [0n, 1n << 124n, 0n, 0n, 0n] }
    expect(() => prove({ first: begun })).toThrow(/does not begin with the empty state \(rule 1\)/)
    expect(() => prove({ first: { ...emptyChainState(7n), count: 1 } })).toThrow(/rule 1/)
    for (const state of [begun, chain.states[1]!, { ...emptyChainState(7n), fingerprint: 1n }]) {
      const inputs = { ...honest, chainFirst: commitmentOf(hasher, chain, state), blindFirst: state.blind }
      expect(await accepted(inputs)).toBe(false)
    }
  })

  it('refuses another book: the same tree with another count, another tree with this count', () => {
    expect(() => prove({ treeRoot: 5n })).toThrow(/the book root is not that of this tree/)
    expect(() => prove({ count: 7 })).toThrow(/the book root is not that of this tree/)
  })

  // The steps' part: a state that has counted another number of accounts has no next step at this leaf.
  it('has no step for a leaf counted twice or after a gap', async () => {
    const margin = await marginCircuit(MARGIN_INSTANCES['margin-4'])
    const { beta } = chain.header
    const request = { beta, state: chain.states[3]!, nextBlind: 9n, context: EPOCH_CONTEXT }
    const step = stepWitness(hasher, world.instance, world.opening(3), world.round, request)
    expect(await margin.violations(step.inputs)).toBe(0)
    // Once more after it, and with the leaf before it left out.
    for (const count of [4, 2]) {
      const state = { ...chain.states[3]!, count }
      expect(() =>
        stepWitness(hasher, world.instance, world.opening(3), world.round, { ...request, state }),
      ).toThrow(/has counted/)
      const chainIn = commitmentOf(hasher, chain, state)
      const chainOut = commitmentOf(hasher, chain, { ...step.next, count: count + 1 })
      expect(await margin.violations({ ...step.inputs, chainIn, chainOut })).toBeGreaterThan(0)
    }
    // A step of another round, other parameters or another book does not meet this chain's states.
    for (const name of ['riskRoot', 'parameters', 'bookRoot'] as const) {
      const header = { ...chain.header, [name]: chain.header[name] + 1n }
      const chainIn = chainCommitment(hasher, header, chain.states[3]!)
      expect(await margin.violations({ ...step.inputs, chainIn }), name).toBeGreaterThan(0)
    }
  })
})

describe('one book, one round, one ledger', () => {
  it('refuses an end under another book, round, parameters or beta', async () => {
    for (const name of ['bookRoot', 'riskRoot', 'parameters', 'beta'] as const) {
      const header = { ...chain.header, [name]: chain.header[name] + 1n }
      const [first, last] = [chain.states[0]!, chain.states.at(-1)!]
      const chainLast = chainCommitment(hasher, header, last)
      expect(await accepted({ ...honest, chainLast }), `last ${name}`).toBe(false)
      const chainFirst = chainCommitment(hasher, header, first)
      expect(await accepted({ ...honest, chainFirst }), `first ${name}`).toBe(false)
      // Both ends alike, and the public signal with them: then beta or the book's root is the one that does not fit.
      if (name !== 'beta') {
        const moved = { ...honest, chainFirst, chainLast, [name]: header[name] }
        expect(await accepted(moved), `both ${name}`).toBe(false)
      }
    }
  })

  it("refuses the beta of another ledger, fixed after the book's positions were", async () => {
    const other = [{ instrumentId: CASH_ID, lots: 1n }]
    const foreign = chainOf(hasher, world, other)
    expect(() => prove({ last: foreign.states.at(-1)! })).toThrow(/made for another ledger \(rules 4 and 5\)/)
    const chainFirst = commitmentOf(hasher, foreign, foreign.states[0]!)
    expect(await accepted({ ...endingWith(foreign), chainFirst })).toBe(false)
  })
})
