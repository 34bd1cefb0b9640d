import { beforeAll, describe, expect, it } from 'vitest'
import type { Account, Position } from '../../src/book/account.ts'
import { accountLeaf, accountTag } from '../../src/book/leaf.ts'
import { marginIn } from '../../src/book/liquidation/requirement.ts'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { CASH_LOT_NANO, TRANSFER_PLACES } from '../../src/protocol/liquidation.ts'
import { packWord } from '../../src/protocol/packed-word.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import {
  BYSTANDER,
  DELEVERAGE,
  ROUND_CASE,
  ROUND_ENTRIES,
  SLICE,
  SMALL,
  SOFT,
  type TransferCase,
  transferInputs,
} from '../support/engine-cases.ts'
import { engineCircuit } from '../support/engine-circuit.ts'
import { type ForgedTransfer, forgeTransfer, MODES, percentOf } from '../support/engine-forge.ts'
import {
  atHealth,
  ENGINE_RISK,
  ENGINE_VECTORS,
  engineWorld,
  holding,
  SETTLEMENT_CASH,
  withEquity,
} from '../support/engine-world.ts'
import { type Checks, checksOf } from '../support/forgery-checks.ts'

let hasher: Hasher
let checks: Checks

beforeAll(async () => {
  hasher = await poseidonHasher()
  checks = checksOf(await engineCircuit('transfer', SMALL))
})

function transfer(one: TransferCase, more: Partial<ForgedTransfer> = {}): CircuitInputs {
  return transferInputs(hasher, one, more)
}

describe('rule 9, the receiver', () => {
  it('has equity of at least IM afterwards, at equality too', async () => {
    const { imBpsNano, equityNano } = marginIn(ENGINE_RISK, ROUND_ENTRIES)
    expect(equityNano % CASH_LOT_NANO).toBe(0n)
    expect(imBpsNano % (10_000n * CASH_LOT_NANO)).toBe(0n)
    const needed = imBpsNano / (10_000n * CASH_LOT_NANO)
    await checks.accepts(transfer(ROUND_CASE, { escrowLots: needed }))
    await checks.refuses(transfer(ROUND_CASE, { escrowLots: needed - 1n }))
  })

  it('holds nothing but cash before, unless it is deleveraged', async () => {
    const to = holding({ 1: 90_000_000n, 6: 1n })
    await checks.accepts(transfer({ ...SLICE, to: holding({ 1: 90_000_000n }) }))
    await checks.accepts(transfer({ ...SLICE, to: holding({ 1: -1n }) }))
    await checks.refuses(transfer({ ...SOFT, to }))
    const few = { ...SLICE, from: atHealth(holding({ 2: -1_003n }), 60n) }
    const moved = percentOf(few.from, 5n)
    await checks.accepts(transfer(few, { percent: 5n, moved }))
    await checks.refuses(transfer({ ...few, to }, { percent: 5n, moved }))
  })

  it('fits its slots: what it is paid with does not fall off', async () => {
    // Insolvent, and taken whole. Four entries leave the receiver no slot for its cash.
    const whole = (lots: Readonly<Record<number, bigint>>): TransferCase => {
      const from = holding(lots)
      return {
        from,
        to: [],
        forged: { ...SLICE.forged, percent: 100n, moved: percentOf(from, 100n), escrowLots: 90_000_000n },
      }
    }
    await checks.accepts(transfer(whole({ 2: -1_003n, 4: 199n, 5: -401n })))
    await checks.refuses(transfer(whole({ 2: -1_003n, 4: 199n, 5: -401n, 6: 10n })))
  })
})

