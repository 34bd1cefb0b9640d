import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { challengeOf, groupPlaces } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import { listedTerms, type RoundData } from '../../src/chain/oracle-data.ts'
import { prepareGroup } from '../../src/chain/oracle-group.ts'
import { haltSection } from '../../src/chain/oracle-halts.ts'
import type { RoundFault } from '../../src/chain/oracle-recompute.ts'
import { groupLeaves } from '../../src/chain/oracle-round.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import {
  CHALLENGE_GAS,
  LISTING_PART_PLACES,
  MOST_EXPIRIES,
  MOST_GROUPS,
  MOST_MARKS,
  MOST_PARTS,
  MOST_SMILE_POINTS,
  SECTION_GROUPS,
  SECTION_HEADER,
  SECTION_MARKS,
  SECTION_SMILES,
} from '../../src/protocol/oracle-words.ts'
import { replaceCode } from '../chain/fixtures/replace-code.ts'
import { switchedContracts, without } from '../chain/fixtures/switches.ts'
import { activitiesOf } from './fixtures/activity.ts'
import { itHolds, type OracleDefence } from './fixtures/mutants.ts'
import { CHALLENGER, type Draft, OracleWorld } from './fixtures/oracle-world.ts'

/** Rounds whose poster brings as much as the oracle takes, and more. The first is of that size and stands. */
/** Of the listing's second part, the one with most expiries: its leaves need most smiles. */
let group = 0
const FAR = 4_000_000_000

