import { describe, expect, it } from 'vitest'
import { activityVariance, type MarketActivity } from '../../src/oracle/activity.ts'
import { averageNext, averageValue, decayQ64, NO_AVERAGE } from '../../src/oracle/average.ts'
import { checkOracleParameters, DEFAULT_ORACLE_PARAMETERS } from '../../src/oracle/oracle-parameters.ts'
import {
  type SyntheticState,
  syntheticNext,
  syntheticScaleBps,
} from '../../src/oracle/synthetic-volatility.ts'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { checkConfiguration } from '../../src/risk/configuration-rules.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { marginOf } from '../../src/risk/margin.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import { pricerOf } from '../../src/risk/matrix.ts'
import { scaleConfiguration } from '../../src/risk/scaled-configuration.ts'
import { CRASH, crashPath } from './fixtures.ts'

const { synthetic } = DEFAULT_ORACLE_PARAMETERS

function follow(path: readonly MarketActivity[], parameters = synthetic): SyntheticState[] {
  const states: SyntheticState[] = []
  for (const activity of path) states.push(syntheticNext(states.at(-1), activity, 60, parameters, 'BTC'))
  return states
}

const path = crashPath(3n, 3_000n)
const states = follow(path)
const scales = states.map(({ figureNano }) => syntheticScaleBps(figureNano, synthetic, 'BTC'))
const capNano = (synthetic.referenceVolNano.BTC! * synthetic.maximumScaleBps) / 10_000n

describe('the synthetic volatility through a generated crash', () => {
  it('stays at the floor of the configured ranges while the market is calm', () => {
    expect(scales.slice(60, CRASH.warning).every((scale) => scale === 10_000n)).toBe(true)
  })

  it('has risen before the price falls: depth and trading warn', () => {
    const before = CRASH.fall - 1
    const moved = Number(path[before]!.closeNano - path[0]!.openNano) / Number(path[0]!.openNano)
    expect(Math.abs(moved)).toBeLessThan(0.05)
    expect(scales[before]!).toBeGreaterThanOrEqual(14_000n)
    // Realised volatility alone would have come after the fall.
    const { realisedNano } = states[before]!.parts
    expect(syntheticScaleBps(realisedNano, synthetic, 'BTC')).toBe(10_000n)
  })

  it('each of depth, volume and implied volatility raises it by itself', () => {
    const calm = path.slice(0, CRASH.warning)
    const at = (change: Partial<MarketActivity>) => {
      const next = {
        ...path[CRASH.warning]!,
        depthNano: calm[0]!.depthNano,
        impliedVolNano: calm[0]!.impliedVolNano,
      }
      const volumeNano = calm[0]!.volumeNano
      const state = states[CRASH.warning - 1]!
      return syntheticNext(state, { ...next, volumeNano, ...change }, 60, synthetic, 'BTC').parts.targetNano
    }
    const base = at({})
    expect(at({ depthNano: calm[0]!.depthNano / 4n })).toBeGreaterThan((base * 19n) / 10n)
    expect(at({ impliedVolNano: 2n * calm[0]!.impliedVolNano })).toBeGreaterThan((base * 19n) / 10n)
    const traded = at({ volumeNano: 10_000n * calm[0]!.volumeNano, impliedVolNano: 0n })
    expect(traded).toBeGreaterThan(at({ impliedVolNano: 0n }))
  })

  it('never passes the cap, however deep the fall, and reaches it', () => {
    expect(states.every(({ figureNano }) => figureNano <= capNano)).toBe(true)
    expect(scales.some((scale) => scale === synthetic.maximumScaleBps)).toBe(true)
    const deeper = follow(crashPath(3n, 8_000n))
    expect(deeper.every(({ figureNano }) => figureNano <= capNano)).toBe(true)
  })

  it('falls back as the decay says: not at once, and most of the way in two half-lives', () => {
    const after = scales.slice(CRASH.after)
    expect(after[30]!).toBeGreaterThan(20_000n)
    expect(after[719]!).toBeLessThan(14_000n)
    for (let i = 120; i < after.length; i++) expect(after[i]!).toBeLessThanOrEqual(after[i - 1]!)
  })

  it('rises no faster than allowed: one wild minute of a calm market hardly moves it', () => {
    const calm = states[CRASH.warning - 1]!
    const next = path[CRASH.warning]!
    const wild = {
      ...next,
      highNano: next.highNano * 2n,
      lowNano: next.lowNano / 2n,
      impliedVolNano: 9_000_000_000n,
    }
    const { figureNano } = syntheticNext(calm, wild, 60, synthetic, 'BTC')
    expect(figureNano).toBeLessThanOrEqual((calm.figureNano * 10_501n) / 10_000n)
  })

  it('falls towards its target by half in a half-life', () => {
    const half = { ...states[CRASH.after]!, figureNano: capNano }
    const later = { ...path[CRASH.after]!, endSeconds: half.endSeconds + synthetic.decayHalfLifeSeconds }
    const calmed = { ...later, highNano: later.openNano, lowNano: later.openNano, closeNano: later.openNano }
    const next = syntheticNext({ ...half, closeNano: later.openNano }, calmed, 60, synthetic, 'BTC')
    const middle = (capNano + next.parts.targetNano) / 2n
    expect(Number(next.figureNano)).toBeCloseTo(Number(middle), -2)
  })

  it('does without what is not published', () => {
    const bare = path.map((activity) => ({ ...activity, depthNano: 0n, impliedVolNano: 0n, volumeNano: 0n }))
    const last = follow(bare)[CRASH.after]!
    expect(last.parts).toMatchObject({ impliedNano: 0n, flowNano: 0n, thinnessBps: 10_000n })
    expect(last.parts.targetNano).toBe(last.parts.realisedNano)
  })

  it('refuses what is out of order, and prices that cannot be', () => {
    const state = states[10]!
    const next = path[11]!
    const take = (activity: MarketActivity) => () => syntheticNext(state, activity, 60, synthetic, 'BTC')
    expect(take({ ...next, endSeconds: state.endSeconds })).toThrow(/must end after/)
    expect(take({ ...next, highNano: next.lowNano - 1n })).toThrow(/between low and high/)
    expect(take({ ...next, lowNano: 0n })).toThrow(/between low and high/)
    expect(() => syntheticNext(state, next, 60, synthetic, 'XRP')).toThrow(/no reference volatility/)
  })
})

