import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accountTag } from '../../src/book/leaf.ts'
import {
  type AdjustChange,
  coverChange,
  depositChange,
  OWNERSHIP_CHANGE,
  withdrawalChange,
} from '../../src/book/liquidation/adjust.ts'
import {
  contextOf,
  depositContext,
  type WithdrawalTerms,
  withdrawalContext,
} from '../../src/chain/context.ts'
import type { Sent } from '../../src/chain/transactions.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { ProvenBook, type ProvenChange } from './fixtures/proven-book.ts'
import {
  CASE,
  DISPUTE_SECONDS,
  ENGINE,
  FEE_LOTS,
  INTERVAL_SECONDS,
  NO_CASE,
  OWNER,
  UNITS_PER_LOT,
} from './fixtures/vault-world.ts'
import { KEEPER, MAX_AGE_SECONDS, STRANGER, VENUE } from './fixtures/world.ts'

/** The whole way of collateral with the real circuits: nothing here says yes without a proof of adjust-4 or kept-4. */

const CASH = BigInt(CASH_ID)
const CHAIN = 31337n
const cash = (quantityLots: bigint) => ({ id: CASH_ID, quantityLots })
/** Rich; short an option on little cash; in debt; and two that stand by. */
const RICH = 0
const OTHER = 1
const BROKE = 2
const PORTFOLIOS = [[cash(10_000n)], [cash(5_000n)], [cash(-300n)], [cash(7n)], [cash(8n)]]

let proven: ProvenBook
beforeAll(async () => {
  proven = await ProvenBook.start(PORTFOLIOS, [OWNER, KEEPER, STRANGER, STRANGER, STRANGER])
  await proven.world.send(proven.world.contracts.vault, 'bringIn', [CASH, 14_715], VENUE)
  await proven.world.base.mark()
}, 600_000)
beforeEach(() => proven.reset())
afterAll(() => proven?.close())

const vault = () => proven.world.contracts.vault
const vaultAddress = () => String(vault().target)
const tagOf = (index: number) => accountTag(proven.hasher, proven.opening(index).account.secret)
const ledger = () => proven.world.view<bigint>(vault(), 'ledgerOf', [CASH])
const headRoot = () => proven.world.view<bigint>(proven.world.registry, 'headRoot')

async function proveDeposit(index: number, depositId: bigint, lots: bigint): Promise<ProvenChange> {
  return proven.prove(index, depositChange(CASH_ID, lots), depositContext(CHAIN, vaultAddress(), depositId))
}

interface Withdrawal {
  readonly change: ProvenChange
  readonly terms: WithdrawalTerms
}

async function proveWithdrawal(
  index: number,
  change: AdjustChange,
  terms: Partial<WithdrawalTerms> = {},
): Promise<Withdrawal> {
  const all = await proven.world.terms(terms)
  return {
    terms: all,
    change: await proven.prove(index, change, withdrawalContext(CHAIN, vaultAddress(), all)),
  }
}

function withdraw({ change, terms }: Withdrawal, sender = OWNER, signature = '0x'): Promise<Sent> {
  const authorization = [terms.recipient, terms.nonce, terms.deadline, signature]
  return proven.world.send(vault(), 'withdraw', [...change.args, authorization], sender)
}

/** Tokens back the ledger, the payables and what is pending, less the deficit: to the unit. */
async function expectBacked(): Promise<void> {
  const { world } = proven
  const [book, due, pending, deficit] = [
    await ledger(),
    await world.view<bigint>(vault(), 'payableLots', [CASH]),
    await world.view<bigint>(vault(), 'pendingLots', [CASH]),
    await world.view<bigint>(vault(), 'deficitLots'),
  ]
  expect(await world.balance(vaultAddress())).toBe((book + due + pending - deficit) * UNITS_PER_LOT)
}

