import { beforeAll, describe, expect, it } from 'vitest'
import type { Account, Position } from '../../src/book/account.ts'
import { accountLeaf, accountTag } from '../../src/book/leaf.ts'
import type { AdjustChange } from '../../src/book/liquidation/adjust.ts'
import { addPositions } from '../../src/book/liquidation/positions.ts'
import { marginIn } from '../../src/book/liquidation/requirement.ts'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import type { AdjustKind } from '../../src/protocol/liquidation.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { adjustWitness } from '../../src/prover/adjust-inputs.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { engineCircuit } from '../support/engine-circuit.ts'
import { CONTEXT, type ForgedAdjust, forgeAdjust, KINDS } from '../support/engine-forge.ts'
import {
  atHealth,
  ENGINE_RISK,
  ENGINE_VECTORS,
  engineWorld,
  holding,
  NANO_ID,
  SETTLEMENT_CASH,
  withEquity,
} from '../support/engine-world.ts'
import { type Checks, checksOf } from '../support/forgery-checks.ts'

const instance = MARGIN_INSTANCES['margin-4']
let hasher: Hasher
let checks: Checks

beforeAll(async () => {
  hasher = await poseidonHasher()
  checks = checksOf(await engineCircuit('adjust', instance))
})

const SAFE = atHealth(holding({ 2: -10n, 4: 5n }), 300n)
const OWING = atHealth(holding({ 2: -10n, 4: 5n }), -40n)
const BYSTANDER = holding({ 1: 7n })

function adjust(positions: readonly Position[], forged: ForgedAdjust): CircuitInputs {
  return forgeAdjust(engineWorld(hasher, [positions, BYSTANDER]), forged)
}
function change(kind: AdjustKind, instrumentId: number, lots: bigint): ForgedAdjust {
  return { kind: KINDS[kind], instrumentId, lots }
}

describe('honest adjustments', () => {
  it('are accepted as adjustWitness makes them, which the forgeries start from', async () => {
    const cases: readonly (readonly [readonly Position[], AdjustChange])[] = [
      [SAFE, { kind: 'deposit', instrumentId: 1, lots: 5n }],
      [SAFE, { kind: 'deposit', instrumentId: 3, lots: 5n }],
      [[], { kind: 'deposit', instrumentId: 1, lots: 1n }],
      [OWING, { kind: 'deposit', instrumentId: 1, lots: 1n }],
      [SAFE, { kind: 'withdrawal', instrumentId: 1, lots: 5n }],
      [SAFE, { kind: 'withdrawal', instrumentId: 4, lots: 5n }],
      [SAFE, { kind: 'withdrawal', instrumentId: 1, lots: 0n }],
      [[], { kind: 'withdrawal', instrumentId: 1, lots: 0n }],
      [holding({ 1: -77n }), { kind: 'cover', instrumentId: 1, lots: 77n }],
    ]
    for (const [positions, one] of cases) {
      const world = engineWorld(hasher, [positions, BYSTANDER])
      const statement = { change: one, context: CONTEXT }
      const { inputs } = adjustWitness(hasher, instance, world.opening(0), world.round, statement)
      expect(adjust(positions, change(one.kind, one.instrumentId, one.lots))).toEqual(inputs)
      await checks.accepts(inputs, `${one.kind} ${one.instrumentId} ${one.lots}`)
    }
  })
})

