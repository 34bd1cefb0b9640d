import { OutOfRangeError } from './errors.ts'

/**
 * What a standalone margin proof claims: on which side of which threshold the account's equity stands.
 * claim = 2 * threshold code + (1 when equity is below). Zero means no claim: a step of the solvency chain.
 */
export const THRESHOLDS = ['zero', 'mm', 'soft', 'im'] as const
/** zero: insolvency; mm: maintenance margin; soft: soft liquidation; im: initial margin. */
export type Threshold = (typeof THRESHOLDS)[number]
export const THRESHOLD_CODES: Readonly<Record<Threshold, number>> = { zero: 1, mm: 2, soft: 3, im: 4 }
export const NO_CLAIM = 0n

export interface Claim {
  readonly threshold: Threshold
  /** true: equity < threshold (a trigger). false: equity >= threshold (an attestation). */
  readonly below: boolean
}

export function encodeClaim(claim: Claim): bigint {
  return BigInt(2 * THRESHOLD_CODES[claim.threshold] + (claim.below ? 1 : 0))
}

export function decodeClaim(code: bigint): Claim | undefined {
  if (code === NO_CLAIM) return undefined
  const threshold = THRESHOLDS.find((name) => THRESHOLD_CODES[name] === Number(code >> 1n))
  if (threshold === undefined) throw new OutOfRangeError('claim', code, 'no threshold has this code')
  return { threshold, below: (code & 1n) === 1n }
}
