import { describe, expect, it } from 'vitest'
import { type ChainMoney, conservationChecks, type Flows } from '../../src/cli/demo/liquidation/tally.ts'

const account = (accountId: number, positions: Record<number, bigint>) => ({
  accountId,
  owner: 1n,
  secret: BigInt(accountId),
  nonce: 0n,
  positions: Object.entries(positions).map(([id, quantityLots]) => ({ id: Number(id), quantityLots })),
})
/** A lot of 40 goes from the first to the second, who brings 50 in and pays 30; a fee of 4 leaves the first. */
const BEFORE = [account(1, { 1: 100n, 5: 60n }), account(2, { 5: -60n })]
const AFTER = [account(1, { 1: 126n, 5: 20n }), account(2, { 1: 20n, 5: -20n })]
const FLOWS: Flows = { escrowInLots: 50n, feesOutLots: 4n, withdrawnLots: 0n, coveredLots: 0n }
const MONEY: ChainMoney = {
  ledgerLots: 146n,
  payableLots: 3n,
  pendingLots: 2n,
  deficitLots: 1n,
  insuranceLots: 4n,
  gammaLots: 5n,
  escrowLots: 6n,
  balances: { vault: 1_500n, fund: 90n, escrow: 60n, house: 0n, persons: 7n },
  mintedUnits: 1_657n,
}
const failing = (after = AFTER, money: Partial<ChainMoney> = {}, flows: Partial<Flows> = {}) =>
  conservationChecks(BEFORE, after, { ...MONEY, ...money }, { ...FLOWS, ...flows }, 10n)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what.split(',')[0]!.split(' =')[0])

describe('the check that value was conserved', () => {
  it('holds when it was', () => {
    expect(failing()).toEqual([])
  })

  it("notices a position that is nobody else's loss", () => {
    const minted = [AFTER[0]!, account(2, { 1: 20n, 5: -19n })]
    expect(failing(minted)).toEqual(['instruments whose sum over all accounts changed'])
  })

  it('notices a lot of cash too many in the book', () => {
    const minted = [account(1, { 1: 127n, 5: 20n }), AFTER[1]!]
    expect(failing(minted)).toEqual(['cash of all accounts', 'cash of all accounts'])
  })

  it.each([
    ['a fee that nobody saw', {}, { feesOutLots: 5n }, ['cash of all accounts']],
    ['a ledger off by one', { ledgerLots: 147n }, {}, ['cash of all accounts', 'token units of the vault']],
    ['a tranche off by one', { gammaLots: 6n }, {}, ['token units of the fund']],
    ['an escrow off by one', { escrowLots: 7n }, {}, ['token units of the escrow']],
    ['a token unit too many', { mintedUnits: 1_656n }, {}, ['token units of all holders']],
  ])('notices %s', (_, money, flows, expected) => {
    expect(failing(AFTER, money, flows)).toEqual(expected)
  })
})
