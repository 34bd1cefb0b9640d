import { keccak256, toBeHex } from 'ethers'
import type { Proof } from '../prover/verify.ts'
import type { VerificationKey } from '../prover/zkey.ts'
import type { KeyPoints } from './groth16/batch.ts'
import type { BundleKey, BundleProof, G1Text, G2Text } from './records.ts'

/** The points of a verification key as snarkjs writes it, without those that follow from others. */
export function keyPointsOf(
  key: Pick<VerificationKey, 'vk_alpha_1' | 'vk_beta_2' | 'vk_gamma_2' | 'vk_delta_2' | 'IC'>,
): KeyPoints {
  return {
    alpha: g1(key.vk_alpha_1),
    beta: g2(key.vk_beta_2),
    gamma: g2(key.vk_gamma_2),
    delta: g2(key.vk_delta_2),
    ic: key.IC.map(g1),
  }
}

/** A proof as snarkjs writes it, without its third coordinates. */
export function bundleProofOf(proof: {
  readonly pi_a: readonly string[]
  readonly pi_b: readonly (readonly string[])[]
  readonly pi_c: readonly string[]
}): BundleProof {
  return { a: g1(proof.pi_a), b: g2(proof.pi_b), c: g1(proof.pi_c) }
}

/** The inverse of bundleProofOf. */
export function proofOfBundle({ a, b, c }: BundleProof): Proof {
  const affine = ([x, y]: G1Text) => [x, y, '1']
  return {
    pi_a: affine(a),
    pi_b: [[...b[0]], [...b[1]], ['1', '0']],
    pi_c: affine(c),
    protocol: 'groth16',
    curve: 'bn128',
  }
}

/** keccak-256 of the coordinates in the order of the EVM: the hash that the verifier contract of the key carries. */
export function keyHash(points: KeyPoints): BundleKey['hash'] {
  const imaginaryFirst = ([x, y]: G2Text) => [x[1], x[0], y[1], y[0]]
  const words = [
    ...points.alpha,
    ...[points.beta, points.gamma, points.delta].flatMap(imaginaryFirst),
    ...points.ic.flat(),
  ]
  return keccak256(`0x${words.map((word) => toBeHex(word, 32).slice(2)).join('')}`)
}

function g1(point: readonly string[]): G1Text {
  return [point[0]!, point[1]!]
}

function g2(point: readonly (readonly string[])[]): G2Text {
  return [g1(point[0]!), g1(point[1]!)]
}