describe('a deposit', () => {
  it('moves the head to the book that holds it, and pays its fee', async () => {
    const depositId = await proven.world.request(2_500n, { tag: tagOf(RICH) })
    await expectBacked()
    const change = await proveDeposit(RICH, depositId, 2_500n)
    await proven.world.send(vault(), 'applyDeposit', [depositId, ...change.args], STRANGER)
    proven.follow(RICH, change)
    expect(await headRoot()).toBe(proven.book.root)
    expect(await ledger()).toBe(14_715n + 2_500n)
    // The ledger of the head before is still known: a seal of that head meets it.
    expect(await proven.world.view(vault(), 'ledgerAt', [CASH, 2])).toBe(14_715n)
    const { fund } = proven.world.contracts
    expect(await proven.world.view(fund, 'insuranceLots')).toBe((FEE_LOTS * 8n) / 10n)
    await expectBacked()
  })

  it('is not what a proof of another account, amount or deposit applies', async () => {
    const depositId = await proven.world.request(2_500n, { tag: tagOf(RICH) })
    const apply = (change: ProvenChange) =>
      proven.world.send(vault(), 'applyDeposit', [depositId, ...change.args], STRANGER)
    const other = await proveDeposit(OTHER, depositId, 2_500n)
    await expect(apply(other)).rejects.toMatchObject({ rule: 'TagMismatch' })
    const more = await proveDeposit(RICH, depositId, 2_501n)
    await expect(apply(more)).rejects.toMatchObject({ rule: 'ChangeMismatch' })
    const elsewhere = await proveDeposit(RICH, depositId + 1n, 2_500n)
    await expect(apply(elsewhere)).rejects.toMatchObject({ rule: 'ContextMismatch' })
    // The other account's proof under the right tag: the statement is then one that nobody proved.
    const honest = await proveDeposit(RICH, depositId, 2_500n)
    const forged = { ...honest, args: [other.args[0], honest.args[1]] as const }
    await expect(apply(forged)).rejects.toMatchObject({ rule: 'InvalidProof' })
    await apply(honest)
  })

  it('that nobody applied goes back whole', async () => {
    const before = await proven.world.balance(await proven.world.address(KEEPER))
    const depositId = await proven.world.request(2_500n, { tag: tagOf(RICH) })
    await proven.world.chain.advance(3_600)
    await proven.world.send(vault(), 'reclaimDeposit', [depositId], KEEPER)
    expect(await proven.world.balance(await proven.world.address(KEEPER))).toBe(before)
    const late = await proveDeposit(RICH, depositId, 2_500n)
    const call = proven.world.send(vault(), 'applyDeposit', [depositId, ...late.args], STRANGER)
    await expect(call).rejects.toMatchObject({ rule: 'DepositNotPending' })
    await expectBacked()
  })
})

describe('a withdrawal', () => {
  it('by the owner is paid once its debit is final and the delay is over, not before', async () => {
    const owner = await proven.world.address(OWNER)
    const before = await proven.world.balance(owner)
    const withdrawal = await proveWithdrawal(RICH, withdrawalChange(CASH_ID, 4_000n))
    await withdraw(withdrawal)
    proven.follow(RICH, withdrawal.change)
    expect(await headRoot()).toBe(proven.book.root)
    expect(await ledger()).toBe(10_715n)
    const claim = () => proven.world.send(vault(), 'claim', [1], STRANGER)
    await expect(claim()).rejects.toMatchObject({ rule: 'DisputeDelayRuns' })
    await proven.world.chain.advance(DISPUTE_SECONDS)
    await expect(claim()).rejects.toMatchObject({ rule: 'DebitNotFinal' })
    await proven.world.finalise()
    await claim()
    expect((await proven.world.balance(owner)) - before).toBe(4_000n * UNITS_PER_LOT)
    await expect(claim()).rejects.toMatchObject({ rule: 'NothingPayable' })
    await expectBacked()
  })

  it('by the owner’s signature goes where it says, whoever sends it', async () => {
    const recipient = await proven.world.address(VENUE)
    const withdrawal = await proveWithdrawal(RICH, withdrawalChange(CASH_ID, 4_000n), { recipient })
    const message = { tag: tagOf(RICH), instrumentId: CASH, lots: 4_000n, ...withdrawal.terms }
    await withdraw(withdrawal, STRANGER, await proven.world.signWithdrawal(OWNER, message))
    const due = await proven.world.view<{ recipient: string }>(vault(), 'payableOf', [1])
    expect(due.recipient).toBe(recipient)
  })

  it('by a thief who has the account’s opening is refused, whatever he proves', async () => {
    const recipient = await proven.world.address(STRANGER)
    const stolen = await proveWithdrawal(RICH, withdrawalChange(CASH_ID, 4_000n), { recipient })
    await expect(withdraw(stolen, STRANGER)).rejects.toMatchObject({ rule: 'NotTheOwner' })
    // In his own name: no such proof exists, and the owner's proof does not say it.
    const signals = [...stolen.change.args[1]]
    signals[5] = BigInt(recipient)
    const renamed = {
      ...stolen,
      change: { ...stolen.change, args: [stolen.change.args[0], signals] as const },
    }
    const mine = { ...renamed, terms: { ...stolen.terms } }
    await expect(withdraw(mine, STRANGER)).rejects.toMatchObject({ rule: 'InvalidProof' })
  })

  it('of the same money on the same head twice, or of the same proof again, is refused', async () => {
    const [first, second] = [
      await proveWithdrawal(RICH, withdrawalChange(CASH_ID, 8_000n)),
      await proveWithdrawal(RICH, withdrawalChange(CASH_ID, 8_000n), { nonce: 1n }),
    ]
    await withdraw(first)
    await expect(withdraw(first)).rejects.toMatchObject({ rule: 'InvalidAccountNonce' })
    await proven.world.chain.advance(INTERVAL_SECONDS)
    await expect(withdraw(second)).rejects.toMatchObject({ rule: 'BaseRootIsNotHead' })
    proven.follow(RICH, first.change)
    // What is left does not cover it a second time, so no proof on the new head exists.
    const again = proveWithdrawal(RICH, withdrawalChange(CASH_ID, 8_000n))
    await expect(again).rejects.toMatchObject({ code: 'WITNESS_INVALID' })
  })

  it('on a stale round is refused', async () => {
    const withdrawal = await proveWithdrawal(RICH, withdrawalChange(CASH_ID, 4_000n))
    await proven.world.chain.advance(MAX_AGE_SECONDS + 60)
    await expect(withdraw(withdrawal)).rejects.toMatchObject({ rule: 'RoundStale' })
  })

  it('while a case is open is refused', async () => {
    const withdrawal = await proveWithdrawal(RICH, withdrawalChange(CASH_ID, 4_000n))
    await proven.world.send(proven.world.contracts.cases, 'set', [tagOf(RICH), CASE], STRANGER)
    await expect(withdraw(withdrawal)).rejects.toMatchObject({ rule: 'AccountInCase' })
    await proven.world.send(proven.world.contracts.cases, 'set', [tagOf(RICH), NO_CASE], STRANGER)
    await withdraw(withdrawal)
  })

  it('of nothing shows who owns a tag, and where its leaf stands', async () => {
    const withdrawal = await proveWithdrawal(RICH, OWNERSHIP_CHANGE)
    await withdraw(withdrawal)
    const ownership = await proven.world.view<unknown[]>(vault(), 'ownershipOf', [tagOf(RICH)])
    expect([...ownership]).toEqual([await proven.world.address(OWNER), BigInt(RICH), 3n])
    expect(await ledger()).toBe(14_715n)
    expect(await proven.world.view(vault(), 'payableCount')).toBe(0n)
  })
})

