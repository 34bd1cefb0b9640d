import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Book } from '../../src/book/book.ts'
import { cashOf } from '../../src/book/liquidation/positions.ts'
import { listCases } from '../../src/chain/engine-client/case-list.ts'
import type { HouseOrders, OrderDesk } from '../../src/keeper/house-orders.ts'
import { Keeper, type Report } from '../../src/keeper/keeper.ts'
import { latestKnownRound } from '../../src/keeper/prove-claim.ts'
import { type PendingMove, VenueBook } from '../../src/keeper/venue-book.ts'
import { commit, openSlice, priceSlice, refund, reveal } from '../../src/liquidator/liquidator.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { ALICE, BOB, CAROL, GUARDIAN, KEEPER } from '../chain/fixtures/engine-chain.ts'
import { HOUSE, INSTANCE, KeeperWorld, VICTIM } from './keeper-world.ts'

/** Keeper and liquidators on a local chain, with real proofs of the small instance. */
/** Place of the parameter in the contract's order. */
const MAX_RESTARTS = 13
let world: KeeperWorld
beforeAll(async () => {
  world = await KeeperWorld.start()
}, 400_000)
afterAll(() => world?.close())
beforeEach(async () => {
  await world.base.reset()
  world.packages.clear()
})

const done = (reports: readonly Report[]) =>
  reports.map(({ action, outcome }) => (outcome === 'done' ? action.kind : `${action.kind} ${outcome}`))

async function workAll(keeper: Keeper): Promise<string[]> {
  const reports: Report[] = []
  await keeper.work({ told: (report) => reports.push(report) })
  return done(reports)
}

/** A case of the victim on sale by sealed bids, and its id. */
async function onSale(keeper: Keeper): Promise<string> {
  expect(await workAll(keeper)).toEqual(['trigger', 'open'])
  await world.base.postRound()
  expect(await workAll(keeper)).toEqual(['confirm', 'disclose'])
  const [listed] = await listCases(world.base.connection)
  return listed!.engineCase.caseId
}

describe('from a trigger to a settlement', () => {
  it('with both liquidators and the keeper stopped and started in between', async () => {
    const { base } = world
    const written: { pending: PendingMove | undefined; accounts: Book['accounts'] } = {
      pending: undefined,
      accounts: (await world.bookAtStart()).book.accounts,
    }
    const first = new Keeper(await world.keeper(await world.bookAtStart()))
    const caseId = await onSale(first)
    for (const [index, discountBps] of [
      [ALICE, 150n],
      [BOB, 240n],
    ] as const) {
      const liquidator = world.liquidator(index)
      const lot = await openSlice(liquidator, caseId, await world.packageFor(caseId, index), world.venueKey)
      const { risk } = await latestKnownRound(first.context)
      const marginNano = (lot.reliefBpsNano * discountBps) / 10n ** 8n
      const price = await priceSlice(liquidator, caseId, lot, risk, { marginNano })
      expect(price.netBps).toBeGreaterThanOrEqual(discountBps)
      await commit(liquidator, caseId, { discountBps: price.bidBps!, subTag: world.subTag(index) })
    }
    await base.mine(60)
    // Started again: nothing is known but the file of bids.
    for (const index of [ALICE, BOB]) await reveal(world.liquidator(index), caseId)
    await base.mine(36)
    // The first keeper ends the stage and is stopped before it settles.
    await first.pass()
    const before = written.accounts
    const journal = {
      writePending: (pending: PendingMove | undefined) => {
        written.pending = pending
      },
      writeBook: () => {
        throw new Error('stopped between the transaction and the book')
      },
    }
    const second = new VenueBook(Book.from(before, world.hasher, INSTANCE), world.hasher, { journal })
    await expect(new Keeper(await world.keeper(second)).pass()).rejects.toThrow('stopped')
    const pending = written.pending
    expect(pending).toBeDefined()
    const third = new VenueBook(Book.from(before, world.hasher, INSTANCE), world.hasher, { pending })
    const last = new Keeper(await world.keeper(third))
    const { state } = await last.pass()
    expect(state.bookIsHead).toBe(true)
    const [settled] = await listCases(base.connection)
    expect(settled!.engineCase.stage).toBe('closed')
    expect(settled!.award.winner).toBe(await base.address(ALICE))
    const ledger = await base.view<bigint>('vault', 'ledgerOf', [CASH_ID])
    expect(third.book.accounts.reduce((sum, { positions }) => sum + cashOf(positions), 0n)).toBe(ledger)
    for (const index of [ALICE, BOB]) await refund(world.liquidator(index), caseId, 'sealed')
    expect(world.liquidator(ALICE).bids.all()).toEqual([])
  })
})

