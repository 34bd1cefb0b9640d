import { describe, expect, it } from 'vitest'
import { chainCommitment, fingerprint } from '../../src/book/chain.ts'
import { ledgerWords } from '../../src/book/ledger.ts'
import { toField } from '../../src/protocol/field.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import {
  CASH_ID,
  COIN_ID,
  chainOf,
  commitmentOf,
  type SolvencyWorld,
  withLedger,
} from '../support/solvency-world.ts'
import { syntheticWorld } from '../support/synthetic.ts'
import { sealForge } from './seal-forge.ts'

/** Derivatives net to zero and collateral is the ledger's: SealForge tries otherwise. */
const { hasher, circuit, world, chain, honest, accepted, prove, endingWith } = await sealForge()

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
