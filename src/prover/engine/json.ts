/** Proofs and points in snarkjs' JSON form: decimal coordinates, the last 1, or 0 for the point at infinity. */
import type { Affine } from './big-curve.ts'
import { pointOf, wordBytes } from './containers.ts'
import type { KeyHeader } from './key-file.ts'

export interface EngineProof {
  pi_a: string[]
  pi_b: string[][]
  pi_c: string[]
  protocol: 'groth16'
  curve: 'bn128'
}

/** The points that proofs of a key are verified with. */
export interface VerificationPoints {
  readonly alpha: string[]
  readonly beta: string[][]
  readonly gamma: string[][]
  readonly delta: string[][]
  /** Of the constant, then of each public signal. */
  readonly ic: string[][]
}

export function g1Json(point: Affine): string[] {
  return point === undefined ? ['0', '1', '0'] : [`${point.x[0]}`, `${point.y[0]}`, '1']
}

export function g2Json(point: Affine): string[][] {
  if (point === undefined)
    return [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ]
  return [point.x.map(String), point.y.map(String), ['1', '0']]
}

export function verificationPoints({ alpha1, beta2, gamma2, delta2, ic }: KeyHeader): VerificationPoints {
  const g1 = (words: Uint32Array) => g1Json(pointOf('g1', wordBytes(words)))
  const g2 = (words: Uint32Array) => g2Json(pointOf('g2', wordBytes(words)))
  const points = Array.from({ length: ic.length / 16 }, (_, i) => g1(ic.subarray(16 * i, 16 * i + 16)))
  return { alpha: g1(alpha1), beta: g2(beta2), gamma: g2(gamma2), delta: g2(delta2), ic: points }
}
