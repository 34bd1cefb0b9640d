/**
 * `npx tsx scripts/oracle/fit.ts FILE...`: fits the surface of a captured chain (responses of Deribit's public
 * get_book_summary_by_currency, kind=option) and tells, expiry by expiry, how it lies to the quotes: the fitted curve, the
 * same within bid and ask as far as no arbitrage allows, and the most strikes that any prices without arbitrage have inside.
 */
import { readFileSync } from 'node:fs'
import { impliedVolNano } from '../../src/oracle/implied-volatility.ts'
import { calendarArbitrage, smileArbitrage } from '../../src/oracle/smile-arbitrage.ts'
import { mostInside } from '../../src/oracle/smile-projection.ts'
import { type ExpiryFit, fitSurface, type QuotedExpiry } from '../../src/oracle/surface-fit.ts'
import { projectSurface } from '../../src/oracle/surface-projection.ts'
import { loadHighsSolver } from '../../src/risk/hedge/highs.ts'
import { parseDeribitName } from '../../src/risk/market/deribit-name.ts'
import { readMarket } from '../../src/risk/market/read.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'

const COIN_NANO = 1e9

interface Row {
  readonly instrument_name: string
  readonly underlying_price: number
  readonly bid_price: number | null
  readonly ask_price: number | null
}

/** Bid and ask of the right that is out of the money, as volatilities, by underlying, expiry and strike. */
function quotedVols(files: readonly { name: string; text: string }[], market: MarketSnapshot) {
  const vols = new Map<string, { bidVolNano: bigint; askVolNano: bigint }>()
  for (const { text } of files) {
    for (const row of (JSON.parse(text) as { result: Row[] }).result) {
      const terms = parseDeribitName(row.instrument_name)
      if (terms?.kind !== 'option' || !row.bid_price || !row.ask_price) continue
      const underlying = market.underlyings.findIndex(({ symbol }) => symbol === terms.currency)
      const expiry = market.expiries.find(
        (one) => one.underlying === underlying && one.expirySeconds === terms.expirySeconds,
      )!
      const out = terms.strikeNano < expiry.forwardNano ? 'put' : 'call'
      if (terms.right !== out) continue
      const at = (price: number) =>
        impliedVolNano(
          out,
          expiry.forwardNano,
          terms.strikeNano,
          BigInt(Math.round(price * row.underlying_price * COIN_NANO)),
          expiry.expirySeconds - market.asOfSeconds,
        )
      const [bidVolNano, askVolNano] = [at(row.bid_price), at(row.ask_price)]
      if (bidVolNano === undefined || askVolNano === undefined) continue
      vols.set(`${underlying} ${terms.expirySeconds} ${terms.strikeNano}`, { bidVolNano, askVolNano })
    }
  }
  return vols
}

function quoted(market: MarketSnapshot, vols: ReturnType<typeof quotedVols>): QuotedExpiry[] {
  return market.expiries.map((expiry) => ({
    ...expiry,
    smile: expiry.smile.map((point) => ({
      ...point,
      ...vols.get(`${expiry.underlying} ${expiry.expirySeconds} ${point.strikeNano}`),
    })),
  }))
}

/** Expiries in which the integer smiles have static arbitrage. */
function arbitrages(
  market: MarketSnapshot,
  fits: readonly ExpiryFit[],
  expiries: readonly QuotedExpiry[],
): number {
  return fits.filter((fit, index) => {
    const expiry = expiries[index]!
    const before = fits[index - 1]
    const earlier =
      before?.underlying === fit.underlying ? { ...expiries[index - 1]!, smile: before.smile } : undefined
    const later = { ...expiry, smile: fit.smile }
    return (
      smileArbitrage(expiry.forwardNano, fit.smile, fit.expirySeconds - market.asOfSeconds) !== undefined ||
      (earlier !== undefined && calendarArbitrage(market.asOfSeconds, earlier, later) !== undefined)
    )
  }).length
}

async function main(names: readonly string[]): Promise<void> {
  const files = names.map((name) => ({ name, text: readFileSync(name, 'utf8') }))
  const market = readMarket(files)
  const expiries = quoted(market, quotedVols(files, market)).filter(({ smile }) => smile.length > 0)
  const solve = await loadHighsSolver()
  const started = performance.now()
  const curves = fitSurface(market.asOfSeconds, expiries)
  const fitted = performance.now()
  const projected = projectSurface(market.asOfSeconds, expiries, curves, solve)
  const done = performance.now()
  let most = 0
  expiries.forEach((expiry, index) => {
    const secondsToExpiry = expiry.expirySeconds - market.asOfSeconds
    const { forwardNano, smile: quotes } = expiry
    const alone = mostInside({ secondsToExpiry, forwardNano, quotes, near: curves[index]!.smile }, solve)
    most += alone
    const [curve, within] = [curves[index]!.error, projected[index]!.error]
    const show = ({ inside, quoted: of, outsidePoints, rmsPoints, maxPoints }: typeof curve) =>
      `${inside} of ${of}, beyond ${outsidePoints.toFixed(2)}, mark ${rmsPoints.toFixed(1)} ${maxPoints.toFixed(1)}`
    const days = (secondsToExpiry / 86_400).toFixed(1)
    const { symbol } = market.underlyings[expiry.underlying]!
    console.log(`${symbol} ${days} days: curve ${show(curve)}; within ${show(within)}; most ${alone}`)
  })
  const sum = (fits: readonly ExpiryFit[]) => fits.reduce((total, { error }) => total + error.inside, 0)
  console.log(
    JSON.stringify({
      quoted: curves.reduce((total, { error }) => total + error.quoted, 0),
      ...{ curve: sum(curves), within: sum(projected), most },
      arbitrages: [curves, projected].map((fits) => arbitrages(market, fits, expiries)),
      ...{ fitMs: Math.round(fitted - started), projectMs: Math.round(done - fitted) },
    }),
  )
}

await main(process.argv.slice(2))