describe('what changes', () => {
  it('is one quantity, by the lots of the statement', async () => {
    const of = (kind: AdjustKind, after: Readonly<Record<number, bigint>>) =>
      adjust(SAFE, { ...change(kind, 1, 5n), after: addPositions(SAFE, holding(after)) })
    await checks.accepts(of('deposit', { 1: 5n }))
    await checks.accepts(of('withdrawal', { 1: -5n }))
    await checks.refuses(of('deposit', { 1: 6n }), 'more')
    await checks.refuses(of('deposit', { 1: 4n }), 'less')
    await checks.refuses(of('deposit', { 1: -5n }), 'out')
    await checks.refuses(of('withdrawal', { 1: 5n }), 'in')
    await checks.refuses(of('withdrawal', { 1: -4n }), 'less out')
    await checks.refuses(of('deposit', { 1: 5n, 2: 1n }), 'another as well')
    await checks.refuses(of('deposit', { 4: 5n }), 'another instead')
    await checks.refuses(of('deposit', {}), 'nothing')
  })

  it('is of an instrument that there is', async () => {
    await checks.refusesAnyhow(adjust(SAFE, { ...change('deposit', 0, 5n), after: SAFE }), 'padding')
    await checks.refuses(adjust(SAFE, { ...change('deposit', 6, 5n), after: SAFE }), 'not in the list')
    // Two places of padding would both match it.
    await checks.refuses(adjust(SAFE, { ...change('withdrawal', 0, 0n), after: SAFE }), 'padding, nothing')
  })

  it('has one of three kinds', async () => {
    await checks.refusesAnyhow(adjust(holding({ 1: -77n }), { kind: 3n, instrumentId: 1, lots: 77n }))
  })

  it('is at least a lot, but for a withdrawal of no cash', async () => {
    await checks.refuses(adjust(SAFE, change('deposit', 1, 0n)))
    await checks.refuses(adjust([], change('cover', 1, 0n)))
    await checks.accepts(adjust(SAFE, change('withdrawal', 1, 0n)))
    await checks.refuses(adjust(SAFE, change('withdrawal', 2, 0n)))
    await checks.refuses(adjust(SAFE, change('withdrawal', 4, 0n)))
  })

  it('fits the slots: a deposit does not fall off', async () => {
    const full = holding({ 2: -10n, 3: 40n, 4: 5n, 6: 1n })
    await checks.accepts(adjust(full, change('deposit', 3, 5n)))
    await checks.refuses(adjust(full, change('deposit', 1, 5n)))
  })

  it('stays in the range of lots', async () => {
    const top = (1n << 38n) - 1n
    await checks.accepts(adjust(holding({ 1: top - 1n }), change('deposit', 1, 1n)))
    // One lot more has no slot word; the leaf is that of the state before.
    const inputs = adjust(holding({ 1: top }), { ...change('deposit', 1, 1n), after: holding({ 1: top }) })
    await checks.refusesAnyhow({ ...inputs, cashAfter: top + 1n })
    const floor = adjust(holding({ 1: -top - 1n }), {
      ...change('deposit', 1, 1n),
      after: holding({ 1: -top }),
    })
    await checks.accepts(floor)
  })
})

describe('a withdrawal', () => {
  it('leaves equity of at least IM, at equality too', async () => {
    const entries = holding({ 2: -10n, 4: 5n })
    const { im } = marginIn(ENGINE_RISK, entries).requirementNano
    const at = withEquity(entries, im + 10_000_000n)
    const below = withEquity(entries, im + 10_000_000n - 1n)
    await checks.accepts(adjust(at, change('withdrawal', 1, 1n)))
    await checks.refuses(adjust(below, change('withdrawal', 1, 1n)))
    await checks.accepts(adjust(below, change('withdrawal', 1, 0n)))
    await checks.refuses(adjust(OWING, change('withdrawal', 1, 0n)), 'an owner of a debt')
    await checks.accepts(adjust(below, change('deposit', 1, 1n)))
  })

  it('takes no more than is held', async () => {
    const rich = holding({ 1: 5n, 3: 9n, [NANO_ID]: 1n << 37n })
    await checks.accepts(adjust(rich, change('withdrawal', 1, 5n)))
    await checks.refuses(adjust(rich, change('withdrawal', 1, 6n)))
    await checks.accepts(adjust(rich, change('withdrawal', 3, 9n)))
    await checks.refuses(adjust(rich, change('withdrawal', 3, 10n)))
    await checks.refuses(adjust(addPositions(rich, holding({ 1: -6n })), change('withdrawal', 1, 0n)))
  })

  // Checklist 31: whoever holds an opening withdraws. The vault pays the owner that the proof names.
  it('names the owner of the leaf, and nothing else does', async () => {
    const withdrawal = adjust(SAFE, change('withdrawal', 1, 5n))
    const deposit = adjust(SAFE, change('deposit', 1, 5n))
    const { owner } = withdrawal as { owner: bigint }
    expect(owner).toBe(engineWorld(hasher, [SAFE]).opening(0).account.owner)
    for (const other of [0n, 1n, owner + 1n, toField(-owner)]) {
      await checks.refuses({ ...withdrawal, owner: other })
    }
    await checks.refusesAnyhow({ ...withdrawal, owner: 0x7e1efn, accountOwner: 0x7e1efn })
    await checks.refuses({ ...deposit, owner })
    await checks.refuses({ ...deposit, owner: 1n })
  })
})

