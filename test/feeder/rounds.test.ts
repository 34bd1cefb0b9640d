import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { signRound } from '../../src/chain/client.ts'
import type { Aggregator, AggregatorReport } from '../../src/feeder/aggregator.ts'
import { Bonds } from '../../src/feeder/bonds.ts'
import type { AggregatorDesk, Proposal } from '../../src/feeder/desk.ts'
import {
  type Feeder,
  type FeederReport,
  MOST_SIGNED_ROUNDS,
  memoryInProcess,
} from '../../src/feeder/feeder.ts'
import { signContent } from '../../src/feeder/signatures.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'
import { fitMarket, makeContent } from '../../src/oracle/quoted-market.ts'
import { EVERY_SECONDS, FEEDER_ACCOUNTS, FeederWorld, POSTER, type Sight } from './feeder-world.ts'

/** Three feeders, a quorum of two, and an aggregator; a first round stands when a test begins, and the second is due. */
let world: FeederWorld
let addresses: string[]
let sights: Sight[]
let aggregator: Aggregator
let feeders: Feeder[]
let firstSpot: bigint

beforeAll(async () => {
  world = await FeederWorld.start()
  addresses = await Promise.all([0, 1, 2].map((index) => world.address(index)))
  await gather()
  expect(await speakAndStep(feeders)).toMatchObject({ state: 'listed' })
  expect(await aggregator.step()).toMatchObject({ state: 'proposed' })
  const report = await speakAndStep(feeders)
  expect(report).toMatchObject({ state: 'posted', sequence: 1 })
  firstSpot = report.posted!.built.data.spotsNano[0]
  await world.chain.advance(EVERY_SECONDS)
  await world.mark()
}, 300_000)
beforeEach(async () => {
  await world.reset()
  await gather()
})
afterAll(() => world?.close())

async function gather(): Promise<void> {
  sights = [{}, {}, {}]
  aggregator = world.aggregator()
  await aggregator.step()
  feeders = [0, 1, 2].map((index) =>
    world.feeder(
      index,
      aggregator,
      world.source(() => sights[index]!),
    ),
  )
}

async function speakAndStep(of: readonly Feeder[]): Promise<AggregatorReport> {
  for (const feeder of of) await feeder.step()
  return aggregator.step()
}

/** Contents, proposal, signatures, round: what comes of the last step, and what each feeder said to the proposal. */
async function round(of: readonly Feeder[] = feeders) {
  const proposed = await speakAndStep(of)
  const answers: FeederReport[] = []
  for (const feeder of of) answers.push(await feeder.step())
  return { proposed, answers, last: await aggregator.step() }
}

async function content(index: number, sight: Sight = {}, sequence = 2) {
  const market = fitMarket(world.market(await world.chain.now(), sight))
  const head = await world.reader().read()
  return signContent(head, world.signer(FEEDER_ACCOUNTS[index]!), makeContent(sequence, market))
}

describe('a round of three feeders', () => {
  it('is posted with the medians, and a watcher finds it honest', async () => {
    sights = [{ spotBps: -3n }, {}, { spotBps: 4n }]
    const { proposed, answers, last } = await round()
    expect(proposed).toMatchObject({ state: 'proposed', sequence: 2 })
    expect(answers.map(({ verdict }) => verdict?.objection)).toEqual([undefined, undefined, undefined])
    expect(last).toMatchObject({ state: 'posted', sequence: 2, reasons: [] })
    const middle = world.market(last.posted!.built.round.timeSeconds, {}).snapshot.underlyings[0]!.spotNano
    expect(last.posted!.built.data.spotsNano[0]).toBe(middle)
    expect([...last.posted!.signers].sort()).toEqual([...addresses].sort())
    expect(await world.watch().step()).toMatchObject([{ state: 'honest' }, { state: 'honest' }])
  })

  it('halts what the market no longer quotes on the vector that stood, read from the chain by whoever starts anew', async () => {
    // Everybody's venue drops the nearer expiry.
    const change: Sight['change'] = (market) => ({
      ...market,
      expiries: market.expiries.slice(1),
      instruments: market.instruments.filter(
        (instrument) =>
          !('expirySeconds' in instrument) || instrument.expirySeconds !== market.expiries[0]!.expirySeconds,
      ),
    })
    sights = [{ change }, { change }, { change }]
    const { last } = await round()
    expect(last.posted!.built.data.halts.length).toBeGreaterThan(4)
    expect(last.posted!.built.data.halts.every(({ standingSequence }) => standingSequence === 1)).toBe(true)
    expect(await world.watch().step()).toMatchObject([{ state: 'honest' }, { state: 'honest' }])
  })

  it('is not due before its time, nor made of a market that is not newer', async () => {
    await round()
    expect(await feeders[0]!.step()).toEqual({ sequence: 3 })
    sights = [{ secondsAgo: 2 * EVERY_SECONDS }, {}, {}]
    await world.chain.advance(EVERY_SECONDS)
    expect((await feeders[0]!.step()).silence).toMatch(/not newer/)
  })

  it('gives the bond back once nobody can challenge it', async () => {
    const bonds = new Bonds(world.connection, world.signer(POSTER), 0)
    expect(await bonds.reclaim(await world.chain.now())).toEqual([])
    await world.chain.advance(600)
    expect(await bonds.reclaim(await world.chain.now())).toEqual([1])
    expect(await bonds.reclaim(await world.chain.now())).toEqual([])
  })
})

