/**
 * `npx tsx scripts/oracle/gas.ts FILE...`: posts rounds of a captured chain (responses of Deribit's public
 * get_book_summary_by_currency, kind=option) with scales on a local chain, and tells the gas of a round and of each kind of
 * challenge. The dearest group is among them: each of its eight options halted since another round, so that the evidence is of
 * nine rounds.
 */
import { readFileSync } from 'node:fs'
import { concat, getBytes } from 'ethers'
import { challengeOf, groupPlaces, leafEvidence, type PostedRound } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import { listedTerms } from '../../src/chain/oracle-data.ts'
import { prepareGroup } from '../../src/chain/oracle-group.ts'
import type { RoundFault } from '../../src/chain/oracle-recompute.ts'
import { groupLeaves } from '../../src/chain/oracle-round.ts'
import { quotedMarket } from '../../src/feeder/file-source.ts'
import { fitMarket } from '../../src/oracle/quoted-market.ts'
import { withFittedSmiles } from '../../src/oracle/surface-fit.ts'
import { DEFAULT_INSTANCE } from '../../src/protocol/instances.ts'
import { TREE_ARITY } from '../../src/protocol/octary-tree.ts'
import { SECTION_HEADER } from '../../src/protocol/oracle-words.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { shiftMarket } from '../../src/risk/market/sample.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { placeOf, RiskTree } from '../../src/risk/risk-tree.ts'
import { activitiesOf } from '../../test/oracle/fixtures/activity.ts'
import { CHALLENGER, type Draft, OracleWorld } from '../../test/oracle/fixtures/oracle-world.ts'

const SECONDS_BETWEEN = 60
/** A round after each of a group's eight options was last quoted. */
const LAST = TREE_ARITY + 1
const CALM_VOL_NANO = 1_300_000_000n
const DEAR_VOL_NANO = 2_900_000_000n
const ETH = DEFAULT_CONFIGURATION.underlyings.indexOf('ETH')

function marketOf(names: readonly string[]): MarketSnapshot {
  const market = quotedMarket(names.map((name) => ({ name, text: readFileSync(name, 'utf8') })))
  return withFittedSmiles(market.snapshot, fitMarket(market).fits)
}

/** The group of eight options whose evidence is largest. */
function dearestGroup(round: PostedRound, world: OracleWorld): number {
  const bytes = (group: number) => {
    const { rounds } = leafEvidence(round, groupPlaces(group), world.lookup)
    return rounds.reduce((sum, { sections, part }) => sum + getBytes(concat([...sections, part])).length, 0)
  }
  const options = new Set(
    [...round.listed.values()]
      .map(listedTerms)
      .flatMap(({ kind, id }) => (kind === 'option' ? [placeOf(id)] : [])),
  )
  const groups = round.data.groups.flatMap((_, group) =>
    groupPlaces(group).every((place) => options.has(place)) ? [{ group, bytes: bytes(group) }] : [],
  )
  return groups.reduce((most, one) => (one.bytes > most.bytes ? one : most)).group
}

/** The draft with one rate of one instrument a nano-USD off, in a tree of its own. */
function withWrongRate(world: OracleWorld, draft: Draft, place: number): { draft: Draft; tree: RiskTree } {
  const vectors = [...draft.matrix.vectors.values()].filter(({ id }) => id !== 0)
  const wrong = vectors.map((vector) =>
    placeOf(vector.id) === place
      ? { ...vector, ratesNano: vector.ratesNano.map((rate, dim) => (dim === 41 ? rate + 1n : rate)) }
      : vector,
  )
  const tree = RiskTree.of(world.hasher, world.instance, wrong)
  const group = Math.floor(place / TREE_ARITY)
  const node = world.hasher.hash('RISK_NODE', groupLeaves(tree, group))
  const groups = draft.data.groups.map((entry, at) => (at === group ? node : entry))
  return { draft: world.changed(draft, { tops: tree.topNodes, groups }), tree }
}

const show = (what: string, value: unknown) => console.log(`${what}: ${value}`)

async function main(names: readonly string[]): Promise<void> {
  const market = marketOf(names)
  const world = await OracleWorld.start(DEFAULT_INSTANCE, market.asOfSeconds)
  try {
    await measure(world, market)
  } finally {
    await world.close()
  }
}