describe('rule 9, a deleveraging', () => {
  it('shrinks every entry of both accounts toward zero, at most to zero', async () => {
    const closing = { moved: holding({ 2: -100n, 4: 50n }), floorBps: 0n, cutoffBps: 0n }
    await checks.accepts(transfer(DELEVERAGE, { ...closing }), 'closed to zero')
    const past = { ...closing, moved: holding({ 2: -100n, 4: 51n }) }
    await checks.refuses(transfer(DELEVERAGE, past), 'the receiver past zero')
    await checks.refuses(
      transfer({ ...DELEVERAGE, to: holding({ 1: 1n << 30n, 2: 90n }) }, { cutoffBps: 0n, floorBps: 0n }),
      'the receiver past zero, long',
    )
    await checks.refuses(transfer(DELEVERAGE, { moved: holding({ 2: -100n, 5: -1n }) }), 'a new entry')
    const small = atHealth(holding({ 2: -40n, 4: 199n }), 60n)
    await checks.refuses(
      transfer({ ...DELEVERAGE, from: small }, { moved: holding({ 2: -41n, 4: 10n }) }),
      'the account past zero',
    )
    // The account grows where the receiver shrinks.
    const same = atHealth(holding({ 2: 800n, 4: 50n }), 150n)
    await checks.refuses(
      transfer({ ...DELEVERAGE, to: same }, { moved: holding({ 2: -100n, 4: -1n }) }),
      'the account grows',
    )
    await checks.refuses(
      transfer({ ...DELEVERAGE, to: same }, { moved: holding({ 2: -100n, 4: 1n }) }),
      'the receiver grows',
    )
  })

  const counterparty = holding({ 4: -1_000n })
  const half: TransferCase = {
    from: atHealth(holding({ 2: -400n, 4: 500n }), 60n),
    to: [],
    forged: { mode: MODES.deleverage, percent: 100n, moved: holding({ 4: 100n }) },
  }
  const levels = (equityNano: bigint) => ({ ...half, to: withEquity(counterparty, equityNano) })

  it('uses nobody below the cut-off, and takes nobody below the floor', async () => {
    const before = marginIn(ENGINE_RISK, counterparty)
    expect(before.mmBpsNano % 3_000n).toBe(0n)
    const equity = before.mmBpsNano / 3_000n
    await checks.accepts(transfer(levels(equity), { cutoffBps: 3_000n }), 'at the cut-off')
    await checks.refuses(transfer(levels(equity + 1n), { cutoffBps: 3_000n }), 'below it')
    await checks.refuses(transfer(levels(equity), { cutoffBps: 3_001n }), 'below a higher one')
    // The perpetuals are closed at mark, exactly: equity stays.
    const after = marginIn(ENGINE_RISK, holding({ 4: -900n }))
    const floorEquity = after.mmBpsNano / 2_400n
    expect(after.mmBpsNano % 2_400n).toBe(0n)
    await checks.accepts(transfer(levels(floorEquity), { floorBps: 2_400n }), 'to the floor')
    await checks.refuses(transfer(levels(floorEquity + 1n), { floorBps: 2_400n }), 'below the floor')
  })

  it('uses nobody without equity', async () => {
    // Escrow brings it above IM afterwards, so that nothing else is in the way.
    const rich = { escrowLots: 3_000_000n }
    await checks.accepts(transfer(levels(1n), rich))
    await checks.refuses(transfer(levels(0n), rich))
    await checks.refuses(transfer(levels(-1n), rich))
    await checks.refuses(transfer(levels(-1_000_000n), { ...rich, cutoffBps: 3_000n }))
  })

  it('has these rules, and the other modes have not', async () => {
    await checks.accepts(transfer(SLICE, { cutoffBps: 1n << 23n, floorBps: 1n << 23n }))
    await checks.accepts(transfer(SOFT, { cutoffBps: 1n << 23n, floorBps: 1n << 23n }))
  })
})

