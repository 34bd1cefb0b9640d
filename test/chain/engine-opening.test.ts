import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cureCase, escalateCase, openCase, readCase, stepCase } from '../../src/chain/engine-client/cases.ts'
import { readParameters } from '../../src/chain/engine-client/parameters.ts'
import { toField } from '../../src/protocol/field.ts'
import { ALICE, BOB, CAROL, KEEPER, OPERATOR, VENUE } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { SUB_TAGS, TAG } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'

/** How a case begins, and how it ends without a sale: every bond and deadline of keeper and venue. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

const open = (kind: 'soft' | 'full' = 'full', by = KEEPER, tag = TAG) =>
  openCase(world.base.connection, world.base.signer(by), tag, kind)
const step = (name: 'noticeRound' | 'lapse' | 'cancel', caseId: string, by = KEEPER) =>
  stepCase(world.base.connection, world.base.signer(by), name, caseId)
const stage = async (caseId: string) => (await readCase(world.base.connection, caseId)).stage

describe('opening', () => {
  it('locks the keeper’s bond and tells who, what and on which round', async () => {
    const free = await world.base.freeLots(KEEPER)
    await world.record('mm', true)
    const sent = await open()
    expect(await world.base.freeLots(KEEPER)).toBe(free - 10_000n)
    const [event] = await world.base.events(sent, 'CaseOpened')
    expect(event!.values).toMatchObject({
      tag: TAG,
      kind: 1n,
      round: BigInt(world.base.round),
      bondLots: 10_000n,
    })
    expect(sent.gasUsed).toBeLessThanOrEqual(350_000n)
  })

  it('needs a trigger of the kind’s threshold', async () => {
    await expectRefused(open(), 'NotTriggered')
    await world.record('soft', true)
    await expectRefused(open(), 'NotTriggered')
    await open('soft')
  })

  it('needs a bond', async () => {
    await world.record('mm', true)
    await expectRefused(open('full', OPERATOR), 'FreeLotsTooFew')
  })

  it('needs a trigger that is fresh', async () => {
    await world.record('mm', true)
    await world.base.passes(601)
    await world.base.postRound()
    await expectRefused(open(), 'NotTriggered')
  })
})

describe('the venue’s time to confirm', () => {
  it('runs only from a round newer than the trigger’s', async () => {
    const caseId = await world.open()
    await world.base.mine(400)
    await expectRefused(step('lapse', caseId), 'NewerRoundMissing')
    await expectRefused(step('noticeRound', caseId), 'NewerRoundMissing')
    await world.base.postRound()
    await step('noticeRound', caseId)
    await expectRefused(step('noticeRound', caseId), 'WrongStage')
    await world.base.mine(240)
    await expectRefused(step('lapse', caseId), 'WindowStillOpen')
  })

  it('once over costs the venue its penalty, which the keeper gets with the bond', async () => {
    const before = await world.base.freeLots(KEEPER)
    const caseId = await world.open()
    await world.base.postRound()
    await step('noticeRound', caseId)
    await world.base.passes(301)
    await step('lapse', caseId, BOB)
    expect(await world.base.freeLots(KEEPER)).toBe(before + 100_000n)
    expect(await world.base.view('engine', 'venueBondLots')).toBe(20_000_000n - 100_000n)
    expect(await stage(caseId)).toBe('closed')
    // The account is free for the next case.
    await world.record('mm', true)
    await open()
  })

  it('takes what is left of the venue’s bond and no more, and a short bond stops the venue’s publishing', async () => {
    await world.base.governed('engine', 'returnVenueBond', [20_000_000n - 60_000n])
    const caseId = await world.open()
    await world.base.postRound()
    await step('noticeRound', caseId)
    await world.base.passes(301)
    await step('lapse', caseId)
    expect(await world.base.view('engine', 'venueBondLots')).toBe(0n)
    await expect(world.base.view('engine', 'requirePublishable')).rejects.toMatchObject({
      rule: 'VenueBondShort',
    })
    await world.base.send('engine', 'postVenueBond', [10_000_000n], VENUE)
    await world.base.view('engine', 'requirePublishable')
  })
})

describe('an end without a sale', () => {
  it('comes with a recovery on a newer round, and the keeper has the bond back', async () => {
    const before = await world.base.freeLots(KEEPER)
    const caseId = await world.open()
    await expectRefused(step('cancel', caseId), 'NotRecovered')
    await world.base.postRound()
    await world.record('mm', false)
    await step('cancel', caseId, BOB)
    expect(await stage(caseId)).toBe('closed')
    expect(await world.base.freeLots(KEEPER)).toBe(before)
  })

  it('costs the bond of a keeper who opened although the newest round had the recovery', async () => {
    const [before, venue] = [await world.base.freeLots(KEEPER), await world.base.freeLots(VENUE)]
    await world.record('mm', true)
    await world.base.postRound()
    const { caseId } = await open()
    await world.record('mm', false)
    await step('cancel', caseId)
    expect(await world.base.freeLots(KEEPER)).toBe(before - 10_000n)
    expect(await world.base.freeLots(VENUE)).toBe(venue + 10_000n)
  })

  it('does not come with a recovery at a looser threshold than a soft case’s', async () => {
    const caseId = await world.open('soft')
    await world.base.postRound()
    await world.record('mm', false)
    await expectRefused(step('cancel', caseId), 'NotRecovered')
    await world.record('soft', false)
    await step('cancel', caseId)
  })

  it('does not come with a recovery on the round that sold the lot', async () => {
    const caseId = await world.onSale('soft')
    await world.record('soft', false)
    await expectRefused(step('cancel', caseId), 'RecordNotNewer')
  })

  it('is no longer to be had once the lot is awarded', async () => {
    const caseId = await world.onSale()
    await world.base.passes(100)
    await world.base.send('sealed', 'finish', [caseId], KEEPER)
    await world.base.send('dutch', 'take', [caseId, SUB_TAGS[CAROL], 0], CAROL)
    await world.base.postRound()
    await world.record('mm', false)
    await expectRefused(step('cancel', caseId), 'WrongStage')
  })
})

describe('a cure', () => {
  it('closes a confirmed case, deposit and proof in one call', async () => {
    const caseId = await world.onSale()
    const { depositId, deposit: proven } = await world.deposit(TAG, false)
    const attestation = await world.statement('soft', false, { bookRoot: proven.signals.nextRoot })
    const cure = { depositId, deposit: proven, attestation }
    await cureCase(world.base.connection, world.base.signer(BOB), caseId, cure)
    expect(await stage(caseId)).toBe('closed')
  })

  it('is refused when it does not reach SOFT: a cent a block resets no case', async () => {
    const caseId = await world.onSale()
    const { depositId, deposit: proven } = await world.deposit(TAG, false)
    const attestation = await world.statement('mm', false, { bookRoot: proven.signals.nextRoot })
    const cure = { depositId, deposit: proven, attestation }
    await expectRefused(cureCase(world.base.connection, world.base.signer(BOB), caseId, cure), 'NotRecovered')
    await expectRefused(world.deposit(), 'AccountInCase')
  })

  it('of another account cures nothing', async () => {
    const caseId = await world.onSale()
    const other = toField(4_711n)
    const { depositId, deposit: proven } = await world.deposit(other, false)
    const attestation = await world.statement('soft', false, {
      bookRoot: proven.signals.nextRoot,
      tag: other,
    })
    const cure = { depositId, deposit: proven, attestation }
    await expectRefused(
      cureCase(world.base.connection, world.base.signer(BOB), caseId, cure),
      'CureOfAnother',
    )
  })
})

describe('a soft case that falls below MM', () => {
  it('becomes a full one, by whoever shows it', async () => {
    const caseId = await world.onSale('soft')
    await world.base.postRound()
    await world.record('mm', true)
    const full = await escalateCase(world.base.connection, world.base.signer(ALICE), caseId)
    expect(await stage(caseId)).toBe('closed')
    expect(await readCase(world.base.connection, full.caseId)).toMatchObject({
      kind: 'full',
      stage: 'opened',
    })
  })

  it('does not by a record from before its lot', async () => {
    const caseId = await world.onSale('soft')
    await expectRefused(
      escalateCase(world.base.connection, world.base.signer(ALICE), caseId),
      'RecordNotNewer',
    )
  })
})

describe('a full case whose account has no slot for cash', () => {
  it('sells one position as a hedge, goes on as a soft case, and is not escalated in a circle', async () => {
    const caseId = await world.open('full')
    await world.base.postRound()
    await world.confirm(caseId, { mode: 'soft' })
    expect(await readCase(world.base.connection, caseId)).toMatchObject({
      kind: 'soft',
      stage: 'soft',
      capBps: (await readParameters(world.base.connection)).softPenaltyBps,
    })
    await world.record('mm', true)
    await expectRefused(escalateCase(world.base.connection, world.base.signer(ALICE), caseId), 'NotSoft')
  })
})
