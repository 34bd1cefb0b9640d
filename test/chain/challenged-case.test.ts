import { type Contract, ZeroHash } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { liquidityWord } from '../../src/book/ledger.ts'
import { epochContextOf } from '../../src/bundle/statement.ts'
import { designateEpoch } from '../../src/chain/client.ts'
import { type CaseStep, readCase, stepCase } from '../../src/chain/engine-client/cases.ts'
import type { WatchedRound } from '../../src/chain/oracle-watch.ts'
import { approveBond, sealState, sealsOf, submitSeal } from '../../src/chain/seals.ts'
import { type Sent, send } from '../../src/chain/transactions.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import type { SealSignals } from '../../src/protocol/seal-signals.ts'
import { SEAL_SIGNALS } from '../../src/protocol/solvency.ts'
import type { Proof } from '../../src/prover/verify.ts'
import {
  BOND_WEI,
  CHALLENGE_SECONDS,
  POSTER,
  REWARD_BPS,
  type RoundChange,
  SampleRounds,
  TREASURY,
} from './fixtures/challenged-rounds.ts'
import { commit } from './fixtures/engine-bids.ts'
import { ALICE, CAROL, KEEPER, OPERATOR, VENUE } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { SUB_TAGS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { toyProver } from './fixtures/toy-proofs.ts'

/**
 * One round that is wrong in one cell, from its posting to the end of everything that was built upon it: nothing here is
 * told to the oracle, its judges recompute. What is proven of accounts are toy proofs, rounds and challenges are real.
 */
const CHALLENGER = OPERATOR
const WRONG_PLACE = 20
const WITHDRAWN_LOTS = 400n
const WITHDRAWAL_SECONDS = 120
/** Of toySeals. */
const LIQUIDITY_NANO = [1n << 50n, 1n << 45n, 1n << 34n]
const REWARD_WEI = (BOND_WEI * BigInt(REWARD_BPS)) / 10_000n

let world: EngineToyWorld
let rounds: SampleRounds
let oracle: Contract
beforeAll(async () => {
  rounds = await SampleRounds.make()
  const { marginParameters, riskRootOf } = rounds
  world = await EngineToyWorld.start({ rounds, marginParameters, riskRootOf })
  oracle = world.base.connection.oracle
  await world.base.send('vault', 'bringIn', [CASH_ID, 10_000n], VENUE)
  // An account may withdraw again after a while; everybody here has shown who they are already.
  await world.base.passes(WITHDRAWAL_SECONDS)
}, 900_000)
afterAll(() => world?.close())

const post = (change: RoundChange = {}) => {
  rounds.change = change
  return world.base.postRound()
}
const watched = (): Promise<WatchedRound[]> => rounds.watch(world.base, CHALLENGER).step()
const ask = <T>(method: string, ...args: readonly unknown[]) =>
  oracle.getFunction(method).staticCall(...args) as Promise<T>
const step = (name: CaseStep, caseId: string, by = KEEPER): Promise<Sent> =>
  stepCase(world.base.connection, world.base.signer(by), name, caseId)
const caseOf = (caseId: string) => readCase(world.base.connection, caseId)
const vault = (method: string, args: readonly unknown[]) => world.base.send('vault', method, args, CAROL)

/** The venue seals its first epoch on the newest round. */
async function seal(): Promise<void> {
  const { connection } = world.base
  await designateEpoch(connection, world.base.signer(VENUE))
  const seals = sealsOf(connection)
  await approveBond(seals, world.base.signer(VENUE), 'venueBondLots')
  const head = await world.base.registry<bigint>('headSequence')
  const [ledger0, ledger1, ledger2] = await seals.seals.getFunction('ledgerWordsAt').staticCall(head)
  const signals: SealSignals = {
    ...{ bookRoot: await world.headRoot(), riskRoot: world.base.riskRootOf(world.base.round) },
    ...{ parameters: world.base.marginParameters, chainFirst: 1n, chainLast: 2n, ledger0, ledger1, ledger2 },
    ...{ reserves: 0n, belowMm: 0n, gauge: 77n, liquidity: liquidityWord(LIQUIDITY_NANO), policy: 0n },
    ...{ counts: 0n, totals: 0n },
    context: epochContextOf({ chainId: '31337', seals: String(seals.seals.target), epoch: '1' }),
  }
  const proof = (await (await toyProver(SEAL_SIGNALS)).prove(signals)) as Proof
  await submitSeal(seals, world.base.signer(VENUE), { epoch: 1, proof, signals, stepsRoot: ZeroHash })
}

describe('a round that is wrong in one cell', () => {
  it('is challenged from the chain alone: what was opened, sealed and withdrawn on it is undone, and the challenger is paid', async () => {
    const { base } = world
    const free = await Promise.all([KEEPER, ALICE].map((who) => base.freeLots(who)))
    const wrong = await post({ wrongPlace: WRONG_PLACE })
    await seal()
    await world.withdraw(CAROL, SUB_TAGS[CAROL]!, WITHDRAWN_LOTS)
    const payable = await base.view<{ round: bigint; lots: bigint }>('vault', 'payableOf', [1])
    expect([payable.round, payable.lots]).toEqual([BigInt(wrong), WITHDRAWN_LOTS])
    const caseId = await world.open()
    // The lot is of a newer round, which is right, and on sale.
    const right = await post()
    await world.confirm(caseId, { mode: 'slice' })
    await commit(world, caseId, ALICE, 500n)
    expect(await caseOf(caseId)).toMatchObject({
      ...{ stage: 'sealed', triggerRound: BigInt(wrong), round: BigInt(right) },
    })
    // Nothing of it can end while the round can still be challenged and nobody has done so.
    await expectRefused(step('voidCase', caseId, CAROL), 'RoundsStand')
    await expectRefused(vault('returnWithdrawal', [1]), 'RoundNotRejected')

    const found = await watched()
    expect(found.map(({ sequence, state }) => [sequence, state])).toEqual([
      [wrong - 1, 'honest'],
      [wrong, 'challenged'],
      [right, 'honest'],
    ])
    expect(found[1]!.fault).toEqual({ kind: 'cell', place: WRONG_PLACE })
    expect([await ask('isRejected', wrong), await ask('isRejected', right)]).toEqual([true, false])

    await step('voidCase', caseId, CAROL)
    await base.send('sealed', 'reclaim', [caseId], ALICE)
    expect(await caseOf(caseId)).toMatchObject({ stage: 'closed', voided: true, held: false })
    expect(await Promise.all([KEEPER, ALICE].map((who) => base.freeLots(who)))).toEqual(free)

    await vault('returnWithdrawal', [1])
    expect(await base.view('vault', 'payableLots', [CASH_ID])).toBe(0n)
    expect(await base.view('vault', 'pendingLots', [CASH_ID])).toBe(WITHDRAWN_LOTS)

    const seals = sealsOf(base.connection)
    await send(seals.seals, 'voidSeal', [1], base.signer(CAROL), seals.errors)
    expect((await sealState(seals, 1))!.status).toBe('rejected')

    const challenger = await base.address(CHALLENGER)
    expect(await ask('owedWei', challenger)).toBe(REWARD_WEI)
    expect(await ask('owedWei', TREASURY)).toBe(BOND_WEI - REWARD_WEI)
    const before = await base.chain.provider.getBalance(challenger)
    const { gasWei } = await withdrawn()
    expect(await base.chain.provider.getBalance(challenger)).toBe(before + REWARD_WEI - gasWei)
    await base.passes(CHALLENGE_SECONDS)
    const reclaim = send(oracle, 'reclaimBond', [wrong], base.signer(POSTER), base.connection.errors)
    await expectRefused(reclaim, 'BondGone')
    // The account is liquidated all the same, on rounds that stand.
    expect(await world.open()).not.toBe(caseId)
  }, 300_000)

  /** The challenger takes what it is owed. */
  async function withdrawn(): Promise<{ gasWei: bigint }> {
    const { provider } = world.base.chain
    const { transaction } = await send(
      oracle,
      'withdraw',
      [],
      world.base.signer(CHALLENGER),
      world.base.connection.errors,
    )
    const receipt = (await provider.getTransactionReceipt(transaction))!
    return { gasWei: receipt.gasUsed * receipt.gasPrice }
  }
})

describe('a round upon a round that is rejected later', () => {
  it('stands by its own data: halts that name the rejected round still follow, and the next round goes on', async () => {
    const { base } = world
    const UNQUOTED = 'BTC-PERPETUAL'
    const wrong = await post({ wrongPlace: WRONG_PLACE })
    const caseOnWrong = await openOn('case on the wrong one')
    const upon = await post({ unquoted: UNQUOTED })
    const [facts] = await ask<{ previous: bigint }[]>('factsOf', [upon])
    expect(facts!.previous).toBe(BigInt(wrong))
    const caseUpon = await openOn('case on the one upon it')

    const found = await watched()
    expect(found.slice(-2).map(({ sequence, state }) => [sequence, state])).toEqual([
      [wrong, 'challenged'],
      [upon, 'honest'],
    ])
    expect(await ask('latestStanding')).toBe(BigInt(upon))
    await step('voidCase', caseOnWrong, CAROL)
    await expectRefused(step('voidCase', caseUpon, CAROL), 'RoundsStand')
    // Another one upon it: what is still not quoted stands on the rejected round's data, which were right.
    const next = await post({ unquoted: UNQUOTED })
    expect((await watched()).map(({ sequence, state }) => [sequence, state]).slice(-2)).toEqual([
      [upon, 'honest'],
      [next, 'honest'],
    ])
    await base.passes(CHALLENGE_SECONDS)
    expect([await ask('isSettleable', wrong), await ask('isSettleable', upon)]).toEqual([false, true])
    expect((await caseOf(caseUpon)).voided).toBe(false)
  }, 300_000)

  async function openOn(name: string): Promise<string> {
    const tag = world.freshField(name)
    return world.open('full', tag)
  }
})