describe('feeders that are away or wrong', () => {
  it('one is away: rounds go on; two: none is made, and it says who is missing', async () => {
    expect((await round(feeders.slice(1))).last).toMatchObject({ state: 'posted' })
    await world.chain.advance(EVERY_SECONDS)
    const { last } = await round(feeders.slice(2))
    expect(last.state).toBe('collecting')
    expect(last.reasons[0]).toBe(
      `1 of the 2 feeders that a round needs; nothing from ${[...addresses.slice(0, 2)].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)).join('; nothing from ')}`,
    )
  })

  it('one lies in everything: it moves nothing, is named, and does not sign', async () => {
    sights = [{ spotBps: 3_000n, volBps: 4_000n }, {}, { spotBps: 1n }]
    const { answers, last } = await round()
    expect(last).toMatchObject({ state: 'posted' })
    const spot = last.posted!.built.data.spotsNano[0]
    const honest = (spotBps: bigint) =>
      world.market(last.posted!.built.round.timeSeconds, { spotBps }).snapshot.underlyings[0]!.spotNano
    expect(spot).toBe(honest(1n))
    const outliers = last.assessment!.outliers.filter(({ feeder }) => feeder === addresses[0])
    expect(outliers.map(({ quantity }) => quantity)).toContain('spot BTC')
    expect(answers[0]!.verdict!.objection).toMatch(/far from what this feeder sees, the first: spot BTC/)
    expect(last.posted!.signers).not.toContain(addresses[0])
  })

  it('one is away and one of the other two lies: nothing is posted rather than the lie', async () => {
    sights = [{}, { spotBps: -3_000n }, {}]
    const { last } = await round(feeders.slice(0, 2))
    expect(last.state).toBe('collecting')
    expect(last.reasons.join()).toMatch(/fewer than 2 feeders agree on the spot BTC: outliers 0x/)
  })

  it('one is away and one lies about volatility alone: what two do not agree on is halted, and named', async () => {
    sights = [{}, { volBps: -3_000n }, {}]
    const proposed = await speakAndStep(feeders.slice(0, 2))
    expect(proposed.assessment!.notAgreed.filter((name) => name.startsWith('vol BTC'))).toHaveLength(12)
    expect(proposed.assessment!.medians!.expiries.every(({ smile }) => smile.length === 0)).toBe(true)
  })

  it("one clock runs a minute ahead: its content is refused, the others' round is made", async () => {
    const ahead = await content(0, { secondsAgo: -60 })
    expect(await aggregator.takeContent(ahead)).toEqual({ taken: true })
    const { last } = await round(feeders.slice(1))
    expect(last).toMatchObject({ state: 'posted' })
    expect(last.assessment!.refusals).toMatchObject([{ feeder: addresses[0], reason: 'ahead-of-clock' }])
  })

  it('one is stuck: after so many rounds of the same quotes it does not count until it lives again', async () => {
    const frozen: Sight['change'] = (market) => ({
      ...world.market(1_772_443_800).snapshot,
      asOfSeconds: market.asOfSeconds,
    })
    sights = [{ change: frozen }, {}, {}]
    const { quorum, ...rest } = DEFAULT_ORACLE_PARAMETERS
    aggregator = world.aggregator({ parameters: { ...rest, quorum: { ...quorum, stuckRounds: 1 } } })
    await aggregator.step()
    feeders = [0, 1, 2].map((index) =>
      world.feeder(
        index,
        aggregator,
        world.source(() => sights[index]!),
      ),
    )
    expect((await round()).last).toMatchObject({ state: 'posted', assessment: { refusals: [] } })
    await world.chain.advance(EVERY_SECONDS)
    const { last } = await round()
    expect(last).toMatchObject({ state: 'posted' })
    expect(last.assessment!.refusals).toMatchObject([{ feeder: addresses[0], reason: 'stuck' }])
    sights = [{}, {}, {}]
    await world.chain.advance(EVERY_SECONDS)
    expect((await round()).last.assessment!.refusals).toEqual([])
  }, 120_000)

  it('a flash print that every feeder sees is a round, and not the price that stands; repeated, it becomes that', async () => {
    const flash = { spotBps: -2_000n }
    sights = [flash, flash, flash]
    const { last } = await round()
    expect(last).toMatchObject({ state: 'posted' })
    expect(last.assessment!.standings).toMatchObject([
      { standingNano: firstSpot, heldRounds: 1, breakerLevel: 1 },
    ])
    await world.chain.advance(EVERY_SECONDS)
    expect((await round()).last.assessment!.standings).toMatchObject([
      { standingNano: firstSpot, heldRounds: 2 },
    ])
    await world.chain.advance(EVERY_SECONDS)
    const third = (await round()).last.assessment!.standings[0]!
    expect(third.heldRounds).toBe(0)
    expect(third.standingNano).toBeLessThan((firstSpot * 81n) / 100n)
  })
})

