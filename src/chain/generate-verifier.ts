import { keccak256, toBeHex } from 'ethers'
import { SetupError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { LOCAL_CHAIN_IDS, type ProvenanceKind } from '../prover/key-kind.ts'
import { solidityHeader } from './generate-protocol.ts'
import { verifierSource } from './verifier-template.ts'

export { LOCAL_CHAIN_IDS }

/** Order of BN254's base field: coordinates of points are below it. */
export const BASE_FIELD_MODULUS =
  21888242871839275222246405745257275088696311157297823662689037894645226208583n

/** A Groth16 verification key on BN254 as snarkjs writes it: decimal strings, projective with z = 1. */
export interface Groth16VerificationKey {
  readonly protocol: string
  readonly curve: string
  readonly nPublic: number
  readonly vk_alpha_1: readonly string[]
  readonly vk_beta_2: readonly (readonly string[])[]
  readonly vk_gamma_2: readonly (readonly string[])[]
  readonly vk_delta_2: readonly (readonly string[])[]
  readonly IC: readonly (readonly string[])[]
}

/** What the verifier contract needs to know of its key's origin. */
export interface KeyProvenance {
  /** Any kind but production has a trapdoor that somebody may know: its verifier lives on local chains only. */
  readonly kind: ProvenanceKind
  /** Name of the circuit instance, e.g. margin-16. */
  readonly circuit: string
}

/** A proof as snarkjs writes it. */
export interface Groth16Proof {
  readonly pi_a: readonly string[]
  readonly pi_b: readonly (readonly string[])[]
  readonly pi_c: readonly string[]
}

/** Coordinates in the order of the EVM's precompiles: of a G2 coordinate, the imaginary part comes first. */
export function toSolidityProof(proof: Groth16Proof): bigint[] {
  return [...g1(proof.pi_a), ...g2(proof.pi_b), ...g1(proof.pi_c)]
}

/** Solidity source of the verifier contract of one key. Refuses keys that no sound setup makes. */
export function solidityVerifier(
  contractName: string,
  key: Groth16VerificationKey,
  provenance: KeyProvenance,
): string {
  checkKey(key)
  return (
    solidityHeader('generate-verifier.ts') +
    verifierSource({
      contractName,
      circuit: provenance.circuit,
      development: provenance.kind !== 'production',
      localChainIds: LOCAL_CHAIN_IDS,
      keyHash: verificationKeyHash(key),
      scalarModulus: FIELD_MODULUS,
      baseModulus: BASE_FIELD_MODULUS,
      alpha: g1(key.vk_alpha_1),
      beta: g2(key.vk_beta_2),
      gamma: g2(key.vk_gamma_2),
      delta: g2(key.vk_delta_2),
      ic: key.IC.map(g1),
    })
  )
}

/** keccak-256 of the key's coordinates in the contract's order; the contract carries the same value. */
export function verificationKeyHash(key: Groth16VerificationKey): string {
  const words = [
    ...g1(key.vk_alpha_1),
    ...g2(key.vk_beta_2),
    ...g2(key.vk_gamma_2),
    ...g2(key.vk_delta_2),
    ...key.IC.flatMap(g1),
  ]
  return keccak256(`0x${words.map((word) => toBeHex(word, 32).slice(2)).join('')}`)
}

function checkKey(key: Groth16VerificationKey): void {
  if (key.protocol !== 'groth16' || (key.curve !== 'bn128' && key.curve !== 'bn254')) {
    throw new SetupError(`a verification key must be groth16 on bn128, not ${key.protocol} on ${key.curve}`)
  }
  if (key.nPublic < 1 || key.IC.length !== key.nPublic + 1) {
    throw new SetupError(
      `a key of ${key.nPublic} public signals must have one point more, not ${key.IC.length}`,
    )
  }
  for (const point of [key.vk_alpha_1, ...key.IC]) checkG1(point)
  for (const point of [key.vk_beta_2, key.vk_gamma_2, key.vk_delta_2])
    for (const word of g2(point)) checkBase(word)
  // Without a phase 2, delta is still gamma and anyone can forge: the term of the private witness then absorbs
  // whatever the public one lacks.
  if (String(g2(key.vk_gamma_2)) === String(g2(key.vk_delta_2))) {
    throw new SetupError(
      'delta equals gamma: this key never went through phase 2 and anyone can forge its proofs',
      {
        refused: true,
      },
    )
  }
}

function checkG1(point: readonly string[]): void {
  const [x, y] = g1(point)
  checkBase(x)
  checkBase(y)
  if ((y * y - x * x * x - 3n) % BASE_FIELD_MODULUS !== 0n) {
    throw new SetupError(`the verification key has a point off the curve: (${x}, ${y})`)
  }
}

function checkBase(word: bigint): void {
  if (word < 0n || word >= BASE_FIELD_MODULUS) throw new SetupError(`${word} is no coordinate of BN254`)
}

function g1(point: readonly string[]): [bigint, bigint] {
  if (BigInt(point[2] ?? 1) !== 1n) throw new SetupError('a point of the key or proof is not affine')
  return [BigInt(point[0]!), BigInt(point[1]!)]
}

function g2(point: readonly (readonly string[])[]): [bigint, bigint, bigint, bigint] {
  const [x, y] = [point[0]!, point[1]!]
  return [BigInt(x[1]!), BigInt(x[0]!), BigInt(y[1]!), BigInt(y[0]!)]
}
