import { beforeAll, beforeEach, describe } from 'vitest'
import { openCase, settleCase } from '../../src/chain/engine-client/cases.ts'
import { CAROL, KEEPER, VENUE } from './fixtures/engine-chain.ts'
import { deleveraging, honest, inDeleveraging, OTHER, SUB, sold, step } from './fixtures/engine-sales.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'

/** Each rule of settlement and deleveraging, and what comes through without it. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const DEFENCES: readonly Defence<EngineToyWorld>[] = [
  {
    target: 'DeleveragingQueue',
    rule: 'CutoffOffLevel',
    attack: 'a counterparty below the published cut-off',
    arrange: async (w) => deleveraging(w, await inDeleveraging(w), { cutoffBps: 3_000n }),
  },
  {
    target: 'CaseProofs',
    rule: 'TransferTermsMismatch',
    attack: 'a counterparty taken further down than the band',
    arrange: async (w) => deleveraging(w, await inDeleveraging(w), { cutoffBps: 9_000n, floorBps: 0n }),
  },
  {
    target: 'CaseProofs',
    rule: 'TransferTermsMismatch',
    attack: 'a counterparty of a solvent account made to give a discount',
    arrange: async (w) => deleveraging(w, await inDeleveraging(w), { cutoffBps: 9_000n, discountBps: -500n }),
  },
  {
    target: 'CaseSettlement',
    rule: 'CounterpartyInCase',
    attack: 'a counterparty that is in a case itself',
    arrange: async (w) => {
      const caseId = await inDeleveraging(w)
      await w.record('mm', true, { tag: OTHER })
      await openCase(w.base.connection, w.base.signer(KEEPER), OTHER, 'full')
      return deleveraging(w, caseId, { cutoffBps: 9_000n })
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'StepRoundOlder',
    attack: 'a step at the prices before the last one’s',
    arrange: async (w) => {
      const caseId = await inDeleveraging(w)
      await (await deleveraging(w, caseId, { cutoffBps: 9_000n }))()
      return deleveraging(w, caseId, { cutoffBps: 9_000n, round: w.base.round - 1 })
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'SettlementTooLate',
    attack: 'a settlement after the winner’s time, once the market showed which way it went',
    arrange: async (w) => {
      const caseId = await sold(w)
      await w.base.passes(125)
      const transfer = await w.transfer(caseId, SUB, await honest(w, caseId))
      return () => settleCase(w.base.connection, w.base.signer(VENUE), caseId, transfer)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'SettlementNotLate',
    attack: 'a winner who fails the venue within its time',
    arrange: async (w) => {
      const caseId = await sold(w)
      return () => step(w, 'fail', caseId, CAROL)
    },
  },
]

describe('what stands between a caller and a settlement', () => itHolds(DEFENCES, () => world))