async function measure(world: OracleWorld, market: MarketSnapshot): Promise<void> {
  const at = (sequence: number, left: ReadonlySet<string> = new Set()): MarketSnapshot => {
    const later = shiftMarket(market, {
      spotBps: 0n,
      volBps: 0n,
      secondsLater: SECONDS_BETWEEN * (sequence - 1),
    })
    return { ...later, instruments: later.instruments.filter(({ symbol }) => !left.has(symbol)) }
  }
  const draft = (sequence: number, volNano: bigint, left?: ReadonlySet<string>) => {
    const snapshot = at(sequence, left)
    return world.draft(sequence, () => snapshot, activitiesOf(snapshot, volNano))
  }
  const first = await draft(1, CALM_VOL_NANO)
  const sent = await world.post(1, first)
  const { sections, listed } = world.posted.get(1)!
  show('instruments', listed.size)
  show('bytes of raw data', getBytes(concat(sections)).length)
  show('gas of a round', sent.gasUsed)
  const group = dearestGroup(world.posted.get(1)!, world)
  const symbols = groupPlaces(group).map(
    (place) => first.matrix.listing.instruments.find(({ id }) => placeOf(id) === place)!.symbol,
  )
  await world.mark()
  const second = await draft(2, DEAR_VOL_NANO)
  show('scales', second.data.scalesBps)
  await world.mark()
  await challenges(world, second, group)
  // One after another is no longer quoted; in the last round nobody quotes any.
  for (let sequence = 2; sequence <= LAST; sequence++) {
    const next = await draft(sequence, DEAR_VOL_NANO, new Set(symbols.slice(0, sequence - 1)))
    if (sequence === LAST) {
      await world.mark()
      await groupAndCell(world, next, group, `halted since ${TREE_ARITY} rounds`)
    } else await world.post(sequence, next)
  }
}

async function challenges(world: OracleWorld, draft: Draft, group: number): Promise<void> {
  await groupAndCell(world, draft, group, 'quoted')
  const send = async (what: string, wrong: Draft, fault: RoundFault) => {
    await world.post(2, wrong)
    const round = world.posted.get(2)!
    const challenge = challengeOf(fault, round, world.lookup)
    const { gasUsed } = await sendChallenge(world.connection, world.signer(CHALLENGER), challenge)
    show(`gas of a challenge, ${what}`, gasUsed)
    await world.reset()
  }
  const { scalesBps, tops, groups } = draft.data
  const scales = scalesBps.with(ETH, scalesBps[ETH]! + 500n) as unknown as typeof scalesBps
  await send('scale', world.changed(draft, { scalesBps: scales }), { kind: 'scale', underlying: ETH })
  const low = scalesBps.with(ETH, 0n) as unknown as typeof scalesBps
  await send('format of the header', world.changed(draft, { scalesBps: low }), {
    ...{ kind: 'format', section: SECTION_HEADER },
  })
  await send('top node', world.changed(draft, { tops: tops.with(0, 77n) }), { kind: 'top', top: 0 })
  await send('root', world.changed(draft, { groups }, draft.riskRoot + 1n), { kind: 'root' })
}

/** The last place of the group is wrong: by its opened cell, and by the group. */
async function groupAndCell(world: OracleWorld, draft: Draft, group: number, what: string): Promise<void> {
  const place = group * TREE_ARITY + TREE_ARITY - 1
  const wrong = withWrongRate(world, draft, place)
  const { connection, lookup } = world
  const sequence = [...world.posted.keys()].reduce((a, b) => Math.max(a, b), 0) + 1
  const challenger = world.signer(CHALLENGER)
  const challenge = async (fault: RoundFault, opened?: readonly bigint[]) =>
    sendChallenge(connection, challenger, challengeOf(fault, world.posted.get(sequence)!, lookup, opened))
  await world.post(sequence, wrong.draft)
  const cell = await challenge({ kind: 'cell', place }, groupLeaves(wrong.tree, group))
  show(`gas of a challenge by an opened cell, ${what}`, cell.gasUsed)
  await world.reset()
  await world.post(sequence, wrong.draft)
  const prepared = await prepareGroup(connection, challenger, world.posted.get(sequence)!, group, lookup)
  const last = await challenge({ kind: 'group', group, place })
  show(
    `gas of a challenge of a group, ${what}`,
    [...prepared, last].map(({ gasUsed }) => gasUsed).join(' + '),
  )
  await world.reset()
  world.posted.delete(sequence)
  world.drafts.delete(sequence)
}

await main(process.argv.slice(2))
