import { TypedDataEncoder, verifyTypedData, Wallet } from 'ethers'
import { describe, expect, it } from 'vitest'
import { admitContents, type Collecting, type SignedContent } from '../../src/oracle/admission.ts'
import {
  FEEDER_CONTENT_TYPES,
  type FeederContent,
  feederContentDigest,
  feederContentDomain,
} from '../../src/oracle/feeder-content.ts'
import { medianOf } from '../../src/oracle/median.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'
import { roundMedians } from '../../src/oracle/round-medians.ts'
import { smileArbitrage } from '../../src/oracle/smile-arbitrage.ts'
import { AS_OF_SECONDS, FEEDERS, honestContent, signed } from './fixtures.ts'

const { quorum } = DEFAULT_ORACLE_PARAMETERS
const collecting: Collecting = {
  sequence: 7,
  previousSeconds: AS_OF_SECONDS - 60,
  nowSeconds: AS_OF_SECONDS + 2,
  feeders: FEEDERS,
}
/** Five feeders that differ by a few parts in a million. */
const honest = FEEDERS.map((_, index) => signed(index, honestContent(BigInt(10 * index))))
const admit = (contents: readonly SignedContent[], change: Partial<Collecting> = {}) =>
  admitContents(contents, { ...collecting, ...change }, quorum)
const mediansOf = (contents: readonly SignedContent[]) => roundMedians(admit(contents).contents, quorum)
const spotOf = (contents: readonly SignedContent[]) => mediansOf(contents)?.spots[0]?.spotNano
const replaced = (index: number, content: FeederContent) =>
  honest.map((one, at) => (at === index ? signed(at, content) : one))

const base = honestContent()
/** A tenth more in every price, in ranges that the checks allow. */
const tenthMore = honestContent(100_000n)
const tenthLess = honestContent(-100_000n)

