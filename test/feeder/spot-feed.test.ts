import { readFileSync } from 'node:fs'
import { Contract, FetchRequest, Interface, JsonRpcProvider, type Provider } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Artifacts, buildContracts } from '../../src/chain/build.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { receiptOf } from '../../src/chain/transactions.ts'
import type { MarketSource } from '../../src/feeder/source.ts'
import { type SpotFeed, SpotFeedSource } from '../../src/feeder/spot-feed-source.ts'
import { assessRound } from '../../src/oracle/assess-round.ts'
import { externalSpotNano } from '../../src/oracle/external-spot.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'
import { fitMarket, makeContent, type QuotedMarket, withoutQuotes } from '../../src/oracle/quoted-market.ts'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { SAMPLE_AS_OF_SECONDS, sampleMarket, shiftMarket } from '../../src/risk/market/sample.ts'
import { Desk, lastJson, tacit } from '../cli/support.ts'
import { testContracts } from '../support/test-contracts.ts'
import { relayTo } from './rpc-relay.ts'

/** A feeder whose spot is that of a contract with AggregatorV3Interface, on a chain of its own. */
const { guards, quorum } = DEFAULT_ORACLE_PARAMETERS
const SAMPLE = sampleMarket({ seed: 1, size: 'small' })
const OWN = SAMPLE.underlyings[0]!.spotNano
const [LEAST, MOST] = [OWN / 2n, OWN * 2n]
const MAX_AGE_SECONDS = 600
const NANO_TO_8 = 10n
const START_SECONDS = SAMPLE_AS_OF_SECONDS + 3_600

let chain: LocalChain
let stubs: Artifacts
let artifacts: Artifacts
let stub: Contract
let address: string
/** Time of the newest block when a test begins. */
let now: number
let snapshot: string
beforeAll(async () => {
  const name = 'test/FeedStubs.sol'
  const text = readFileSync(new URL('../oracle/fixtures/FeedStubs.sol', import.meta.url), 'utf8')
  const found = [startLocalChain({ startSeconds: START_SECONDS }), testContracts({ [name]: text })] as const
  ;[chain, stubs, artifacts] = await Promise.all([...found, buildContracts()])
  stub = await put(stubs, 'FeedStub', [8])
  address = await stub.getAddress()
  await set(OWN / NANO_TO_8, (await chain.now()) - 40)
  snapshot = await chain.provider.send('evm_snapshot', [])
}, 600_000)
beforeEach(async () => {
  await chain.provider.send('evm_revert', [snapshot])
  snapshot = await chain.provider.send('evm_snapshot', [])
  chain.signer(0).reset()
  now = await chain.now()
})
afterAll(() => chain?.close())

async function put(from: Artifacts, name: string, args: readonly unknown[]): Promise<Contract> {
  const artifact = from[name]!
  const at = await deployContract(artifact, args, chain.signer(0))
  return new Contract(at, Interface.from(artifact.abi as never), chain.signer(0))
}

async function set(answer: bigint, updatedAt: number, of = stub): Promise<void> {
  await receiptOf(await of.getFunction('set').send(answer, updatedAt))
}

const terms = { maxAgeSeconds: MAX_AGE_SECONDS, leastNano: LEAST, mostNano: MOST }
const feedOf = (change: Partial<SpotFeed> = {}): SpotFeed => ({ symbol: 'BTC', address, ...terms, ...change })

/** The sample market of the newest block's time, moved by so many basis points. */
function market(spotBps = 0n, seconds = now): QuotedMarket {
  const shift = { spotBps, volBps: 0n, secondsLater: seconds - SAMPLE_AS_OF_SECONDS }
  return withoutQuotes(shiftMarket(SAMPLE, shift))
}

const venue = (made = market()): MarketSource => ({ name: 'venue', take: async () => made })

function open(change: Partial<SpotFeed> = {}, source = venue(), provider: Provider = chain.provider) {
  return SpotFeedSource.open({ source, provider, guards, feeds: [feedOf(change)] })
}

const invalid = (message: RegExp) => ({ code: 'INPUT_INVALID', message: expect.stringMatching(message) })

