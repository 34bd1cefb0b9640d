/** Which contracts name the verifiers of proofs that a reader holds, and how a verifier's key is asked for. Pure. */
export const VERIFIER_PLACES = [
  { proofs: 'margin', contract: 'attestor', method: 'verifier' },
  { proofs: 'seal', contract: 'seals', method: 'sealVerifier' },
] as const

export type VerifiedProofs = (typeof VERIFIER_PLACES)[number]['proofs']
export const VERIFIED_PROOFS = VERIFIER_PLACES.map(({ proofs }) => proofs) as [
  VerifiedProofs,
  ...VerifiedProofs[],
]

/** Every generated verifier has it: keccak-256 of its key. */
export const VERIFIER_ABI = ['function VERIFICATION_KEY_HASH() view returns (bytes32)'] as const
