import { describe, expect, it } from 'vitest'
import type { Account, Position } from '../../src/book/account.ts'
import {
  type AdjustChange,
  adjustOutcome,
  coverChange,
  OWNERSHIP_CHANGE,
} from '../../src/book/liquidation/adjust.ts'
import { cashOf } from '../../src/book/liquidation/positions.ts'
import { LIQUIDATION_RULES, type LiquidationRule, RuleError } from '../../src/book/liquidation/rules.ts'
import { leastPercent, slice } from '../../src/book/liquidation/slice.ts'
import type { TransferTerms } from '../../src/book/liquidation/terms.ts'
import { type TransferRequest, transferOutcome } from '../../src/book/liquidation/transfer.ts'
import { account, atHealth, belowSoft, holding, ROUND, SLICE_TERMS, SLOTS } from './liquidation-support.ts'

const seen = new Set<LiquidationRule>()

function refuses(run: () => unknown, rule: LiquidationRule): void {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(RuleError)
    expect((error as RuleError).rule).toBe(rule)
    expect((error as RuleError).message).toContain(LIQUIDATION_RULES[rule])
    seen.add(rule)
    return
  }
  throw new Error(`nothing was refused, ${rule} should have been`)
}

// Short gamma in both underlyings, and the same again on the other side of a counterparty.
const ENTRIES = holding({ 2: -1_000n, 4: 200n, 5: -400n })
const below = account(1, atHealth(ENTRIES, 60n))
const percent = leastPercent(below.positions, ROUND, SLOTS, 0n)
const rich = account(2, holding({ 1: 1n << 30n }))

const sliceRequest: TransferRequest = {
  from: below,
  to: rich,
  moved: slice(below.positions, percent),
  terms: { ...SLICE_TERMS, percent },
  round: ROUND,
  slotCount: SLOTS,
}
const softRequest: TransferRequest = {
  ...sliceRequest,
  from: account(1, belowSoft(ENTRIES, 40n)),
  moved: holding({ 2: -30n }),
  terms: { ...SLICE_TERMS, mode: 'soft' },
}
const deleverageRequest: TransferRequest = {
  ...sliceRequest,
  to: account(2, atHealth(holding({ 2: 800n, 4: -50n }), 150n)),
  moved: holding({ 2: -100n, 4: 10n }),
  terms: { ...SLICE_TERMS, mode: 'deleverage', cutoffBps: 3_000n, floorBps: 1_000n },
}

function changed(
  request: TransferRequest,
  change: Partial<TransferRequest>,
  more: Partial<TransferTerms> = {},
) {
  return () => transferOutcome({ ...request, ...change, terms: { ...request.terms, ...more } })
}

describe('every rule of a transfer has a refusal', () => {
  it('and the requests that the refusals start from are good', () => {
    expect(transferOutcome(sliceRequest).from.positions.length).toBe(4)
    expect(transferOutcome(softRequest).reduction.reliefBpsNano).toBeGreaterThan(0n)
    expect(transferOutcome(deleverageRequest).to.positions.length).toBe(3)
  })

  it('of its terms', () => {
    refuses(changed(sliceRequest, {}, { percent: 0n }), 'exactPercent')
    refuses(changed(softRequest, {}, { percent: 99n }), 'wholePercent')
    for (const term of [
      { discountBps: 1n << 14n },
      { feeBps: 1n << 14n },
      { escrowLots: -1n },
      { costBps: -(1n << 14n) - 1n },
    ]) {
      refuses(changed(softRequest, {}, term), 'termsRange')
    }
  })

  it('of what is moved', () => {
    refuses(changed(softRequest, { moved: holding({ 1: 5n, 2: -30n }) }), 'sliceWithoutCash')
    const twice: Position[] = [...holding({ 2: -10n }), ...holding({ 2: -20n })]
    refuses(changed(softRequest, { moved: twice }), 'movedInRange')
    const more = slice(below.positions, percent + 1n)
    refuses(changed(sliceRequest, { moved: more }), 'exactPercent')
    refuses(changed(sliceRequest, { moved: more }, { percent: percent + 1n }), 'noOvershoot')
    refuses(changed(softRequest, { moved: holding({ 2: -900n }) }), 'noOvershoot')
    const big = account(2, atHealth(holding({ 2: 1_000n, 4: -200n }), 150n))
    const most = holding({ 2: -900n, 4: 180n })
    refuses(changed(deleverageRequest, { to: big, moved: most }, { floorBps: 0n }), 'noOvershoot')
  })

  it('of the threshold', () => {
    refuses(changed(sliceRequest, { from: account(1, atHealth(ENTRIES, 100n)) }), 'belowMaintenance')
    refuses(changed(deleverageRequest, { from: softRequest.from }), 'belowMaintenance')
    refuses(changed(softRequest, { from: account(1, belowSoft(ENTRIES, 100n)) }), 'belowSoft')
  })

  it('of the risk that must fall', () => {
    refuses(changed(softRequest, { moved: [] }), 'maintenanceFalls')
    refuses(changed(softRequest, { moved: holding({ 2: 30n }) }), 'maintenanceFalls')
    refuses(changed(softRequest, { moved: holding({ 2: -30n, 5: 1n }) }), 'gammaNotRaised')
    refuses(changed(softRequest, { moved: holding({ 6: 20n }) }), 'initialNotRaised')
    // Two perpetuals against each other: without them charges fall, and short gamma stays.
    const paired = account(1, belowSoft(holding({ 2: -1_000n, 4: 200n, 6: -200n }), 40n))
    const pair = holding({ 4: 20n, 6: -20n })
    refuses(changed(softRequest, { from: paired, moved: pair }), 'gammaFalls')
  })

  it('of both accounts', () => {
    refuses(changed(sliceRequest, { to: { ...rich, accountId: 1 } }), 'differentAccounts')
    refuses(changed(sliceRequest, { to: { ...rich, secret: below.secret } }), 'differentAccounts')
    refuses(changed(sliceRequest, { slotCount: 3 }), 'slotsSuffice')
    refuses(changed(sliceRequest, { from: { ...below, nonce: (1n << 40n) - 1n } }), 'nonceRange')
    const full = account(2, holding({ 1: (1n << 38n) - 1n }))
    refuses(changed(sliceRequest, { to: full }, { escrowLots: 1n << 37n }), 'quantityRange')
    const poor = account(1, atHealth(ENTRIES, 1n))
    const whole = slice(poor.positions, 100n)
    refuses(
      changed(sliceRequest, { from: poor, moved: whole }, { percent: 100n, discountBps: 500n }),
      'staysSolvent',
    )
  })

  it('of the receiver', () => {
    refuses(changed(sliceRequest, { to: account(2, []) }), 'receiverCovered')
    refuses(changed(sliceRequest, { to: account(2, holding({ 1: 1n << 30n, 6: 1n })) }), 'receiverEmpty')
    refuses(changed(softRequest, { to: account(2, holding({ 1: 1n << 30n, 6: 1n })) }), 'receiverEmpty')
  })

  it('of a deleveraging', () => {
    const { to } = deleverageRequest
    refuses(changed(deleverageRequest, { to: account(2, holding({ 1: 1n << 30n, 2: 90n })) }), 'bothShrink')
    refuses(changed(deleverageRequest, { moved: holding({ 2: -100n, 4: 60n }) }), 'bothShrink')
    refuses(changed(deleverageRequest, { moved: holding({ 2: -100n, 3: -1n }) }), 'bothShrink')
    const broke = account(2, atHealth(holding({ 2: 800n }), 0n))
    const owing = { ...broke, positions: atHealth(holding({ 2: 800n }), -1n) }
    refuses(changed(deleverageRequest, { to: owing, moved: holding({ 2: -100n }) }), 'receiverHasEquity')
    refuses(changed(deleverageRequest, { to }, { cutoffBps: 9_000n }), 'aboveCutoff')
    refuses(changed(deleverageRequest, { to }, { floorBps: 6_600n }), 'aboveFloor')
  })
})