describe('the requirement through the crash', () => {
  const market = sampleMarket({ seed: 1, size: 'small' })
  const parameters = marginParametersOf(DEFAULT_CONFIGURATION)
  const bySymbol = (symbol: string) =>
    market.instruments.findIndex((instrument) => instrument.symbol === symbol)
  const put = market.instruments.findIndex(
    (i) => i.kind === 'option' && i.right === 'put' && i.underlying === 0,
  )
  // 0.1 BTC long by a perpetual, and short puts on it: what a crash hurts.
  const holdings = [
    { id: bySymbol('BTC-PERPETUAL') + 1, quantityLots: 10_000n },
    { id: put + 1, quantityLots: -10_000n },
  ]
  const requirement = (scaleBps: bigint) => {
    const configuration = scaleConfiguration(DEFAULT_CONFIGURATION, { BTC: scaleBps })
    checkConfiguration(configuration)
    const price = pricerOf({ snapshot: market, configuration })
    const vectors = new Map(holdings.map(({ id }) => [id, price(market.instruments[id - 1]!, id)]))
    return marginOf(holdings, vectors, parameters).mmBpsNano
  }

  it('is higher before the fall than on the calm day, and bounded by the cap', () => {
    const calm = requirement(scales[CRASH.warning - 1]!)
    const warned = requirement(scales[CRASH.fall - 1]!)
    const capped = requirement(synthetic.maximumScaleBps)
    expect(warned).toBeGreaterThan((calm * 13n) / 10n)
    expect(capped).toBeGreaterThan(warned)
    expect(capped).toBeLessThanOrEqual((calm * 32n) / 10n)
  })

  it('is the configured one at 10,000, and never below it', () => {
    expect(scaleConfiguration(DEFAULT_CONFIGURATION, { BTC: 10_000n })).toEqual(DEFAULT_CONFIGURATION)
    expect(() => scaleConfiguration(DEFAULT_CONFIGURATION, { ETH: 9_999n })).toThrow(/at least 10,000/)
  })

  it('scales ranges and charges of one underlying only, and leaves tails, volatility and factors', () => {
    const scaled = scaleConfiguration(DEFAULT_CONFIGURATION, { BTC: 25_000n })
    const row = (of: typeof scaled, name: string) => of.scenarios.find((r) => r.name === name)!.shocks
    expect(row(scaled, 'spot-16%-vol-up').BTC).toEqual({ spotBps: -4_000n, volBps: 5_000n, skewBps: 0n })
    expect(row(scaled, 'spot-16%-vol-up').ETH).toEqual(row(DEFAULT_CONFIGURATION, 'spot-16%-vol-up').ETH)
    expect(row(scaled, 'tail-66%')).toEqual(row(DEFAULT_CONFIGURATION, 'tail-66%'))
    expect(scaled.charges[0]).toMatchObject({
      underlying: 'BTC',
      linearBps: 750n,
      shortOptionBps: 75n,
      pinWidthBps: 100n,
    })
    expect(scaled.charges[1]).toEqual(DEFAULT_CONFIGURATION.charges[1])
    expect(scaled.factors).toEqual(DEFAULT_CONFIGURATION.factors)
    const deep = scaleConfiguration(DEFAULT_CONFIGURATION, { BTC: 90_000n, ETH: 90_000n })
    expect(row(deep, 'spot-16%-vol-up').BTC!.spotBps).toBe(-9_500n)
    expect(() => checkConfiguration(deep)).not.toThrow()
  })
})

