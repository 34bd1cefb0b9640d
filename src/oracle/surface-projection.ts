import type { Solver } from '../risk/hedge/linear-program.ts'
import type { SmilePoint } from '../risk/market/snapshot.ts'
import { calendarArbitrage, smileArbitrage } from './smile-arbitrage.ts'
import { type ProjectionRequest, projectSmile } from './smile-projection.ts'
import { type ExpiryFit, fitError, fitSurface, type QuotedExpiry } from './surface-fit.ts'

/** The fitted surface, and then every expiry moved within its bid-asks as far as no arbitrage allows. */
export function fitWithinQuotes(
  asOfSeconds: number,
  expiries: readonly QuotedExpiry[],
  solve: Solver,
): ExpiryFit[] {
  return projectSurface(asOfSeconds, expiries, fitSurface(asOfSeconds, expiries), solve)
}

/**
 * Projects an underlying's expiries in order of time, each above the one before as it came out. What comes out is checked as
 * the integers that it is; where one expiry does not pass, its underlying keeps the fitted curves.
 * @param fits of fitSurface, of these expiries. Margins and slice of a fit stay those of the fitted curve.
 */
export function projectSurface(
  asOfSeconds: number,
  expiries: readonly QuotedExpiry[],
  fits: readonly ExpiryFit[],
  solve: Solver,
): ExpiryFit[] {
  const underlyings = [...new Set(fits.map(({ underlying }) => underlying))]
  return underlyings.flatMap((underlying) => {
    const own = fits.filter((fit) => fit.underlying === underlying)
    return projectUnderlying(asOfSeconds, expiries, own, solve) ?? own
  })
}

function projectUnderlying(
  asOfSeconds: number,
  expiries: readonly QuotedExpiry[],
  fits: readonly ExpiryFit[],
  solve: Solver,
): ExpiryFit[] | undefined {
  const done: { fit: ExpiryFit; expiry: QuotedExpiry }[] = []
  for (const fit of fits) {
    const expiry = expiries.find(
      ({ underlying, expirySeconds }) => underlying === fit.underlying && expirySeconds === fit.expirySeconds,
    )!
    const last = done.at(-1)
    const earlier = last && { ...last.expiry, smile: last.fit.smile }
    const request: ProjectionRequest = {
      secondsToExpiry: fit.expirySeconds - asOfSeconds,
      forwardNano: expiry.forwardNano,
      quotes: expiry.smile,
      near: fit.smile,
      before: earlier && { ...earlier, secondsToExpiry: earlier.expirySeconds - asOfSeconds },
    }
    const isFree = (smile: readonly SmilePoint[]) =>
      smileArbitrage(expiry.forwardNano, smile, request.secondsToExpiry) === undefined &&
      (earlier === undefined || calendarArbitrage(asOfSeconds, earlier, { ...expiry, smile }) === undefined)
    const projected = projectSmile(request, solve)
    const smile = [projected, fit.smile].find((one) => one !== undefined && isFree(one))
    if (smile === undefined) return undefined
    done.push({ expiry, fit: { ...fit, smile, error: fitError(expiry.smile, smile) } })
  }
  return done.map(({ fit }) => fit)
}
