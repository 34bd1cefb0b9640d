import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readAward, readCase, stepCase } from '../../src/chain/engine-client/cases.ts'
import { bidCommitment, reclaimBid, revealBid } from '../../src/chain/engine-client/liquidator.ts'
import { bid, bothBid, commit, finish, reveal, toEnd, toReveal } from './fixtures/engine-bids.ts'
import { ALICE, BOB, CAROL, KEEPER } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { honest } from './fixtures/engine-sales.ts'
import { CARRY_LOTS, SUB_TAGS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'

/** Sealed bids: who may bid, what a bid costs, who wins, and what everybody gets back. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const as = (index: number) => world.base.signer(index)
const stage = async (caseId: string) => (await readCase(world.base.connection, caseId)).stage

describe('sealed bids', () => {
  it('the lowest discount wins', async () => {
    const caseId = await world.onSale()
    await bothBid(world, caseId, 700n, 300n)
    expect(await readAward(world.base.connection, caseId)).toMatchObject({
      winner: await world.base.address(BOB),
      discountBps: 300n,
      subTag: SUB_TAGS[BOB],
      escrowLots: CARRY_LOTS,
    })
  })

  it('of equal ones the earliest commitment wins, whoever reveals first', async () => {
    const caseId = await world.onSale()
    await bothBid(world, caseId, 300n, 300n)
    expect((await readAward(world.base.connection, caseId)).winner).toBe(await world.base.address(ALICE))
  })

  it('give everybody back what is theirs: the loser bond and escrow, the winner the bond', async () => {
    const free = [await world.base.freeLots(ALICE), await world.base.freeLots(BOB)]
    const caseId = await world.onSale()
    await bothBid(world, caseId, 700n, 300n)
    for (const bidder of [ALICE, BOB]) {
      await reclaimBid(world.base.connection, as(bidder), 'sealed', caseId)
      await expectRefused(reclaimBid(world.base.connection, as(bidder), 'sealed', caseId), 'NothingCommitted')
    }
    expect(await world.base.freeLots(ALICE)).toBe(free[0])
    expect(await world.base.freeLots(BOB)).toBe(free[1]! - CARRY_LOTS)
  })

  it('take the bond of who does not reveal, and the case goes on to the public', async () => {
    const caseId = await world.onSale()
    await commit(world, caseId, ALICE, 300n)
    await commit(world, caseId, BOB, 300n)
    await toReveal(world)
    await reveal(world, caseId, BOB, 300n)
    await expectRefused(
      world.base.send('sealed', 'forfeit', [caseId, await world.base.address(ALICE)], KEEPER),
      'AuctionNotFinished',
    )
    await toEnd(world)
    await finish(world, caseId)
    expect(await stage(caseId)).toBe('dutch')
    await expectRefused(reclaimBid(world.base.connection, as(ALICE), 'sealed', caseId), 'BidNotRevealed')
    const insurance = await world.base.view<bigint>('fund', 'insuranceLots')
    await world.base.send('sealed', 'forfeit', [caseId, await world.base.address(ALICE)], KEEPER)
    expect(await world.base.view('fund', 'insuranceLots')).toBe(insurance + 100_000n)
    await expectRefused(
      world.base.send('sealed', 'forfeit', [caseId, await world.base.address(BOB)], KEEPER),
      'BidWasRevealed',
    )
    await reclaimBid(world.base.connection, as(BOB), 'sealed', caseId)
  })

  it('cost nobody anything when the case ends before they do', async () => {
    const free = await world.base.freeLots(ALICE)
    const caseId = await world.onSale()
    await commit(world, caseId, ALICE, 300n)
    await world.base.postRound()
    await world.record('mm', false)
    await stepCase(world.base.connection, as(KEEPER), 'cancel', caseId)
    await reclaimBid(world.base.connection, as(ALICE), 'sealed', caseId)
    expect(await world.base.freeLots(ALICE)).toBe(free)
  })

  it('a copied commitment opens for nobody but its author, and costs the copier the bond', async () => {
    const caseId = await world.onSale()
    await commit(world, caseId, ALICE, 300n)
    const { deployment } = world.base.connection
    const copied = bidCommitment(deployment, caseId, await world.base.address(ALICE), bid(ALICE, 300n))
    await world.base.send('sealed', 'commit', [caseId, copied], BOB)
    await toReveal(world)
    const { salt } = bid(ALICE, 300n)
    const opened = revealBid(world.base.connection, as(BOB), caseId, {
      discountBps: 300n,
      subTag: SUB_TAGS[BOB]!,
      salt,
    })
    await expectRefused(opened, 'CommitmentMismatch')
    await expectRefused(
      revealBid(world.base.connection, as(BOB), caseId, bid(ALICE, 300n)),
      'CommitmentMismatch',
    )
  })

  it('of one who is not whitelisted, or unbonding, are none', async () => {
    const caseId = await world.onSale()
    await expectRefused(commit(world, caseId, CAROL, 300n), 'LiquidatorNotActive')
    await world.base.send('liquidators', 'startUnbonding', [], BOB)
    await expectRefused(commit(world, caseId, BOB, 300n), 'LiquidatorNotActive')
  })

  it('keep their times', async () => {
    const caseId = await world.onSale()
    await commit(world, caseId, ALICE, 300n)
    await expectRefused(reveal(world, caseId, ALICE, 300n), 'TooEarly')
    await expectRefused(finish(world, caseId), 'TooEarly')
    await toReveal(world)
    await expectRefused(commit(world, caseId, BOB, 300n), 'TooLate')
    await expectRefused(finish(world, caseId), 'TooEarly')
    await toEnd(world)
    await expectRefused(reveal(world, caseId, ALICE, 300n), 'TooLate')
  })

  it('lock a sub-account for one case, from the reveal on, against deposits too', async () => {
    const caseId = await world.onSale()
    await commit(world, caseId, ALICE, 300n)
    await toReveal(world)
    await reveal(world, caseId, ALICE, 300n)
    await expectRefused(world.deposit(SUB_TAGS[ALICE]!), 'AccountInCase')
    await expectRefused(world.showOwnership(ALICE, SUB_TAGS[ALICE]!), 'AccountInCase')
    await expectRefused(world.base.send('liquidators', 'refuse', [SUB_TAGS[ALICE]], ALICE), 'SubAccountInUse')
  })
})

describe('a hostile bidder', () => {
  it('cannot block anybody: nothing is ever sent to a bidder', async () => {
    // What is owed is a number in the escrow; it is fetched by its owner alone.
    const caseId = await world.onSale()
    await bothBid(world, caseId, 700n, 300n)
    await world.settle(caseId, SUB_TAGS[BOB]!, await honest(world, caseId))
    expect(await stage(caseId)).toBe('closed')
    const { lockedLots } = await lockedOf(ALICE)
    expect(lockedLots).toBe(100_000n + CARRY_LOTS)
    await reclaimBid(world.base.connection, as(ALICE), 'sealed', caseId)
    expect((await lockedOf(ALICE)).lockedLots).toBe(0n)
  })

  it('reclaims and withdraws no more than is its own', async () => {
    const free = await world.base.freeLots(ALICE)
    await expectRefused(world.base.send('escrow', 'withdraw', [free + 1n], ALICE), 'FreeLotsTooFew')
    await world.base.send('escrow', 'withdraw', [free], ALICE)
    await expectRefused(world.base.send('escrow', 'withdraw', [1n], ALICE), 'FreeLotsTooFew')
    for (const method of ['lock', 'unlock'] as const) {
      const call = world.base.send('escrow', method, [await world.base.address(BOB), 1n], ALICE)
      await expectRefused(call, 'AccessControlUnauthorizedAccount')
    }
  })
})

async function lockedOf(bidder: number): Promise<{ lockedLots: bigint }> {
  const { sealed } = world.base.connection.deployment
  const args = [sealed, await world.base.address(bidder)]
  return { lockedLots: await world.base.view<bigint>('escrow', 'lockedLots', args) }
}
