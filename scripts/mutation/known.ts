/**
 * Statements whose absence nothing notices, each with the reason why that is no hole. The run fails when the list of
 * unnoticed statements is another one.
 */
export interface Known {
  readonly template: string
  readonly left: string
  readonly reason: string
}

const SAME_ID =
  'the leaf at the place of the canonical id holds that whole id, and the hashed id must equal it: with a risk tree that ' +
  'lists each id once, at its own place, canonical id, listed id and place bits cannot differ. The wire is what keeps this ' +
  'true under a root that lists an id twice'

export const KNOWN: readonly Known[] = [
  { template: 'PortfolioMargin', left: 'canonical.id', reason: SAME_ID },
  { template: 'PortfolioMargin', left: 'listed.id', reason: SAME_ID },
  { template: 'PortfolioMargin', left: 'listed.placeBits', reason: SAME_ID },
]
