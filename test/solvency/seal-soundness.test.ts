import { beforeAll, describe, expect, it } from 'vitest'
import { bookRootOf } from '../../src/book/book.ts'
import { chainCommitment, emptyChainState, fingerprint } from '../../src/book/chain.ts'
import { ledgerWords, liquidityWord, netLots } from '../../src/book/ledger.ts'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { BOOK_TOTAL_BITS, COUNT_BITS } from '../../src/protocol/ranges.ts'
import { type CircuitInputs, stepWitness } from '../../src/prover/margin-inputs.ts'
import { type SealStatement, sealWitness } from '../../src/prover/seal-inputs.ts'
import { marginCircuit } from '../support/margin-circuit.ts'
import { type SealCircuit, sealCircuit } from '../support/seal-circuit.ts'
import {
  CASH_ID,
  type Chain,
  COIN_ID,
  chainOf,
  commitmentOf,
  EPOCH_CONTEXT,
  LIQUIDITY_NANO,
  type SolvencyWorld,
  sealStatement,
  shortfallNano,
  solvencyWorld,
  withLedger,
} from '../support/solvency-world.ts'
import { syntheticWorld } from '../support/synthetic.ts'

/**
 * Each cheat twice: the prover's own checks name the rule, and the circuit refuses a witness that goes round them. A
 * cheating venue chooses everything but the chain's ends, which its steps fix.
 */
let hasher: Hasher
let circuit: SealCircuit
let world: SolvencyWorld
let chain: Chain
let honest: CircuitInputs

beforeAll(async () => {
  hasher = await poseidonHasher()
  circuit = await sealCircuit()
  world = solvencyWorld(hasher)
  chain = chainOf(hasher, world, world.ledger)
  honest = sealWitness(hasher, sealStatement(hasher, world)).inputs
})

const accepted = async (inputs: CircuitInputs) => (await circuit.violations(inputs)) === 0
const prove = (changes: Partial<SealStatement>, of = world) =>
  sealWitness(hasher, sealStatement(hasher, of, changes))

/** The honest inputs with the opening of another last state, and the end of the chain that belongs to it. */
function endingWith(of: Chain, state = of.states.at(-1)!): CircuitInputs {
  return {
    ...honest,
    chainLast: commitmentOf(hasher, of, state),
    count: BigInt(state.count),
    fingerprintLast: state.fingerprint,
    totalsLast: state.totals,
    blindLast: state.blind,
  }
}