let world: OracleWorld
let draft: Draft
beforeAll(async () => {
  world = await OracleWorld.start(MARGIN_INSTANCES['margin-16'])
  const first = await world.draft(1)
  await world.post(1, world.changed(first, largest(first.data, 1), first.riskRoot))
  draft = await world.draft(2, undefined, activitiesOf(world.market(2), 1_300_000_000n))
  const expiriesOf = (at: number) =>
    new Set(groupPlaces(at).map((place) => listedTerms(world.listed.get(place)!).expirySeconds)).size
  group = [8, 9, 10, 11, 12, 13, 14, 15].reduce((most, at) => (expiriesOf(at) > expiriesOf(most) ? at : most))
  expect(expiriesOf(group)).toBeGreaterThan(1)
  await world.mark()
}, 600_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

/** The data with everything added that a round may bring; every option of the sample has a smile of the longest. */
function largest(data: RoundData, sequence: number): Partial<RoundData> {
  const last = data.expiries.at(-1)!
  const others = Array.from({ length: MOST_EXPIRIES - data.expiries.length }, (_, index) => {
    return { ...last, expirySeconds: FAR + index, smile: [] }
  })
  const known = new Set(data.marks.map(({ id }) => id))
  const ids = Array.from({ length: MOST_MARKS }, (_, index) => 2_000 + index).filter((id) => !known.has(id))
  const marks = ids.map((id) => ({ id, markNano: last.forwardNano, fundingNano: 7n }))
  const halted = sequence === 1 ? [] : Array.from({ length: MOST_PARTS * LISTING_PART_PLACES }, (_, id) => id)
  return {
    expiries: [
      ...data.expiries.map((expiry) => ({ ...expiry, smile: longSmile(expiry.forwardNano) })),
      ...others,
    ],
    marks: [...data.marks, ...marks].slice(0, MOST_MARKS),
    // All of the part in which the challenged group is, and one of each other part.
    halts: halted
      .filter(
        (id) => id > 0 && (id % LISTING_PART_PLACES === 1 || Math.floor(id / LISTING_PART_PLACES) === 1),
      )
      .map((id) => ({ id, standingSequence: Math.floor(id / LISTING_PART_PLACES) === 1 ? 1 : 0 })),
    groups: Array.from({ length: MOST_GROUPS }, (_, group) => data.groups[group] ?? 3n),
  }
}

function longSmile(forwardNano: bigint) {
  return Array.from({ length: MOST_SMILE_POINTS }, (_, index) => ({
    strikeNano: (forwardNano * BigInt(300 + 3 * index)) / 1_000n,
    volNano: 600_000_000n + BigInt(index),
  }))
}

const challenger = () => world.signer(CHALLENGER)

async function challenged(data: Partial<RoundData>, fault: RoundFault, riskRoot?: bigint) {
  await world.post(2, world.changed(draft, { ...largest(draft.data, 2), ...data }, riskRoot))
  const round = world.posted.get(2)!
  const prepared =
    fault.kind === 'group'
      ? await prepareGroup(world.connection, challenger(), round, fault.group, world.lookup)
      : []
  const challenge = challengeOf(fault, round, world.lookup, groupLeaves(draft.matrix.tree, group))
  const sent = [...prepared, await sendChallenge(world.connection, challenger(), challenge)]
  expect(await world.is('isRejected', 2)).toBe(true)
  return sent.map(({ gasUsed }) => gasUsed)
}

/** The data with the last entry of a list changed. */
const lastOf = <T>(list: readonly T[], change: (last: T) => T): T[] =>
  list.with(-1, change(list.at(-1)!)) as T[]

describe('a round that brings all that the oracle takes can be challenged within the gas of a challenge', () => {
  const full = () => largest(draft.data, 2) as RoundData
  const wrongs: [name: string, fault: () => RoundFault, data: () => Partial<RoundData>, root?: bigint][] = [
    [
      'by the header',
      () => ({ kind: 'format', section: SECTION_HEADER }),
      () => ({ expiries: lastOf(full().expiries, (last) => ({ ...last, forwardNano: 1n })) }),
    ],
    [
      'by its marks',
      () => ({ kind: 'format', section: SECTION_MARKS }),
      () => ({ marks: lastOf(full().marks, (last) => ({ ...last, markNano: 0n })) }),
    ],
    [
      'by its groups',
      () => ({ kind: 'format', section: SECTION_GROUPS }),
      () => ({ groups: lastOf(full().groups, () => FIELD_MODULUS) }),
    ],
    [
      'by a smile',
      () => ({ kind: 'format', section: SECTION_SMILES }),
      () => ({
        expiries: full().expiries.map((expiry, index) =>
          index > 0 ? expiry : { ...expiry, smile: lastOf(expiry.smile, (at) => ({ ...at, volNano: 0n })) },
        ),
      }),
    ],
    [
      'by its halts',
      () => ({ kind: 'format', section: haltSection(LISTING_PART_PLACES, MOST_EXPIRIES) }),
      () => ({
        halts: full().halts.map((halt) => (halt.id === 127 ? { ...halt, standingSequence: 2 } : halt)),
      }),
    ],
    ['by a top node', () => ({ kind: 'top', top: 1 }), () => ({ tops: draft.data.tops.with(1, 7n) })],
    ['by its root', () => ({ kind: 'root' }), () => ({}), 5n],
    [
      'by a scale',
      () => ({ kind: 'scale', underlying: 0 }),
      () => ({ scalesBps: [20_000n, 20_000n, 20_000n] }),
    ],
    [
      'by a standing round',
      () => ({ kind: 'standing', id: 70 }),
      () => ({
        halts: full().halts.map((halt) => (halt.id === 70 ? { ...halt, standingSequence: 0 } : halt)),
      }),
    ],
    ['by an opened cell', () => ({ kind: 'cell', place: 8 * group + 4 }), () => ({})],
    ['by a group', () => ({ kind: 'group', group, place: 8 * group }), () => ({})],
  ]
  it.each(wrongs)('%s', async (name, fault, data, root) => {
    const gas = await challenged(data(), fault(), root)
    process.stderr.write(`gas of a challenge of the largest round ${name}: ${gas.join(' + ')}\n`)
    for (const used of gas) expect(used).toBeLessThan(CHALLENGE_GAS)
  })
})

/** A round with more than the oracle takes: one section too long, or too many of them. */
const oversized = (data: () => Partial<RoundData>) => world.changed(draft, data(), draft.riskRoot)
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))
const TOO_LONG: readonly [what: string, data: () => Partial<RoundData>][] = [
  [
    'expiries',
    () => ({
      expiries: many(MOST_EXPIRIES + 1, (at) => ({
        ...draft.data.expiries[0]!,
        expirySeconds: FAR + at,
        smile: [],
      })),
    }),
  ],
  ['marks', () => ({ marks: many(MOST_MARKS + 1, (at) => ({ id: at + 1, markNano: 1n, fundingNano: 0n })) })],
  ['top nodes', () => ({ tops: [...draft.data.tops, 1n] })],
  ['groups', () => ({ groups: many(MOST_GROUPS + 1, BigInt) })],
  ['entries of activity', () => ({ synthetic: [...draft.data.synthetic, draft.data.synthetic[0]] })],
  [
    'points of a smile',
    () => ({
      expiries: draft.data.expiries.map((expiry, at) =>
        at > 0
          ? expiry
          : { ...expiry, smile: [...longSmile(1_000_000n), { strikeNano: 9_000_000n, volNano: 1n }] },
      ),
    }),
  ],
  [
    'halts of one part',
    () => ({ halts: many(LISTING_PART_PLACES + 1, (at) => ({ id: 64 + 4_096 * at, standingSequence: 0 })) }),
  ],
]