describe('spot from a feed', () => {
  it("takes the feed's place in the content and says so; forwards, marks and the other underlying stay", async () => {
    await set(OWN / NANO_TO_8 + 12_345n, now - 30)
    const plain = market()
    const taken = (await (await open({}, venue(plain))).take(0))!
    const spot = (OWN / NANO_TO_8 + 12_345n) * NANO_TO_8
    expect(taken.snapshot.underlyings[0]).toEqual({ ...plain.snapshot.underlyings[0], spotNano: spot })
    expect(taken.snapshot.underlyings.slice(1)).toEqual(plain.snapshot.underlyings.slice(1))
    expect({ ...taken.snapshot, underlyings: [] }).toEqual({ ...plain.snapshot, underlyings: [] })
    expect(taken.notes).toEqual([
      expect.stringMatching(/^spot of BTC from 0x\w+, 3\d s old: [\d.]+ USD, and/),
    ])
    const [own, said] = [plain, taken].map((one) => makeContent(1, fitMarket(one)))
    expect(said!.spots[0]).toEqual({ symbol: 'BTC', spotNano: spot })
    expect({ ...said, spots: [], quotesHash: '' }).toEqual({ ...own, spots: [], quotesHash: '' })
    // A source that repeats itself is told by this.
    expect(said!.quotesHash).not.toBe(own!.quotesHash)
  })

  it('is what ExternalSpot says on chain, to the last digit and the last second, or refused as there', async () => {
    const [most, least] = [MOST / NANO_TO_8, LEAST / NANO_TO_8]
    const cases: [number, bigint, number, string?, RegExp?][] = [
      [8, most, 0],
      [8, least, 0],
      [8, least - 1n, 0, 'AnswerOutOfBounds', /"answer": is [\d.]+ USD, and must be from/],
      [8, most + 1n, 0, 'AnswerOutOfBounds', /"answer": is [\d.]+ USD, and must be from/],
      [18, OWN * 10n ** 9n + 10n ** 9n - 1n, 0],
      [18, LEAST * 10n ** 9n - 1n, 0, 'AnswerOutOfBounds', /"answer": is [\d.]+ USD, and must be from/],
      [8, 0n, 0, 'AnswerOutOfBounds', /"answer": is 0, and no price/],
      [8, -most, 0, 'AnswerOutOfBounds', /"answer": is -\d+, and no price/],
      [8, most, -MAX_AGE_SECONDS],
      [8, most, -MAX_AGE_SECONDS - 1, 'AnswerStale', /"updatedAt": is 601 s ago, and may be 600 s/],
      [8, most, 1, 'AnswerFromFuture', /"updatedAt": is 1 s after the block/],
    ]
    const judges = new Map<number, [Contract, Contract]>()
    for (const [decimals, answer, offset, name, reason] of cases) {
      if (!judges.has(decimals)) {
        const feed = await put(stubs, 'FeedStub', [decimals])
        const bounds = [await feed.getAddress(), MAX_AGE_SECONDS, LEAST, MOST]
        judges.set(decimals, [feed, await put(artifacts, 'ExternalSpot', bounds)])
      }
      const [feed, judge] = judges.get(decimals)!
      const seconds = (await chain.now()) + 5
      await chain.provider.send('evm_setNextBlockTimestamp', [seconds])
      await set(answer, seconds + offset, feed)
      // The block's own time, and not that of the block to come.
      const call = judge.getFunction('spot').staticCall({ blockTag: await chain.provider.getBlockNumber() })
      const said = { decimals: BigInt(decimals), answer, updatedAtSeconds: BigInt(seconds + offset) }
      const ours = () => externalSpotNano(said, terms, seconds, seconds)
      if (name === undefined) expect([...(await call)][0]).toBe(ours())
      else {
        await expect(call, name).rejects.toMatchObject({ revert: { name } })
        expect(ours).toThrow(reason!)
      }
    }
    // A proxy may have come to another feed since it was looked at first.
    const deep = { decimals: 37n, answer: most, updatedAtSeconds: BigInt(now) }
    expect(() => externalSpotNano(deep, terms, now, now)).toThrow(/"decimals": is 37/)
  })
})

