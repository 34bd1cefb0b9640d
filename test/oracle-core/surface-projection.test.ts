import { beforeAll, describe, expect, it } from 'vitest'
import { calendarArbitrage, smileArbitrage } from '../../src/oracle/smile-arbitrage.ts'
import { mostInside } from '../../src/oracle/smile-projection.ts'
import { ssviToRaw } from '../../src/oracle/ssvi.ts'
import { fitSurface, type QuotedExpiry } from '../../src/oracle/surface-fit.ts'
import { fitWithinQuotes } from '../../src/oracle/surface-projection.ts'
import { sviVariance } from '../../src/oracle/svi.ts'
import { loadHighsSolver } from '../../src/risk/hedge/highs.ts'
import type { Solver } from '../../src/risk/hedge/linear-program.ts'
import { AS_OF_SECONDS, YEAR_SECONDS } from './fixtures.ts'

const DAY = 86_400
const FORWARD_NANO = 68_000_000_000_000n
let solve: Solver
beforeAll(async () => {
  solve = await loadHighsSolver()
})

/** Fifteen strikes about the forward, of this volatility each, quoted this far (1e-9) to either side. */
function chainOf(days: number, vol: (index: number, k: number) => number, half: bigint): QuotedExpiry {
  const smile = Array.from({ length: 15 }, (_, index) => {
    const k = ((index - 7) / 7) * 0.5
    const volNano = BigInt(Math.round(vol(index, k) * 1e9))
    const strikeNano = BigInt(Math.round(68_000e9 * Math.exp(k)))
    return { strikeNano, volNano, bidVolNano: volNano - half, askVolNano: volNano + half }
  })
  return { underlying: 0, expirySeconds: AS_OF_SECONDS + days * DAY, forwardNano: FORWARD_NANO, smile }
}

const slice = ssviToRaw({ theta: 0.04, rho: -0.4, phi: 3 })
const curve = (days: number) => (_: number, k: number) =>
  Math.sqrt((sviVariance(slice, k) * YEAR_SECONDS) / (days * DAY))
/** The curve with a corner that no curve of five parameters has, and prices without arbitrage do. */
const cornered = (days: number) => (index: number, k: number) =>
  curve(days)(index, k) + (index === 3 ? 0.008 : 0) - (index === 12 ? 0.006 : 0)

function isFree({ expirySeconds, forwardNano }: QuotedExpiry, smile: QuotedExpiry['smile']): boolean {
  return smileArbitrage(forwardNano, smile, expirySeconds - AS_OF_SECONDS) === undefined
}

describe('a surface within its quotes', () => {
  it('lies inside every bid-ask where prices without arbitrage can, though no curve does', () => {
    const chain = chainOf(60, cornered(60), 3_000_000n)
    expect(fitSurface(AS_OF_SECONDS, [chain])[0]!.error.inside).toBeLessThan(15)
    const [fit] = fitWithinQuotes(AS_OF_SECONDS, [chain], solve)
    expect(fit!.error).toMatchObject({ quoted: 15, inside: 15, outsidePoints: 0 })
    expect(isFree(chain, fit!.smile)).toBe(true)
  })

  it('leaves a curve alone that is inside already', () => {
    const chain = chainOf(60, curve(60), 3_000_000n)
    const [plain] = fitSurface(AS_OF_SECONDS, [chain])
    const [fit] = fitWithinQuotes(AS_OF_SECONDS, [chain], solve)
    expect(plain!.error.inside).toBe(15)
    expect(fit!.smile).toEqual(plain!.smile)
  })

  it('gives up the fewest where the quotes themselves have arbitrage, and has none', () => {
    const print = chainOf(60, (index, k) => curve(60)(index, k) + (index === 9 ? 0.2 : 0), 2_000_000n)
    expect(isFree(print, print.smile)).toBe(false)
    const [fit] = fitWithinQuotes(AS_OF_SECONDS, [print], solve)
    expect(fit!.error.inside).toBe(14)
    expect(isFree(print, fit!.smile)).toBe(true)
    const request = {
      secondsToExpiry: 60 * DAY,
      forwardNano: FORWARD_NANO,
      quotes: print.smile,
      near: fit!.smile,
    }
    expect(mostInside(request, solve)).toBe(14)
  })

  it('stays above the expiry before, whatever the later quotes say', () => {
    const [sooner, later] = [chainOf(60, cornered(60), 3_000_000n), chainOf(90, cornered(60), 3_000_000n)]
    const low = { ...later, smile: later.smile.map((p) => ({ ...p, ...shifted(p, -180_000_000n) })) }
    const [first, second] = fitWithinQuotes(AS_OF_SECONDS, [sooner, low], solve)
    // By themselves the later quotes can be met, all of them.
    expect(fitWithinQuotes(AS_OF_SECONDS, [low], solve)[0]!.error.inside).toBe(15)
    expect(calendarArbitrage(AS_OF_SECONDS, sooner, low)).toBeDefined()
    expect(first!.error.inside).toBe(15)
    expect(second!.error.inside).toBeLessThan(15)
    expect(isFree(low, second!.smile)).toBe(true)
    const before = { ...sooner, smile: first!.smile }
    expect(calendarArbitrage(AS_OF_SECONDS, before, { ...low, smile: second!.smile })).toBeUndefined()
  })

  it('is the same when made again, and takes strikes without quotes and a single strike', () => {
    const chain = chainOf(60, cornered(60), 3_000_000n)
    const gaps = chain.smile.map(({ strikeNano, volNano, ...quoted }, index) =>
      index % 3 === 0 ? { strikeNano, volNano } : { strikeNano, volNano, ...quoted },
    )
    const market = [{ ...chain, smile: gaps }]
    const [fit] = fitWithinQuotes(AS_OF_SECONDS, market, solve)
    expect(fit!.error).toMatchObject({ quoted: 10, inside: 10 })
    expect(fitWithinQuotes(AS_OF_SECONDS, market, solve)).toEqual([fit])
    const one = [{ ...chain, smile: chain.smile.slice(7, 8) }]
    expect(fitWithinQuotes(AS_OF_SECONDS, one, solve)[0]!.error.inside).toBe(1)
  })
})

function shifted({ volNano, bidVolNano, askVolNano }: QuotedExpiry['smile'][number], by: bigint) {
  return { volNano: volNano + by, bidVolNano: bidVolNano! + by, askVolNano: askVolNano! + by }
}
