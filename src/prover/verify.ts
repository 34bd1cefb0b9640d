/** Groth16 verification, on the calling thread, for keys and proofs in snarkjs' JSON form. */
import { FIELD_MODULUS } from '../protocol/field.ts'
import { Point, pairingProductIsOne } from './points.ts'
import type { VerificationKey } from './zkey.ts'

/** A proof as snarkjs writes it. */
export interface Proof {
  readonly pi_a: string[]
  readonly pi_b: string[][]
  readonly pi_c: string[]
  readonly protocol: string
  readonly curve: string
}

/**
 * True when the proof shows the statement. Everything malformed is simply false: points off the curve,
 * coordinates or signals that are not canonical, a wrong number of signals.
 */
export function verifyProof(key: VerificationKey, publicSignals: readonly bigint[], proof: Proof): boolean {
  if (publicSignals.length !== key.nPublic || key.IC.length !== key.nPublic + 1) return false
  // A signal and the same signal plus the field modulus would otherwise be two names of one statement.
  if (publicSignals.some((signal) => signal < 0n || signal >= FIELD_MODULUS)) return false
  const a = Point.fromJson('g1', proof.pi_a)
  const b = Point.fromJson('g2', proof.pi_b)
  const c = Point.fromJson('g1', proof.pi_c)
  const alpha = Point.fromJson('g1', key.vk_alpha_1)
  const beta = Point.fromJson('g2', key.vk_beta_2)
  const gamma = Point.fromJson('g2', key.vk_gamma_2)
  const delta = Point.fromJson('g2', key.vk_delta_2)
  if (!a || !b || !c || !alpha || !beta || !gamma || !delta) return false
  let statement = Point.fromJson('g1', key.IC[0])
  for (const [i, signal] of publicSignals.entries()) {
    const point = Point.fromJson('g1', key.IC[i + 1])
    if (!statement || !point) return false
    statement = statement.add(point.times(signal))
  }
  if (!statement || [a, b, c, statement].some((point) => point.isZero())) return false
  // A point of the curve over Fq2 need not be in the group; its order tells.
  if (!b.times(FIELD_MODULUS).isZero()) return false
  return pairingProductIsOne([
    [a.negate(), b],
    [statement, gamma],
    [c, delta],
    [alpha, beta],
  ])
}
