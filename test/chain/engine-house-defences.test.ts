import { beforeAll, beforeEach, describe } from 'vitest'
import { buildLocalTestContracts } from '../../src/chain/build.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { ADMIN, KEEPER } from './fixtures/engine-chain.ts'
import {
  absorb,
  absorbed,
  atHouse,
  carried,
  HOUSE_TAG,
  ownHouseAccount,
  vouchForHouse,
  workOff,
} from './fixtures/engine-house.ts'
import { CARRY_LOTS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds, takeOut } from './fixtures/mutants.ts'

/** Each rule of the clearing house, and what comes through without it. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const target = 'ClearingHouse' as const
const [BUDGET, CASE_CAP] = [29, 30] as const
/** Seconds between two withdrawals of an account. */
const VAULT_INTERVAL = 61
/** Another collateral than cash. */
const COIN = 2n

function beyond(parameter: number): Defence<EngineToyWorld>['arrange'] {
  return async (w) => {
    await ownHouseAccount(w)
    const caseId = await atHouse(w)
    await w.base.governed('parameters', 'set', [parameter, CARRY_LOTS - 1n])
    return () => absorb(w, caseId)
  }
}

const DEFENCES: readonly Defence<EngineToyWorld>[] = [
  {
    target,
    rule: 'BudgetExceeded',
    attack: 'more carried than the house may carry in all',
    arrange: beyond(BUDGET),
  },
  {
    target,
    rule: 'CaseCapExceeded',
    attack: 'more carried of one case than the house may carry of one',
    arrange: beyond(CASE_CAP),
  },
  {
    target,
    rule: 'CapitalTooSmall',
    attack: 'a lot carried with capital that is not there',
    // The escrow locks no more than there is.
    alsoReplace: (w) =>
      takeOut(w, { target: 'Escrow', rule: 'FreeLotsTooFew', alsoWithout: ['behind free'] }),
    arrange: async (w) => {
      await ownHouseAccount(w)
      const caseId = await atHouse(w)
      await w.base.governed('house', 'withdrawCapital', [50_000_000n, await w.base.address(KEEPER)])
      return () => absorb(w, caseId)
    },
  },
  {
    target,
    rule: 'SubAccountHoldsInventory',
    attack: 'a second lot in the sub-account of the first: one budget for two',
    arrange: async (w) => {
      await carried(w)
      await vouchForHouse(w)
      await w.base.postRound()
      const second = await atHouse(w)
      return () => absorb(w, second)
    },
  },
  {
    target,
    rule: 'StillToBeSettled',
    attack: 'a lot that the house is about to get, freed of its budget',
    arrange: async (w) => {
      const caseId = await absorbed(w)
      return () => w.base.send('house', 'release', [caseId], KEEPER)
    },
  },
  {
    target,
    rule: 'NothingAbsorbed',
    attack: 'the release of a case that the house never had',
    arrange: async (w) => {
      const caseId = await atHouse(w)
      return () => w.base.send('house', 'release', [caseId], KEEPER)
    },
  },
  {
    target,
    rule: 'NoInventory',
    attack: 'a step of an inventory that there is not',
    arrange: async (w) => {
      await ownHouseAccount(w)
      await w.base.passes(VAULT_INTERVAL)
      return workOff(w, 0n)
    },
  },
  {
    target,
    rule: 'NotCash',
    attack: 'a step in another collateral, counted as cash',
    arrange: async (w) => {
      const { LocalTestToken } = await buildLocalTestContracts()
      const coin = await deployContract(LocalTestToken!, ['Coin', 'COIN', 8], w.base.signer(ADMIN))
      await w.base.governed('vault', 'addCollateral', [COIN, coin, 10_000, 100])
      await carried(w)
      await w.base.passes(VAULT_INTERVAL)
      return workOff(w, 0n, { tag: HOUSE_TAG, instrumentId: COIN })
    },
  },
]

describe('what binds the clearing house', () => itHolds(DEFENCES, () => world))
