import { Contract, Interface, id } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildContracts, buildLocalTestContracts } from '../../src/chain/build.ts'
import { depositContext } from '../../src/chain/context.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { startLocalChain } from '../../src/chain/local-chain.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { testContracts } from '../support/test-contracts.ts'
import {
  CASE,
  COIN_ID,
  COIN_UNITS_PER_LOT,
  DEPOSITOR,
  DISPUTE_SECONDS,
  ENGINE,
  FEE_LOTS,
  INTERVAL_SECONDS,
  OWNER,
  RICH_LOTS,
  UNITS_PER_LOT,
  VaultWorld,
} from './fixtures/vault-world.ts'
import { ADMIN, STRANGER, TAG, VENUE } from './fixtures/world.ts'

let world: VaultWorld
beforeAll(async () => {
  world = await VaultWorld.shared()
}, 600_000)
beforeEach(() => world.reset())

const CASH = BigInt(CASH_ID)
const vault = (method: string, args: readonly unknown[], sender: number) =>
  world.send(world.contracts.vault, method, args, sender)
const read = <T>(method: string, args: readonly unknown[] = []) =>
  world.view<T>(world.contracts.vault, method, args)
const ledger = (instrumentId = CASH) => read<bigint>('ledgerOf', [instrumentId])

/** What the vault owes of an instrument, in lots: the book, payables, pending deposits; less the deficit of cash. */
async function owed(instrumentId: bigint): Promise<bigint> {
  const parts = await Promise.all([
    ledger(instrumentId),
    read<bigint>('payableLots', [instrumentId]),
    read<bigint>('pendingLots', [instrumentId]),
  ])
  const deficit = instrumentId === CASH ? await read<bigint>('deficitLots') : 0n
  return parts.reduce((sum, lots) => sum + lots, -deficit)
}

async function expectBacked(): Promise<void> {
  const { vault: contract, token, coin } = world.contracts
  const at = String(contract.target)
  expect(await world.balance(at, token)).toBe((await owed(CASH)) * UNITS_PER_LOT)
  expect(await world.balance(at, coin)).toBe((await owed(COIN_ID)) * COIN_UNITS_PER_LOT)
}

describe('the ledger', () => {
  it('is backed to the unit after every step, for every collateral', async () => {
    const later = () => world.chain.advance(INTERVAL_SECONDS)
    await vault('bringIn', [CASH, 1_000], VENUE)
    await expectBacked()
    await world.deposit(2_000n)
    await expectBacked()
    await world.deposit(700n, { instrumentId: COIN_ID, tag: TAG + 1n })
    await expectBacked()
    await world.request(333n)
    await expectBacked()
    await later()
    await world.withdraw({ lots: 900n })
    await expectBacked()
    await vault('creditBook', [50], ENGINE)
    await vault('debitBook', [20], ENGINE)
    await expectBacked()
    await vault('applyCover', await world.covering(400n, 150n, { signals: { tag: TAG + 2n } }), ENGINE)
    await expectBacked()
    await world.finalise()
    await world.chain.advance(DISPUTE_SECONDS)
    await vault('claim', [1], STRANGER)
    await expectBacked()
    await vault('repayDeficit', [100], DEPOSITOR)
    await expectBacked()
    expect(await ledger()).toBe(1_000n + 2_000n - 900n + 50n - 20n + 400n)
    expect(await ledger(COIN_ID)).toBe(700n)
  })

  it('is known for every head that was', async () => {
    await vault('bringIn', [CASH, 1_000], VENUE)
    await world.deposit(2_000n)
    await world.deposit(500n, { tag: TAG + 1n })
    await vault('creditBook', [50], ENGINE)
    const at = (head: number) => read<bigint>('ledgerAt', [CASH, head])
    expect([await at(0), await at(1), await at(2), await at(3)]).toEqual([0n, 1_000n, 3_000n, 3_550n])
  })

  it('does not know tokens that somebody donates', async () => {
    const { vault: contract, token } = world.contracts
    await world.send(token, 'mint', [contract.target, 777n * UNITS_PER_LOT], STRANGER)
    expect([await ledger(), await owed(CASH)]).toEqual([0n, 0n])
    await world.deposit(1_000n)
    expect(await ledger()).toBe(1_000n)
    // Nor can a donation in the middle of a payment pass for it: the sum must be exact (TokenKeepsAShare).
  })

  it('takes nothing for an instrument that is no collateral, and lets nothing out below zero', async () => {
    const call = vault('requestDeposit', [5, 1_000, TAG, false], DEPOSITOR)
    await expect(call).rejects.toMatchObject({ rule: 'NotACollateral' })
    await expect(world.withdraw({ instrumentId: 5n })).rejects.toMatchObject({ rule: 'NotACollateral' })
    await expect(world.withdraw()).rejects.toMatchObject({ rule: 'LedgerTooSmall' })
    await expect(vault('creditBook', [0], ENGINE)).rejects.toMatchObject({ rule: 'LotsIsZero' })
    await expect(vault('repayDeficit', [1], DEPOSITOR)).rejects.toMatchObject({ rule: 'DeficitSmaller' })
    const over = vault('applyCover', await world.covering(400n, 401n), ENGINE)
    await expect(over).rejects.toMatchObject({ rule: 'PaidAboveDebt' })
  })
})

