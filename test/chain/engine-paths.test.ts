import { id } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  cureCase,
  deleverageCase,
  openCase,
  readCase,
  settleCase,
  stepCase,
} from '../../src/chain/engine-client/cases.ts'
import {
  commitBid,
  dutchDiscountBps,
  offerSoft,
  reclaimBid,
  revealBid,
  takeLot,
} from '../../src/chain/engine-client/liquidator.ts'
import { holding } from '../support/engine-world.ts'
import { ALICE, BOB, CAROL, KEEPER, OPERATOR } from './fixtures/engine-chain.ts'
import {
  adjustArguments,
  expectConserved,
  stageOf,
  toDeleveraging,
  toDutch,
  toHouse,
} from './fixtures/engine-ways.ts'
import { EngineWorld } from './fixtures/engine-world.ts'

/** Every path of a solvent account through the state machine, with proofs of true statements by the real circuits. */

let world: EngineWorld
let before: Map<number, bigint>
beforeAll(async () => {
  world = await EngineWorld.shared()
}, 900_000)
beforeEach(async () => {
  await world.reset()
  before = world.totals()
})

const stage = (caseId: string) => stageOf(world, caseId)
const conserved = () => expectConserved(world, before)

describe('a soft case', () => {
  it('is taken by the volunteer who asks the least', async () => {
    const caseId = await world.onSale('soft', 'soft')
    const { connection } = world.base
    await offerSoft(connection, world.base.signer(ALICE), caseId, 90n, world.tag('alice'))
    await offerSoft(connection, world.base.signer(BOB), caseId, 60n, world.tag('bob'))
    await world.base.passes(40)
    await world.base.send('soft', 'finish', [caseId], KEEPER)
    await world.settle(caseId, 'soft', 'bob')
    expect(await stage(caseId)).toBe('closed')
    await conserved()
  })

  it('is absorbed by the clearing house when nobody offers', async () => {
    const caseId = await world.onSale('soft', 'soft')
    await world.base.passes(40)
    await world.base.send('soft', 'finish', [caseId], KEEPER)
    await world.base.send('house', 'absorb', [caseId, world.tag('house')], KEEPER)
    await world.settle(caseId, 'soft', 'house')
    expect(await stage(caseId)).toBe('closed')
    await conserved()
  })
})