describe('what is brought to the aggregator', () => {
  it('counts only with the signature of a listed feeder, for this oracle', async () => {
    const head = await world.reader().read()
    const honest = await content(0)
    const stranger = await signContent(head, world.signer(9), honest.content)
    expect(await aggregator.takeContent(stranger)).toMatchObject({
      rule: expect.stringMatching(/is not a feeder/),
    })
    const borrowed = { ...stranger, feeder: addresses[0]! }
    expect(await aggregator.takeContent(borrowed)).toMatchObject({
      rule: expect.stringMatching(/was not made by/),
    })
    const elsewhere = { ...head, oracle: await world.signer(9).getAddress() }
    const other = await signContent(elsewhere, world.signer(FEEDER_ACCOUNTS[0]), honest.content)
    expect(await aggregator.takeContent(other)).toMatchObject({
      rule: expect.stringMatching(/was not made by/),
    })
    const altered = { ...honest, content: { ...honest.content, asOfSeconds: honest.content.asOfSeconds + 1 } }
    expect(await aggregator.takeContent(altered)).toMatchObject({ taken: false })
    expect((await aggregator.step()).reasons[0]).toMatch(/^0 of the 2 feeders/)
  })

  it('of another round changes nothing, and neither does an older content that comes after a newer one', async () => {
    expect(await aggregator.takeContent(await content(0, {}, 1))).toMatchObject({
      rule: expect.stringMatching(/is for round 1/),
    })
    const older = await content(0, { secondsAgo: 10, spotBps: -100n })
    expect(await aggregator.takeContent(await content(0))).toEqual({ taken: true })
    expect(await aggregator.takeContent(older)).toMatchObject({ rule: expect.stringMatching(/older than/) })
  })

  it('two contents of one feeder for one time: it said two things, so neither counts', async () => {
    const one = await content(0)
    const two = await signContent(await world.reader().read(), world.signer(FEEDER_ACCOUNTS[0]), {
      ...one.content,
      spots: one.content.spots.map((spot) => ({ ...spot, spotNano: spot.spotNano + 1n })),
    })
    for (const message of [one, two]) expect(await aggregator.takeContent(message)).toEqual({ taken: true })
    const { last } = await round(feeders.slice(1))
    expect(last.assessment!.refusals).toMatchObject([{ feeder: addresses[0], reason: 'equivocation' }])
    expect(last).toMatchObject({ state: 'posted' })
  })
})

