import { beforeAll, beforeEach, describe } from 'vitest'
import { confirmCase, cureCase, openCase, stepCase } from '../../src/chain/engine-client/cases.ts'
import { toField } from '../../src/protocol/field.ts'
import { BOB, KEEPER, VENUE } from './fixtures/engine-chain.ts'
import { TAG } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'

/** Each rule of opening and confirming, and what comes through without it. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const target = 'LiquidationEngine' as const
const DEFENCES: readonly Defence<EngineToyWorld>[] = [
  {
    target,
    rule: 'CaseAlreadyOpen',
    attack: 'a second case for an account that has one',
    arrange: async (w) => {
      await w.open()
      return () => openCase(w.base.connection, w.base.signer(BOB), TAG, 'full')
    },
  },
  {
    target,
    rule: 'NotTriggered',
    attack: 'a case on a trigger from before the account changed',
    arrange: async (w) => {
      await w.record('mm', true)
      await w.deposit()
      return () => openCase(w.base.connection, w.base.signer(KEEPER), TAG, 'full')
    },
  },
  {
    target,
    rule: 'BelowMaintenance',
    attack: 'a friend’s soft case that keeps a full one out',
    arrange: async (w) => {
      await w.record('mm', true)
      return () => openCase(w.base.connection, w.base.signer(KEEPER), TAG, 'soft')
    },
  },
  {
    target,
    rule: 'WindowStillOpen',
    attack: 'the venue’s penalty before its time is over',
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.postRound()
      await stepCase(w.base.connection, w.base.signer(KEEPER), 'noticeRound', caseId)
      return () => stepCase(w.base.connection, w.base.signer(KEEPER), 'lapse', caseId)
    },
  },
  {
    target,
    rule: 'RecordNotNewer',
    attack: 'a case ended by a record on the round that its lot was proven on',
    arrange: async (w) => {
      const caseId = await w.onSale('soft')
      await w.record('soft', false)
      return () => stepCase(w.base.connection, w.base.signer(BOB), 'cancel', caseId)
    },
  },
  {
    target,
    rule: 'CureOfAnother',
    attack: 'a case ended by a deposit to another account',
    alsoWithout: ['NotRecovered', 'RecordNotNewer'],
    arrange: async (w) => {
      const caseId = await w.onSale()
      const other = toField(4_711n)
      const { depositId, deposit: proven } = await w.deposit(other, false)
      const attestation = await w.statement('soft', false, { bookRoot: proven.signals.nextRoot, tag: other })
      const cure = { depositId, deposit: proven, attestation }
      return () => cureCase(w.base.connection, w.base.signer(BOB), caseId, cure)
    },
  },
  {
    target: 'CaseConfirmation',
    rule: 'LotRoundNotNewer',
    attack: 'a full liquidation on the very print that triggered it',
    arrange: async (w) => {
      const caseId = await w.open()
      return () => w.confirm(caseId)
    },
  },
  {
    target: 'CaseConfirmation',
    rule: 'LotIsInsolvent',
    attack: 'an insolvent lot by the entry of solvent ones',
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.postRound()
      // With the cost of a solvent lot of no health: the only one that the entry would take.
      const lot = await w.lot(caseId, { insolvent: true, percent: 100n, costBps: 0n })
      return () => confirmCase(w.base.connection, w.base.signer(VENUE), caseId, lot, false)
    },
  },
  {
    target: 'CaseConfirmation',
    rule: 'InsolventLotMustBeWhole',
    attack: 'an insolvent account sold in slices, at the fund’s cost each time',
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.postRound()
      return () => w.confirm(caseId, { insolvent: true, percent: 40n })
    },
  },
  {
    target: 'CaseConfirmation',
    rule: 'NothingToConfirm',
    attack: 'another lot under the bidders’ hands',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await w.base.postRound()
      return () => w.confirm(caseId, { percent: 50n })
    },
  },
]

describe('what stands between a caller and a case', () => itHolds(DEFENCES, () => world))