describe('an adjustment', () => {
  const adjust = (target: Account, change: AdjustChange) => adjustOutcome(target, change, ROUND, SLOTS)
  const safe = account(3, atHealth(holding({ 2: -10n, 4: 5n }), 300n))

  it('deposits, withdraws and shows an owner', () => {
    const deposited = adjust(safe, { kind: 'deposit', instrumentId: 3, lots: 7n })
    expect(deposited.account.positions.find(({ id }) => id === 3)?.quantityLots).toBe(7n)
    const withdrawn = adjust(safe, { kind: 'withdrawal', instrumentId: 1, lots: 9n })
    expect(cashOf(withdrawn.account.positions)).toBe(cashOf(safe.positions) - 9n)
    expect(adjust(safe, OWNERSHIP_CHANGE).account).toEqual({ ...safe, nonce: 4n })
    expect(adjust(account(4, []), OWNERSHIP_CHANGE).account.positions).toEqual([])
  })

  it('brings a debt down by a deposit whatever the account is worth', () => {
    const owing = account(3, atHealth(holding({ 2: -10n }), -40n))
    expect(adjust(owing, { kind: 'deposit', instrumentId: 1, lots: 1n }).account.nonce).toBe(4n)
  })

  it('covers a debt exactly', () => {
    const debtor = account(5, holding({ 1: -77n }))
    expect(coverChange(debtor)).toEqual({ kind: 'cover', instrumentId: 1, lots: 77n })
    expect(adjust(debtor, coverChange(debtor)).account.positions).toEqual([])
    refuses(() => adjust(debtor, { kind: 'cover', instrumentId: 1, lots: 76n }), 'coverExact')
    refuses(() => adjust(debtor, { kind: 'cover', instrumentId: 1, lots: 78n }), 'coverExact')
    refuses(() => coverChange(account(5, holding({ 1: -77n, 2: 1n }))), 'coverExact')
    refuses(() => coverChange(account(5, [])), 'coverExact')
    refuses(() => adjust(debtor, { kind: 'cover', instrumentId: 2, lots: 77n }), 'coverCash')
  })

  it('is refused by each of its rules', () => {
    refuses(() => adjust(safe, { kind: 'deposit', instrumentId: 1, lots: 0n }), 'lotsPositive')
    refuses(() => adjust(safe, { kind: 'withdrawal', instrumentId: 1, lots: -1n }), 'lotsPositive')
    refuses(() => adjust(safe, { kind: 'withdrawal', instrumentId: 4, lots: 6n }), 'withdrawalHeld')
    refuses(() => adjust(safe, { kind: 'withdrawal', instrumentId: 3, lots: 1n }), 'withdrawalHeld')
    const edge = account(3, atHealth(holding({ 2: -10n }), 100n))
    refuses(() => adjust(edge, { kind: 'withdrawal', instrumentId: 1, lots: 1n }), 'withdrawalCovered')
    refuses(() => adjust(edge, OWNERSHIP_CHANGE), 'withdrawalCovered')
    const full = account(3, holding({ 2: (1n << 38n) - 1n }))
    refuses(() => adjust(full, { kind: 'deposit', instrumentId: 2, lots: 1n }), 'quantityRange')
  })
})

it('leaves no rule without a refusal', () => {
  expect([...seen].sort()).toEqual(Object.keys(LIQUIDATION_RULES).sort())
})
