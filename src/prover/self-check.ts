/** The last step of every backend: a proof that does not verify is not handed out. */
import { ProofError, type TacitError, WitnessError } from '../protocol/errors.ts'
import type { ProvingArtifacts } from './backend.ts'
import { readR1cs } from './r1cs.ts'
import { violatedConstraints } from './r1cs-check.ts'
import { type Proof, verifyProof } from './verify.ts'
import type { WorkerPool } from './workers/pool.ts'

/**
 * @throws WitnessError when the proof fails because the witness breaks constraints (it names the first ones),
 *   ProofError when the witness is sound, or cannot be checked because the constraint system is not at hand
 */
export async function selfCheck(
  artifacts: ProvingArtifacts,
  witness: Uint8Array,
  proof: Proof,
  publicSignals: readonly bigint[],
  pool?: WorkerPool,
): Promise<void> {
  if (verifyProof(artifacts.verificationKey, publicSignals, proof)) return
  throw await explainFailure(artifacts, witness, { pool })
}

/** Why a proof does not verify: the constraints that the witness breaks, as far as that can be told. */
export async function explainFailure(
  artifacts: ProvingArtifacts,
  witness: Uint8Array,
  { pool, cause }: { readonly pool?: WorkerPool | undefined; readonly cause?: unknown } = {},
): Promise<TacitError> {
  if (artifacts.r1csPath !== undefined) {
    const violated = await violatedConstraints(await readR1cs(artifacts.r1csPath), witness, pool)
    if (violated.length > 0) {
      const some = violated.slice(0, 5).join(', ')
      return new WitnessError(
        `the witness breaks ${violated.length} constraints of ${artifacts.name}: ${some}${violated.length > 5 ? ', ...' : ''}`,
        { cause },
      )
    }
  }
  return new ProofError(
    `the proof of ${artifacts.name} does not verify: the proving key and the verification key do not belong together, or the key is damaged`,
    { cause },
  )
}
