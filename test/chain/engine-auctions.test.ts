import { id } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readAward, readCase, stepCase } from '../../src/chain/engine-client/cases.ts'
import {
  bidCommitment,
  commitBid,
  dutchDiscountBps,
  offerSoft,
  reclaimBid,
  revealBid,
  type SealedBid,
  takeLot,
} from '../../src/chain/engine-client/liquidator.ts'
import { ALICE, BOB, CAROL, KEEPER } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { CARRY_LOTS, EngineToyWorld, SUB_TAGS } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'

/** The sales: who may bid, what a bid costs, who wins, and what everybody gets back. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.start()
}, 600_000)
beforeEach(() => world.base.reset())
afterAll(() => world?.close())

const as = (index: number) => world.base.signer(index)
const stage = async (caseId: string) => (await readCase(world.base.connection, caseId)).stage
const bid = (owner: number, discountBps: bigint): SealedBid => ({
  discountBps,
  subTag: SUB_TAGS[owner]!,
  salt: id(`salt ${owner}`),
})
const commit = (w: EngineToyWorld, caseId: string, by: number, discountBps: bigint) =>
  commitBid(w.base.connection, w.base.signer(by), caseId, bid(by, discountBps))
const reveal = (w: EngineToyWorld, caseId: string, by: number, discountBps: bigint) =>
  revealBid(w.base.connection, w.base.signer(by), caseId, bid(by, discountBps))
const finish = (w: EngineToyWorld, caseId: string) => w.base.send('sealed', 'finish', [caseId], KEEPER)
const toReveal = (w: EngineToyWorld) => w.base.passes(61)
const toEnd = (w: EngineToyWorld) => w.base.passes(31)

/** Both bid; who wins follows from the discounts. */
async function bothBid(w: EngineToyWorld, caseId: string, alice: bigint, bob: bigint): Promise<void> {
  await commit(w, caseId, ALICE, alice)
  await commit(w, caseId, BOB, bob)
  await toReveal(w)
  await reveal(w, caseId, BOB, bob)
  await reveal(w, caseId, ALICE, alice)
  await toEnd(w)
  await finish(w, caseId)
}

async function inDutch(w: EngineToyWorld): Promise<string> {
  const caseId = await w.onSale()
  await w.base.passes(100)
  await finish(w, caseId)
  return caseId
}

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

describe('the public auction', () => {
  it('rises in a line from zero to the cap, and stays there', async () => {
    const caseId = await inDutch(world)
    const { connection } = world.base
    const { capBps } = await readCase(connection, caseId)
    expect(capBps).toBe(3_000n)
    expect(await dutchDiscountBps(connection, caseId)).toBeLessThan(20n)
    await world.base.passes(450)
    const half = await dutchDiscountBps(connection, caseId)
    expect(half).toBeGreaterThan(1_450n)
    expect(half).toBeLessThan(1_600n)
    await world.base.passes(600)
    expect(await dutchDiscountBps(connection, caseId)).toBe(capBps)
  })

  it('is open to anybody with escrow and a vouched sub-account', async () => {
    const caseId = await inDutch(world)
    await takeLot(world.base.connection, as(CAROL), caseId, SUB_TAGS[CAROL]!)
    expect((await readAward(world.base.connection, caseId)).winner).toBe(await world.base.address(CAROL))
  })

  it('sells for no less than the taker asked, should it have started anew', async () => {
    const caseId = await inDutch(world)
    const take = takeLot(world.base.connection, as(CAROL), caseId, SUB_TAGS[CAROL]!, 900n)
    await expectRefused(take, 'DiscountBelowAsked')
  })

  it('is followed by the clearing house only when it is over', async () => {
    const caseId = await inDutch(world)
    const end = () => world.base.send('dutch', 'finish', [caseId], KEEPER)
    await expectRefused(end(), 'TooEarly')
    await world.base.passes(901)
    await expectRefused(end(), 'RestartPossible')
    await world.base.passes(301)
    await end()
    expect(await stage(caseId)).toBe('house')
  })

  it('restarts so often and no more', async () => {
    const caseId = await inDutch(world)
    for (let restart = 0; restart < 2; restart++) {
      await world.base.passes(901)
      await world.base.postRound()
      await world.confirm(caseId)
    }
    await world.base.passes(901)
    await world.base.postRound()
    await expectRefused(world.confirm(caseId), 'NothingToConfirm')
    await world.base.send('dutch', 'finish', [caseId], KEEPER)
  })

  it('taxes what a fill costs beyond the modelled impact and ten basis points', async () => {
    const caseId = await inDutch(world)
    await world.base.passes(450)
    await takeLot(world.base.connection, as(CAROL), caseId, SUB_TAGS[CAROL]!)
    const { discountBps, taxBps } = await readAward(world.base.connection, caseId)
    expect(taxBps).toBe(((discountBps - 110n) * 2_000n) / 10_000n)
    const gamma = await world.base.view<bigint>('fund', 'gammaLots')
    await world.settle(caseId, SUB_TAGS[CAROL]!, {
      discountBps: discountBps - taxBps,
      feeBps: 500n + taxBps,
      feeLots: 900n,
    })
    const taxLots = (900n * taxBps) / (500n + taxBps)
    // The fee's own share of the Gamma Reserve comes on top: 20% at gauge 0.
    const share = ((900n - taxLots) * 2_000n) / 10_000n
    expect(await world.base.view('fund', 'gammaLots')).toBe(gamma + taxLots + share)
  })
})