describe('a feed that cannot be relied upon gives no content, with the reason', () => {
  const refused: [string, () => Promise<unknown>, RegExp][] = [
    [
      'stale',
      () => set(OWN / NANO_TO_8, now - 700),
      /feed of BTC at 0x\w+, field "updatedAt": is 70\d s ago/,
    ],
    ['from the future', () => set(OWN / NANO_TO_8, now + 99), /"updatedAt": is 9\d s after the block/],
    ['zero', () => set(0n, now), /"answer": is 0, and no price/],
    ['below zero', () => set(-OWN / NANO_TO_8, now), /"answer": is -\d+, and no price/],
    ['out of bounds', () => set(OWN, now), /"answer": is [\d.]+ USD, and must be from/],
    ['apart from the market', () => set((OWN * 102n) / 1_000n, now), /further apart than 100 bps/],
  ]
  it.each(refused)('%s', async (_, change, reason) => {
    const source = await open()
    await expect(source.take(0)).resolves.toBeDefined()
    await change()
    await expect(source.take(0)).rejects.toMatchObject(invalid(reason))
  })

  it('a forward that fell while the feed stood still: the guards would see the spot and nothing else', async () => {
    const flash = market(-200n)
    await expect((await open({}, venue(flash))).take(0)).rejects.toMatchObject(invalid(/further apart/))
  })

  it('a node that has fallen behind, and a replay of another time; old by the market is old too', async () => {
    const [late, early] = [market(0n, now + 121), market(0n, now - 121)]
    await expect((await open({}, venue(late))).take(0)).rejects.toMatchObject(
      invalid(/"newest block": is 121 s before the market, and may be 120 s off/),
    )
    await expect((await open({}, venue(early))).take(0)).rejects.toMatchObject(
      invalid(/121 s after the market/),
    )
    await set(OWN / NANO_TO_8, now - 550)
    await expect((await open({}, venue(market(0n, now + 100)))).take(0)).rejects.toMatchObject(
      invalid(/"updatedAt": is 650 s ago/),
    )
  })

  it('an underlying that the market has not', async () => {
    await expect((await open({ symbol: 'DOGE' })).take(0)).rejects.toMatchObject(
      invalid(/the market has no DOGE/),
    )
  })

  it('no market of the venue is none with a feed', async () => {
    const none: MarketSource = { name: 'venue', take: async () => undefined }
    expect(await (await open({}, none)).take(0)).toBeUndefined()
  })
})

