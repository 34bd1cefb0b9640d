import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { challengeOf, type PostedRound } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import type { RoundData } from '../../src/chain/oracle-data.ts'
import { haltSection } from '../../src/chain/oracle-halts.ts'
import { findFault, type RoundFault } from '../../src/chain/oracle-recompute.ts'
import { send } from '../../src/chain/transactions.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import {
  SECTION_HEADER,
  SECTION_MARKS,
  SECTION_SMILES,
  SECTION_TOPS,
} from '../../src/protocol/oracle-words.ts'
import { riskLeaf } from '../../src/risk/risk-tree.ts'
import {
  BOND_WEI,
  CHALLENGE_SECONDS,
  CHALLENGER,
  type Draft,
  OracleWorld,
  POSTER,
  TREASURY,
} from './fixtures/oracle-world.ts'

/** A small tree: its 64 leaves are its top nodes. One honest round; the second is the one that is tampered with. */
let world: OracleWorld
let draft: Draft
beforeAll(async () => {
  world = await OracleWorld.start()
  await world.post(1, await world.draft(1))
  draft = await world.draft(2, withoutOne)
  await world.mark()
}, 300_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

const UNQUOTED = 'BTC-PERPETUAL'
/** The second round does not quote one instrument, so the first round's vector of it stands. */
function withoutOne(market: Parameters<NonNullable<Parameters<OracleWorld['draft']>[1]>>[0]) {
  return { ...market, instruments: market.instruments.filter(({ symbol }) => symbol !== UNQUOTED) }
}

const place = (symbol: string) => draft.matrix.listing.bySymbol(symbol)!.id
const spot = () => place(draft.snapshot.instruments.find(({ kind }) => kind === 'spot')!.symbol)
/** The first part of the halts stands after the smiles. */
const halts = () => haltSection(0, draft.data.expiries.length)
const option = () => draft.matrix.listing.instruments.find(({ symbol }) => symbol.endsWith('-C'))!.id

/** The tops with one leaf replaced. */
function withLeaf(at: number, leaf: bigint): Partial<RoundData> {
  return { tops: draft.data.tops.map((node, index) => (index === at ? leaf : node)) }
}

/** The leaf of a vector with one rate a nano-USD off. */
function wrongLeaf(id: number, dim = 20): bigint {
  const vector = draft.matrix.vectors.get(id)!
  const ratesNano = vector.ratesNano.map((rate, index) => (index === dim ? rate + 1n : rate))
  return riskLeaf(world.hasher, { ...vector, ratesNano })
}

async function postChanged(data: Partial<RoundData>, riskRoot?: bigint): Promise<PostedRound> {
  await world.post(2, world.changed(draft, data, riskRoot))
  return world.posted.get(2)!
}

function faultOf(round: PostedRound): RoundFault | undefined {
  return findFault(world.hasher, world.instance, round, world.lookup)
}

const challenge = (fault: RoundFault, round: PostedRound) =>
  sendChallenge(world.connection, world.signer(CHALLENGER), challengeOf(fault, round, world.lookup))

describe('an honest round', () => {
  it('has no fault, and no challenge of any kind goes through', async () => {
    await world.post(2, draft)
    const round = world.posted.get(2)!
    expect(faultOf(round)).toBeUndefined()
    const halted = place(UNQUOTED)
    const claims: RoundFault[] = [
      ...[0, 1, spot(), halted, option(), 63].map((at): RoundFault => ({ kind: 'cell', place: at })),
      ...[SECTION_HEADER, SECTION_MARKS, SECTION_TOPS, SECTION_SMILES, halts()].map(
        (section): RoundFault => ({ kind: 'format', section }),
      ),
      { kind: 'root' },
      { kind: 'standing', id: halted },
    ]
    for (const claim of claims) {
      await expect(challenge(claim, round), JSON.stringify(claim)).rejects.toMatchObject({
        rule: 'ChallengeFailed',
      })
    }
    expect(await world.is('isRejected', 2)).toBe(false)
  })

  it('is settleable once its window has passed, and its bond goes back', async () => {
    await world.post(2, draft)
    expect(await world.is('isSettleable', 2)).toBe(false)
    const reclaim = () =>
      send(world.connection.oracle, 'reclaimBond', [2], world.signer(CHALLENGER), world.connection.errors)
    await expect(reclaim()).rejects.toMatchObject({ rule: 'ChallengeWindowOpen' })
    await world.chain.advance(CHALLENGE_SECONDS)
    expect(await world.is('isSettleable', 2)).toBe(true)
    await reclaim()
    expect(await world.owed(POSTER)).toBe(BOND_WEI)
    await expect(reclaim()).rejects.toMatchObject({ rule: 'BondGone' })
  })
})

describe('a wrong round', () => {
  /** What is wrong, and how it is found. */
  const wrongs: [name: string, data: () => Partial<RoundData>, fault: () => RoundFault][] = [
    [
      'one scenario of an option a nano-USD off',
      () => withLeaf(option(), wrongLeaf(option())),
      () => ({ kind: 'cell', place: option() }),
    ],
    [
      'another mark of a future',
      () => withLeaf(place('BTC-13MAR26'), wrongLeaf(place('BTC-13MAR26'), 0)),
      () => ({ kind: 'cell', place: place('BTC-13MAR26') }),
    ],
    [
      'an instrument under the id of another',
      () => {
        const vector = draft.matrix.vectors.get(option())!
        return withLeaf(option(), riskLeaf(world.hasher, { ...vector, id: option() + 4_096 }))
      },
      () => ({ kind: 'cell', place: option() }),
    ],
    ['a listed instrument left out', () => withLeaf(option(), 0n), () => ({ kind: 'cell', place: option() })],
    [
      'an instrument that is not listed',
      () => withLeaf(63, wrongLeaf(option())),
      () => ({ kind: 'cell', place: 63 }),
    ],
    [
      'padding that is worth something',
      () => withLeaf(0, wrongLeaf(option())),
      () => ({ kind: 'cell', place: 0 }),
    ],
    [
      'a halted instrument without the raise of its charges',
      () => {
        const standing = world.drafts.get(1)!.matrix.vectors.get(place(UNQUOTED))!
        return withLeaf(place(UNQUOTED), riskLeaf(world.hasher, standing))
      },
      () => ({ kind: 'cell', place: place(UNQUOTED) }),
    ],
    [
      'a halt that leaves out what had a vector',
      () => ({ halts: [{ id: place(UNQUOTED), standingSequence: 0 }] }),
      () => ({ kind: 'standing', id: place(UNQUOTED) }),
    ],
    [
      'an instrument without a mark that is not halted',
      () => ({ halts: [] }),
      () => ({ kind: 'cell', place: place(UNQUOTED) }),
    ],
    [
      'a mark far from spot',
      () => {
        const id = place('BTC-13MAR26')
        return {
          marks: draft.data.marks.map((mark) =>
            mark.id === id ? { ...mark, markNano: mark.markNano * 3n } : mark,
          ),
        }
      },
      () => ({ kind: 'cell', place: place('BTC-13MAR26') }),
    ],
    [
      'a leaf that is no field element',
      () => withLeaf(5, draft.data.tops[5]! + FIELD_MODULUS),
      () => ({ kind: 'format', section: SECTION_TOPS }),
    ],
    [
      'strikes in no order',
      () => ({
        expiries: draft.data.expiries.map((expiry) => ({ ...expiry, smile: expiry.smile.toReversed() })),
      }),
      () => ({ kind: 'format', section: SECTION_SMILES }),
    ],
    [
      'a volatility of 5,000%',
      () => ({
        expiries: draft.data.expiries.map((expiry) => ({
          ...expiry,
          smile: expiry.smile.map((point) => ({ ...point, volNano: 50_000_000_000n })),
        })),
      }),
      () => ({ kind: 'format', section: SECTION_SMILES }),
    ],
    [
      'a forward at three times spot',
      () => ({
        expiries: draft.data.expiries.map((expiry) => ({ ...expiry, forwardNano: expiry.forwardNano * 3n })),
      }),
      () => ({ kind: 'format', section: SECTION_HEADER }),
    ],
    [
      'expiries in no order',
      () => ({ expiries: draft.data.expiries.toReversed() }),
      () => ({ kind: 'format', section: SECTION_HEADER }),
    ],
    [
      'an expiry that has passed',
      () => ({
        expiries: draft.data.expiries.map((expiry, i) =>
          i === 0 ? { ...expiry, expirySeconds: draft.data.asOfSeconds } : expiry,
        ),
      }),
      () => ({ kind: 'format', section: SECTION_HEADER }),
    ],
    [
      'one mark twice',
      () => ({ marks: [draft.data.marks[0]!, ...draft.data.marks] }),
      () => ({ kind: 'format', section: SECTION_MARKS }),
    ],
    [
      'a halt that names the round itself',
      () => ({ halts: [{ id: place(UNQUOTED), standingSequence: 2 }] }),
      () => ({ kind: 'format', section: halts() }),
    ],
  ]

  for (const [name, data, fault] of wrongs) {
    it(`${name}: is found, rejected and paid for`, async () => {
      const round = await postChanged(data())
      expect(faultOf(round)).toEqual(fault())
      const sent = await challenge(fault(), round)
      expect(sent.gasUsed).toBeLessThan(3_000_000n)
      expect(await world.is('isRejected', 2)).toBe(true)
      expect([await world.owed(CHALLENGER), await world.owed(TREASURY)]).toEqual([
        BOND_WEI / 2n,
        BOND_WEI / 2n,
      ])
    })
  }

  it('with a root that nobody can open: is found, rejected and paid for', async () => {
    const round = await postChanged({}, 12_345n)
    expect(faultOf(round)).toEqual({ kind: 'root' })
    await challenge({ kind: 'root' }, round)
    expect(await world.is('isRejected', 2)).toBe(true)
  })

  it('counts for nothing afterwards, and the round before stands again', async () => {
    const { oracle, errors } = world.connection
    const round = await postChanged(withLeaf(option(), wrongLeaf(option())))
    await challenge({ kind: 'cell', place: option() }, round)
    expect(await oracle.getFunction('latestStanding').staticCall()).toBe(1n)
    expect(await oracle.getFunction('roundTime').staticCall(2)).toBe(0n)
    expect((await oracle.getFunction('findRecent').staticCall(round.riskRoot))[0]).toBe(0n)
    expect((await oracle.getFunction('findRecent').staticCall(world.posted.get(1)!.riskRoot))[0]).toBe(1n)
    await world.chain.advance(CHALLENGE_SECONDS)
    expect(await world.is('isSettleable', 2)).toBe(false)
    const reclaim = send(oracle, 'reclaimBond', [2], world.signer(POSTER), errors)
    await expect(reclaim).rejects.toMatchObject({ rule: 'BondGone' })
  })

  it('can be withdrawn for once', async () => {
    const round = await postChanged(withLeaf(option(), wrongLeaf(option())))
    await challenge({ kind: 'cell', place: option() }, round)
    const { oracle, errors } = world.connection
    const withdraw = () => send(oracle, 'withdraw', [], world.signer(CHALLENGER), errors)
    await withdraw()
    await expect(withdraw()).rejects.toMatchObject({ rule: 'NothingOwed' })
    expect(await world.chain.provider.getBalance(await oracle.getAddress())).toBe(BOND_WEI / 2n + BOND_WEI)
  })

  it('stays when nobody challenged it in time', async () => {
    const round = await postChanged(withLeaf(option(), wrongLeaf(option())))
    await world.chain.advance(CHALLENGE_SECONDS)
    await expect(challenge({ kind: 'cell', place: option() }, round)).rejects.toMatchObject({
      rule: 'ChallengeWindowOver',
    })
  })
})