describe('an honest seal', () => {
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

describe('netting and collateral', () => {
  /** The seal of a book that does not meet its ledger, on the chain that its steps would prove. */
  function forged(of: SolvencyWorld): CircuitInputs {
    const made = chainOf(hasher, of, of.ledger)
    const { header, states } = made
    const [ledger0, ledger1, ledger2] = ledgerWords(of.ledger)
    return {
      ...endingWith(made),
      bookRoot: header.bookRoot,
      treeRoot: of.book.treeRoot,
      riskRoot: header.riskRoot,
      chainFirst: commitmentOf(hasher, made, states[0]!),
      blindFirst: states[0]!.blind,
      ledger0: ledger0!,
      ledger1: ledger1!,
      ledger2: ledger2!,
    }
  }

  /** The world with one quantity changed, its tiers kept. */
  function withQuantity(account: number, id: number, change: bigint): SolvencyWorld {
    const portfolios = world.accounts.map(({ positions }, index) =>
      positions.map((position) =>
        index === account && position.id === id
          ? { ...position, quantityLots: position.quantityLots + change }
          : position,
      ),
    )
    const vectors = [...world.round.tree.vectors.values()].filter(({ id: vectorId }) => vectorId !== 0)
    return {
      ...withLedger(syntheticWorld(hasher, world.instance, portfolios, { seed: 3, vectors })),
      ledger: world.ledger,
    }
  }

  it('accepts the forgery of an honest book: it is complete', async () => {
    expect(await accepted(forged(world))).toBe(true)
    const moved = withQuantity(0, CASH_ID, 5n)
    expect(await accepted(forged(withLedger(moved)))).toBe(true)
  })

  it('refuses a derivative that does not net to zero, by one lot', async () => {
    const of = withQuantity(2, 10, 1n)
    expect(() => prove({}, of)).toThrow(/instrument 10 does not net to zero: the book holds 1 lots.*rule 5/)
    const inputs = forged(of)
    expect(await accepted(inputs)).toBe(false)
    // The fingerprint that would fit is not the chain's.
    const held = of.ledger.map(({ instrumentId, lots }) => ({ id: instrumentId, quantityLots: lots }))
    const wanted = fingerprint(chainOf(hasher, of, of.ledger).header.beta, held)
    expect(await accepted({ ...inputs, fingerprintLast: wanted })).toBe(false)
  })

  it('refuses a forged quotient in the sum over the ledger', async () => {
    const of = withQuantity(2, 10, 1n)
    const inputs = forged(of)
    const { header, states } = chainOf(hasher, of, of.ledger)
    const honestTerm = fingerprint(header.beta, [{ id: CASH_ID, quantityLots: of.ledger[0]!.lots }])
    const rest = of.ledger
      .slice(1)
      .map(({ instrumentId, lots }) => ({ id: instrumentId, quantityLots: lots }))
    const term = toField(states.at(-1)!.fingerprint - fingerprint(header.beta, rest))
    expect(term).not.toBe(honestTerm)
    const name = 'main.held.term[0][0]'
    expect(await circuit.violationsWith(inputs, { [name]: honestTerm })).toBeGreaterThan(0)
    expect(await circuit.violationsWith(inputs, { [name]: term })).toBeGreaterThan(0)
    // The last constraint in its way is the quotient's own: on an honest book the same change of nothing passes.
    expect(await circuit.violationsWith(forged(world), {})).toBe(0)
  })

  it('refuses collateral short of the ledger, above it, missing from it, or of another instrument', async () => {
    const [cash, coin] = [world.ledger[0]!, world.ledger[1]!]
    const ledgers = {
      'is short by 1 lots': [
        { instrumentId: CASH_ID, lots: cash.lots - 1n },
        { instrumentId: COIN_ID, lots: coin.lots },
      ],
      'is over by 1 lots': [
        { instrumentId: CASH_ID, lots: cash.lots + 1n },
        { instrumentId: COIN_ID, lots: coin.lots },
      ],
      'instrument 2 does not net to zero': [{ instrumentId: CASH_ID, lots: cash.lots }],
      'collateral 3 is over by 7': [
        { instrumentId: CASH_ID, lots: cash.lots },
        { instrumentId: 3, lots: coin.lots },
      ],
    }
    for (const [reason, ledger] of Object.entries(ledgers)) {
      expect(() => prove({ ledger }), reason).toThrow(reason)
      expect(await accepted(forged({ ...world, ledger })), reason).toBe(false)
    }
  })

  it('refuses a ledger word with bits beyond its entries, and lots of no instrument', async () => {
    for (const [name, bit] of [
      ['ledger2', 240n],
      ['ledger1', 0n],
    ] as const) {
      const words = { ledger0: honest.ledger0, ledger1: honest.ledger1, ledger2: honest.ledger2 }
      const changed = { ...words, [name]: (words[name] as bigint) + (1n << bit) } as Record<string, bigint>
      const { bookRoot, riskRoot, parameters } = chain.header
      const beta = hasher.hash('CHAIN_BETA', [
        bookRoot,
        riskRoot,
        parameters,
        changed.ledger0!,
        changed.ledger1!,
        changed.ledger2!,
      ])
      // Without the ranges both would pass as zero lots, so the fingerprint is that of the honest entries.
      const held = world.ledger.map(({ instrumentId, lots }) => ({ id: instrumentId, quantityLots: lots }))
      const last = { ...chain.states.at(-1)!, fingerprint: fingerprint(beta, held) }
      const header = { ...chain.header, beta }
      const inputs = {
        ...honest,
        ...changed,
        chainFirst: chainCommitment(hasher, header, chain.states[0]!),
        chainLast: chainCommitment(hasher, header, last),
        fingerprintLast: last.fingerprint,
      }
      expect(await accepted(inputs), name).toBe(false)
    }
  })
})

describe('solvency', () => {
  it('refuses a shortfall above the reserves, by one nano-USD', async () => {
    const needed = shortfallNano(world)
    expect(needed > 0n).toBe(true)
    expect(await accepted({ ...honest, reserves: needed })).toBe(true)
    expect(await accepted({ ...honest, reserves: needed + 1n })).toBe(true)
    expect(() => prove({ reservesNano: needed - 1n })).toThrow(/above the reserves.*rule 6/)
    for (const reserves of [needed - 1n, 0n, toField(-1n), 1n << BigInt(BOOK_TOTAL_BITS + 2)]) {
      expect(await accepted({ ...honest, reserves }), `${reserves}`).toBe(false)
    }
  })

  // What others own does not pay what somebody owes: the book as a whole has far more equity than debt.
  it('refuses equity of dummies that would offset a debt', async () => {
    const { totals } = prove({})
    expect(totals.equityNano > 4n * totals.shortfallNano).toBe(true)
    expect(await accepted({ ...honest, reserves: 0n })).toBe(false)
    const word = (honest.totalsLast as bigint[])[0]!
    const without = word - (totals.shortfallNano << BigInt(4 * COUNT_BITS))
    const totalsLast = [without, ...(honest.totalsLast as bigint[]).slice(1)]
    expect(await accepted({ ...honest, reserves: 0n, totalsLast })).toBe(false)
  })

  it('refuses a count below MM that is off by one', async () => {
    for (const belowMm of [3n, 5n, 0n]) expect(await accepted({ ...honest, belowMm })).toBe(false)
  })
})

describe('the gauge', () => {
  it('is exact: off by one is refused for each underlying, either way', async () => {
    const gauge = honest.gauge as bigint
    for (const place of [0n, 84n, 168n]) {
      expect(await accepted({ ...honest, gauge: gauge + (1n << place) })).toBe(false)
      expect(await accepted({ ...honest, gauge: gauge - (1n << place) })).toBe(false)
    }
  })

  it('counts accounts below MM and those that its scenario would put there', () => {
    const { totals, gaugeBps } = prove({})
    expect(totals.nearGamma2Nano > 0n).toBe(true)
    expect(gaugeBps[2]).toBe(
      (10_000n * (totals.belowGamma2Nano + totals.nearGamma2Nano)) / LIQUIDITY_NANO[2]!,
    )
  })

  it('refuses liquidity of zero, below the least, and a word with a bit beyond its fields', async () => {
    expect(() => prove({ liquidityNano: [0n, 1n << 40n, 1n << 40n] })).toThrow(/must be at least/)
    expect(() => prove({ liquidityNano: [1n << 40n, (1n << 34n) - 1n, 1n << 40n] })).toThrow(/liquidity1Nano/)
    const word = liquidityWord(LIQUIDITY_NANO)
    expect(await accepted({ ...honest, liquidity: word - LIQUIDITY_NANO[0]! })).toBe(false)
    expect(await accepted({ ...honest, liquidity: word + (1n << 252n) })).toBe(false)
  })
})

describe('disclosure', () => {
  it('refuses totals under predicates, hidden ones under aggregates, and a third policy', async () => {
    const open = prove({ policy: 'aggregates' }).inputs
    for (const name of ['counts', 'totals'] as const) {
      expect(await accepted({ ...honest, [name]: open[name]! }), name).toBe(false)
      expect(await accepted({ ...open, [name]: 0n }), name).toBe(false)
      expect(await accepted({ ...open, [name]: (open[name] as bigint) + 1n }), name).toBe(false)
    }
    const twice = { counts: 2n * (open.counts as bigint), totals: 2n * (open.totals as bigint) }
    expect(await accepted({ ...open, policy: 2n, ...twice })).toBe(false)
    expect(await accepted({ ...open, policy: FIELD_MODULUS - 1n })).toBe(false)
  })

  it('names no net position, and the same book always has the same net', () => {
    expect(netLots(world.accounts).size).toBe(world.ledger.length)
  })
})
