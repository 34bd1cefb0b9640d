import type { Contract } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildContracts } from '../../src/chain/build.ts'
import { attest } from '../../src/chain/client.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import {
  type CaseStep,
  openCase,
  readAward,
  readCase,
  stepCase,
} from '../../src/chain/engine-client/cases.ts'
import { takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { bothBid, commit, finish, reveal, toEnd, toReveal } from './fixtures/engine-bids.ts'
import { ADMIN, ALICE, BOB, CAROL, FEEDERS, KEEPER, MAX_AGE_SECONDS, VENUE } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import {
  cover,
  deleveraging,
  honest,
  inDeleveraging,
  inDutch,
  OTHER,
  SUB,
  sold,
} from './fixtures/engine-sales.ts'
import { TAG } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { openWindows, tell } from './fixtures/windowed-oracle.ts'

/** Rounds that can be challenged, as the engine meets them: what waits for the window, and what becomes of a case without. */
const WINDOW_SECONDS = 1_000
const MAX_LOT_AGE = 27

let world: EngineToyWorld
let oracle: Contract
beforeAll(async () => {
  world = await EngineToyWorld.start()
  const { connection, chain } = world.base
  const admin = await chain.signer(ADMIN).getAddress()
  const feeders = await Promise.all(FEEDERS.map((index) => chain.signer(index).getAddress()))
  const args = [admin, feeders, FEEDERS.length, MAX_AGE_SECONDS]
  oracle = await openWindows(chain, { address: connection.deployment.oracle, args }, WINDOW_SECONDS)
  await world.base.mark()
}, 600_000)
beforeEach(() => world.base.reset())
afterAll(() => world?.close())

const step = (w: EngineToyWorld, name: CaseStep, caseId: string, by = KEEPER) =>
  stepCase(w.base.connection, w.base.signer(by), name, caseId)
const reject = (sequence: number | bigint) => tell(oracle, 'reject', Number(sequence))
const reservedBy = async (w: EngineToyWorld) => (await w.base.registry<[string, bigint]>('reservation'))[0]
const settling = async (w: EngineToyWorld, caseId: string) => {
  const terms = await honest(w, caseId)
  return () => w.settle(caseId, SUB, terms)
}
/** An insolvent account that the fund cannot cover: deleveraged at once. */
const uncovered = async (w: EngineToyWorld) => {
  const caseId = await w.onSale('full', { insolvent: true, percent: 100n, shortfallLots: 1n << 35n })
  expect((await readCase(w.base.connection, caseId)).stage).toBe('deleveraging')
  return caseId
}
/** A case whose keeper overlooked a recovery on a newer round, cancelled. */
const overlooked = async (w: EngineToyWorld) => {
  await w.record('mm', true)
  await w.base.postRound()
  const covered = await w.statement('mm', false)
  const { caseId } = await openCase(w.base.connection, w.base.signer(KEEPER), TAG, 'full')
  await attest(w.base.connection, w.base.signer(KEEPER), covered)
  await step(w, 'cancel', caseId)
  return caseId
}

const DEFENCES: readonly Defence<EngineToyWorld>[] = [
  {
    target: 'CaseSettlement',
    rule: 'RoundNotSettleable',
    attack: 'a settlement on a round that can still be shown to be wrong',
    arrange: async (w) => settling(w, await sold(w)),
  },
  {
    target: 'CaseSettlement',
    rule: 'RoundNotSettleable',
    attack: 'the venue’s time begins before it may settle',
    arrange: async (w) => {
      const caseId = await sold(w)
      return () => step(w, 'startSettlement', caseId)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'RoundNotSettleable',
    attack: 'a debt is paid on a round that can still be shown to be wrong',
    arrange: async (w) => cover(w, await uncovered(w), 500n),
  },
  {
    target: 'CaseSettlement',
    rule: 'RoundTooOld',
    attack: 'a step at the prices of half an hour ago, since every newer round was rejected',
    arrange: async (w) => {
      const caseId = await inDeleveraging(w)
      const round = (await readCase(w.base.connection, caseId)).round
      for (let passed = 0; passed < 900; passed += 200) {
        await w.base.postRound()
        await w.base.mine(200)
      }
      for (let newer = Number(round) + 1; newer < w.base.round; newer++) await reject(newer)
      return deleveraging(w, caseId, { cutoffBps: 9_000n, round: Number(round) })
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'RoundsStand',
    attack: 'a case whose rounds stand is ended by somebody who would rather have none',
    arrange: async (w) => {
      const caseId = await sold(w)
      return () => step(w, 'voidCase', caseId, CAROL)
    },
  },
  {
    target: 'LiquidationEngine',
    rule: 'RoundNotSettleable',
    attack: 'a venue pays for not proving what may be false',
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.postRound()
      await step(w, 'noticeRound', caseId)
      await w.base.passes(310)
      return () => step(w, 'lapse', caseId)
    },
  },
  {
    target: 'LiquidationEngine',
    rule: 'RoundNotSettleable',
    attack: 'a keeper loses the bond to a recovery that may be false',
    arrange: async (w) => {
      const caseId = await overlooked(w)
      return () => step(w, 'endBond', caseId, VENUE)
    },
  },
  {
    target: 'LiquidationEngine',
    rule: 'NoBondHeld',
    attack: 'the bond of a case that goes on',
    // The round of its trigger is final by then.
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.passes(WINDOW_SECONDS)
      return () => step(w, 'endBond', caseId, VENUE)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'CaseVoided',
    attack: 'a bond is forfeited for not revealing in a case on a rejected round',
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 500n)
      await toReveal(w)
      await toEnd(w)
      await finish(w, caseId)
      await reject((await readCase(w.base.connection, caseId)).round)
      await w.base.postRound()
      await step(w, 'voidCase', caseId)
      const alice = await w.base.address(ALICE)
      return () => w.base.send('sealed', 'forfeit', [caseId, alice], KEEPER)
    },
  },
]