describe('what nobody takes', () => {
  it('goes to the clearing house, whose trades are orders for the venue’s market', async () => {
    const { base } = world
    await base.governed('parameters', 'set', [MAX_RESTARTS, 0])
    const published: HouseOrders[] = []
    const orders: OrderDesk = {
      lastAt: (subTag) => published.filter((one) => one.subTag === subTag).at(-1)?.chainTime ?? 0n,
      publish: (one) => published.push(one),
    }
    const keeper = new Keeper({ ...(await world.keeper(await world.bookAtStart())), orders })
    const caseId = await onSale(keeper)
    await base.mine(96)
    expect(await workAll(keeper)).toEqual(['finish'])
    await base.passes(901)
    expect(await workAll(keeper)).toEqual(['finish', 'absorb', 'settle', 'order'])
    const subTag = world.tagOf(HOUSE)
    expect(published).toMatchObject([{ subTag, caseId }])
    // The victim's lot was short options: the house buys some back.
    expect(published[0]!.orders).toContainEqual(expect.objectContaining({ instrumentId: 2, side: 'buy' }))
    expect(await workAll(keeper)).toEqual([])
  })
})

describe('a liquidator', () => {
  it('opens its own package only, and none that was altered or is of another case', async () => {
    const caseId = await onSale(new Keeper(await world.keeper(await world.bookAtStart())))
    const alices = await world.packageFor(caseId, ALICE)
    const open = (index: number, text: string, id = caseId) =>
      openSlice(world.liquidator(index), id, text, world.venueKey)
    expect((await open(ALICE, alices)).moved.length).toBeGreaterThan(0)
    await expect(open(BOB, alices)).rejects.toMatchObject({ fault: 'unreadable' })
    const box = /"box":"0x(..)/.exec(alices)![1]!
    const altered = alices.replace(`"box":"0x${box}`, `"box":"0x${box === '00' ? '01' : '00'}`)
    await expect(open(ALICE, altered)).rejects.toMatchObject({ fault: 'unreadable' })
    const other = alices.replaceAll(caseId, `0x${'ab'.repeat(32)}`)
    await expect(open(ALICE, other)).rejects.toMatchObject({ fault: 'wrongCase' })
    await expect(
      openSlice(world.liquidator(ALICE), caseId, alices, new Uint8Array(32).fill(9)),
    ).rejects.toMatchObject({ fault: 'wrongSender' })
  })

  it('seals one bid for a case, again and never another', async () => {
    const caseId = await onSale(new Keeper(await world.keeper(await world.bookAtStart())))
    const alice = world.liquidator(ALICE)
    const bid = { discountBps: 100n, subTag: world.subTag(ALICE) }
    await commit(alice, caseId, bid)
    const [stored] = alice.bids.all()
    await expect(commit(alice, caseId, { ...bid, discountBps: 101n })).rejects.toThrow(/sealed already/)
    await expect(commit(alice, caseId, bid)).rejects.toMatchObject({ rule: 'AlreadyCommitted' })
    expect(alice.bids.all()).toEqual([stored])
    alice.bids.remove(stored!)
    await expect(reveal(alice, caseId)).rejects.toThrow(/holds no bid/)
  })
})

describe('a keeper', () => {
  it('does nothing while paused, and goes on afterwards', async () => {
    const keeper = new Keeper(await world.keeper(await world.bookAtStart()))
    await world.base.send('clock', 'pause', [], GUARDIAN)
    expect((await keeper.pass()).reports).toEqual([])
    await world.base.send('clock', 'resume', [], GUARDIAN)
    expect(done((await keeper.pass()).reports)).toEqual(['trigger'])
  })

  it('that another was faster than looks again, and fails at nothing', async () => {
    const book = () => world.bookAtStart()
    const keepers = [KEEPER, CAROL].map(
      async (signer) => new Keeper(await world.keeper(await book(), signer)),
    )
    const outcomes: string[] = []
    const [one, other] = await Promise.all(keepers)
    for (let pass = 0; pass < 3; pass++) {
      const both = await Promise.all([one!.pass(), other!.pass()])
      outcomes.push(...both.flatMap(({ reports }) => done(reports)))
    }
    expect(outcomes.filter((outcome) => outcome === 'open')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome.endsWith('failed'))).toEqual([])
    expect(await listCases(world.base.connection)).toHaveLength(1)
  })

  it('leaves everything alone when the book is not the head', async () => {
    const accounts = world.accounts.map((account, index) =>
      index === VICTIM ? { ...account, nonce: account.nonce + 5n } : account,
    )
    const foreign = new VenueBook(Book.from(accounts, world.hasher, INSTANCE), world.hasher)
    const { state, reports } = await new Keeper(await world.keeper(foreign)).pass()
    expect(state.bookIsHead).toBe(false)
    expect(reports).toEqual([])
  })
})