describe('a full case', () => {
  it('is sold to the lowest of two sealed bids', async () => {
    const caseId = await world.onSale('full')
    const { connection } = world.base
    const bids = [
      [ALICE, { discountBps: 400n, subTag: world.tag('alice'), salt: id('a') }],
      [BOB, { discountBps: 250n, subTag: world.tag('bob'), salt: id('b') }],
    ] as const
    for (const [bidder, bid] of bids) await commitBid(connection, world.base.signer(bidder), caseId, bid)
    await world.base.passes(61)
    for (const [bidder, bid] of bids) await revealBid(connection, world.base.signer(bidder), caseId, bid)
    await world.base.passes(31)
    await world.base.send('sealed', 'finish', [caseId], KEEPER)
    await world.settle(caseId, 'full', 'bob')
    expect(await stage(caseId)).toBe('closed')
    await conserved()
  })

  it('is taken from the public auction when nobody bid', async () => {
    const caseId = await toDutch(world)
    await world.base.passes(200)
    await takeLot(world.base.connection, world.base.signer(CAROL), caseId, world.tag('carol'))
    await world.settle(caseId, 'full', 'carol')
    expect(await stage(caseId)).toBe('closed')
    await conserved()
  })

  it('goes to the public auction with one bid only', async () => {
    const caseId = await world.onSale('full')
    const { connection } = world.base
    const bid = { discountBps: 250n, subTag: world.tag('bob'), salt: id('b') }
    await commitBid(connection, world.base.signer(BOB), caseId, bid)
    await world.base.passes(61)
    await revealBid(connection, world.base.signer(BOB), caseId, bid)
    await world.base.passes(31)
    await world.base.send('sealed', 'finish', [caseId], KEEPER)
    expect(await stage(caseId)).toBe('dutch')
    await reclaimBid(connection, world.base.signer(BOB), 'sealed', caseId)
    await takeLot(connection, world.base.signer(BOB), caseId, world.tag('bob'))
    await world.settle(caseId, 'full', 'bob')
    expect(await stage(caseId)).toBe('closed')
    await conserved()
  })

  it('is put up anew on a newer round when the public auction stalls', async () => {
    const caseId = await toDutch(world)
    const { connection } = world.base
    await world.base.passes(901)
    const stalled = await dutchDiscountBps(connection, caseId)
    await world.market()
    await world.confirm(caseId, 'full', 'full')
    expect((await readCase(connection, caseId)).restarts).toBe(1n)
    expect(await dutchDiscountBps(connection, caseId)).toBeLessThan(stalled / 20n)
    await takeLot(connection, world.base.signer(CAROL), caseId, world.tag('carol'))
    await world.settle(caseId, 'full', 'carol')
    await conserved()
  })

  it('is absorbed by the clearing house, which works it off', async () => {
    const caseId = await toHouse(world)
    await world.base.send('house', 'absorb', [caseId, world.tag('house')], KEEPER)
    await world.settle(caseId, 'full', 'house')
    expect(await stage(caseId)).toBe('closed')
    await conserved()
    const { takenLots } = await world.base.view<{ takenLots: bigint }>('house', 'inventoryOf', [
      world.tag('house'),
    ])
    await world.base.send('house', 'publishDepth', [1_000_000_000n], OPERATOR)
    const tenth = takenLots / 10n
    await world.market('calm')
    await expect(world.workOff('house', tenth + 1n)).rejects.toMatchObject({ rule: 'StepTooLarge' })
    await world.workOff('house', tenth)
    await conserved()
    await world.base.mine(120)
    await expect(world.workOff('house', 1_000n)).rejects.toMatchObject({ rule: 'StepTooSoon' })
  })

  it('is deleveraged when nobody takes it, exactly as far as needed', async () => {
    const caseId = await toDeleveraging(world)
    const level = () => world.base.view<bigint>('deleveraging', 'levelOf', [caseId])
    let steps = 0
    // The level falls, and the counterparty is taken down to a band below it, until the account is covered.
    for (; world.isBelow('full', 'mm'); steps++) {
      await world.base.passes(90)
      await world.market()
      const at = { cutoffBps: await level(), bandBps: 1_000n }
      const step = await world.proveDeleveraging(caseId, 'full', 'levered', at)
      if (step === undefined) continue
      const forged = { ...step, signals: { ...step.signals, leafFrom: step.signals.leafFrom + 1n } }
      const { connection } = world.base
      await expect(
        deleverageCase(connection, world.base.signer(KEEPER), caseId, forged),
      ).rejects.toMatchObject({ rule: 'InvalidProof' })
      await world.deleverage(caseId, step)
    }
    expect(steps).toBeGreaterThan(1)
    await conserved()
    // Exactly: the buffer is restored, and with a hundredth less of the last step it was not (the proof's own rule).
    expect(world.isBelow('full', 'soft')).toBe(false)
    // Covered again: not one lot more has a proof.
    const more = { cutoffBps: await level(), bandBps: 1_000n, moved: holding({ 2: -1n }) }
    await expect(world.proveDeleveraging(caseId, 'full', 'levered', more)).rejects.toThrow()
    await world.record('full', 'mm', false)
    await stepCase(world.base.connection, world.base.signer(KEEPER), 'cancel', caseId)
    expect(await stage(caseId)).toBe('closed')
  })

  it('does not deleverage a counterparty below the cut-off, nor one that a stale level would spare', async () => {
    const caseId = await toDeleveraging(world)
    const none = await world.proveDeleveraging(caseId, 'full', 'relaxed', {
      cutoffBps: 5_000n,
      bandBps: 1_000n,
    })
    expect(none).toBeUndefined()
    const early = (await world.proveDeleveraging(caseId, 'full', 'levered', {
      cutoffBps: 7_500n,
      bandBps: 1_000n,
    }))!
    await expect(world.deleverage(caseId, early)).rejects.toMatchObject({ rule: 'CutoffOffLevel' })
  })

  it('is over when the market takes the account back', async () => {
    const caseId = await world.onSale('full')
    await world.market('calm')
    await world.record('full', 'mm', false)
    await stepCase(world.base.connection, world.base.signer(KEEPER), 'cancel', caseId)
    expect(await stage(caseId)).toBe('closed')
    await conserved()
  })

  it('is cured by a deposit that takes the account back to SOFT, and by no smaller one', async () => {
    const caseId = await world.onSale('full')
    const { connection } = world.base
    const lots = 2_000_000n
    const depositId = await world.requestDeposit('full', lots)
    const deposit = await world.proveDeposit('full', depositId, lots)
    await expect(
      world.base.send('vault', 'applyDeposit', [depositId, ...adjustArguments(deposit)], CAROL),
    ).rejects.toMatchObject({ rule: 'AccountInCase' })
    world.accepted()
    const attestation = await world.statement('full', 'soft', false)
    await cureCase(connection, world.base.signer(CAROL), caseId, { depositId, deposit, attestation })
    expect(await stage(caseId)).toBe('closed')
    await conserved()
  })

  it('is on sale again when the venue does not settle, and the winner is made whole', async () => {
    const caseId = await toDutch(world)
    const { connection } = world.base
    const free = await world.base.freeLots(CAROL)
    await takeLot(connection, world.base.signer(CAROL), caseId, world.tag('carol'))
    await expect(stepCase(connection, world.base.signer(CAROL), 'fail', caseId)).rejects.toMatchObject({
      rule: 'SettlementNotLate',
    })
    await world.base.passes(125)
    await expect(world.settle(caseId, 'full', 'carol')).rejects.toMatchObject({ rule: 'SettlementTooLate' })
    await stepCase(connection, world.base.signer(CAROL), 'fail', caseId)
    expect(await world.base.freeLots(CAROL)).toBeGreaterThan(free)
    expect(await stage(caseId)).toBe('dutch')
    await takeLot(connection, world.base.signer(BOB), caseId, world.tag('bob'))
    await world.settle(caseId, 'full', 'bob')
    await conserved()
  })

  it('keeps its leaf through a publish of the venue', async () => {
    const caseId = await toDutch(world)
    await world.publishMore()
    await takeLot(world.base.connection, world.base.signer(CAROL), caseId, world.tag('carol'))
    await world.settle(caseId, 'full', 'carol')
    await conserved()
  })

  it('is opened once for one state, and once settled needs a new trigger', async () => {
    const caseId = await toDutch(world)
    const { connection } = world.base
    await expect(
      openCase(connection, world.base.signer(BOB), world.tag('full'), 'full'),
    ).rejects.toMatchObject({
      rule: 'CaseAlreadyOpen',
    })
    await takeLot(connection, world.base.signer(CAROL), caseId, world.tag('carol'))
    const settlement = await world.proveSettlement(caseId, 'full', 'carol')
    await settleCase(connection, world.base.signer(KEEPER), caseId, settlement)
    world.accepted()
    await expect(settleCase(connection, world.base.signer(KEEPER), caseId, settlement)).rejects.toMatchObject(
      {
        rule: 'WrongStage',
      },
    )
    await expect(
      openCase(connection, world.base.signer(BOB), world.tag('full'), 'full'),
    ).rejects.toMatchObject({
      rule: 'NotTriggered',
    })
  })
})