describe('a cure', () => {
  it('applies a deposit to an account in a confirmed case, and the hold follows its leaf', async () => {
    await world.send(world.registry, 'hold', [TAG, 3, 99], ENGINE)
    await world.send(world.registry, 'reserve', [CASE, (await world.chain.now()) + 100], ENGINE)
    const depositId = await world.request()
    const context = depositContext(31337n, String(world.contracts.vault.target), depositId)
    const signals = await world.adjustSignals({}, context)
    await vault('applyCure', [CASE, depositId, ...(await world.proven(signals))], ENGINE)
    const held = await world.view<unknown[]>(world.registry, 'holdOf', [TAG])
    expect([...held]).toEqual([true, 3n, signals.leaf])
    expect(await ledger()).toBe(1_000n)
  })
})

describe('an open loss', () => {
  it('is shared by a later depositor who said so', async () => {
    await vault('applyCover', await world.covering(400n, 0n, { signals: { tag: TAG + 2n } }), ENGINE)
    await world.apply(await world.request(1_000n, { acceptsDeficit: true }))
    expect(await read('payoutOf', [CASH, 1_400])).toBe(1_000n)
    // Other collateral bears none of it.
    await world.deposit(700n, { instrumentId: COIN_ID, tag: TAG + 1n })
    expect(await read('payoutOf', [COIN_ID, 700])).toBe(700n)
  })

  it('falls on all alike, whoever comes first, and is gone with the last', async () => {
    await vault('bringIn', [CASH, 900], VENUE)
    await vault('applyCover', await world.covering(300n, 0n, { signals: { tag: TAG + 2n } }), ENGINE)
    for (const [index, lots] of [600n, 400n, 200n].entries()) {
      await world.withdraw({ lots, signals: { tag: TAG + BigInt(10 + index) } })
    }
    await world.finalise()
    await world.chain.advance(DISPUTE_SECONDS)
    const owner = await world.address(OWNER)
    const paid: bigint[] = []
    for (const payableId of [2, 1, 3]) {
      const before = await world.balance(owner)
      await vault('claim', [payableId], STRANGER)
      paid.push(((await world.balance(owner)) - before) / UNITS_PER_LOT)
    }
    expect(paid).toEqual([300n, 450n, 150n])
    expect([await read('deficitLots'), await owed(CASH)]).toEqual([0n, 0n])
  })
})

