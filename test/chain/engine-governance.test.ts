import { id, ZeroHash } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildContracts } from '../../src/chain/build.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { ENGINE_CONTRACTS } from '../../src/chain/engine-client/connection.ts'
import { bondLiquidator, readLiquidator, setDisclosureKey } from '../../src/chain/engine-client/liquidator.ts'
import { ADMIN, ALICE, BOB, CAROL, KEEPER, VENUE } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { SUB_TAGS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'

/** Parameters, the timelock, roles, and who may bid. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const DAY = 86_400
const COUNT = 34
const set = (parameter: number, value: bigint | number, by: number) =>
  world.base.send('parameters', 'set', [parameter, value], by)

describe('parameters', () => {
  it('lie within their bounds from the start, and every bound is a bound', async () => {
    for (let parameter = 0; parameter < COUNT; parameter++) {
      const [least, most] = await world.base.view<[bigint, bigint]>('parameters', 'boundsOf', [parameter])
      const value = await world.base.view<bigint>('parameters', 'get', [parameter])
      expect(least, `parameter ${parameter}`).toBeLessThanOrEqual(value)
      expect(value, `parameter ${parameter}`).toBeLessThanOrEqual(most)
      expect(least).toBeLessThan(most)
    }
  })

  it('are changed by the timelock alone', async () => {
    for (const by of [ADMIN, VENUE, ALICE]) {
      await expectRefused(set(12, 901, by), 'AccessControlUnauthorizedAccount')
    }
  })

  it('change after the timelock’s delay and not before, within bounds', async () => {
    const { parameters } = world.base.connection.deployment
    const schedule = async (value: bigint) => {
      const target = world.base.connection.contracts.parameters
      const data = target.interface.encodeFunctionData('set', [12, value])
      const operation = [parameters, 0, data, ZeroHash, id(`change to ${value}`)]
      await world.base.send('timelock', 'schedule', [...operation, DAY], ADMIN)
      return operation
    }
    const change = await schedule(1_200n)
    await expectRefused(
      world.base.send('timelock', 'execute', change, BOB),
      'TimelockUnexpectedOperationState',
    )
    await world.base.standsStill(DAY)
    await world.base.send('timelock', 'execute', change, BOB)
    expect(await world.base.view('parameters', 'get', [12])).toBe(1_200n)
    const beyond = await schedule(7_201n)
    await world.base.standsStill(DAY)
    await expectRefused(world.base.send('timelock', 'execute', beyond, BOB), 'EngineParameterOutOfBounds')
  })

  it('are refused outside their bounds, each by itself', async () => {
    for (let parameter = 0; parameter < COUNT; parameter++) {
      const [least, most] = await world.base.view<[bigint, bigint]>('parameters', 'boundsOf', [parameter])
      const outside = least > 0n ? [least - 1n, most + 1n] : [most + 1n]
      for (const value of outside) {
        await expect(world.base.governed('parameters', 'set', [parameter, value])).rejects.toThrow()
      }
    }
  }, 120_000)

  it('keep the levels of deleveraging falling', async () => {
    await world.base.governed('parameters', 'set', [17, 4_000])
    await expect(world.base.governed('parameters', 'set', [16, 4_000])).rejects.toThrow()
    await world.base.governed('parameters', 'set', [16, 4_001])
  })

  it('a timelock of less than a day is none', async () => {
    const { EngineTimelock } = await buildContracts()
    const deployed = deployContract(EngineTimelock!, [DAY - 1, []], world.base.signer(ADMIN))
    await expectRefused(deployed, 'DelayOutOfRange')
  })
})

describe('roles', () => {
  it('of governance are the timelock’s, and the deployer has kept none', async () => {
    const deployer = await world.base.address(ADMIN)
    const { timelock } = world.base.connection.deployment
    for (const name of Object.keys(ENGINE_CONTRACTS) as (keyof typeof ENGINE_CONTRACTS)[]) {
      const contract = world.base.connection.contracts[name]
      if (!contract.interface.hasFunction('DEFAULT_ADMIN_ROLE')) continue
      expect(await world.base.view(name, 'hasRole', [ZeroHash, deployer]), name).toBe(false)
      expect(await world.base.view(name, 'hasRole', [ZeroHash, timelock]), name).toBe(true)
    }
    expect(await world.base.registry('hasRole', [ZeroHash, deployer])).toBe(false)
    expect(await world.base.registry('hasRole', [ZeroHash, timelock])).toBe(true)
  })

  it('of finality and of the gauge are those of EpochSeals, and of nobody who deployed it', async () => {
    const { seals } = world.base.connection.deployment
    const deployer = await world.base.address(ADMIN)
    const [finality, gauge] = [id('FINALITY_ROLE'), id('GAUGE_ROLE')]
    expect(await world.base.registry('hasRole', [finality, seals])).toBe(true)
    expect(await world.base.view('fund', 'hasRole', [gauge, seals])).toBe(true)
    expect(await world.base.registry('hasRole', [finality, deployer])).toBe(false)
    expect(await world.base.view('fund', 'hasRole', [gauge, deployer])).toBe(false)
    expect(
      await world.base.view('seals', 'hasRole', [id('VENUE_ROLE'), await world.base.address(VENUE)]),
    ).toBe(true)
    expect(await world.base.view('seals', 'collaterals')).toEqual([1n])
  })

  it('do not let anybody set the stages again', async () => {
    const stages = ['soft', 'sealed', 'dutch', 'house', 'deleveraging'] as const
    const args = stages.map((stage) => world.base.connection.deployment[stage])
    await expectRefused(
      world.base.send('engine', 'setStages', args, ADMIN),
      'AccessControlUnauthorizedAccount',
    )
    await expect(world.base.governed('engine', 'setStages', args)).rejects.toThrow()
  })

  it('of the venue’s bond: the venue posts it and governance alone gives it back', async () => {
    await expectRefused(world.base.send('engine', 'postVenueBond', [1n], ALICE), 'NotTheVenue')
    await expectRefused(
      world.base.send('engine', 'returnVenueBond', [1n], VENUE),
      'AccessControlUnauthorizedAccount',
    )
  })

  it('the code that the engine runs on its own storage knows no case of its own', async () => {
    const { confirmation, settlement } = world.base.connection.deployment
    const caseId = await world.onSale()
    for (const address of [confirmation, settlement]) {
      const part = world.base.connection.contracts.engine.attach(address) as typeof world.base.token
      const call = part.getFunction('stageOf').staticCall(caseId)
      expect((await call)[0]).toBe(0n)
    }
  })
})

describe('a liquidator', () => {
  it('is active with whitelist, key and full bond, and only then', async () => {
    const carol = await world.base.address(CAROL)
    const { connection } = world.base
    const active = async () => (await readLiquidator(connection, carol)).active
    await expectRefused(setDisclosureKey(connection, world.base.signer(CAROL), id('key')), 'NotWhitelisted')
    await expectRefused(
      world.base.send('liquidators', 'whitelist', [carol], CAROL),
      'AccessControlUnauthorizedAccount',
    )
    await world.base.send('liquidators', 'whitelist', [carol], ADMIN)
    expect(await active()).toBe(false)
    await expectRefused(
      setDisclosureKey(connection, world.base.signer(CAROL), ZeroHash),
      'DisclosureKeyIsZero',
    )
    await setDisclosureKey(connection, world.base.signer(CAROL), id('key'))
    expect(await active()).toBe(false)
    await expectRefused(bondLiquidator(connection, world.base.signer(CAROL), 999_999n), 'BondTooSmall')
    await bondLiquidator(connection, world.base.signer(CAROL), 1_000_000n)
    expect(await active()).toBe(true)
    await world.base.send('liquidators', 'delist', [carol], ADMIN)
    expect(await active()).toBe(false)
  })

  it('has the bond back after the delay, in which governance may take it', async () => {
    const alice = await world.base.address(ALICE)
    const free = await world.base.freeLots(ALICE)
    await expectRefused(world.base.send('liquidators', 'unbond', [], ALICE), 'NotUnbonding')
    await world.base.send('liquidators', 'startUnbonding', [], ALICE)
    await expectRefused(world.base.send('liquidators', 'startUnbonding', [], ALICE), 'UnbondingUnderWay')
    await expectRefused(world.base.send('liquidators', 'unbond', [], ALICE), 'UnbondingUnderWay')
    const insurance = await world.base.view<bigint>('fund', 'insuranceLots')
    await world.base.governed('liquidators', 'slash', [alice, 400_000, id('passed a slice on')])
    expect(await world.base.view('fund', 'insuranceLots')).toBe(insurance + 400_000n)
    await world.base.standsStill(7 * DAY)
    await world.base.send('liquidators', 'unbond', [], ALICE)
    expect(await world.base.freeLots(ALICE)).toBe(free + 600_000n)
  })
})

describe('a sub-account', () => {
  const tag = SUB_TAGS[ALICE]!
  it('is registered by its proven owner alone, and vouched for by the venue alone', async () => {
    await expectRefused(
      world.base.send('liquidators', 'registerSubAccount', [tag], BOB),
      'SubAccountOfAnother',
    )
    await expectRefused(
      world.base.send('liquidators', 'registerSubAccount', [5n], BOB),
      'SubAccountOfAnother',
    )
    const alice = await world.base.address(ALICE)
    await expectRefused(
      world.base.send('liquidators', 'vouch', [tag, alice], KEEPER),
      'AccessControlUnauthorizedAccount',
    )
    await expectRefused(
      world.base.send('liquidators', 'vouch', [tag, await world.base.address(BOB)], VENUE),
      'SubAccountOfAnother',
    )
  })

  it('is refused by owner or venue while it is in no case, and by nobody else', async () => {
    await expectRefused(
      world.base.send('liquidators', 'refuse', [tag], BOB),
      'AccessControlUnauthorizedAccount',
    )
    await world.base.send('liquidators', 'refuse', [tag], ALICE)
    const { vouchedSequence } = await world.base.view<{ vouchedSequence: bigint }>(
      'liquidators',
      'subAccountOf',
      [tag],
    )
    expect(vouchedSequence).toBe(0n)
  })
})

describe('every contract', () => {
  it('fits in the 24,576 bytes that a chain takes', async () => {
    const artifacts = await buildContracts()
    for (const { contractName, bytecode } of Object.values(artifacts)) {
      // Creation code, which has the constructor besides: an upper bound of what is deployed.
      expect((bytecode.length - 2) / 2, contractName).toBeLessThanOrEqual(24_576)
    }
  })
})
