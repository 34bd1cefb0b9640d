import type { Contract } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildContracts } from '../../src/chain/build.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import {
  DEPOSITOR,
  deployedContract,
  ENGINE,
  FINALITY,
  FUND_PARAMETERS,
  UNITS_PER_LOT,
  VaultWorld,
} from './fixtures/vault-world.ts'
import { ADMIN, STRANGER, TAG, VENUE } from './fixtures/world.ts'

let world: VaultWorld
beforeAll(async () => {
  world = await VaultWorld.shared()
}, 600_000)
beforeEach(() => world.reset())

const INSURANCE = 0
const GAMMA = 1
const target = 'InsuranceFund' as const

function fund(method: string, args: readonly unknown[], sender: number) {
  return world.send(world.contracts.fund, method, args, sender)
}

/** What both tranches hold, and whether the tokens are there to the unit. */
async function tranches(): Promise<[bigint, bigint]> {
  const lots: [bigint, bigint] = [
    await world.view(world.contracts.fund, 'insuranceLots'),
    await world.view(world.contracts.fund, 'gammaLots'),
  ]
  expect(await world.balance(String(world.contracts.fund.target))).toBe((lots[0] + lots[1]) * UNITS_PER_LOT)
  return lots
}

/** Capital of a clearing house of so many lots, less what it holds back in secret. */
async function capital(w: VaultWorld, lots: bigint, heldBackUnits = 0n): Promise<Contract> {
  const house = await w.fixture('Capital', [w.contracts.token.target, UNITS_PER_LOT])
  await w.send(w.contracts.token, 'mint', [house.target, lots * UNITS_PER_LOT], ADMIN)
  await w.send(house, 'set', [lots, heldBackUnits], ADMIN)
  await w.send(w.contracts.fund, 'setCapital', [house.target], ADMIN)
  return house
}

/** A loss of so many lots that the accounts bear. */
async function socialise(w: VaultWorld, lots: bigint): Promise<void> {
  await w.send(w.contracts.vault, 'bringIn', [BigInt(CASH_ID), 1_000], VENUE)
  const args = await w.covering(lots, 0n, { signals: { tag: TAG + 2n } })
  await w.send(w.contracts.vault, 'applyCover', args, ENGINE)
}

it('repays nothing before it has a vault', async () => {
  const { InsuranceFund } = await buildContracts()
  const args = [await world.address(ADMIN), world.contracts.token.target, UNITS_PER_LOT, FUND_PARAMETERS]
  const early = await deployedContract(world.base, InsuranceFund!, args)
  await expect(world.send(early, 'repay', [], STRANGER)).rejects.toMatchObject({ rule: 'VaultNotSet' })
})

describe('fees', () => {
  it('are split, and the Gamma Reserve’s share rises with the stress gauge', async () => {
    const shares: bigint[] = []
    for (const gauge of [0, 5_000, 10_000]) {
      if (gauge > 0) await fund('setGauge', [gauge], FINALITY)
      shares.push(await world.view(world.contracts.fund, 'gammaShareBps'))
      await fund('fees', [1_000], DEPOSITOR)
    }
    expect(shares).toEqual([2_000n, 3_500n, 5_000n])
    expect(await tranches()).toEqual([800n + 650n + 500n, 200n + 350n + 500n])
  })

  it('round to the insurance, and lose nothing', async () => {
    await fund('fees', [7], DEPOSITOR)
    expect(await tranches()).toEqual([6n, 1n])
  })

  it('tax goes to the Gamma Reserve whole, a penalty to insurance, a donation where it is meant', async () => {
    await fund('tax', [100], DEPOSITOR)
    await fund('penalty', [10], DEPOSITOR)
    await fund('donate', [INSURANCE, 3], DEPOSITOR)
    await fund('donate', [GAMMA, 5], DEPOSITOR)
    expect(await tranches()).toEqual([13n, 105n])
    await expect(fund('fees', [0], DEPOSITOR)).rejects.toMatchObject({ rule: 'LotsIsZero' })
  })

  it('a token that falls from the sky is nobody’s', async () => {
    const { token, fund: contract } = world.contracts
    await fund('penalty', [10], DEPOSITOR)
    await world.send(token, 'mint', [contract.target, 123n * UNITS_PER_LOT], STRANGER)
    expect(await world.view(contract, 'insuranceLots')).toBe(10n)
    expect(await world.view(contract, 'coverableLots')).toBe(10n)
  })
})