describe('the oracle refuses', () => {
  it('a header without its first words', async () => {
    const [header, ...others] = draft.sections
    const sections = [header!.slice(0, 2 + 3 * 64), ...others]
    await expect(world.post(2, { ...draft, sections })).rejects.toMatchObject({ rule: 'HeaderTooShort' })
  })

  it.each(TOO_LONG)('more %s than a challenge can bring', async (_, data) => {
    await expect(world.post(2, oversized(data))).rejects.toMatchObject({ rule: 'SectionTooLong' })
  })

  it('what would make a challenge dearer than it may be', { timeout: 600_000 }, async () => {
    const wrong = oversized(() => ({
      expiries: many(3_000, (at) => ({ ...draft.data.expiries[0]!, expirySeconds: FAR + at, smile: [] })),
      tops: draft.data.tops.with(1, 7n),
    }))
    await expect(world.post(2, wrong)).rejects.toMatchObject({ rule: 'SectionTooLong' })
    const mutant = without((await switchedContracts()).ChallengeableOracle!, ['SectionTooLong'])
    const { oracle, constructorArguments } = world.deployment
    await replaceCode(world.chain, oracle, mutant, constructorArguments.ChallengeableOracle!)
    await world.post(2, wrong)
    const challenge = challengeOf({ kind: 'top', top: 1 }, world.posted.get(2)!, world.lookup)
    const { gasUsed } = await sendChallenge(world.connection, challenger(), challenge)
    expect(gasUsed).toBeGreaterThan(CHALLENGE_GAS)
  })
})

const DEFENCES: OracleDefence[] = [
  {
    rule: 'SectionTooLong',
    attack: 'more marks than a challenge can bring',
    arrange: async () => () => world.post(2, oversized(TOO_LONG[1]![1])),
  },
  {
    rule: 'SectionsTooMany',
    attack: 'parts of halts beyond the last place',
    arrange: async () => {
      const sections = [...draft.sections, ...many(MOST_PARTS + 1, () => '0x')]
      return () => world.post(2, { ...draft, sections })
    },
  },
  {
    rule: 'SectionsMissing',
    attack: 'an expiry without its smile',
    arrange: async () => () => world.post(2, { ...draft, sections: draft.sections.slice(0, -1) }),
  },
].map((defence) => ({ ...defence, target: 'ChallengeableOracle', address: (w) => w.deployment.oracle }))

describe('without each check such a round is posted', () => itHolds(DEFENCES, () => world))

describe('a round over which a group follows from several rounds', () => {
  it('is not judged by leaves that nobody has prepared', async () => {
    await world.post(2, world.changed(draft, largest(draft.data, 2)))
    const round = world.posted.get(2)!
    const challenge = challengeOf({ kind: 'group', group, place: 8 * group }, round, world.lookup)
    await expect(sendChallenge(world.connection, challenger(), challenge)).rejects.toMatchObject({
      rule: 'LeafNotPrepared',
    })
  })
})