describe('an owner', () => {
  it('may be a contract that signs by ERC-1271', async () => {
    await vault('bringIn', [CASH, 1_000], VENUE)
    const wallet = await world.fixture('Wallet', [await world.address(OWNER)])
    const terms = await world.terms({ nonce: 0n })
    const message = { tag: TAG, instrumentId: CASH, lots: 400n, ...terms }
    const signals = { owner: BigInt(String(wallet.target)) }
    const forged = await world.signWithdrawal(STRANGER, message)
    const call = world.withdraw({ terms, signals, signature: forged, sender: STRANGER })
    await expect(call).rejects.toMatchObject({ rule: 'NotTheOwner' })
    const signature = await world.signWithdrawal(OWNER, message)
    await world.withdraw({ terms, signals, signature, sender: STRANGER })
    expect(await read('payableLots', [CASH])).toBe(400n)
  })

  it('takes its word back', async () => {
    await vault('bringIn', [CASH, 1_000], VENUE)
    const terms = await world.terms()
    const message = { tag: TAG, instrumentId: CASH, lots: 400n, ...terms }
    const signature = await world.signWithdrawal(OWNER, message)
    await vault('cancelAuthorization', [], OWNER)
    const call = world.withdraw({ terms, signature, sender: STRANGER })
    await expect(call).rejects.toMatchObject({ rule: 'InvalidAccountNonce' })
  })

  it('cannot withdraw while nobody says who is in a case', async () => {
    const bare = world.deployed('CollateralVault')
    const address = await deployContract(
      (await buildContracts()).CollateralVault!,
      bare.args,
      world.signer(ADMIN),
    )
    const unwired = new Contract(address, world.contracts.vault.interface, world.chain.provider)
    const terms = await world.terms()
    const proven = await world.proven(await world.adjustSignals({ kind: 'withdrawal' }, 0n))
    const args = [...proven, [terms.recipient, terms.nonce, terms.deadline, '0x']]
    const call = world.send(unwired, 'withdraw', args, OWNER)
    await expect(call).rejects.toMatchObject({ rule: 'CasesNotSet' })
  })
})

describe('a reclaimed deposit', () => {
  it('gives back lots and fee, of any collateral', async () => {
    const { token, coin } = world.contracts
    const depositor = await world.address(DEPOSITOR)
    await world.request(700n, { instrumentId: COIN_ID })
    expect(await world.balance(depositor, token)).toBe((RICH_LOTS - FEE_LOTS) * UNITS_PER_LOT)
    await world.chain.advance(3_600)
    await vault('reclaimDeposit', [1], DEPOSITOR)
    expect(await world.balance(depositor, token)).toBe(RICH_LOTS * UNITS_PER_LOT)
    expect(await world.balance(depositor, coin)).toBe(RICH_LOTS * COIN_UNITS_PER_LOT)
    await expectBacked()
  })
})

describe('governance', () => {
  it('is a timelock: a new collateral waits for its delay', async () => {
    const timelock = await timelockOf([await world.address(ADMIN)])
    const { vault: contract, token } = world.contracts
    await vault('grantRole', [`0x${'00'.repeat(32)}`, timelock.target], ADMIN)
    await vault('renounceRole', [`0x${'00'.repeat(32)}`, await world.address(ADMIN)], ADMIN)
    const args = [9, token.target, 1, 1]
    const direct = vault('addCollateral', args, ADMIN)
    await expect(direct).rejects.toMatchObject({ rule: 'AccessControlUnauthorizedAccount' })
    const data = contract.interface.encodeFunctionData('addCollateral', args)
    const call = [contract.target, 0, data, `0x${'00'.repeat(32)}`, id('salt')]
    await world.send(timelock, 'schedule', [...call, 86_400], ADMIN)
    await expect(world.send(timelock, 'execute', call, ADMIN)).rejects.toMatchObject({
      code: 'CHAIN_REJECTED',
    })
    await world.chain.advance(86_400)
    await world.send(timelock, 'execute', call, ADMIN)
    const added = await read<{ unitsPerLot: bigint }>('collateralOf', [9])
    expect(added.unitsPerLot).toBe(1n)
  })
})

describe('the test token', () => {
  it('refuses every chain that is not local', async () => {
    const foreign = await startLocalChain({ chainId: 1n })
    try {
      const artifact = (await buildLocalTestContracts()).LocalTestToken!
      const call = deployContract(artifact, ['Dollar', 'USD', 6], foreign.signer(0))
      await expect(call).rejects.toMatchObject({ rule: 'TestTokenOnForeignChain' })
    } finally {
      await foreign.close()
    }
  })
})

/** OpenZeppelin's timelock with a delay of a day, of these proposers and executors. */
async function timelockOf(people: readonly string[]): Promise<Contract> {
  const name = '@openzeppelin/contracts/governance/TimelockController.sol'
  const own = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
import {TimelockController} from "${name}";
contract Timelock is TimelockController {
    constructor(address[] memory people) TimelockController(86400, people, people, address(0)) {}
}`
  const artifacts = await testContracts({ 'test/Timelock.sol': own })
  const artifact = artifacts.Timelock!
  const address = await deployContract(artifact, [people], world.signer(ADMIN))
  return new Contract(address, Interface.from(artifact.abi as never), world.chain.provider)
}