describe('parts', () => {
  it('the variance of an interval is that of Parkinson and the gap, by the year', () => {
    const activity = {
      ...path[0]!,
      openNano: 101n * 10n ** 9n,
      highNano: 103n * 10n ** 9n,
      lowNano: 100n * 10n ** 9n,
    }
    const variance = Number(activityVariance(activity, 100n * 10n ** 9n, 60)) / 1e18
    const expected = (Math.log(1.03) ** 2 / (4 * Math.LN2) + Math.log(1.01) ** 2) * (31_536_000 / 60)
    expect(variance / expected).toBeCloseTo(1, 8)
  })

  it('an average has no bias at its start and forgets by half in a half-life', () => {
    const kept = decayQ64(600, 600)
    const first = averageNext(NO_AVERAGE, 1_000_000n, kept)
    expect(averageValue(first)).toBe(1_000_000n)
    // Weights 1/4 and 1/2: (1,000,000 / 4 + 0) / (3 / 4).
    expect(Number(averageValue(averageNext(first, 0n, kept)))).toBeCloseTo(333_333, -1)
    expect(averageValue(NO_AVERAGE)).toBe(0n)
  })

  it('parameters that make no sense are refused', () => {
    expect(() => checkOracleParameters(DEFAULT_ORACLE_PARAMETERS)).not.toThrow()
    const broken = (change: Partial<typeof synthetic>) => () =>
      checkOracleParameters({ ...DEFAULT_ORACLE_PARAMETERS, synthetic: { ...synthetic, ...change } })
    expect(broken({ maximumScaleBps: 9_500n })).toThrow(/10,000 to 25000/)
    // Every round on chain is held to the protocol's cap.
    expect(broken({ maximumScaleBps: 25_500n })).toThrow(/10,000 to 25000/)
    expect(broken({ scaleStepBps: 700n })).toThrow(/must divide/)
    expect(broken({ slowHalfLifeSeconds: 60 })).toThrow(/above the fast/)
    expect(broken({ decayHalfLifeSeconds: 0 })).toThrow(/above 0/)
  })
})
