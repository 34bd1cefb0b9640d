import { lnIntegerQ64 } from '../fixed-point/ln.ts'
import { mulDivDown, NANO } from '../fixed-point/q64.ts'
import { black76Nano } from '../risk/black76.ts'
import type { ExpiryQuote, SmilePoint } from '../risk/market/snapshot.ts'
import { smileSlice } from '../risk/surface.ts'

/** Two prices are rounded down by less than a nano-USD each; a volatility by half of 1e-9. */
const ROUNDING_NANO = 4n
/** Between listed strikes a smile is read along a chord, which lies above its curve: so much of a volatility is no breach. */
const CHORD_PARTS = 200n

/**
 * Static arbitrage in an integer smile at its listed strikes, by the prices that the matrix gives calls (undiscounted, so
 * a vertical spread costs between 0 and its width): no price may rise with the strike, fall faster than it, or lie above
 * the chord of its neighbours (a butterfly of negative cost).
 * @returns index of the first strike at fault, undefined when there is none.
 */
export function smileArbitrage(
  forwardNano: bigint,
  smile: readonly SmilePoint[],
  seconds: number,
): number | undefined {
  const calls = smile.map(({ strikeNano, volNano }) =>
    black76Nano('call', forwardNano, strikeNano, volNano, seconds),
  )
  // Rounding of a volatility moves a price by vega: at most F sqrt(T) / 2.5 of 1e-9, far below F 1e-9 sqrt(T).
  const slack = ROUNDING_NANO + (2n * forwardNano * BigInt(Math.ceil(Math.sqrt(seconds / 31_536_000)))) / NANO
  for (let i = 1; i < smile.length; i++) {
    const width = smile[i]!.strikeNano - smile[i - 1]!.strikeNano
    const fall = calls[i - 1]! - calls[i]!
    if (fall < -slack || fall > width + slack) return i
    if (i + 1 === smile.length) break
    const next = smile[i + 1]!.strikeNano - smile[i]!.strikeNano
    const chord = calls[i - 1]! * next + calls[i + 1]! * width
    if (calls[i]! * (width + next) > chord + slack * (width + next)) return i
  }
  return undefined
}

/**
 * Calendar arbitrage between two integer smiles of one underlying: at equal moneyness the later total variance may not be
 * below the earlier, at every strike of the later that lies within the strikes of the earlier.
 * @returns index of the first strike of the later smile at fault, undefined when there is none.
 */
export function calendarArbitrage(
  asOfSeconds: number,
  earlier: Pick<ExpiryQuote, 'expirySeconds' | 'forwardNano' | 'smile'>,
  later: Pick<ExpiryQuote, 'expirySeconds' | 'forwardNano' | 'smile'>,
): number | undefined {
  const slice = smileSlice(earlier.smile)
  const [first, last] = [earlier.smile[0]!, earlier.smile.at(-1)!]
  const index = later.smile.findIndex(({ strikeNano, volNano }) => {
    const alike = mulDivDown(strikeNano, earlier.forwardNano, later.forwardNano)
    if (alike < first.strikeNano || alike > last.strikeNano) return false
    const before = slice.volNano(alike, lnIntegerQ64(alike))
    const least = before - before / CHORD_PARTS
    return (
      volNano * volNano * BigInt(later.expirySeconds - asOfSeconds) <
      least * least * BigInt(earlier.expirySeconds - asOfSeconds)
    )
  })
  return index < 0 ? undefined : index
}
