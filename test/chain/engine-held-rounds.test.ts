import type { Contract } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { attest } from '../../src/chain/client.ts'
import { type CaseStep, openCase, readCase, stepCase } from '../../src/chain/engine-client/cases.ts'
import { takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { ADMIN, CAROL, FEEDERS, KEEPER, MAX_AGE_SECONDS } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { deleveraging, inDeleveraging, inDutch, SUB } from './fixtures/engine-sales.ts'
import { TAG } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { openWindows, tell } from './fixtures/windowed-oracle.ts'

/** Rounds whose prices the rounds before them do not bear out, as the engine meets them: what waits, and what never does. */
let world: EngineToyWorld
let oracle: Contract
beforeAll(async () => {
  world = await EngineToyWorld.start()
  const { connection, chain } = world.base
  const admin = await chain.signer(ADMIN).getAddress()
  const feeders = await Promise.all(FEEDERS.map((index) => chain.signer(index).getAddress()))
  const args = [admin, feeders, FEEDERS.length, MAX_AGE_SECONDS]
  oracle = await openWindows(chain, { address: connection.deployment.oracle, args }, 0)
  await world.base.mark()
}, 600_000)
beforeEach(() => world.base.reset())
afterAll(() => world?.close())

const step = (w: EngineToyWorld, name: CaseStep, caseId: string, by = KEEPER) =>
  stepCase(w.base.connection, w.base.signer(by), name, caseId)
const holdBack = (round: number) => tell(oracle, 'holdBack', round)
const setLevel = (level: number) => tell(oracle, 'setLevel', level)
/** A full case, and a newer round than its trigger's. */
const triggered = async (w: EngineToyWorld) => {
  const caseId = await w.open()
  await w.base.postRound()
  return caseId
}

const DEFENCES: readonly Defence<EngineToyWorld>[] = [
  {
    target: 'CaseConfirmation',
    rule: 'RoundHeldBack',
    attack: 'a lot is sold at a flash print',
    arrange: async (w) => {
      const caseId = await triggered(w)
      await holdBack(w.base.round)
      return () => w.confirm(caseId)
    },
  },
  {
    target: 'CaseConfirmation',
    rule: 'RoundHeldBack',
    attack: 'a hedge is sold at the flash print that triggered',
    arrange: async (w) => {
      await holdBack(w.base.round)
      const caseId = await w.open('soft')
      return () => w.confirm(caseId, { mode: 'soft' })
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'RoundHeldBack',
    attack: 'counterparties are deleveraged at a flash print',
    arrange: async (w) => {
      const caseId = await inDeleveraging(w)
      await holdBack(w.base.round)
      return deleveraging(w, caseId, { cutoffBps: 9_000n })
    },
  },
  {
    target: 'LiquidationEngine',
    rule: 'RoundHeldBack',
    attack: 'a venue’s time to confirm begins on a round that it cannot confirm on',
    arrange: async (w) => {
      const caseId = await triggered(w)
      await holdBack(w.base.round)
      return () => step(w, 'noticeRound', caseId)
    },
  },
  {
    target: 'LiquidationEngine',
    rule: 'RoundHeldBack',
    attack: 'a venue pays for not selling at prices that are held back',
    arrange: async (w) => {
      const caseId = await triggered(w)
      await step(w, 'noticeRound', caseId)
      await w.base.passes(310)
      await holdBack(w.base.round)
      return () => step(w, 'lapse', caseId)
    },
  },
  {
    target: 'LiquidationEngine',
    rule: 'RoundHeldBack',
    attack: 'a venue pays for not deleveraging at prices that are held back',
    arrange: async (w) => {
      const caseId = await inDeleveraging(w)
      await w.base.passes(910)
      await holdBack(w.base.round)
      return () => step(w, 'lapse', caseId)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'AwardWaits',
    attack: 'a lot is taken on its own round while prices break',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      await setLevel(3)
      return () => takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB)
    },
  },
]

describe('what stands between a price that is held back and a sale', () => itHolds(DEFENCES, () => world))

describe('a case while prices are held back', () => {
  it('opens on a flash print, sells nothing on it, and is sold on the first round that confirms', async () => {
    await holdBack(world.base.round)
    const caseId = await world.open()
    await world.base.postRound()
    await holdBack(world.base.round)
    await expectRefused(world.confirm(caseId), 'RoundHeldBack')
    await expectRefused(step(world, 'lapse', caseId), 'NewerRoundMissing')
    await world.base.postRound()
    await world.confirm(caseId)
    expect((await readCase(world.base.connection, caseId)).stage).toBe('sealed')
  })

  it('lets the venue’s time run from the first round that confirms, and lapse on one that does', async () => {
    await world.record('mm', true)
    await world.base.postRound()
    await holdBack(world.base.round)
    const { caseId } = await openCase(world.base.connection, world.base.signer(KEEPER), TAG, 'full')
    expect((await readCase(world.base.connection, caseId)).since).toBe(0n)
    await world.base.postRound()
    await step(world, 'noticeRound', caseId)
    expect((await readCase(world.base.connection, caseId)).since).toBeGreaterThan(0n)
    await world.base.passes(310)
    await step(world, 'lapse', caseId)
    expect((await readCase(world.base.connection, caseId)).stage).toBe('closed')
  })

  it('ends on a recovery all the same, and costs the keeper nothing: a round that is held back told it nothing', async () => {
    const before = await world.base.freeLots(KEEPER)
    await world.record('mm', true)
    await world.base.postRound()
    await holdBack(world.base.round)
    const covered = await world.statement('mm', false)
    const { caseId } = await openCase(world.base.connection, world.base.signer(KEEPER), TAG, 'full')
    await attest(world.base.connection, world.base.signer(KEEPER), covered)
    await step(world, 'cancel', caseId)
    expect((await readCase(world.base.connection, caseId)).stage).toBe('closed')
    expect(await world.base.freeLots(KEEPER)).toBe(before)
  })
})

describe('the circuit breaker', () => {
  it('has awards wait for the round after the lot’s at its third level, and no longer; below it nothing waits', async () => {
    const caseId = await inDutch(world)
    const take = () => takeLot(world.base.connection, world.base.signer(CAROL), caseId, SUB)
    await setLevel(3)
    await expectRefused(take(), 'AwardWaits')
    await world.base.postRound()
    await take()
    expect((await readCase(world.base.connection, caseId)).stage).toBe('awarded')
  })

  it('lets cases open, be sold and be awarded at its second level', async () => {
    await setLevel(2)
    const caseId = await inDutch(world)
    await takeLot(world.base.connection, world.base.signer(CAROL), caseId, SUB)
    expect((await readCase(world.base.connection, caseId)).stage).toBe('awarded')
  })
})
