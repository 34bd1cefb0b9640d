import { keccak256 } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { challengeOf, type PostedRound } from '../../src/chain/oracle-challenge.ts'
import { sendChallenge } from '../../src/chain/oracle-client.ts'
import { encodeRoundData } from '../../src/chain/oracle-data.ts'
import type { RoundFault } from '../../src/chain/oracle-recompute.ts'
import { groupLeaves } from '../../src/chain/oracle-round.ts'
import { send } from '../../src/chain/transactions.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { SECTION_SMILES } from '../../src/protocol/oracle-words.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { listedPart, listing, postingThird, spotWord, withOtherLot, withPart } from './fixtures/attacks.ts'
import { itHolds, type OracleDefence } from './fixtures/mutants.ts'
import { CHALLENGE_SECONDS, CHALLENGER, type Draft, OracleWorld } from './fixtures/oracle-world.ts'

/** A large tree with two honest rounds; the second halts one instrument. */
const PLACE = 100
const GROUP = 12
const UNQUOTED = 'BTC-PERPETUAL'
/** Priced in the first two rounds, halted in the third. */
const HALTED_LATER = 'ETH-PERPETUAL'

let world: OracleWorld
let third: Draft
beforeAll(async () => {
  world = await OracleWorld.start(MARGIN_INSTANCES['margin-16'])
  const without =
    (...symbols: string[]) =>
    (market: Draft['snapshot']) => ({
      ...market,
      instruments: market.instruments.filter(({ symbol }) => !symbols.includes(symbol)),
    })
  await world.post(1, await world.draft(1))
  await world.post(2, await world.draft(2, without(UNQUOTED)))
  third = await world.draft(3, without(UNQUOTED, HALTED_LATER))
  await world.mark()
}, 600_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

const round = (sequence = 2) => world.posted.get(sequence)!
const challenging =
  (fault: RoundFault, about: () => PostedRound, opened?: () => readonly bigint[]) => async () => {
    const challenge = challengeOf(
      fault,
      about(),
      (n) => (n === about().sequence ? about() : world.lookup(n)),
      opened?.(),
    )
    return () => sendChallenge(world.connection, world.signer(CHALLENGER), challenge)
  }
const leaves = () => groupLeaves(world.drafts.get(2)!.matrix.tree, GROUP)
const haltedLater = () => third.matrix.listing.bySymbol(HALTED_LATER)!.id
const at = (judge: 'format' | 'standing' | 'cell') => (w: OracleWorld) => w.deployment.judges[judge]

/** The honest second round as somebody would like it to be. */
const forged = (change: Partial<PostedRound>) => () => ({ ...round(), ...change })
const badSmile = () => [
  ...round().sections.slice(0, SECTION_SMILES),
  '0x00',
  ...round().sections.slice(SECTION_SMILES + 1),
]

const EVIDENCE: OracleDefence[] = [
  {
    ...{ target: 'FormatJudge', address: at('format') },
    rule: 'DataHashMismatch',
    attack: 'raw data that the feeders never signed',
    arrange: () =>
      challenging({ kind: 'format', section: SECTION_SMILES }, forged({ sections: badSmile() }))(),
  },
  {
    ...{ target: 'FormatJudge', address: at('format') },
    rule: 'SectionHashMismatch',
    attack: 'the hashes of the honest data, with another section',
    arrange: async () => {
      const honest = challengeOf({ kind: 'format', section: SECTION_SMILES }, round(), world.lookup)
      const smile = round().sections[SECTION_SMILES]!.slice(2)
      const evidence = honest.evidence.replace(smile, `ff${smile.slice(2)}`)
      return () => sendChallenge(world.connection, world.signer(CHALLENGER), { ...honest, evidence })
    },
  },
  {
    ...{ target: 'StandingJudge', address: at('standing') },
    rule: 'NotHalted',
    attack: 'an instrument that is priced is asked for its standing vector',
    arrange: () => challenging({ kind: 'standing', id: PLACE }, round)(),
  },
  {
    ...{ target: 'StandingJudge', address: at('standing') },
    rule: 'NotThePreviousRound',
    attack: 'another round in the place of the one before',
    arrange: async () => {
      await world.post(3, third)
      const about = () => ({ ...world.posted.get(3)!, previous: 1 })
      return challenging({ kind: 'standing', id: haltedLater() }, about)()
    },
  },
  {
    ...{ target: 'CellJudge', address: at('cell') },
    rule: 'ListingHashMismatch',
    attack: 'a listing without the instrument',
    arrange: () => challenging({ kind: 'cell', place: PLACE }, forged({ parts: ['0x', '0x'] }), leaves)(),
  },
  {
    ...{ target: 'CellJudge', address: at('cell') },
    rule: 'PartHashMismatch',
    attack: 'the hashes of the listing, with another lot in it',
    arrange: async () => {
      const honest = challengeOf({ kind: 'cell', place: PLACE }, round(), world.lookup, leaves())
      const word = round().listed.get(PLACE)!.toString(16)
      const other = (round().listed.get(PLACE)! + (1n << 56n)).toString(16)
      const evidence = honest.evidence.replace(word, other)
      return () => sendChallenge(world.connection, world.signer(CHALLENGER), { ...honest, evidence })
    },
  },
  {
    ...{ target: 'CellJudge', address: at('cell') },
    rule: 'PartMissing',
    attack: 'another part of the listing, in which the place is not',
    arrange: async () => {
      const honest = challengeOf({ kind: 'cell', place: PLACE }, round(), world.lookup, leaves())
      return withPart(world, honest, 0, round().parts[0]!)
    },
  },
  {
    ...{ target: 'CellJudge', address: at('cell') },
    rule: 'ConfigurationHashMismatch',
    attack: 'a configuration with other scenarios',
    arrange: () => {
      const configuration = { ...DEFAULT_CONFIGURATION, greekShocks: { spotBps: 300n, volBps: 2_500n } }
      return challenging({ kind: 'cell', place: PLACE }, forged({ configuration }), leaves)()
    },
  },
  {
    ...{ target: 'CellJudge', address: at('cell') },
    rule: 'OpeningMismatch',
    attack: 'leaves that the round never committed to',
    arrange: () =>
      challenging({ kind: 'cell', place: PLACE }, round, () => leaves().map((leaf) => leaf + 1n))(),
  },
  {
    ...{ target: 'CellJudge', address: at('cell') },
    rule: 'OpeningOutOfField',
    attack: 'a leaf and the modulus, which hash alike',
    arrange: () =>
      challenging({ kind: 'cell', place: PLACE }, round, () =>
        leaves().map((leaf) => leaf + FIELD_MODULUS),
      )(),
  },
]

const oracle = (w: OracleWorld) => w.deployment.oracle
const call =
  (method: string, args: readonly unknown[], signer = CHALLENGER) =>
  () =>
    send(world.connection.oracle, method, args, world.signer(signer), world.connection.errors)

const ORACLE: OracleDefence[] = [
  {
    rule: 'ChallengeFailed',
    attack: 'an honest round is challenged',
    arrange: () => challenging({ kind: 'cell', place: PLACE }, round, leaves)(),
  },
  {
    rule: 'DataHashMismatch',
    attack: 'a round with other data than the feeders signed',
    arrange: () => postingThird(world, third, { signed: ['0x01', '0x02'] }),
  },
  {
    rule: 'DataTimeMismatch',
    attack: 'data of another time than the round',
    arrange: () => postingThird(world, third, { timeSeconds: third.data.asOfSeconds + 1 }),
  },
  {
    rule: 'ListingNotInForce',
    attack: 'a listing that nobody listed',
    arrange: async () => {
      const sections = encodeRoundData({ ...third.data, listingHash: keccak256('0x12') })
      return postingThird(world, third, { sections })
    },
  },
  {
    rule: 'BondMismatch',
    attack: 'a round without a bond',
    arrange: () => postingThird(world, third, { valueWei: 0n }),
  },
  {
    rule: 'ChallengeWindowOver',
    attack: 'a final round is challenged',
    arrange: async () => {
      const wrong = world.changed(third, {
        tops: third.data.tops.map((node, index) => (index === 1 ? 7n : node)),
      })
      await world.post(3, wrong)
      await world.chain.advance(CHALLENGE_SECONDS)
      return challenging({ kind: 'top', top: 1 }, () => world.posted.get(3)!)()
    },
  },
  {
    rule: 'ChallengeWindowOpen',
    attack: 'the bond is taken back at once',
    arrange: async () => call('reclaimBond', [2]),
  },
  {
    rule: 'BondGone',
    attack: 'the bond is taken back twice',
    arrange: async () => {
      await world.chain.advance(CHALLENGE_SECONDS)
      await call('reclaimBond', [2])()
      return call('reclaimBond', [2])
    },
  },
].map((defence) => ({
  ...defence,
  target: 'ChallengeableOracle',
  address: oracle,
}))

const LISTING: OracleDefence[] = [
  {
    rule: 'TermsChanged',
    alsoWithout: ['GenerationNotNext'],
    attack: 'a live instrument gets another lot',
    arrange: async () => listing(world, withOtherLot(listedPart(world), 3)),
  },
  {
    rule: 'GenerationNotNext',
    attack: 'a place is given again under its old id',
    arrange: async () => {
      const words = listedPart(world)
      await listing(world, words.slice(1))()
      return listing(world, withOtherLot(words, 0), words.slice(1))
    },
  },
  {
    rule: 'PlaceNotInOrder',
    alsoWithout: ['GenerationNotNext'],
    attack: 'a place stands twice',
    arrange: async () => listing(world, listedPart(world).toSpliced(1, 0, listedPart(world)[0]!)),
  },
  {
    rule: 'PlaceOutsidePart',
    attack: 'an instrument stands in a part where nobody looks for it',
    arrange: async () => listing(world, [...listedPart(world), spotWord(200)]),
  },
  {
    rule: 'FormerRowsMismatch',
    attack: 'former rows that have another lot already',
    arrange: async () => {
      const words = withOtherLot(listedPart(world), 3)
      return listing(world, words, words)
    },
  },
].map((defence) => ({
  ...defence,
  target: 'InstrumentListing',
  address: (w: OracleWorld) => w.deployment.listing,
}))

describe('without each check a false challenge or a false round goes through', () =>
  itHolds([...EVIDENCE, ...ORACLE, ...LISTING], () => world))