describe('medians over feeders', () => {
  it('are of each quantity by itself, and the same in whatever order contents come in', () => {
    const medians = mediansOf(honest)!
    expect(medians.spots[0]).toMatchObject({ symbol: 'BTC', spotNano: honestContent(20n).spots[0]!.spotNano })
    expect(medians.expiries.map(({ smileFrom }) => smileFrom)).toEqual(['median', 'median'])
    expect(medians).toMatchObject({ asOfSeconds: AS_OF_SECONDS, outliers: [], withoutQuorum: [] })
    expect(medians.marks[0]!.cumulativeFundingNano).toBe(-3_000_000_000n)
    expect(mediansOf([...honest].reverse())).toEqual(medians)
    expect(mediansOf([honest[2]!, honest[0]!, honest[4]!, honest[1]!, honest[3]!, honest[0]!])).toEqual(
      medians,
    )
  })

  it('one feeder that lies in everything moves nothing beyond the honest ones, and is named for each quantity', () => {
    const medians = mediansOf(replaced(4, tenthMore))!
    expect(medians.spots[0]!.spotNano).toBeLessThanOrEqual(honest[3]!.content.spots[0]!.spotNano)
    const named = medians.outliers
      .filter(({ feeder }) => feeder === FEEDERS[4])
      .map(({ quantity }) => quantity)
    expect(named).toContain('spot BTC')
    expect(named.filter((quantity) => quantity.startsWith('vol'))).toHaveLength(10)
    expect(medians.outliers.every(({ feeder }) => feeder === FEEDERS[4])).toBe(true)
    // The spread that confidence is read from is that of the others.
    expect(medians.spots[0]!.highestNano).toBe(honest[3]!.content.spots[0]!.spotNano)
  })

  it('a colluding minority of two in five moves nothing beyond the honest ones; three would', () => {
    const [low, high] = [honest[0]!, honest[4]!].map(({ content }) => content.spots[0]!.spotNano)
    for (const lies of [tenthMore, tenthLess]) {
      const two = honest.map((one, index) => (index < 2 ? signed(index, lies) : one))
      const spot = spotOf(two)!
      expect(spot >= low! && spot <= high!).toBe(true)
      const three = honest.map((one, index) => (index < 3 ? signed(index, lies) : one))
      expect(spotOf(three)).toBe(lies.spots[0]!.spotNano)
    }
  })

  it('needs the quorum: one or two feeders offline change little, three leave no round', () => {
    expect(spotOf(honest.slice(1))).toBe(honest[2]!.content.spots[0]!.spotNano)
    expect(spotOf(honest.slice(2))).toBe(honest[3]!.content.spots[0]!.spotNano)
    expect(mediansOf(honest.slice(3))).toBeUndefined()
  })

  it('leaves out and names what fewer than the quorum give', () => {
    const more = (index: number) => ({
      ...honest[index]!.content,
      marks: [
        ...base.marks,
        { symbol: 'BTC-27MAR26', markNano: 68_000_000_000_000n, cumulativeFundingNano: 0n },
      ],
    })
    const two = honest.map((one, index) => (index < 2 ? signed(index, more(index)) : one))
    expect(mediansOf(two)).toMatchObject({ withoutQuorum: ['mark BTC-27MAR26'] })
    expect(mediansOf(two)!.marks).toHaveLength(1)
  })

  it('takes the nearest whole smile where the medians of free smiles are not free', () => {
    // Two bulge together in the middle, each wild on another side: their medians are a smile that nobody fitted.
    const tilt = (bumps: readonly bigint[]): FeederContent => ({
      ...base,
      expiries: base.expiries.map((expiry) => ({
        ...expiry,
        smile: expiry.smile.map((point, i) => ({ ...point, volNano: bumps[i]! * 1_000_000n })),
      })),
    })
    const contents = [
      signed(0, tilt([700n, 700n, 760n, 700n, 700n])),
      signed(1, tilt([1_500n, 700n, 1_400n, 650n, 660n])),
      signed(2, tilt([660n, 650n, 1_400n, 700n, 1_500n])),
    ]
    const medians = mediansOf(contents)!
    for (const { smile, smileFrom, forwardNano, expirySeconds } of medians.expiries) {
      const seconds = expirySeconds - AS_OF_SECONDS
      const nodes = smile.map((p, i) => ({
        ...p,
        volNano: [700n, 700n, 1_400n, 700n, 700n][i]! * 1_000_000n,
      }))
      expect(smileArbitrage(forwardNano, nodes, seconds)).toBeDefined()
      expect(smileFrom).toBe('feeder')
      expect(smile).toEqual(contents[0]!.content.expiries[0]!.smile)
      expect(smileArbitrage(forwardNano, smile, seconds)).toBeUndefined()
    }
  })

  it('the MAD rule has a floor, and a width, both parameters', () => {
    const said = (values: readonly bigint[]) => values.map((value, index) => ({ feeder: `f${index}`, value }))
    expect(medianOf(said([100_000n, 100_000n, 100_000n, 100_099n]), quorum).outliers).toEqual([])
    expect(medianOf(said([100_000n, 100_000n, 100_000n, 100_101n]), quorum).outliers).toEqual(['f3'])
    expect(medianOf(said([-5n, -5n, -5n]), quorum)).toMatchObject({ value: -5n, outliers: [] })
    const wide = { ...quorum, outlierHundredths: 600n }
    expect(medianOf(said([100_000n, 100_000n, 100_000n, 100_101n]), wide).outliers).toEqual([])
  })
})

