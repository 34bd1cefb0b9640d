import type { Claim, Threshold } from '../../protocol/claims.ts'

export const THRESHOLD_WORDS: Readonly<Record<Threshold, string>> = {
  zero: 'zero (insolvency)',
  mm: 'its maintenance margin (MM)',
  soft: 'its soft-liquidation level (SOFT)',
  im: 'its initial margin (IM)',
}

/** What a proof says of the account, as its file says it: "equity is at or above its initial margin (IM)". */
export function claimWords({ threshold, below }: Claim): string {
  return `equity is ${below ? 'below' : 'at or above'} ${THRESHOLD_WORDS[threshold]}`
}