describe('what stands between a challengeable round and what cannot be undone', () =>
  itHolds(DEFENCES, () => world))

describe('a case on rounds that can be challenged', () => {
  it('is sold at once, holds nobody up, and is settled after the window', async () => {
    const caseId = await sold(world)
    expect((await readAward(world.base.connection, caseId)).settleBy).toBe(0n)
    expect(BigInt(await reservedBy(world))).toBe(0n)
    // The head is free meanwhile.
    await world.deposit(OTHER)
    await world.base.passes(WINDOW_SECONDS)
    await step(world, 'startSettlement', caseId)
    expect(await reservedBy(world)).toBe(caseId)
    await (await settling(world, caseId))()
    expect((await readCase(world.base.connection, caseId)).stage).toBe('closed')
  })

  it('begins deleveraging when the window of its lot is over, at the full level', async () => {
    const caseId = await uncovered(world)
    const early = await deleveraging(world, caseId, { cutoffBps: 9_000n })
    await expectRefused(early(), 'TooEarly')
    expect(await world.base.view('deleveraging', 'levelOf', [caseId])).toBe(9_000n)
    const lotRound = world.base.round
    await world.base.passes(WINDOW_SECONDS - 60)
    await expectRefused((await deleveraging(world, caseId, { cutoffBps: 9_000n }))(), 'TooEarly')
    await world.base.passes(72)
    const { since } = await readCase(world.base.connection, caseId)
    expect(await world.base.view<bigint>('clock', 'time')).toBeGreaterThanOrEqual(since)
    await expectRefused((await deleveraging(world, caseId, { cutoffBps: 9_000n }))(), 'RootNotSettleable')
    const given = { cutoffBps: 9_000n, round: lotRound, discountBps: -500n }
    await (await deleveraging(world, caseId, given))()
    expect((await readCase(world.base.connection, caseId)).stepped).toBe(true)
  })

  it('lets a venue lapse once the round of the trigger is final', async () => {
    const caseId = await world.open()
    await world.base.postRound()
    await step(world, 'noticeRound', caseId)
    await world.base.passes(WINDOW_SECONDS)
    await step(world, 'lapse', caseId)
    expect((await readCase(world.base.connection, caseId)).stage).toBe('closed')
  })
})