describe('the book', () => {
  it('two places: an account is not its own receiver', async () => {
    // The whole of it is sold and bought by the state that the first write leaves: every rule but this one is kept.
    await checks.accepts(transfer(ROUND_CASE))
    await checks.refuses(transfer(ROUND_CASE, { places: [0, 0] }))
  })

  it('the states after are of the same accounts, one nonce on', async () => {
    const inputs = transfer(SLICE)
    const world = engineWorld(hasher, [SLICE.from, SLICE.to, BYSTANDER])
    for (const [side, place] of [
      ['leafFrom', 0],
      ['leafTo', 1],
    ] as const) {
      const { account } = world.opening(place)
      const positions = afterOf(inputs, side === 'leafFrom' ? 'from' : 'to')
      const leaf = (change: Partial<Account>) =>
        accountLeaf(hasher, { ...account, nonce: account.nonce + 1n, positions, ...change }, SMALL.slots)
      expect(leaf({})).toBe(inputs[side])
      for (const change of [
        { nonce: account.nonce },
        { nonce: account.nonce + 2n },
        { owner: account.owner + 1n },
        { secret: account.secret + 1n },
        { accountId: account.accountId + 1 },
        { positions: [] },
      ]) {
        await checks.refuses({ ...inputs, [side]: leaf(change) })
      }
    }
  })

  function afterOf(inputs: CircuitInputs, side: 'from' | 'to'): Position[] {
    const signed = (value: bigint) => (value > FIELD_MODULUS >> 1n ? value - FIELD_MODULUS : value)
    const ids = inputs[`${side}Id`] as readonly bigint[]
    const after = inputs[`${side}After`] as readonly bigint[]
    const entries = ids.map((id, k) => ({ id: Number(id), quantityLots: signed(after[k]!) }))
    const cash = { id: 1, quantityLots: signed(inputs[`${side}CashAfter`] as bigint) }
    return [cash, ...entries].filter(({ quantityLots }) => quantityLots !== 0n)
  }

  it('is the one that is stated, before and after, and the tags are', async () => {
    const inputs = transfer(SLICE)
    const world = engineWorld(hasher, [SLICE.from, SLICE.to, BYSTANDER])
    for (const name of ['bookRoot', 'nextRoot', 'riskRoot', 'leafFrom', 'leafTo']) {
      await checks.refuses({ ...inputs, [name]: (inputs[name] as bigint) + 1n }, name)
    }
    const { tagFrom, tagTo } = inputs as Record<string, bigint>
    await checks.refusesAnyhow({ ...inputs, tagFrom: tagTo!, tagTo: tagFrom! })
    await checks.refusesAnyhow({ ...inputs, tagTo: accountTag(hasher, 1n) })
    const places = (from: bigint, to: bigint) =>
      packWord(TRANSFER_PLACES, { from, to, ownerTo: world.opening(1).account.owner })
    for (const [from, to] of [
      [0n, 0n],
      [1n, 0n],
      [0n, 2n],
      [2n, 1n],
      [64n, 1n],
      [0n, 65n],
    ] as const) {
      await checks.refusesAnyhow({ ...inputs, places: places(from, to) }, `${from} ${to}`)
    }
    for (const count of [1n, 2n, 4n, FIELD_MODULUS - 1n]) await checks.refusesAnyhow({ ...inputs, count })
  })

  it('belongs to the owner that is stated, and to nobody in a deleveraging', async () => {
    const owner = engineWorld(hasher, [SLICE.from, SLICE.to, BYSTANDER]).opening(1).account.owner
    for (const one of [SLICE, SOFT]) {
      for (const ownerTo of [0n, 1n, owner + 1n])
        await checks.refuses(transfer(one, { ownerTo }), `${ownerTo}`)
    }
    await checks.accepts(transfer(DELEVERAGE, { ownerTo: 0n }))
    await checks.refuses(transfer(DELEVERAGE, { ownerTo: owner }), 'a counterparty that is named')
  })

  it('has the second path taken from the tree after the first write', async () => {
    const world = engineWorld(hasher, [SLICE.from, SLICE.to, BYSTANDER])
    const inputs = forgeTransfer(world, SLICE.forged)
    await checks.refusesAnyhow({ ...inputs, toChildren: world.opening(1).path })
    // A bystander's leaf replaced on the way, in one path and in both.
    const change = (name: 'fromChildren' | 'toChildren') => {
      const [group, ...above] = inputs[name] as readonly (readonly bigint[])[]
      return { [name]: [group!.map((leaf, k) => (k === 2 ? leaf + 1n : leaf)), ...above] }
    }
    await checks.refusesAnyhow({ ...inputs, ...change('toChildren') })
    await checks.refusesAnyhow({ ...inputs, ...change('fromChildren') })
    await checks.refusesAnyhow({ ...inputs, ...change('fromChildren'), ...change('toChildren') })
  })
})

describe('cash', () => {
  it('is listed exactly as settlement cash', async () => {
    const from = holding({ 2: -1_003n, 4: 199n })
    const moved = percentOf(from, 100n)
    const under = (cash: typeof SETTLEMENT_CASH) => {
      const vectors = [cash, ...ENGINE_VECTORS.slice(1)]
      const world = engineWorld(hasher, [from, [], BYSTANDER], { vectors })
      return forgeTransfer(world, { mode: MODES.slice, percent: 100n, moved, escrowLots: 90_000_000n })
    }
    await checks.accepts(under(SETTLEMENT_CASH))
    await checks.refuses(under({ ...SETTLEMENT_CASH, longChargeNano: 1n }))
    const unlisted = engineWorld(hasher, [from, [], BYSTANDER], { vectors: ENGINE_VECTORS.slice(1) })
    await checks.refusesAnyhow(
      forgeTransfer(unlisted, { mode: MODES.slice, percent: 100n, moved, priceLots: 0n }),
    )
  })
})

describe('every input is bound', () => {
  it('in a slice', { timeout: 600_000 }, async () => {
    // The context is bound by being public.
    await checks.bindsEveryInput(transfer(SLICE), ['context'])
  })

  it('refuses a word with a bit beyond its last field', async () => {
    const inputs = transfer(SLICE)
    for (const [name, bits] of [
      ['terms', 178],
      ['places', 202],
      ['parameters', 99],
    ] as const) {
      const forged = toField((inputs[name] as bigint) + (1n << BigInt(bits)))
      await checks.refuses({ ...inputs, [name]: forged }, name)
    }
  })
})
