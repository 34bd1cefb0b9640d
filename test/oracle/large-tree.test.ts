import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { challengeOf, groupPlaces, type PostedRound } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import type { RoundData } from '../../src/chain/oracle-data.ts'
import { prepareGroup } from '../../src/chain/oracle-group.ts'
import { findFault, type RoundFault } from '../../src/chain/oracle-recompute.ts'
import { groupLeaves } from '../../src/chain/oracle-round.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { RiskTree, riskLeaf, topRoot } from '../../src/risk/risk-tree.ts'
import { CHALLENGER, type Draft, OracleWorld } from './fixtures/oracle-world.ts'

/** The tree of 4,096 places: nodes of eight leaves are posted, leaves are not. */
const MOST_GAS = 3_000_000n
const PLACE = 100
const GROUP = 12

let world: OracleWorld
let draft: Draft
/** A tree with one rate of one instrument a nano-USD off, and the round that commits to it. */
let wrong: RiskTree
beforeAll(async () => {
  world = await OracleWorld.start(MARGIN_INSTANCES['margin-16'])
  draft = await world.draft(1)
  const vectors = [...draft.matrix.vectors.values()].filter(({ id }) => id !== 0)
  wrong = RiskTree.of(
    world.hasher,
    world.instance,
    vectors.map((vector) =>
      vector.id === PLACE
        ? { ...vector, ratesNano: vector.ratesNano.map((rate, dim) => (dim === 41 ? rate + 1n : rate)) }
        : vector,
    ),
  )
  await world.mark()
}, 300_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

async function post(data: Partial<RoundData> = {}): Promise<PostedRound> {
  await world.post(1, world.changed(draft, data))
  return world.posted.get(1)!
}

/** Nodes as the poster of the wrong tree makes them. */
function wrongNodes(): Partial<RoundData> {
  const node = world.hasher.hash('RISK_NODE', groupLeaves(wrong, GROUP))
  return { tops: wrong.topNodes, groups: draft.data.groups.map((entry, at) => (at === GROUP ? node : entry)) }
}

const faultOf = (round: PostedRound) => findFault(world.hasher, world.instance, round, world.lookup)
const challenge = (fault: RoundFault, round: PostedRound, opened?: readonly bigint[]) =>
  sendChallenge(world.connection, world.signer(CHALLENGER), challengeOf(fault, round, world.lookup, opened))
const prepare = (round: PostedRound, group: number) =>
  prepareGroup(world.connection, world.signer(CHALLENGER), round, group, world.lookup)

it('an honest round has no fault, and no challenge goes through', async () => {
  const round = await post()
  expect(faultOf(round)).toBeUndefined()
  const leaves = groupLeaves(draft.matrix.tree, GROUP)
  const refused = { rule: 'ChallengeFailed' }
  await expect(challenge({ kind: 'cell', place: PLACE }, round, leaves)).rejects.toMatchObject(refused)
  await expect(challenge({ kind: 'top', top: 1 }, round)).rejects.toMatchObject(refused)
  // The last posted top, whose groups are not all posted, and one with none.
  await expect(challenge({ kind: 'top', top: 3 }, round)).rejects.toMatchObject(refused)
  await expect(challenge({ kind: 'top', top: 63 }, round)).rejects.toMatchObject(refused)
  await prepare(round, GROUP)
  await expect(challenge({ kind: 'group', group: GROUP, place: PLACE }, round)).rejects.toMatchObject(refused)
  await expect(challenge({ kind: 'group', group: 500, place: 4_000 }, round)).rejects.toMatchObject(refused)
})

it('a cell whose leaves were shown is challenged with one recomputation', async () => {
  const round = await post(wrongNodes())
  const opened = groupLeaves(wrong, GROUP)
  const sent = await challenge({ kind: 'cell', place: PLACE }, round, opened)
  expect(sent.gasUsed).toBeLessThan(MOST_GAS)
  process.stderr.write(`gas of a challenge by an opened cell: ${sent.gasUsed}\n`)
  expect(await world.is('isRejected', 1)).toBe(true)
})

it('a cell is not opened with leaves of another node', async () => {
  const round = await post()
  const cell = { kind: 'cell', place: PLACE } as const
  await expect(challenge(cell, round, groupLeaves(wrong, GROUP))).rejects.toMatchObject({
    rule: 'OpeningMismatch',
  })
})

it('a group that nobody can open is recomputed in parts', async () => {
  const round = await post(wrongNodes())
  const fault = faultOf(round)
  expect(fault).toMatchObject({ kind: 'group', group: GROUP })
  const sent = [...(await prepare(round, GROUP)), await challenge(fault!, round)]
  for (const { gasUsed } of sent) expect(gasUsed).toBeLessThan(MOST_GAS)
  process.stderr.write(`gas of a challenge of a group: ${sent.map(({ gasUsed }) => gasUsed).join(' + ')}\n`)
  expect(await world.is('isRejected', 1)).toBe(true)
})

it('the watcher does so by itself', async () => {
  await post(wrongNodes())
  const [round] = await world.watch({ challenger: world.signer(CHALLENGER) }).step()
  expect(round).toMatchObject({ state: 'challenged', fault: { kind: 'group', group: GROUP } })
  expect(await world.is('isRejected', 1)).toBe(true)
})

it('a top node that is not that of its groups, and groups with a stray leaf beyond the listing', async () => {
  const tops = draft.data.tops.map((node, at) => (at === 1 ? 77n : node))
  const round = await post({ tops })
  expect(faultOf(round)).toEqual({ kind: 'top', top: 1 })
  await challenge({ kind: 'top', top: 1 }, round)
  expect(await world.is('isRejected', 1)).toBe(true)
  await world.reset()
  // An account could hold what nobody listed: a vector beyond the last posted group.
  const vector = { ...draft.matrix.vectors.get(PLACE)!, id: 4_000 }
  const leaves = [riskLeaf(world.hasher, vector), 0n, 0n, 0n, 0n, 0n, 0n, 0n]
  const empty = world.hasher.hash('RISK_NODE', new Array(8).fill(0n))
  const groups = Array.from({ length: 501 }, (_, at) => draft.data.groups[at] ?? empty)
  groups[500] = world.hasher.hash('RISK_NODE', leaves)
  const top = world.hasher.hash('RISK_NODE', [empty, empty, empty, empty, groups[500]!, empty, empty, empty])
  const stray = await post({ groups, tops: draft.data.tops.map((node, at) => (at === 62 ? top : node)) })
  expect(topRoot(world.hasher, stray.data.tops)).toBe(stray.riskRoot)
  const fault = faultOf(stray)
  expect(fault).toMatchObject({ kind: 'group', group: 500 })
  await challenge(fault!, stray)
  expect(await world.is('isRejected', 1)).toBe(true)
})

it('a group whose options were halted one after another is recomputed in smaller parts', async () => {
  const at = (place: number) => draft.matrix.listing.instruments.find(({ id }) => id === place)!.symbol
  const symbols = groupPlaces(GROUP).map(at)
  await post()
  for (let last = 2; last <= symbols.length + 1; last++) {
    const gone = new Set(symbols.slice(0, last - 1))
    const without = (market: MarketSnapshot) => ({
      ...market,
      instruments: market.instruments.filter(({ symbol }) => !gone.has(symbol)),
    })
    const next = await world.draft(last, without)
    if (last <= symbols.length) await world.post(last, next)
    else await world.post(last, world.changed(next, { groups: next.data.groups.with(GROUP, 5n) }))
  }
  const round = world.posted.get(symbols.length + 1)!
  expect(new Set(round.data.halts.map(({ standingSequence }) => standingSequence)).size).toBe(symbols.length)
  const prepared = await prepare(round, GROUP)
  const fault = { kind: 'group', group: GROUP, place: PLACE } as const
  const sent = [...prepared, await challenge(fault, round)]
  for (const { gasUsed } of sent) expect(gasUsed).toBeLessThan(MOST_GAS)
})
