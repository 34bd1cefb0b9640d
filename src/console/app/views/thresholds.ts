/** The thresholds that a claim is about, in words. */
import { THRESHOLD_CODES, THRESHOLDS, type Threshold } from '../../../protocol/claims.ts'

export const THRESHOLD_WORDS: Readonly<Record<Threshold, string>> = {
  zero: 'zero',
  mm: 'maintenance margin',
  soft: 'soft-liquidation level',
  im: 'initial margin',
}

/** @param code as the contracts have it */
export function thresholdOfCode(code: number): string {
  const threshold = THRESHOLDS.find((name) => THRESHOLD_CODES[name] === code)
  return threshold === undefined ? `threshold ${code}` : THRESHOLD_WORDS[threshold]
}
