import type { SignedContent } from './admission.ts'
import { expiryName } from './content-check.ts'
import { isWithin } from './move-guard.ts'
import type { OracleParameters } from './oracle-parameters.ts'
import type { RoundMedians } from './round-medians.ts'

/** Medians that a quorum stands behind, and the names of those that it does not. */
export interface AgreedMedians {
  readonly medians: RoundMedians
  /** E.g. "forward BTC 1772784000"; they are not part of the medians. Spots stay, and are named. */
  readonly notAgreed: readonly string[]
}

/**
 * A median by a quorum says that so many spoke, not that they agree: of two feeders one may lie, and the lower value is
 * the median. So at least the quorum has to lie within maximumSpreadBps of a price, and within maximumVolSpreadBps of a volatility.
 * A strike, an expiry or a mark that has no such quorum is left out of the round (its instruments are halted); whoever
 * asked decides about a spot.
 */
export function agreedMedians(
  contents: readonly SignedContent[],
  medians: RoundMedians,
  { quorum, guards }: Pick<OracleParameters, 'quorum' | 'guards'>,
): AgreedMedians {
  const notAgreed: string[] = []
  const agree = (
    name: string,
    median: bigint,
    spread: bigint,
    said: (one: SignedContent) => bigint | undefined,
  ) => {
    const near = contents.filter((one) => {
      const value = said(one)
      return value !== undefined && isWithin(value, median, spread)
    })
    if (near.length < quorum.quorum) notAgreed.push(name)
    return near.length >= quorum.quorum
  }
  const { maximumSpreadBps: apart, maximumVolSpreadBps: volApart } = guards
  for (const { symbol, spotNano } of medians.spots) {
    agree(`spot ${symbol}`, spotNano, apart, ({ content }) => bySymbol(content.spots, symbol)?.spotNano)
  }
  const marks = medians.marks.filter(({ symbol, markNano }) =>
    agree(`mark ${symbol}`, markNano, apart, ({ content }) => bySymbol(content.marks, symbol)?.markNano),
  )
  const saidOf = contents.map(({ feeder, content }) => ({
    feeder,
    expiries: new Map(
      content.expiries.map(({ smile, ...expiry }) => [
        expiryName(expiry),
        { ...expiry, vols: new Map(smile.map(({ strikeNano, volNano }) => [strikeNano, volNano])) },
      ]),
    ),
  }))
  const saidExpiry = ({ feeder }: SignedContent, name: string) =>
    saidOf.find((said) => said.feeder === feeder)?.expiries.get(name)
  const expiries = medians.expiries
    .filter((expiry) => {
      const name = expiryName(expiry)
      return agree(`forward ${name}`, expiry.forwardNano, apart, (one) => saidExpiry(one, name)?.forwardNano)
    })
    .map((expiry) => {
      const name = expiryName(expiry)
      const smile = expiry.smile.filter(({ strikeNano, volNano }) =>
        agree(`vol ${name} ${strikeNano}`, volNano, volApart, (one) =>
          saidExpiry(one, name)?.vols.get(strikeNano),
        ),
      )
      return { ...expiry, smile }
    })
  return { medians: { ...medians, marks, expiries }, notAgreed }
}

function bySymbol<T extends { readonly symbol: string }>(items: readonly T[], symbol: string): T | undefined {
  return items.find((item) => item.symbol === symbol)
}