describe('a chain that is away', () => {
  it('is a source that does not answer, and comes back', async () => {
    const relay = await relayTo(chain.url)
    const request = new FetchRequest(relay.url)
    request.timeout = 300
    const provider = new JsonRpcProvider(request, chain.chainId, { staticNetwork: true, cacheTimeout: -1 })
    try {
      const source = await open({}, venue(), provider)
      await expect(source.take(0)).resolves.toBeDefined()
      for (const state of ['hangs', 'fails', 'closes'] as const) {
        relay.state = state
        await expect(source.take(0), state).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
        await expect(open({}, venue(), provider), state).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
      }
      relay.state = 'answers'
      await expect(source.take(0)).resolves.toBeDefined()
    } finally {
      provider.destroy()
      await relay.close()
    }
  })

  it('a feed that is gone, or reverts, is one that does not answer', async () => {
    const source = await open()
    await chain.provider.send('anvil_setCode', [address, '0x'])
    await expect(source.take(0)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    await chain.provider.send('anvil_setCode', [address, '0x60006000fd'])
    await expect(source.take(0)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  })
})

it('terms and addresses that make no sense are refused before anything is read', async () => {
  const nobody = `0x${'11'.repeat(20)}`
  await expect(open({ address: nobody })).rejects.toMatchObject(invalid(/"address": has no code/))
  await chain.provider.send('anvil_setCode', [nobody, '0x60006000fd'])
  await expect(open({ address: nobody })).rejects.toMatchObject(invalid(/is no AggregatorV3Interface/))
  const deep = await (await put(stubs, 'FeedStub', [37])).getAddress()
  await expect(open({ address: deep })).rejects.toMatchObject(invalid(/"decimals": is 37, and at most 36/))
  await expect(open({ maxAgeSeconds: 0 })).rejects.toMatchObject(invalid(/maxAgeSeconds/))
  await expect(open({ leastNano: 0n })).rejects.toMatchObject(invalid(/leastUsd, mostUsd/))
  await expect(open({ leastNano: MOST })).rejects.toMatchObject(invalid(/leastUsd, mostUsd/))
  const twice = { source: venue(), provider: chain.provider, guards, feeds: [feedOf(), feedOf()] }
  await expect(SpotFeedSource.open(twice)).rejects.toMatchObject(invalid(/is given twice/))
})

it('medians, outliers and agreement take it as any other: one feed is a voice, and not more', async () => {
  const feeders = ['0x11', '0x22', '0x33'].map((text) => text.padEnd(42, text.slice(2)))
  const assess = (markets: readonly QuotedMarket[]) =>
    assessRound({
      signed: markets.map((one, index) => ({
        feeder: feeders[index]!,
        content: makeContent(1, fitMarket(one)),
      })),
      collecting: { sequence: 1, previousSeconds: now - 60, nowSeconds: now, feeders },
      ...{
        seen: new Map(),
        guards: new Map(),
        parameters: { ...DEFAULT_ORACLE_PARAMETERS, quorum: { ...quorum, quorum: 2 } },
      },
    })
  const near = (OWN + OWN / 10_000n) / NANO_TO_8
  await set(near, now)
  const source = await open()
  const between = assess([market(), (await source.take(0))!, market(2n)])
  expect(between).toMatchObject({ blocked: [], refusals: [], outliers: [], notAgreed: [] })
  expect(between.medians!.spots[0]!.spotNano).toBe(near * NANO_TO_8)
  await set((OWN * 1_009n) / 10_000n, now)
  const off = assess([market(), (await source.take(0))!, market(2n)])
  expect(off.blocked).toEqual([])
  expect(off.outliers).toEqual([expect.objectContaining({ feeder: feeders[1], quantity: 'spot BTC' })])
  expect(off.medians!.spots[0]!.spotNano).toBe(market(2n).snapshot.underlyings[0]!.spotNano)
})

describe('tacit feeder --spot-feed', () => {
  const bounds = 'leastUsd=1000,mostUsd=1000000'

  it('fits with the spot of the feed, and says whose it is', async () => {
    const desk = new Desk()
    try {
      desk.write('market.json', writeNativeMarket(market().snapshot))
      const common = ['feeder', '--fit', '--markets', desk.folder, '--spot-rpc', chain.url, '--json']
      const ran = await tacit(...common, '--spot-feed', `BTC=${address},${bounds},maxAgeSeconds=900`)
      expect(ran, ran.stderr).toMatchObject({ code: 0 })
      expect(lastJson(ran).notes).toEqual([expect.stringContaining(`spot of BTC from ${address}`)])
      await set(OWN / NANO_TO_8, now - 1_000)
      const stale = await tacit(...common, '--spot-feed', `BTC=${address},${bounds},maxAgeSeconds=900`)
      expect(stale).toMatchObject({ code: 2, stderr: expect.stringMatching(/"updatedAt": is 100\d s ago/) })
      const nobody = await tacit(...common, '--spot-feed', `BTC=0x${'11'.repeat(20)},${bounds}`)
      expect(nobody).toMatchObject({ code: 2, stderr: expect.stringMatching(/has no code on this chain/) })
      const away = ['--spot-rpc', 'http://127.0.0.1:9', '--spot-feed', `BTC=${address},${bounds}`]
      expect(await tacit(...common, ...away)).toMatchObject({ code: 3 })
      expect((await tacit(...common)).stderr).toMatch(/--spot-rpc.*of no use without --spot-feed/)
    } finally {
      desk.clear()
    }
  })

  it.each([
    ['BTC', /symbol, =, an address/],
    ['BTC=0x12', /symbol, =, an address/],
    // One letter of the checksum is wrong.
    ['BTC=0xf4030086522a5bEEa4988F8cA5B36dbC97BeE88c', /symbol, =, an address/],
    [`BTC=0x${'11'.repeat(20)}`, /leastUsd and mostUsd/],
    [`BTC=0x${'11'.repeat(20)},${bounds},age=1`, /age is none of/],
    [`BTC=0x${'11'.repeat(20)},${bounds},leastUsd=2`, /leastUsd is given twice/],
    [`BTC=0x${'11'.repeat(20)},${bounds},maxAgeSeconds=1.5`, /maxAgeSeconds.*whole seconds/],
    [`BTC=0x${'11'.repeat(20)},leastUsd=2,mostUsd=1`, /the least below the most/],
    [`BTC=0x${'11'.repeat(20)},leastUsd=1..2,mostUsd=3`, /plain decimal number/],
  ])('refuses %s', async (text, reason) => {
    const { code, stderr } = await tacit('feeder', '--http', '--fit', '--spot-feed', text)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(reason) })
  })
})