describe('soft offers', () => {
  it('the earliest of equal asks wins, and the others have theirs back', async () => {
    const caseId = await world.onSale('soft')
    const { connection } = world.base
    await offerSoft(connection, as(ALICE), caseId, 200n, SUB_TAGS[ALICE]!)
    await offerSoft(connection, as(BOB), caseId, 200n, SUB_TAGS[BOB]!)
    await expectRefused(offerSoft(connection, as(BOB), caseId, 100n, SUB_TAGS[BOB]!), 'AlreadyOffered')
    await expectRefused(reclaimBid(connection, as(BOB), 'soft', caseId), 'StillOnSale')
    await world.base.passes(31)
    await world.base.send('soft', 'finish', [caseId], KEEPER)
    expect((await readAward(connection, caseId)).winner).toBe(await world.base.address(ALICE))
    await reclaimBid(connection, as(BOB), 'soft', caseId)
    await expectRefused(reclaimBid(connection, as(ALICE), 'soft', caseId), 'NothingOffered')
  })

  it('end with the case when neither they nor the clearing house take it', async () => {
    const caseId = await world.onSale('soft')
    await world.base.passes(31)
    await world.base.send('soft', 'finish', [caseId], KEEPER)
    await expectRefused(world.base.send('house', 'finish', [caseId], KEEPER), 'TooEarly')
    await world.base.passes(121)
    await world.base.send('house', 'finish', [caseId], KEEPER)
    expect(await stage(caseId)).toBe('closed')
  })
})

describe('the clearing house', () => {
  it('has no lot before the others had their chance', async () => {
    const absorb = (caseId: string) => world.base.send('house', 'absorb', [caseId, 5n], KEEPER)
    const caseId = await world.onSale()
    await expectRefused(absorb(caseId), 'NotInStage')
    await world.base.passes(100)
    await finish(world, caseId)
    await expectRefused(absorb(caseId), 'NotInStage')
  })

  it('stands aside at once when the lot is beyond its budget, its cap or its capital', async () => {
    const houseStage = async () => {
      const caseId = await world.onSale('soft')
      await world.base.passes(31)
      await world.base.send('soft', 'finish', [caseId], KEEPER)
      return caseId
    }
    const limits = [
      [30, 'CaseCapExceeded'],
      [29, 'BudgetExceeded'],
    ] as const
    for (const [parameter, rule] of limits) {
      const caseId = await houseStage()
      await world.base.governed('parameters', 'set', [parameter, CARRY_LOTS - 1n])
      await expectRefused(world.base.send('house', 'absorb', [caseId, 5n], KEEPER), rule)
      await world.base.send('house', 'finish', [caseId], KEEPER)
      expect(await stage(caseId)).toBe('closed')
      await world.base.reset()
    }
    const caseId = await houseStage()
    await world.base.governed('house', 'withdrawCapital', [50_000_000n, await world.base.address(CAROL)])
    await expectRefused(world.base.send('house', 'absorb', [caseId, 5n], KEEPER), 'CapitalTooSmall')
    await world.base.send('house', 'finish', [caseId], KEEPER)
  })

  it('pays losses to the fund only, and takes capital from anybody', async () => {
    await expectRefused(world.base.send('house', 'payLoss', [1n], CAROL), 'NotTheFund')
    const { house, unitsPerLot } = world.base.connection.deployment
    const capital = await world.base.view<bigint>('house', 'capitalLots')
    await world.base.tokenCall('mint', [house, 7n * unitsPerLot], as(CAROL))
    await world.base.send('house', 'collect', [], CAROL)
    expect(await world.base.view('house', 'capitalLots')).toBe(capital + 7n)
  })
})

