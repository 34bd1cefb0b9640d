import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PostedRound } from '../../src/chain/oracle-challenge.ts'
import { challengeOf } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import { findFault, type RoundFault } from '../../src/chain/oracle-recompute.ts'
import { readScaleRules } from '../../src/chain/oracle-scaling.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'
import { SECTION_HEADER, SECTION_SYNTHETIC } from '../../src/protocol/oracle-words.ts'
import { MAX_SCALE_BPS } from '../../src/protocol/ranges.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import { activitiesOf } from './fixtures/activity.ts'
import { itCondemns } from './fixtures/conditions.ts'
import { itHolds, type OracleDefence } from './fixtures/mutants.ts'
import { CHALLENGER, type Draft, OracleWorld } from './fixtures/oracle-world.ts'
import { format, SCALE, ScaleAttacks, scaleConditions } from './fixtures/scale-attacks.ts'

/** A calm round, and one a minute later whose options are dear: its scale has risen. */
let world: OracleWorld
let draft: Draft
let scales: ScaleAttacks
beforeAll(async () => {
  world = await OracleWorld.start()
  await world.post(1, await world.draft(1, undefined, activitiesOf(world.market(1), 1_300_000_000n)))
  draft = await world.draft(2, undefined, activitiesOf(world.market(2), 2_900_000_000n))
  scales = new ScaleAttacks(world, draft)
  await world.mark()
}, 300_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

/** Of any challenge about a scale. */
const MOST_GAS = 300_000n

const { underlyings } = DEFAULT_CONFIGURATION
const BTC = underlyings.indexOf('BTC')
const challenge = (fault: RoundFault, round: PostedRound) => scales.challenge(fault, round)
const posted = (changed: Draft) => scales.posted(changed)
const faultOf = (round: PostedRound) => findFault(world.hasher, world.instance, round, world.lookup)

describe('a round with scales', () => {
  it('is honest where they follow from what it publishes: no challenge of any kind goes through', async () => {
    const [first, second] = [world.posted.get(1)!.data, draft.data]
    expect(first.scalesBps[BTC]).toBe(11_000n)
    expect(second.scalesBps[BTC]).toBeGreaterThan(first.scalesBps[BTC]!)
    expect(second.scalesBps[BTC]).toBeLessThan(MAX_SCALE_BPS)
    const round = await posted(draft)
    expect(faultOf(round)).toBeUndefined()
    const cells = [...draft.matrix.vectors.keys()].filter((id) => id % 9 === 0)
    const claims: RoundFault[] = [
      ...[0, 1, 2].map((underlying): RoundFault => ({ kind: 'scale', underlying })),
      ...[SECTION_HEADER, SECTION_SYNTHETIC].map((section): RoundFault => ({ kind: 'format', section })),
      ...cells.map((place): RoundFault => ({ kind: 'cell', place })),
    ]
    for (const claim of claims) {
      await expect(challenge(claim, round), JSON.stringify(claim)).rejects.toMatchObject({
        rule: 'ChallengeFailed',
      })
    }
  })

  it('stands where nothing new was published, with the entries and scales of the round before', async () => {
    await world.post(2, draft)
    await world.post(3, await world.draft(3))
    const third = world.posted.get(3)!
    expect([third.data.synthetic, third.data.scalesBps]).toEqual([draft.data.synthetic, draft.data.scalesBps])
    expect(faultOf(third)).toBeUndefined()
    await expect(challenge({ kind: 'scale', underlying: BTC }, third)).rejects.toMatchObject({
      rule: 'ChallengeFailed',
    })
  })

  it('follows by the rules that the judge was deployed with', async () => {
    const rules = await readScaleRules(world.connection, underlyings)
    expect(rules).toEqual(DEFAULT_ORACLE_PARAMETERS.synthetic)
  })

  it('is seen by the watcher, and a scale at will is challenged by it', async () => {
    const watch = world.watch({ challenger: world.signer(CHALLENGER) })
    expect(await watch.step()).toMatchObject([{ state: 'honest' }])
    await posted(scales.atScales(scales.withScale(10_000n)))
    const [round] = await watch.step()
    expect(round).toMatchObject({ state: 'challenged', fault: { kind: 'scale', underlying: BTC } })
    expect(await world.is('isRejected', 2)).toBe(true)
  })
})

describe('a wrong scale', () => {
  const wrongs: [name: string, changed: () => Draft, fault: RoundFault][] = [
    ['a step too high', () => scales.atScales(scales.withScale(draft.data.scalesBps[0] + 500n)), SCALE],
    ['below 1', () => scales.told(9_999n), format(SECTION_HEADER)],
    ['above the cap', () => scales.told(MAX_SCALE_BPS + 1n), format(SECTION_HEADER)],
    [
      'of nothing that was ever published',
      () => scales.atScales(scales.withScale(10_500n, 2)),
      { kind: 'scale', underlying: 2 },
    ],
    [
      'with a figure at will',
      () =>
        scales.atScales(
          scales.withScale(10_000n),
          scales.withEntry((e) => ({ ...e, figureNano: 1n })),
        ),
      SCALE,
    ],
    [
      'with an average at will',
      () => scales.bent((e) => ({ ...e, slowVol: { ...e.slowVol, sum: e.slowVol.sum + 1n } })),
      SCALE,
    ],
    [
      'with a weight at will',
      () => scales.bent((e) => ({ ...e, slowDepth: { ...e.slowDepth, weightQ64: 1n } })),
      SCALE,
    ],
    [
      'without what the round before had',
      () =>
        scales.atScales(
          scales.withScale(10_000n),
          scales.withEntry(() => undefined),
        ),
      SCALE,
    ],
    ['from an interval that ends after the market', () => scales.late(), SCALE],
    ['from the last interval again, with another close', () => scales.again(), SCALE],
    ['from a close above the high', () => scales.bent((e) => ({ ...e, closeNano: e.highNano + 1n })), SCALE],
    ['from prices of zero', () => scales.bent((e) => ({ ...e, lowNano: 0n })), SCALE],
  ]

  for (const [name, changed, fault] of wrongs) {
    it(`${name}: is found and rejected`, async () => {
      const round = await posted(changed())
      expect(faultOf(round)).toEqual(fault)
      const { gasUsed } = await challenge(fault, round)
      expect(gasUsed).toBeLessThan(MOST_GAS)
      expect(await world.is('isRejected', 2)).toBe(true)
    })
  }

  it('that the matrix does not apply is a wrong cell', async () => {
    const at = world.changed(draft, { tops: scales.atScales(scales.withScale(10_000n)).data.tops })
    const round = await posted(at)
    const fault = faultOf(round)
    expect(fault).toMatchObject({ kind: 'cell' })
    await challenge(fault!, round)
    expect(await world.is('isRejected', 2)).toBe(true)
  })

  it('in the first round follows from its own activity alone', async () => {
    const other = await OracleWorld.start()
    try {
      const first = await other.draft(1, undefined, activitiesOf(other.market(1), 2_000_000_000n))
      const entries = first.data.synthetic.with(BTC, { ...first.data.synthetic[BTC]!, impliedVolNano: 1n })
      await other.post(1, other.changed(first, { synthetic: entries }))
      const round = other.posted.get(1)!
      const fault = findFault(other.hasher, other.instance, round, other.lookup)
      expect(fault).toEqual(SCALE)
      await sendChallenge(
        other.connection,
        other.signer(CHALLENGER),
        challengeOf(fault!, round, other.lookup),
      )
      expect(await other.is('isRejected', 1)).toBe(true)
    } finally {
      await other.close()
    }
  }, 120_000)
})

describe('the formula on chain', () => {
  it('is bit for bit that of TypeScript through twenty rounds of wild markets', async () => {
    const random = new SplitMix64(11n)
    let before = world.posted.get(1)!
    for (let sequence = 2; sequence <= 21; sequence++) {
      const market = world.market(sequence)
      const activities = activitiesOf(
        market,
        random.bits(32),
        random.bits(1) === 0n ? 0n : 1n + random.bits(55),
      ).map((activity) => {
        const wild = random.between(1n, 400n)
        const ends = random.between(0n, 30n)
        return {
          ...activity,
          endSeconds: activity.endSeconds - Number(ends),
          highNano: (activity.openNano * (1_000n + wild)) / 1_000n,
          lowNano: (activity.openNano * (1_000n - wild / 2n)) / 1_000n,
          volumeNano: random.bits(40) >> random.between(0n, 40n),
        }
      })
      await world.post(sequence, await world.draft(sequence, undefined, activities))
      const round = world.posted.get(sequence)!
      expect(faultOf(round)).toBeUndefined()
      expect(round.data.synthetic[BTC]).not.toEqual(before.data.synthetic[BTC])
      for (const underlying of [0, 1]) {
        await expect(challenge({ kind: 'scale', underlying }, round)).rejects.toMatchObject({
          rule: 'ChallengeFailed',
        })
      }
      before = round
    }
  }, 300_000)
})

const DEFENCES: OracleDefence[] = [
  {
    rule: 'NotThePreviousRound',
    attack: 'another round in the place of the one before',
    arrange: async () => {
      await world.post(2, draft)
      await world.post(3, await world.draft(3, undefined, activitiesOf(world.market(3), 1_000_000_000n)))
      const about = { ...world.posted.get(3)!, previous: 1 }
      return () => challenge(SCALE, about)
    },
  },
  {
    rule: 'DataHashMismatch',
    attack: 'entries that the feeders never signed',
    arrange: async () => {
      await world.post(2, draft)
      const { sections } = scales.bent((e) => ({ ...e, figureNano: 1n }))
      const about = { ...world.posted.get(2)!, sections }
      return () => challenge(SCALE, about)
    },
  },
].map((defence) => ({
  target: 'ScaleJudge',
  address: (w: OracleWorld) => w.deployment.judges.scale,
  ...defence,
}))

describe('without each check a false challenge goes through', () => itHolds(DEFENCES, () => world))
describe('without each condition a wrong scale stands', () =>
  itCondemns(
    scaleConditions(() => scales),
    () => world,
  ))
