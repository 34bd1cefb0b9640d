import { beforeAll, beforeEach, describe } from 'vitest'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { DEPOSITOR, DISPUTE_SECONDS, ENGINE, VaultWorld } from './fixtures/vault-world.ts'
import { ADMIN, KEEPER, STRANGER, TAG, VENUE } from './fixtures/world.ts'

/**
 * Bounds of vault, fund and registry. Behind most of them stands what Solidity checks itself (a difference below zero, an
 * index beyond an array): it is taken out as well (`behind ...`), or the rule would look like one that keeps nothing out.
 */
let world: VaultWorld
beforeAll(async () => {
  world = await VaultWorld.shared()
}, 600_000)
beforeEach(() => world.reset())

type VaultDefence = Defence<VaultWorld>
const target = 'CollateralVault' as const
const CASH = BigInt(CASH_ID)
const INSURANCE = 0

const VAULT: readonly VaultDefence[] = [
  {
    target,
    rule: 'LedgerTooSmall',
    attack: 'a withdrawal of more than all accounts hold together',
    alsoWithout: ['behind ledger', 'SafeCastOverflowedUintDowncast'],
    arrange: async (w) => {
      await w.send(w.contracts.vault, 'bringIn', [CASH, 399], VENUE)
      return w.withdrawing({ lots: 400n })
    },
  },
  {
    target,
    rule: 'DeficitSmaller',
    attack: 'a deficit below zero, out of which every payout would be a share of nothing',
    alsoWithout: ['behind deficit'],
    arrange: async (w) => () => w.send(w.contracts.vault, 'repayDeficit', [1], DEPOSITOR),
  },
  {
    target,
    rule: 'PaidAboveDebt',
    attack: 'a fund that pays more than is owed, and a loss below zero which every payout would share',
    alsoWithout: ['behind socialised'],
    arrange: async (w) => {
      const args = await w.covering(200n, 300n)
      return () => w.send(w.contracts.vault, 'applyCover', args, ENGINE)
    },
  },
  {
    target,
    rule: 'NothingPayable',
    attack: 'a payout that was paid already',
    // What was paid is forgotten, and the round of nothing is never final.
    alsoWithout: ['RoundNotSettleable'],
    arrange: async (w) => {
      await w.send(w.contracts.vault, 'bringIn', [CASH, 1_000], VENUE)
      await w.withdraw()
      await w.finalise()
      await w.chain.advance(DISPUTE_SECONDS)
      await w.send(w.contracts.vault, 'claim', [1], STRANGER)
      return () => w.send(w.contracts.vault, 'claim', [1], STRANGER)
    },
  },
  {
    target,
    rule: 'AccountInCase',
    attack:
      'a deposit of something else than cash into a sub-account that is bid in: no lot would go into it',
    arrange: async (w) => {
      await w.send(w.contracts.cases, 'setBidIn', [TAG, true], VENUE)
      return w.applying(await w.request())
    },
  },
]

const OTHERS: readonly VaultDefence[] = [
  {
    target: 'InsuranceFund',
    rule: 'TrancheTooSmall',
    attack: 'surplus of the insurance tranche, out of the Gamma Reserve’s money',
    alsoWithout: ['behind floor', 'behind tranche'],
    arrange: async (w) => {
      const { fund } = w.contracts
      await w.send(fund, 'donate', [INSURANCE, 1_000], DEPOSITOR)
      await w.send(fund, 'donate', [1, 900], DEPOSITOR)
      const recipient = await w.address(KEEPER)
      return () => w.send(fund, 'withdrawSurplus', [INSURANCE, 1_400, recipient], ADMIN)
    },
  },
  {
    target: 'BookRegistry',
    rule: 'NotHeld',
    attack: 'a release of what is not held, which drops the leaf of another case',
    alsoWithout: ['behind tags'],
    arrange: async (w) => {
      await w.send(w.registry, 'hold', [TAG, 3, 99], ENGINE)
      return () => w.send(w.registry, 'release', [TAG + 1n], ENGINE)
    },
  },
]

describe('what the vault never books', () => itHolds(VAULT, () => world))
describe('what fund and registry never book', () => itHolds(OTHERS, () => world))