describe('an aggregator that cannot be trusted', () => {
  /** The desk with another proposal than its own. */
  const lying = (lie: (proposal: Proposal) => Proposal): AggregatorDesk => ({
    takeContent: (message) => aggregator.takeContent(message),
    takeVerdict: (verdict) => aggregator.takeVerdict(verdict),
    proposal: async () => {
      const proposal = await aggregator.proposal()
      return proposal === undefined ? undefined : lie(proposal)
    },
  })

  it('gets no signature for a round that does not follow, to the bit, from what feeders signed', async () => {
    let lie = (proposal: Proposal): Proposal => proposal
    const feeder = world.feeder(
      0,
      lying((proposal) => lie(proposal)),
      world.source(),
    )
    await feeder.step()
    await speakAndStep(feeders.slice(1))
    const objectionTo = async (next: typeof lie) => {
      lie = next
      return (await feeder.step()).verdict!.objection
    }
    const changed = (change: Partial<Proposal['round']>) => (proposal: Proposal) => ({
      ...proposal,
      round: { ...proposal.round, ...change },
    })
    for (const [field, change] of Object.entries({
      riskRoot: { riskRoot: 5n },
      marketHash: { marketHash: `0x${'5'.repeat(64)}` },
      parameters: { parameters: 5n },
      configurationHash: { configurationHash: `0x${'5'.repeat(64)}` },
    })) {
      expect(await objectionTo(changed(change))).toBe(`its ${field} does not follow from the contents`)
    }
    const later = (proposal: Proposal) => changed({ timeSeconds: proposal.round.timeSeconds + 1 })(proposal)
    expect(await objectionTo(later)).toBe('its timeSeconds does not follow from the contents')
    const forged = (proposal: Proposal) => ({
      ...changed({ riskRoot: 6n })(proposal),
      contents: proposal.contents.map((message) => ({
        ...message,
        content: { ...message.content, spots: [{ symbol: 'BTC', spotNano: 1_000_000_000_000n }] },
      })),
    })
    expect(await objectionTo(forged)).toMatch(/is not signed by it/)
    const none = (proposal: Proposal) => ({ ...changed({ riskRoot: 7n })(proposal), contents: [] })
    expect(await objectionTo(none)).toMatch(/0 of the 2 feeders/)
    expect(await objectionTo((proposal) => proposal)).toBeUndefined()
  })

  it('gets none for contents that have grown old meanwhile', async () => {
    for (const feeder of feeders) await feeder.step()
    await aggregator.step()
    await world.chain.advance(200)
    expect((await feeders[0]!.step()).verdict!.objection).toMatch(/its market is stale/)
    expect(await aggregator.step()).toMatchObject({ state: 'dropped' })
  })

  it('gets one signed round a sequence from a feeder, restarted or not, until that one is stale', async () => {
    const memory = memoryInProcess()
    const first = world.feeder(0, aggregator, world.source(), { memory })
    await speakAndStep([first, ...feeders.slice(1)])
    expect((await first.step()).verdict!.objection).toBeUndefined()
    // Instead of posting it starts over, and proposes a later market.
    const again = async () => {
      aggregator = world.aggregator()
      await aggregator.step()
      const restarted = world.feeder(0, aggregator, world.source(), { memory })
      await restarted.step()
      for (const index of [1, 2]) await aggregator.takeContent(await content(index))
      expect(await aggregator.step()).toMatchObject({ state: 'proposed' })
      return (await restarted.step()).verdict!.objection
    }
    await world.chain.advance(40)
    expect(await again()).toMatch(/another round 2 is signed, and may still be posted for \d+ s/)
    await world.chain.advance(100)
    expect(await again()).toBeUndefined()
  })

  it('gets none for another round in the place of one that was dropped from the chain together with its successor', async () => {
    const memory = memoryInProcess()
    const first = world.feeder(0, aggregator, world.source(), { memory })
    const both = [first, ...feeders.slice(1)]
    expect((await round(both)).answers[0]!.verdict!.objection).toBeUndefined()
    await world.chain.advance(EVERY_SECONDS)
    expect((await round(both)).last).toMatchObject({ state: 'posted', sequence: 3 })
    // A reorganisation: the chain has neither, and the second round comes again, of a later market.
    await world.reset()
    await world.chain.advance(40)
    await gather()
    const restarted = world.feeder(0, aggregator, world.source(), { memory })
    const { answers, last } = await round([restarted, ...feeders.slice(1)])
    expect(answers[0]!.verdict!.objection).toMatch(/another round 2 is signed, and may still be posted/)
    expect(answers[1]!.verdict!.objection).toBeUndefined()
    expect(last.posted?.signers).not.toContain(addresses[0])
    expect((await memory.load()).map(({ sequence }) => sequence)).toEqual([2, 3])
  }, 180_000)

  it('gets none from a feeder whose memory is full, and one once a signed round is stale', async () => {
    const now = await world.chain.now()
    const memory = memoryInProcess()
    const signed = Array.from({ length: MOST_SIGNED_ROUNDS }, (_, index) => {
      return { sequence: 1_000 + index, asOfSeconds: now, digest: `0x${'7'.repeat(64)}` }
    })
    await memory.save(signed)
    const full = world.feeder(0, aggregator, world.source(), { memory })
    expect((await round([full, ...feeders.slice(1)])).answers[0]!.verdict!.objection).toMatch(
      /signed rounds may still be posted, and no more are remembered/,
    )
    await world.chain.advance(EVERY_SECONDS)
    await memory.save(signed.with(0, { ...signed[0]!, asOfSeconds: now - 1_000 }))
    expect((await round([full, ...feeders.slice(1)])).answers[0]!.verdict!.objection).toBeUndefined()
    expect(await memory.load()).toHaveLength(MOST_SIGNED_ROUNDS)
  }, 180_000)

  it('hears a verdict only from a feeder, of the round that it proposed', async () => {
    await speakAndStep(feeders)
    const signature = { signer: addresses[0]!, signature: `0x${'11'.repeat(65)}` }
    expect(await aggregator.takeVerdict({ signs: true, sequence: 2, signature })).toMatchObject({
      taken: false,
    })
    expect(await aggregator.takeVerdict({ signs: true, sequence: 3, signature })).toMatchObject({
      taken: false,
    })
    expect((await aggregator.step()).reasons[0]).toMatch(/^0 of 2 signatures; no answer from/)
  })
})