describe('which contents count', () => {
  const reasons = (contents: readonly SignedContent[], change: Partial<Collecting> = {}) =>
    admit(contents, change).refusals.map(({ reason }) => reason)

  it('none of a stranger, none for another round: a replay changes nothing', () => {
    const stranger = { feeder: '0x9999999999999999999999999999999999999999', content: base }
    expect(reasons([...honest, stranger])).toEqual(['unknown-feeder'])
    const replayed = signed(0, honestContent(0n, 6, AS_OF_SECONDS - 60))
    expect(reasons([...honest, replayed])).toEqual(['other-round'])
    expect(mediansOf([...honest, stranger, replayed])).toEqual(mediansOf(honest))
  })

  it('neither of two that one feeder signed for the same round; the same twice is one', () => {
    const twice = admit([...honest, signed(0, tenthMore)])
    expect(twice.refusals).toMatchObject([{ feeder: FEEDERS[0], reason: 'equivocation' }])
    expect(twice.contents.map(({ feeder }) => feeder)).toEqual(FEEDERS.slice(1))
    expect(admit([...honest, honest[0]!])).toMatchObject({ refusals: [] })
  })

  it('clock skew: ahead of the clock, before the round before, or far from the middle of the others', () => {
    const at = (seconds: number) => replaced(1, honestContent(10n, 7, seconds))
    expect(reasons(at(AS_OF_SECONDS + 18))).toEqual(['ahead-of-clock'])
    expect(reasons(at(AS_OF_SECONDS + 17))).toEqual([])
    expect(reasons(at(AS_OF_SECONDS - 60))).toEqual(['not-newer'])
    expect(reasons(at(AS_OF_SECONDS - 31))).toEqual(['far-in-time'])
    expect(reasons(at(AS_OF_SECONDS - 30))).toEqual([])
    expect(mediansOf(at(AS_OF_SECONDS - 31))!.asOfSeconds).toBe(AS_OF_SECONDS)
  })

  it('none that no honest feeder sends', () => {
    const [expiry] = base.expiries
    const withExpiry = (change: Partial<typeof expiry>) => ({
      ...base,
      expiries: [{ ...expiry!, ...change }],
    })
    const bad: FeederContent[] = [
      { ...base, spots: [] },
      { ...base, spots: [{ symbol: 'BTC', spotNano: 0n }] },
      { ...base, spots: [...base.spots, ...base.spots] },
      { ...base, asOfSeconds: 1.5 },
      honestContent(20_000_000n),
      withExpiry({ forwardNano: 1_000n }),
      withExpiry({ symbol: 'ETH' }),
      withExpiry({ expirySeconds: AS_OF_SECONDS }),
      withExpiry({ smile: [...expiry!.smile].reverse() }),
      withExpiry({ smile: [{ strikeNano: 1n, volNano: 1n }] }),
      { ...base, marks: [{ ...base.marks[0]!, markNano: -1n }] },
      { ...base, activities: [{ ...base.activities[0]!, symbol: 'ETH' }] },
      { ...base, activities: [{ ...base.activities[0]!, endSeconds: AS_OF_SECONDS + 1 }] },
    ]
    for (const content of bad) expect(reasons([signed(0, content)])).toHaveLength(1)
    expect(reasons([signed(0, base)])).toEqual([])
  })
})

describe('what a feeder signs', () => {
  const domain = feederContentDomain(31_337n, '0x5FbDB2315678afecb367f032d93F642f64180aa3')

  it('is EIP-712 typed data that any wallet signs, for one oracle on one chain', async () => {
    const wallet = new Wallet(`0x${'11'.repeat(32)}`)
    const signature = await wallet.signTypedData(domain, FEEDER_CONTENT_TYPES, base)
    expect(verifyTypedData(domain, FEEDER_CONTENT_TYPES, base, signature)).toBe(wallet.address)
    expect(feederContentDigest(domain, base)).not.toBe(feederContentDigest({ ...domain, chainId: 1n }, base))
    expect(TypedDataEncoder.getPrimaryType(FEEDER_CONTENT_TYPES)).toBe('FeederContent')
  })

  it('changes with every field', () => {
    const digest = feederContentDigest(domain, base)
    const changes: FeederContent[] = [
      { ...base, sequence: 8 },
      { ...base, asOfSeconds: base.asOfSeconds + 1 },
      { ...base, quotesHash: `0x${'cd'.repeat(32)}` },
      { ...base, spots: [{ ...base.spots[0]!, spotNano: 1n }] },
      { ...base, expiries: [...base.expiries].reverse() },
      { ...base, expiries: base.expiries.map((expiry) => ({ ...expiry, smile: expiry.smile.slice(1) })) },
      { ...base, marks: [{ ...base.marks[0]!, cumulativeFundingNano: 0n }] },
      { ...base, activities: [{ ...base.activities[0]!, depthNano: 1n }] },
    ]
    for (const content of changes) expect(feederContentDigest(domain, content)).not.toBe(digest)
  })
})
