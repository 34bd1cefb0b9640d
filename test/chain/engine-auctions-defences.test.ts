import { beforeAll, beforeEach, describe } from 'vitest'
import { readCase } from '../../src/chain/engine-client/cases.ts'
import { offerSoft, reclaimBid, takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { readParameters } from '../../src/chain/engine-client/parameters.ts'
import { commit, finish, reveal, toReveal } from './fixtures/engine-bids.ts'
import { ALICE, CAROL } from './fixtures/engine-chain.ts'
import { inDutch } from './fixtures/engine-sales.ts'
import { SUB_TAGS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'

/** Each rule of the sales, and what comes through without it. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

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
    alsoWithout: ['SubAccountInCase', 'liquidators.lock'],
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
      const { softPenaltyBps } = await readParameters(w.base.connection)
      const askBps = softPenaltyBps + 1n
      return () => offerSoft(w.base.connection, w.base.signer(ALICE), caseId, askBps, SUB_TAGS[ALICE]!)
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
      const { capBps } = await readCase(w.base.connection, caseId)
      const args = [caseId, await w.base.address(CAROL), SUB_TAGS[CAROL], capBps]
      return () => w.base.send('engine', 'award', args, CAROL)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'LotTooOld',
    attack: 'a lot taken at prices of twelve minutes ago',
    alsoReplace: async () => undefined,
    arrange: async (w) => {
      // The least that leaves a lot the time to be settled.
      await w.base.governed('parameters', 'set', [27, 720])
      const caseId = await inDutch(w)
      await w.base.passes(740)
      return () => takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB_TAGS[CAROL]!)
    },
  },
]

describe('what stands between a bidder and a lot', () => itHolds(DEFENCES, () => world))
