import { THRESHOLD_WORDS } from '../../bundle/claim/words.ts'
import type { Claim, Threshold } from '../../protocol/claims.ts'
import type { MarginResult } from '../../risk/margin.ts'
import { usd } from './text.ts'

type Figures = Pick<MarginResult, 'equityNano' | 'requirementNano'>

/** "its initial margin (IM) of 119,167.62 USD" */
export function thresholdAmount(
  threshold: Threshold,
  { requirementNano }: Pick<Figures, 'requirementNano'>,
): string {
  return threshold === 'zero'
    ? THRESHOLD_WORDS.zero
    : `${THRESHOLD_WORDS[threshold]} of ${usd(requirementNano[threshold])} USD`
}

/** Of a claim that does not hold: "an equity of 12.00 USD, which is below its initial margin (IM) of 20.00 USD". */
export function falseClaimWords(margin: Figures, { threshold, below }: Claim): string {
  const side = below ? 'not below' : 'below'
  return `an equity of ${usd(margin.equityNano)} USD, which is ${side} ${thresholdAmount(threshold, margin)}`
}
