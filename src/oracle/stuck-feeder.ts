import type { Refusal, SignedContent } from './admission.ts'
import type { QuorumParameters } from './oracle-parameters.ts'

/** The quotes that a feeder showed last, and in how many rounds in a row. */
export interface QuotesSeen {
  readonly quotesHash: string
  readonly rounds: number
}

/** By feeder. */
export type SeenQuotes = ReadonlyMap<string, QuotesSeen>

/**
 * Contents without those of stuck feeders: their quotes, thousands of numbers, were the same to the last one in stuckRounds
 * rounds, so their source repeats an old answer under new times. A feeder whose source lives again counts at once.
 */
export function withoutStuck(
  contents: readonly SignedContent[],
  seen: SeenQuotes,
  { stuckRounds }: Pick<QuorumParameters, 'stuckRounds'>,
): { readonly contents: readonly SignedContent[]; readonly refusals: readonly Refusal[] } {
  const roundsOf = ({ feeder, content }: SignedContent) => {
    const last = seen.get(feeder)
    return last?.quotesHash === content.quotesHash ? last.rounds : 0
  }
  return {
    contents: contents.filter((one) => roundsOf(one) < stuckRounds),
    refusals: contents
      .filter((one) => roundsOf(one) >= stuckRounds)
      .map((one) => ({
        feeder: one.feeder,
        reason: 'stuck',
        rule: `has shown the same quotes for ${roundsOf(one)} rounds`,
      })),
  }
}

/** After a round: what each feeder that spoke has shown. Feeders that did not speak keep their count. */
export function seenAfter(seen: SeenQuotes, contents: readonly SignedContent[]): SeenQuotes {
  const next = new Map(seen)
  for (const { feeder, content } of contents) {
    const last = next.get(feeder)
    const isSame = last?.quotesHash === content.quotesHash
    next.set(feeder, { quotesHash: content.quotesHash, rounds: isSame ? last.rounds + 1 : 1 })
  }
  return next
}