const DEFENCES: readonly Defence<EngineToyWorld>[] = [
  {
    target: 'SealedBidAuction',
    rule: 'BidBelowReserve',
    attack: 'a bid of next to nothing',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 3_001n)
      await toReveal(w)
      return () => reveal(w, caseId, ALICE, 3_001n)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'CommitmentMismatch',
    attack: 'another bid than was committed, after the others were seen',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 700n)
      await toReveal(w)
      return () => reveal(w, caseId, ALICE, 299n)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'AlreadyCommitted',
    attack: 'a second bid of one liquidator: two bidders are two whitelisted ones',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 700n)
      return () => commit(w, caseId, ALICE, 300n)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'AlreadyRevealed',
    attack: 'one bid counted as two',
    alsoWithout: [
      /bytes32 open = engine\.caseOf\(subTag\);\s*if \(open != 0\) revert[^;]*;/,
      /liquidators\.lock\(subTag, bidder, caseId\);/,
    ],
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 700n)
      await toReveal(w)
      await reveal(w, caseId, ALICE, 700n)
      return () => reveal(w, caseId, ALICE, 700n)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'BidNotRevealed',
    attack: 'a bond fetched by who held the auction up',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 700n)
      await w.base.passes(100)
      await finish(w, caseId)
      return () => reclaimBid(w.base.connection, w.base.signer(ALICE), 'sealed', caseId)
    },
  },
  {
    target: 'SoftOffers',
    rule: 'AskAboveCap',
    attack: 'an ask above the soft penalty',
    arrange: async (w) => {
      const caseId = await w.onSale('soft')
      return () => offerSoft(w.base.connection, w.base.signer(ALICE), caseId, 501n, SUB_TAGS[ALICE]!)
    },
  },
  {
    target: 'LiquidatorRegistry',
    rule: 'SubAccountNotVouchedFor',
    attack:
      'a sub-account that got something in after the venue had looked: no settlement, and the venue blamed',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      await w.deposit(SUB_TAGS[CAROL]!)
      return () => takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB_TAGS[CAROL]!)
    },
  },
  {
    target: 'LiquidatorRegistry',
    rule: 'SubAccountOfAnother',
    attack: 'a lot taken into somebody else’s account',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      return () => takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB_TAGS[ALICE]!)
    },
  },
  {
    target: 'LiquidatorRegistry',
    rule: 'LiquidatorNotActive',
    attack: 'a sealed bid of somebody who was not whitelisted',
    arrange: async (w) => {
      const caseId = await w.onSale()
      return () => commit(w, caseId, CAROL, 300n)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'NotTheStage',
    attack: 'an award by somebody who ran no auction',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      const args = [caseId, await w.base.address(CAROL), SUB_TAGS[CAROL], 3_000]
      return () => w.base.send('engine', 'award', args, CAROL)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'LotTooOld',
    attack: 'a lot taken at prices of half an hour ago',
    alsoWithout: [],
    alsoReplace: async () => undefined,
    arrange: async (w) => {
      await w.base.governed('parameters', 'set', [27, 300])
      const caseId = await inDutch(w)
      await w.base.passes(400)
      return () => takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB_TAGS[CAROL]!)
    },
  },
]

describe('what stands between a bidder and a lot', () => itHolds(DEFENCES, () => world))

describe('a hostile bidder', () => {
  it('cannot block anybody: nothing is ever sent to a bidder', async () => {
    // What is owed is a number in the escrow; it is fetched by its owner alone.
    const caseId = await world.onSale()
    await bothBid(world, caseId, 700n, 300n)
    await world.settle(caseId, SUB_TAGS[BOB]!, { discountBps: 262n, feeBps: 538n })
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
