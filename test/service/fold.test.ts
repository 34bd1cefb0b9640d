import { Interface } from 'ethers'
import { describe, expect, it } from 'vitest'
import { packWord } from '../../src/protocol/packed-word.ts'
import { GAUGE_WORD, SEAL_COUNTS, SEAL_TOTALS } from '../../src/protocol/solvency.ts'
import { type ChainEvent, EventDecoder } from '../../src/service/chain/decode.ts'
import { fold } from '../../src/service/chain/fold.ts'
import type { RoundRecord, SealRecord } from '../../src/service/chain/records.ts'
import { roundView } from '../../src/service/chain/views.ts'
import type { ChainCursor } from '../../src/service/storage/chain.ts'

const HASH = `0x${'ab'.repeat(32)}`
const event = (name: string, values: ChainEvent['values'], block = 7): ChainEvent => ({
  block,
  logIndex: 0,
  transaction: HASH,
  atSeconds: 1_000 + block,
  contract: 'oracle',
  name,
  values,
  subject: null,
  tag: null,
})

describe('a round from its events', () => {
  const posted = event('RoundPosted', {
    sequence: 3,
    riskRoot: HASH,
    time: 900,
    parameters: '5',
    configurationHash: HASH,
    marketHash: HASH,
  })
  const data = event('RoundData', { sequence: 3, poster: `0x${'1a'.repeat(20)}` })
  const cursor = (atSeconds: number, challengeSeconds = 100) =>
    ({ atSeconds, deployment: { challengeSeconds } }) as ChainCursor
  const of = (...events: ChainEvent[]) => fold('round:3', events)!

  it('is open while it can be challenged, and settleable afterwards', () => {
    const { record, isOpen } = of(posted, data)
    expect(isOpen).toBe(true)
    const statusAt = (seconds: number) => roundView(record as RoundRecord, cursor(seconds), undefined).status
    expect([statusAt(1_106), statusAt(1_107)]).toEqual(['open', 'settleable'])
    const atOnce = roundView(record as RoundRecord, cursor(1_007, 0), [])
    expect(atOnce).toMatchObject({ status: 'settleable', challengeUntil: null, hasMarket: true })
  })

  it('is rejected for good once a challenge is won, and says by whom', () => {
    const values = { sequence: 3, challenger: `0x${'2b'.repeat(20)}`, judge: 4, rewardWei: '9' }
    const { record, isOpen } = of(
      posted,
      data,
      event('RoundRejected', { sequence: 3 }, 8),
      event('ChallengeWon', values, 8),
    )
    expect(isOpen).toBe(false)
    expect(roundView(record as RoundRecord, cursor(9_999), undefined)).toMatchObject({
      status: 'rejected',
      challenge: { judge: 4, block: 8 },
    })
  })

  it('is none without its posting', () => {
    expect(fold('round:3', [data])).toBeUndefined()
    expect(fold('round:3', [])).toBeUndefined()
  })
})

describe('a seal from its events and its call', () => {
  const submitted = (more: ChainEvent['values']) =>
    event('SealSubmitted', { id: '2', epoch: 1, headSequence: 4, roundSequence: 3, stepsRoot: HASH, ...more })
  const counts = packWord(SEAL_COUNTS, {
    reduceOnly: 2n,
    softLiquidation: 1n,
    fullLiquidation: 3n,
    insolvent: 1n,
    shortfallNano: 55n,
  })
  const totals = packWord(SEAL_TOTALS, { requirementMmBpsNano: 10_001n, equityBiasedNano: (1n << 104n) - 7n })
  const said = {
    belowMm: '4',
    gauge: `${packWord(GAUGE_WORD, { gauge0Bps: 120n, gauge1Bps: 20_000n, gauge2Bps: 0n })}`,
    reserves: '99',
    counts: `${counts}`,
    totals: `${totals}`,
    count: '20',
  }

  it('discloses what its policy says: tiers and sums, or the count and the gauge alone', () => {
    const open = fold('seal:2', [submitted({ ...said, policy: '1' })])!.record as SealRecord
    expect(open).toMatchObject({
      status: 'pending',
      policy: 'aggregates',
      accounts: 20,
      belowMm: 4,
      gaugeBps: 10_000,
      gauge: [{ bps: 120 }, { bps: 20_000 }, { bps: 0 }],
      tiers: { healthy: 13, reduceOnly: 2, softLiquidation: 1, fullLiquidation: 3, insolvent: 1 },
      equityNano: '-7',
      requirementMmNano: '2',
      shortfallNano: '55',
    })
    const closed = fold('seal:2', [submitted({ ...said, policy: '0' })])!.record
    expect(closed).toMatchObject({ policy: 'predicates', belowMm: 4, tiers: null, equityNano: null })
  })

  it('says nothing of the book where its call was not seen, and ends as the contract ends it', () => {
    const end = event('SealRejected', { id: '2', epoch: 1 }, 9)
    expect(fold('seal:2', [submitted({}), end])!.record).toMatchObject({
      status: 'rejected',
      endedAtSeconds: 1_009,
      accounts: null,
      gauge: [],
    })
  })
})

describe('logs', () => {
  const abi = new Interface([
    'event RoundData(uint64 indexed sequence, address indexed poster, bytes[] sections)',
    'event Unheard(uint256 secret)',
  ])
  const decoder = new EventDecoder([{ name: 'oracle', address: `0x${'0c'.repeat(20)}`, abi }])
  const log = (name: string, values: unknown[], address = `0x${'0C'.repeat(20)}`) => ({
    address,
    ...abi.encodeEventLog(name, values),
    blockNumber: 5,
    blockHash: HASH,
    transactionHash: HASH,
    index: 1,
  })

  it('become plain values, without what is long; what nobody asked for and what others say is left out', () => {
    const poster = `0x${'0d'.repeat(20)}`
    const decoded = decoder.decode(log('RoundData', [9n, poster, ['0x1234']]), 77)
    expect(decoded).toMatchObject({ subject: 'round:9', values: { sequence: 9, poster }, atSeconds: 77 })
    expect(Object.keys(decoded!.values)).toEqual(['sequence', 'poster'])
    expect(decoder.decode(log('Unheard', [1n]), 77)).toBeUndefined()
    expect(decoder.decode(log('RoundData', [9n, poster, []], `0x${'0e'.repeat(20)}`), 77)).toBeUndefined()
  })
})
