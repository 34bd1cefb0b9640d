import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cashOf } from '../../src/book/liquidation/positions.ts'
import { listCases } from '../../src/chain/engine-client/case-list.ts'
import { Keeper, type Report } from '../../src/keeper/keeper.ts'
import { publishVenueBook } from '../../src/keeper/publish.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { ALICE, CAROL, VENUE } from '../chain/fixtures/engine-chain.ts'
import { KeeperWorld, VICTIM } from './keeper-world.ts'

/** Deposits, cures and publishes while a leaf is held, by the keeper: a local chain, real proofs of the small instance. */
let world: KeeperWorld
beforeAll(async () => {
  world = await KeeperWorld.start()
}, 400_000)
afterAll(() => world?.close())
beforeEach(() => world.base.reset())

const OTHER = 1
const ENOUGH_LOTS = 20_000_000n

async function newKeeper(): Promise<Keeper> {
  return new Keeper(await world.keeper(await world.bookAtStart()))
}

async function workAll(keeper: Keeper): Promise<string[]> {
  const reports: Report[] = []
  await keeper.work({ told: (report) => reports.push(report) })
  return reports.map(({ action, outcome, error }) =>
    outcome === 'done' ? action.kind : `${action.kind} ${outcome} ${error?.message}`,
  )
}

function request(tag: bigint, lots: bigint, by = CAROL) {
  return world.base.send('vault', 'requestDeposit', [CASH_ID, lots, tag, false], by)
}

/** Every test that follows begins with the victim's lot on sale; no head moved, so the book is that of the start. */
async function markOnSale(): Promise<void> {
  await world.base.reset()
  const keeper = await newKeeper()
  expect(await workAll(keeper)).toEqual(['trigger', 'open'])
  await world.base.postRound()
  expect(await workAll(keeper)).toEqual(['confirm', 'disclose'])
  await world.base.mark()
}

async function expectLedger(keeper: Keeper): Promise<void> {
  const { book } = keeper.context.venueBook
  const ledger = await world.base.view<bigint>('vault', 'ledgerOf', [CASH_ID])
  expect(book.accounts.reduce((sum, { positions }) => sum + cashOf(positions), 0n)).toBe(ledger)
  expect(book.root).toBe(await world.base.registry<bigint>('headRoot'))
}

describe('a deposit into an account in no case', () => {
  it('that is enough is in time before the trigger', async () => {
    const keeper = await newKeeper()
    await request(world.tagOf(VICTIM), ENOUGH_LOTS)
    expect(await workAll(keeper)).toEqual(['applyDeposit'])
    expect(await listCases(world.base.connection)).toEqual([])
  })
})

describe('while an account is on sale', () => {
  beforeAll(markOnSale, 120_000)

  describe('a deposit', () => {
    it('is put in the book by the keeper, and followed by another', async () => {
      const keeper = await newKeeper()
      const before = cashOf(keeper.context.venueBook.book.account(OTHER).positions)
      await request(world.tagOf(OTHER), 5_000n)
      await request(world.tagOf(OTHER), 7_000n)
      expect(await workAll(keeper)).toEqual(['applyDeposit'])
      // The second waits for the interval between two changes of one account.
      await world.base.mine(60)
      expect(await workAll(keeper)).toEqual(['applyDeposit'])
      expect(cashOf(keeper.context.venueBook.book.account(OTHER).positions)).toBe(before + 12_000n)
      await expectLedger(keeper)
      const other = await newKeeper()
      expect(await workAll(other)).toEqual([])
      await expectLedger(other)
    })

    it('of somebody else into a sub-account that can be bid in is left alone, its owner’s is not', async () => {
      const keeper = await newKeeper()
      await request(world.subTag(ALICE), 5_000n)
      await request(12_345n, 5_000n)
      // Past the interval after its owner showed that it is hers.
      await world.base.mine(60)
      expect(await workAll(keeper)).toEqual([])
      await request(world.subTag(ALICE), 5_000n, ALICE)
      expect(await workAll(keeper)).toEqual(['applyDeposit'])
      await expectLedger(keeper)
    })

    it('that is not enough waits while the account is on sale; one that is enough ends the case', async () => {
      const keeper = await newKeeper()
      await request(world.tagOf(VICTIM), 5_000n)
      expect(await workAll(keeper)).toEqual([])
      await request(world.tagOf(VICTIM), ENOUGH_LOTS)
      expect(await workAll(keeper)).toEqual(['cure', 'applyDeposit'])
      const [listed] = await listCases(world.base.connection)
      expect(listed!.engineCase.stage).toBe('closed')
      await expectLedger(keeper)
    })
  })

  describe('a publish', () => {
    it('shows that the leaf still stands, and the case goes on', async () => {
      const keeper = await newKeeper()
      const { venueBook } = keeper.context
      const newcomer = { accountId: 900, owner: 0xabc9n, secret: (1n << 210n) + 9n, nonce: 0n, positions: [] }
      venueBook.append(newcomer)
      await publishVenueBook(keeper.context, world.base.signer(VENUE))
      expect(await world.base.registry('heldTags')).toEqual([world.tagOf(VICTIM)])
      await world.base.mine(96)
      expect(await workAll(keeper)).toEqual(['finish'])
      const [listed] = await listCases(world.base.connection)
      expect(listed!.engineCase.stage).toBe('dutch')
    })

    it('is refused when the account on sale was changed', async () => {
      const keeper = await newKeeper()
      const { book } = keeper.context.venueBook
      const account = book.account(VICTIM)
      book.update(VICTIM, { ...account, nonce: account.nonce + 1n })
      await expect(publishVenueBook(keeper.context, world.base.signer(VENUE))).rejects.toMatchObject({
        rule: 'HeldLeafNotShown',
      })
    })
  })
})