describe('a cover', () => {
  it('pays a debt off exactly: the account holds nothing afterwards', async () => {
    const debtor = holding({ 1: -77n })
    await checks.accepts(adjust(debtor, change('cover', 1, 77n)))
    await checks.refuses(adjust(debtor, change('cover', 1, 76n)))
    await checks.refuses(adjust(debtor, change('cover', 1, 78n)))
    await checks.refuses(adjust(holding({ 1: -77n, 3: 1n }), change('cover', 1, 77n)))
    await checks.refuses(adjust(holding({ 2: -77n }), change('cover', 2, 77n)))
    const twice = { ...change('cover', 1, 77n), after: holding({ 1: 77n }) }
    await checks.refuses(adjust([], twice))
  })
})

describe('the book', () => {
  it('changes in one leaf: of the same account, one nonce on', async () => {
    const inputs = adjust(SAFE, change('deposit', 1, 5n))
    const { account } = engineWorld(hasher, [SAFE, BYSTANDER]).opening(0)
    const positions = addPositions(SAFE, holding({ 1: 5n }))
    const leaf = (other: Partial<Account>) =>
      accountLeaf(hasher, { ...account, nonce: account.nonce + 1n, positions, ...other }, instance.slots)
    expect(leaf({})).toBe(inputs.leaf)
    for (const other of [
      { nonce: account.nonce },
      { nonce: account.nonce + 2n },
      { owner: account.owner + 1n },
      { secret: account.secret + 1n },
      { accountId: account.accountId + 1 },
      { positions: SAFE },
    ]) {
      await checks.refuses({ ...inputs, leaf: leaf(other) })
    }
  })

  it('is the one that is stated, before and after', async () => {
    const inputs = adjust(SAFE, change('deposit', 1, 5n))
    for (const name of ['bookRoot', 'nextRoot', 'riskRoot', 'leaf']) {
      await checks.refuses({ ...inputs, [name]: (inputs[name] as bigint) + 1n }, name)
    }
    await checks.refuses({ ...inputs, tag: accountTag(hasher, 1n) })
    for (const place of [1n, 2n, 64n, FIELD_MODULUS - 1n]) await checks.refusesAnyhow({ ...inputs, place })
    for (const count of [0n, 1n, 3n, FIELD_MODULUS - 1n]) await checks.refusesAnyhow({ ...inputs, count })
    // Another account at another place, with the nodes above both.
    const ten = engineWorld(hasher, [...Array.from({ length: 9 }, () => BYSTANDER), SAFE])
    await checks.accepts(forgeAdjust(ten, { ...change('deposit', 1, 5n), place: 9 }))
  })
})

describe('the listing', () => {
  it('has cash exactly as settlement cash', async () => {
    const under = (cash: typeof SETTLEMENT_CASH) => {
      const world = engineWorld(hasher, [holding({ 3: 9n })], { vectors: [cash, ...ENGINE_VECTORS.slice(1)] })
      return forgeAdjust(world, change('withdrawal', 3, 1n))
    }
    await checks.accepts(under(SETTLEMENT_CASH))
    await checks.refuses(under({ ...SETTLEMENT_CASH, longChargeNano: 1n }))
    const ratesNano = SETTLEMENT_CASH.ratesNano.with(0, 10_000_001n)
    await checks.refuses(under({ ...SETTLEMENT_CASH, ratesNano }))
  })
})

describe('every input is bound', () => {
  // The context is bound by being public. Other parameters make another statement, which may be as true (next test).
  for (const kind of ['deposit', 'withdrawal'] as const) {
    it(`in a ${kind}`, { timeout: 300_000 }, async () => {
      await checks.bindsEveryInput(adjust(SAFE, change(kind, 1, 5n)), ['context', 'parameters'])
    })
  }

  it('proves under other parameters only what is true under them', async () => {
    const entries = holding({ 2: -10n, 4: 5n })
    const { im } = marginIn(ENGINE_RISK, entries).requirementNano
    const edge = adjust(withEquity(entries, im), change('withdrawal', 1, 0n))
    const imFactor = 1n << 16n
    await checks.accepts({ ...edge, parameters: (edge.parameters as bigint) - imFactor })
    await checks.refuses({ ...edge, parameters: (edge.parameters as bigint) + imFactor })
  })

  it('refuses a word with a bit beyond its last field', async () => {
    const inputs = adjust(SAFE, change('deposit', 1, 5n))
    await checks.refuses({ ...inputs, change: (inputs.change as bigint) + (1n << 72n) })
  })
})