describe('an aggregator that is stopped', () => {
  /** A file, as far as an aggregator knows. */
  const kept = () => {
    let text: string | undefined
    return { load: async () => text, save: async (next: string) => void (text = next) }
  }

  async function startOver(memory: ReturnType<typeof kept>): Promise<void> {
    aggregator = world.aggregator({ memory })
    await aggregator.step()
  }

  it('goes on with the contents, the proposal and the signatures that it had', async () => {
    const memory = kept()
    await startOver(memory)
    feeders = [0, 1, 2].map((index) => world.feeder(index, aggregator, world.source()))
    await feeders[0]!.step()
    await startOver(memory)
    expect(aggregator.report.assessment!.contents.map(({ feeder }) => feeder)).toEqual([addresses[0]])
    const message = await content(1)
    await aggregator.takeContent(message)
    expect(await aggregator.step()).toMatchObject({ state: 'proposed' })
    const proposal = (await aggregator.proposal())!
    const head = await world.reader().read()
    const sign = async (index: number) => {
      const signature = await signRound(head, world.signer(FEEDER_ACCOUNTS[index]!), proposal.round)
      return aggregator.takeVerdict({ signs: true, sequence: 2, signature })
    }
    await sign(0)
    await startOver(memory)
    expect(await aggregator.proposal()).toEqual(proposal)
    expect(aggregator.report.reasons[0]).toMatch(/^1 of 2 signatures/)
    await sign(1)
    expect(await aggregator.step()).toMatchObject({ state: 'posted' })
  })

  it('takes up nothing that does not check: other signatures, another oracle, a damaged file', async () => {
    const memory = kept()
    await startOver(memory)
    await aggregator.takeContent(await content(0))
    const good = (await memory.load())!
    await memory.save(good.replace(/"spotNano":"(\d)/, '"spotNano":"9$1'))
    await startOver(memory)
    expect(aggregator.report.assessment!.contents).toEqual([])
    await memory.save(good.replace('"chainId":"31337"', '"chainId":"1"'))
    await startOver(memory)
    expect(aggregator.report.assessment!.contents).toEqual([])
    await memory.save('{"format":')
    await expect(startOver(memory)).rejects.toThrow(/state/)
  })
})
