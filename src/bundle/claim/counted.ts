import type { Claim } from '../../protocol/claims.ts'
import { WitnessError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import { marginSignalsToArray } from '../../protocol/signals.ts'
import { refuseForeignChain } from '../../prover/key-kind.ts'
import { claimWitness, type MarginWitness } from '../../prover/margin-inputs.ts'
import type { Proof } from '../../prover/verify.ts'
import { isBelow, type MarginResult, marginOf } from '../../risk/margin.ts'
import type { RiskMatrix } from '../../risk/matrix.ts'
import { BatchVerifier, type RandomBytes } from '../groth16/batch.ts'
import { bundleProofOf } from '../key-hash.ts'
import type { Receipt } from '../receipt.ts'
import type { BundleHeader, BundleKey } from '../records.ts'
import { contextSignal, type ProofContext } from './context.ts'
import { type ProofFile, proofFileOf } from './proof-file.ts'

/** An account that a sound bundle counts once, with all that its owner proves claims about it from. Private. */
export interface CountedAccount {
  readonly hasher: Hasher
  readonly receipt: Receipt
  readonly leaf: bigint
  /** Recomputed from the bundle, with the root that its proofs state. */
  readonly matrix: RiskMatrix
  readonly header: BundleHeader
  /** Of the steps: claims are proven with the same circuit. */
  readonly key: BundleKey
}

/** A claim of an owner about their own account, and for whom its proof is. */
export interface OwnClaim {
  readonly claim: Claim
  readonly context: ProofContext | undefined
}

/**
 * What the circuit is to be given. Nothing is proven yet.
 * @param falseWords what to say of the account when the claim does not hold
 * @throws WitnessError in these words when the claim is false: no proof of it exists. SetupError when keys that anyone can
 *   forge proofs for are to serve on a chain that is not local
 */
export function ownWitness(
  { hasher, receipt, leaf, matrix, key }: CountedAccount,
  { claim, context }: OwnClaim,
  falseWords: (margin: MarginResult, claim: Claim) => string,
): MarginWitness {
  if (context !== undefined) {
    refuseForeignChain(context.chainId, { kind: key.setup.kind, circuit: key.circuit })
  }
  const margin = marginOf(receipt.account.positions, matrix.vectors, matrix.parameters)
  if (isBelow(margin, claim.threshold) !== claim.below) throw new WitnessError(falseWords(margin, claim))
  return claimWitness(
    hasher,
    MARGIN_INSTANCES[receipt.instance],
    { ...receipt, leaf },
    { tree: matrix.tree, parameters: matrix.parametersWord },
    { claim, context: contextSignal(context) },
  )
}

/** Whether a proof shows the statement of a witness under the bundle's own key: not under the prover's word. */
export async function ownProofHolds(
  { key }: CountedAccount,
  { signals }: MarginWitness,
  proof: Proof,
  random: RandomBytes,
): Promise<boolean> {
  const verifier = await BatchVerifier.create(key.points, random)
  const statement = { signals: marginSignalsToArray(signals), proof: bundleProofOf(proof) }
  return verifier.failures([statement]).length === 0
}

/** The file to hand on: the same as `tacit attest` writes. */
export function ownProofFile(
  { receipt, header, key }: CountedAccount,
  { claim, context }: OwnClaim,
  { signals }: MarginWitness,
  proof: Proof,
): ProofFile {
  const { setup } = key
  return proofFileOf({
    instance: receipt.instance,
    claim,
    proof,
    signals,
    keyHash: key.hash,
    key: setup.kind === 'development' ? { kind: setup.kind, seed: setup.seed } : { kind: setup.kind },
    round: header.round,
    count: header.count,
    context,
  })
}
