import { beforeAll, beforeEach, describe } from 'vitest'
import { confirmCase, escalateCase, stepCase } from '../../src/chain/engine-client/cases.ts'
import { offerSoft, reclaimBid, takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { readCostParameters, readParameters } from '../../src/chain/engine-client/parameters.ts'
import { send } from '../../src/chain/transactions.ts'
import { toField } from '../../src/protocol/field.ts'
import { commit, finish, reveal, toReveal } from './fixtures/engine-bids.ts'
import { ALICE, BOB, CAROL, KEEPER, VENUE } from './fixtures/engine-chain.ts'
import { cover, inDeleveraging, inDutch, sold, step } from './fixtures/engine-sales.ts'
import { SUB_TAGS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { impersonated } from './fixtures/impersonate.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'

/** Times, turns and limits of a case: who comes too early, too late, twice, or for somebody else's share. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

type EngineDefence = Defence<EngineToyWorld>
const AS_MANY_AS_HELD = 64

/** Holds by the engine itself, of other cases: the list is full. */
async function fillHolds(w: EngineToyWorld): Promise<void> {
  const { registry, errors, deployment } = w.base.connection
  const signer = await impersonated(w.chain, deployment.engine)
  for (let held = 0; held < AS_MANY_AS_HELD; held++) {
    await send(registry, 'hold', [toField(1_000n + BigInt(held)), 1, 2], signer, errors)
  }
}

const CASES: readonly EngineDefence[] = [
  {
    target: 'LiquidationEngine',
    rule: 'NoRoomToHold',
    attack: 'the venue punished for a lot that it could not confirm: every hold was taken',
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.postRound()
      await stepCase(w.base.connection, w.base.signer(KEEPER), 'noticeRound', caseId)
      await fillHolds(w)
      await w.base.passes(301)
      return () => step(w, 'lapse', caseId)
    },
  },
  {
    target: 'LiquidationEngine',
    rule: 'NewerRoundMissing',
    attack: 'the venue’s time begun before it can confirm',
    arrange: async (w) => {
      const caseId = await w.open()
      return () => stepCase(w.base.connection, w.base.signer(KEEPER), 'noticeRound', caseId)
    },
  },
  {
    target: 'LiquidationEngine',
    rule: 'NotSoft',
    attack: 'a full case begun anew by escalation, and the venue’s time with it',
    arrange: async (w) => {
      const caseId = await w.open()
      return () => escalateCase(w.base.connection, w.base.signer(BOB), caseId)
    },
  },
  {
    target: 'CaseConfirmation',
    rule: 'LotIsSolvent',
    attack: 'a solvent account sold whole, at the discount of an insolvent one',
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.postRound()
      const { insolventMaxDiscountBps } = await readCostParameters(w.base.connection)
      const lot = await w.lot(caseId, { percent: 100n, costBps: insolventMaxDiscountBps })
      return () => confirmCase(w.base.connection, w.base.signer(VENUE), caseId, lot, true)
    },
  },
  {
    target: 'CaseConfirmation',
    rule: 'LotIsAnother',
    attack: 'another leaf of the same tag in a second lot, while the first is held',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      await w.base.passes(901)
      await w.base.postRound()
      return () => w.confirm(caseId, { signals: { leaf: 78n } })
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'AlreadyDue',
    attack: 'a venue that lets its time pass and begins it anew',
    arrange: async (w) => {
      const caseId = await sold(w)
      await w.base.passes(125)
      return () => step(w, 'startSettlement', caseId)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'NotInsolvent',
    attack: 'the fund pays what a solvent account owes',
    arrange: async (w) => cover(w, await inDeleveraging(w), 700n),
  },
]

const SALES: readonly EngineDefence[] = [
  {
    target: 'SealedBidAuction',
    rule: 'TooLate',
    attack: 'a bid sealed after the others were opened',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 700n)
      await toReveal(w)
      await reveal(w, caseId, ALICE, 700n)
      return () => commit(w, caseId, BOB, 699n)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'TooEarly',
    attack: 'an auction ended before the others came',
    arrange: async (w) => {
      const caseId = await w.onSale()
      return () => finish(w, caseId)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'StillOnSale',
    attack: 'an opened bid whose escrow is fetched before the award',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 300n)
      await toReveal(w)
      await reveal(w, caseId, ALICE, 300n)
      return () => reclaimBid(w.base.connection, w.base.signer(ALICE), 'sealed', caseId)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'AuctionNotFinished',
    attack: 'a rival’s bond taken before the time to open the bid',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 300n)
      return async () => w.base.send('sealed', 'forfeit', [caseId, await w.base.address(ALICE)], BOB)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'BidWasRevealed',
    attack: 'the bond of a bid that was opened',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 300n)
      await toReveal(w)
      await reveal(w, caseId, ALICE, 300n)
      await w.base.passes(31)
      await finish(w, caseId)
      return async () => w.base.send('sealed', 'forfeit', [caseId, await w.base.address(ALICE)], BOB)
    },
  },
  {
    target: 'SoftOffers',
    rule: 'AlreadyOffered',
    attack: 'a second ask after the others were seen, over the escrow of the first',
    // A second lock of the same sub-account stands behind it.
    alsoWithout: ['SubAccountInCase', 'liquidators.lock'],
    arrange: async (w) => {
      const caseId = await w.onSale('soft')
      const { softPenaltyBps } = await readParameters(w.base.connection)
      const offer = (askBps: bigint) =>
        offerSoft(w.base.connection, w.base.signer(ALICE), caseId, askBps, SUB_TAGS[ALICE]!)
      await offer(softPenaltyBps)
      return () => offer(0n)
    },
  },
  {
    target: 'DutchAuction',
    rule: 'DiscountBelowAsked',
    attack: 'a taker who gets the lot of an auction that started anew meanwhile',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      return () => takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB_TAGS[CAROL]!, 900n)
    },
  },
  {
    target: 'DutchAuction',
    rule: 'RestartPossible',
    attack: 'the public auction skipped for the clearing house, while it may still start anew',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      await w.base.passes(901)
      return () => w.base.send('dutch', 'finish', [caseId], KEEPER)
    },
  },
  {
    target: 'LiquidatorRegistry',
    rule: 'UnbondingUnderWay',
    attack: 'a bond that leaves before governance can take it',
    arrange: async (w) => {
      await w.base.send('liquidators', 'startUnbonding', [], BOB)
      return () => w.base.send('liquidators', 'unbond', [], BOB)
    },
  },
  {
    target: 'LiquidatorRegistry',
    rule: 'BondTooSmall',
    attack: 'a bond of next to nothing',
    arrange: async (w) => () => w.base.send('liquidators', 'bond', [1n], CAROL),
  },
  {
    target: 'ClearingHouse',
    rule: 'NotTheFund',
    attack: 'a stranger who fetches the clearing house’s capital as a loss',
    arrange: async (w) => () => w.base.send('house', 'payLoss', [1_000n], CAROL),
  },
]

describe('what binds the times and turns of a case', () => itHolds(CASES, () => world))
describe('what binds the times and turns of a sale', () => itHolds(SALES, () => world))