describe('a loss', () => {
  it.each([
    { lots: 50n, paid: [50n, 0n, 0n], rest: 0n },
    { lots: 100n, paid: [100n, 0n, 0n], rest: 0n },
    { lots: 130n, paid: [100n, 30n, 0n], rest: 0n },
    { lots: 160n, paid: [100n, 40n, 20n], rest: 0n },
    { lots: 190n, paid: [100n, 40n, 30n], rest: 20n },
  ])('of $lots lots is paid in order: insurance, Gamma Reserve, capital', async ({ lots, paid, rest }) => {
    await fund('penalty', [100], DEPOSITOR)
    await fund('tax', [40], DEPOSITOR)
    await capital(world, 30n)
    expect(await world.view(world.contracts.fund, 'coverableLots')).toBe(170n)
    const engine = await world.address(ENGINE)
    const before = await world.balance(engine)
    const { transaction } = await fund('cover', [lots], ENGINE)
    const receipt = (await world.chain.provider.getTransactionReceipt(transaction))!
    const events = receipt.logs.map((log) => world.contracts.fund.interface.parseLog(log))
    const covered = events.find((event) => event?.name === 'LossCovered')!
    expect([...covered.args].slice(1)).toEqual([...paid, rest])
    expect((await world.balance(engine)) - before).toBe((lots - rest) * UNITS_PER_LOT)
    expect(await tranches()).toEqual([100n - paid[0]!, 40n - paid[1]!])
  })

  it('is not paid at all by a fund that is empty, and says so', async () => {
    const uncovered = await world.contracts.fund
      .getFunction('cover')
      .staticCall(70, { from: await world.address(ENGINE) })
    expect(uncovered).toBe(70n)
    await fund('cover', [70], ENGINE)
  })

  it('borne by the accounts is repaid from what comes in, insurance first', async () => {
    await socialise(world, 300n)
    await expect(fund('repay', [], STRANGER)).rejects.toMatchObject({ rule: 'NothingToRepay' })
    await fund('penalty', [100], DEPOSITOR)
    await fund('tax', [40], DEPOSITOR)
    await fund('repay', [], STRANGER)
    expect(await world.view(world.contracts.vault, 'deficitLots')).toBe(160n)
    expect(await tranches()).toEqual([0n, 0n])
    await fund('penalty', [1_000], DEPOSITOR)
    await fund('repay', [], STRANGER)
    expect(await world.view(world.contracts.vault, 'deficitLots')).toBe(0n)
    expect(await tranches()).toEqual([840n, 0n])
  })
})

describe('surplus', () => {
  it('leaves down to the floor', async () => {
    await fund('penalty', [600], DEPOSITOR)
    await fund('withdrawSurplus', [INSURANCE, 100, await world.address(STRANGER)], ADMIN)
    expect(await world.balance(await world.address(STRANGER))).toBe(100n * UNITS_PER_LOT)
    expect(await tranches()).toEqual([500n, 0n])
  })
})

type FundDefence = Defence<VaultWorld>
const ROLE = { target, rule: 'AccessControlUnauthorizedAccount' }

function calling(method: string, args: readonly unknown[], sender: number): FundDefence['arrange'] {
  return async (w) => {
    await w.send(w.contracts.fund, 'penalty', [600], DEPOSITOR)
    await w.send(w.contracts.fund, 'tax', [600], DEPOSITOR)
    return () => w.send(w.contracts.fund, method, args, sender)
  }
}

const DEFENCES: readonly FundDefence[] = [
  { ...ROLE, attack: 'a stranger has a loss paid to itself', arrange: calling('cover', [10], STRANGER) },
  { ...ROLE, attack: 'a stranger sets the gauge', arrange: calling('setGauge', [1], STRANGER) },
  {
    ...ROLE,
    attack: 'a stranger takes the surplus',
    arrange: async (w) => calling('withdrawSurplus', [INSURANCE, 10, await w.address(STRANGER)], STRANGER)(w),
  },
  {
    ...ROLE,
    attack: 'a stranger lowers the floors',
    arrange: calling('setParameters', [[0, 0, 0, 0]], STRANGER),
  },
  {
    ...ROLE,
    attack: 'a stranger’s contract as the third payer',
    arrange: async (w) => calling('setCapital', [w.contracts.cases.target], STRANGER)(w),
  },
  {
    target,
    rule: 'VaultAlreadySet',
    attack: 'another vault, whose deficit empties the fund',
    arrange: async (w) => calling('setVault', [w.contracts.cases.target], ADMIN)(w),
  },
  {
    target,
    rule: 'GaugeOutOfRange',
    attack: 'a gauge beyond its end',
    arrange: calling('setGauge', [10_001], FINALITY),
  },
  {
    target,
    rule: 'ShareAboveWhole',
    attack: 'a share above the whole fee',
    arrange: calling('setParameters', [[6_000, 4_001, 0, 0]], ADMIN),
  },
  {
    target,
    rule: 'BelowFloor',
    attack: 'governance empties the insurance',
    arrange: async (w) => calling('withdrawSurplus', [INSURANCE, 101, await w.address(ADMIN)], ADMIN)(w),
  },
  {
    target,
    rule: 'BelowFloor',
    attack: 'governance empties the Gamma Reserve',
    arrange: async (w) => calling('withdrawSurplus', [GAMMA, 401, await w.address(ADMIN)], ADMIN)(w),
  },
  {
    target,
    rule: 'DeficitOutstanding',
    attack: 'surplus taken while the accounts bear a loss',
    arrange: async (w) => {
      await socialise(w, 300n)
      return calling('withdrawSurplus', [INSURANCE, 10, await w.address(ADMIN)], ADMIN)(w)
    },
  },
  {
    target,
    rule: 'TokenKeepsAShare',
    attack: 'a clearing house that pays less than it says',
    arrange: async (w) => {
      await capital(w, 500n, 1n)
      // The missing unit would come out of what lies there for no reason.
      await w.send(w.contracts.token, 'mint', [w.contracts.fund.target, 1], STRANGER)
      return calling('cover', [1_300], ENGINE)(w)
    },
  },
]

describe('what stands between people and the fund', () => itHolds(DEFENCES, () => world))