describe('a case on a rejected round', () => {
  it('ends in the middle of an auction: every bond, escrow and sub-account is free, and the next case can open', async () => {
    const { connection } = world.base
    const free = await Promise.all([KEEPER, ALICE, BOB].map((who) => world.base.freeLots(who)))
    const caseId = await world.onSale()
    await commit(world, caseId, ALICE, 500n)
    await commit(world, caseId, BOB, 400n)
    await toReveal(world)
    await reveal(world, caseId, BOB, 400n)
    await reject((await readCase(connection, caseId)).round)
    // The latest round is gone, so the engine's clock stands: the case can end all the same.
    await expectRefused(step(world, 'cancel', caseId), 'OracleStale')
    await step(world, 'voidCase', caseId, CAROL)
    for (const who of [ALICE, BOB]) await world.base.send('sealed', 'reclaim', [caseId], who)
    expect(await Promise.all([KEEPER, ALICE, BOB].map((who) => world.base.freeLots(who)))).toEqual(free)
    const ended = await readCase(connection, caseId)
    expect([ended.stage, ended.voided, ended.held]).toEqual(['closed', true, false])
    await expectRefused(step(world, 'voidCase', caseId), 'WrongStage')
    await world.base.postRound()
    expect(await world.open()).not.toBe(caseId)
  })

  it('ends after its award: the winner has the escrow back and the lot is nobody’s', async () => {
    const before = await world.base.freeLots(CAROL)
    const caseId = await sold(world)
    await reject((await readCase(world.base.connection, caseId)).round)
    await world.base.postRound()
    await expectRefused((await settling(world, caseId))(), 'RoundNotSettleable')
    await step(world, 'voidCase', caseId)
    expect(await world.base.freeLots(CAROL)).toBe(before)
    await world.base.passes(WINDOW_SECONDS)
    await expectRefused((await settling(world, caseId))(), 'WrongStage')
  })

  it('ends when the trigger’s round goes, though the lot’s stands: two prints, and both must', async () => {
    const caseId = await inDutch(world)
    const { triggerRound, round } = await readCase(world.base.connection, caseId)
    expect(round).toBeGreaterThan(triggerRound)
    await reject(triggerRound)
    await takeLot(world.base.connection, world.base.signer(CAROL), caseId, SUB)
    await world.base.passes(WINDOW_SECONDS)
    await expectRefused(step(world, 'startSettlement', caseId), 'RoundNotSettleable')
    await expectRefused((await settling(world, caseId))(), 'RoundNotSettleable')
    await step(world, 'voidCase', caseId)
    expect((await readCase(world.base.connection, caseId)).voided).toBe(true)
  })

  it('gives back a bond that was lost by not revealing, as long as nobody has forfeited it', async () => {
    const before = await world.base.freeLots(ALICE)
    const caseId = await world.onSale()
    await commit(world, caseId, ALICE, 500n)
    await toReveal(world)
    await toEnd(world)
    await finish(world, caseId)
    await expectRefused(world.base.send('sealed', 'reclaim', [caseId], ALICE), 'BidNotRevealed')
    await reject((await readCase(world.base.connection, caseId)).round)
    await step(world, 'voidCase', caseId)
    await world.base.send('sealed', 'reclaim', [caseId], ALICE)
    expect(await world.base.freeLots(ALICE)).toBe(before)
  })

  it('leaves the keeper its bond, when it was the recovery that was false', async () => {
    const before = await world.base.freeLots(KEEPER)
    const caseId = await overlooked(world)
    expect(await world.base.freeLots(KEEPER)).toBeLessThan(before)
    await reject((await readCase(world.base.connection, caseId)).round)
    await step(world, 'endBond', caseId, CAROL)
    expect(await world.base.freeLots(KEEPER)).toBe(before)
  })

  it('pays the venue the keeper’s bond, when the recovery was true', async () => {
    const before = await world.base.freeLots(VENUE)
    const caseId = await overlooked(world)
    await world.base.passes(WINDOW_SECONDS)
    await step(world, 'endBond', caseId, CAROL)
    expect(await world.base.freeLots(VENUE)).toBeGreaterThan(before)
    await expectRefused(step(world, 'endBond', caseId), 'NoBondHeld')
  })

  it('says nothing of an account any more', async () => {
    await world.record('mm', true)
    await reject(world.base.round)
    await world.base.postRound()
    const call = openCase(world.base.connection, world.base.signer(KEEPER), TAG, 'full')
    await expectRefused(call, 'NotTriggered')
  })
})

describe('a challenge window that no lot outlives', () => {
  it('is refused at deployment, and when lots are to be settled sooner', async () => {
    const { EngineParameters } = await buildContracts()
    const { deployment } = world.base.connection
    const deploying = () =>
      deployContract(EngineParameters!, [deployment.timelock, deployment.oracle], world.base.signer(ADMIN))
    await deploying()
    // 600 s of age, 1,000 s of window and 120 s to settle are within half an hour; 1,080 s are the most.
    await tell(oracle, 'setWindow', 1_080)
    await deploying()
    await tell(oracle, 'setWindow', 1_081)
    await expectRefused(deploying(), 'ChallengeOutlastsLots')
    await tell(oracle, 'setWindow', WINDOW_SECONDS)
    await world.base.governed('parameters', 'set', [MAX_LOT_AGE, 1_720])
    await expect(world.base.governed('parameters', 'set', [MAX_LOT_AGE, 1_719])).rejects.toThrow()
  })
})

describe('two sealed bids on rounds that can be challenged', () => {
  it('are awarded, and the loser has everything back at once', async () => {
    const before = await world.base.freeLots(ALICE)
    const caseId = await world.onSale()
    await bothBid(world, caseId, 500n, 400n)
    await world.base.send('sealed', 'reclaim', [caseId], ALICE)
    expect(await world.base.freeLots(ALICE)).toBe(before)
    expect((await readAward(world.base.connection, caseId)).settleBy).toBe(0n)
  })
})