describe('a cover', () => {
  const proveCover = () => {
    const context = contextOf('cover', CHAIN, vaultAddress(), CASE)
    return proven.prove(BROKE, coverChange(proven.opening(BROKE).account), context)
  }

  it('that the fund pays in part leaves a loss, which every payout of cash shares', async () => {
    const change = await proveCover()
    await proven.world.send(vault(), 'applyCover', [CASE, tagOf(BROKE), 100, ...change.args], ENGINE)
    proven.follow(BROKE, change)
    expect(await headRoot()).toBe(proven.book.root)
    expect(await ledger()).toBe(14_715n + 300n)
    expect(await proven.world.view(vault(), 'deficitLots')).toBe(200n)
    await expectBacked()
    const withdrawal = await proveWithdrawal(RICH, withdrawalChange(CASH_ID, 4_000n))
    await withdraw(withdrawal)
    await proven.world.finalise()
    await proven.world.chain.advance(DISPUTE_SECONDS)
    const before = await proven.world.balance(await proven.world.address(OWNER))
    await proven.world.send(vault(), 'claim', [1], STRANGER)
    const paid = (4_000n * (15_015n - 200n)) / 15_015n
    expect((await proven.world.balance(await proven.world.address(OWNER))) - before).toBe(
      paid * UNITS_PER_LOT,
    )
    expect(await proven.world.view(vault(), 'deficitLots')).toBe(200n - (4_000n - paid))
    await expectBacked()
  })
})

describe('a publish while a leaf is held', () => {
  /** The next book: another account trades; the held one too, if told so. */
  async function nextBook(changeHeld: boolean): Promise<void> {
    const move = (index: number, lots: bigint) => {
      const { account } = proven.opening(index)
      proven.book.update(index, { ...account, nonce: account.nonce + 1n, positions: [cash(lots)] })
    }
    move(OTHER, 4_999n)
    move(4, 9n)
    if (changeHeld) move(RICH, 10_001n)
  }
  const hold = () =>
    proven.world.send(proven.world.registry, 'hold', [tagOf(RICH), RICH, proven.opening(RICH).leaf], ENGINE)

  it('goes through with a proof that the leaf still stands', async () => {
    await hold()
    await nextBook(false)
    await proven.publish(proven.book, [await proven.show([proven.opening(RICH)])])
    expect(await headRoot()).toBe(proven.book.root)
  })

  it('is refused without one, with one of another book, and with one of another leaf', async () => {
    await hold()
    const before = await proven.show([proven.opening(RICH)])
    await nextBook(true)
    await expect(proven.publish(proven.book, [])).rejects.toMatchObject({ rule: 'KeptProofCount' })
    await expect(proven.publish(proven.book, [before])).rejects.toMatchObject({
      rule: 'KeptProofOfOtherBook',
    })
    const changed = await proven.show([proven.opening(RICH)])
    await expect(proven.publish(proven.book, [changed])).rejects.toMatchObject({ rule: 'HeldLeafNotShown' })
    const another = await proven.show([proven.opening(OTHER)])
    await expect(proven.publish(proven.book, [another])).rejects.toMatchObject({ rule: 'HeldLeafNotShown' })
    // The old leaf, claimed of the new book: the proof of either does not say so.
    for (const { proof } of [before, changed]) {
      const claimed = { proof, signals: { ...before.signals, bookRoot: proven.book.root } }
      const call = proven.publish(proven.book, [claimed])
      await expect(call).rejects.toMatchObject({ rule: 'InvalidKeptProof' })
    }
  })
})
