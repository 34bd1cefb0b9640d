import { expiryName } from './content-check.ts'
import type { FeederContent } from './feeder-content.ts'
import { isWithin } from './move-guard.ts'
import type { GuardParameters } from './oracle-parameters.ts'
import type { RoundMedians } from './round-medians.ts'

/**
 * Quantities of a round that lie further from what this feeder sees itself than the guards let honest feeders lie apart.
 * What it does not see it does not judge. A feeder's signature of a round says that it would have said about the same: so
 * nobody who picks among contents, and no liar among few, gets a signature under medians that the signer knows to be wrong.
 */
export function farFromOwn(
  own: FeederContent,
  medians: RoundMedians,
  { maximumSpreadBps, maximumVolSpreadBps }: GuardParameters,
): string[] {
  const far: string[] = []
  const compare = (name: string, median: bigint, mine: bigint | undefined, apartBps: bigint) => {
    if (mine !== undefined && !isWithin(median, mine, apartBps)) far.push(name)
  }
  for (const { symbol, spotNano } of medians.spots) {
    const mine = own.spots.find((spot) => spot.symbol === symbol)?.spotNano
    compare(`spot ${symbol}`, spotNano, mine, maximumSpreadBps)
  }
  for (const { symbol, markNano } of medians.marks) {
    const mine = own.marks.find((mark) => mark.symbol === symbol)?.markNano
    compare(`mark ${symbol}`, markNano, mine, maximumSpreadBps)
  }
  for (const expiry of medians.expiries) {
    const name = expiryName(expiry)
    const mine = own.expiries.find((other) => expiryName(other) === name)
    compare(`forward ${name}`, expiry.forwardNano, mine?.forwardNano, maximumSpreadBps)
    const vols = new Map(mine?.smile.map(({ strikeNano, volNano }) => [strikeNano, volNano]))
    for (const { strikeNano, volNano } of expiry.smile) {
      compare(`vol ${name} ${strikeNano}`, volNano, vols.get(strikeNano), maximumVolSpreadBps)
    }
  }
  return far
}
