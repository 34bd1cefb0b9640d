import { contextAddress, contextSignal, type ProofContext } from '../bundle/claim/context.ts'
import { type ProofFile, proofFileOf } from '../bundle/claim/proof-file.ts'
import { refuseForeignChain } from '../chain/deploy.ts'
import { verificationKeyHash } from '../chain/generate-verifier.ts'
import { falseClaimWords } from '../page/view/claim.ts'
import type { Claim } from '../protocol/claims.ts'
import { InputError, WitnessError } from '../protocol/errors.ts'
import type { MarginInstanceName } from '../protocol/instances.ts'
import { claimWitness, type MarginWitness } from '../prover/margin-inputs.ts'
import type { MarginProof, MarginProver } from '../prover/margin-prover.ts'
import { isBelow, marginOf } from '../risk/margin.ts'
import type { ContextOptions } from './options.ts'
import { riskRoundOf, type Session } from './session.ts'

/**
 * The context that the options name: all three of them, or none for a proof that is checked as a file only.
 * @throws InputError when some are missing or an address is none
 */
export function readContext(options: ContextOptions): ProofContext | undefined {
  const { chainId, attestor, beneficiary } = options
  const given = [chainId, attestor, beneficiary].filter((value) => value !== undefined).length
  if (given === 0) return undefined
  if (chainId === undefined || attestor === undefined || beneficiary === undefined) {
    throw new InputError('belong together: give all three, or none for a proof that no contract takes', {
      field: '--chain-id, --attestor, --beneficiary',
    })
  }
  return {
    chainId,
    attestor: contextAddress(attestor, '--attestor'),
    beneficiary: contextAddress(beneficiary, '--beneficiary'),
  }
}

/**
 * The checked witness of a claim about one account.
 * @throws WitnessError, in dollars, when the claim is false: no proof of it exists, so none is tried
 */
export function witnessOf(
  session: Session,
  index: number,
  claim: Claim,
  context: ProofContext | undefined,
): MarginWitness {
  const { hasher, instance, book, matrix } = session
  const opening = book.opening(index)
  const margin = marginOf(opening.account.positions, matrix.vectors, matrix.parameters)
  if (isBelow(margin, claim.threshold) !== claim.below) {
    const { name, account } = session.entries[index]!
    const who = `account ${account.accountId}${name === undefined ? '' : ` (${name})`}`
    throw new WitnessError(`the claim is false: ${who} has ${falseClaimWords(margin, claim)}`)
  }
  return claimWitness(hasher, instance, opening, riskRoundOf(matrix), {
    claim,
    context: contextSignal(context),
  })
}

/** @throws SetupError when the prover's keys must not be used on the context's chain */
export function refuseContext(prover: MarginProver, context: ProofContext | undefined): void {
  const { provenance, name } = prover.artifacts
  if (context !== undefined) refuseForeignChain(context.chainId, { kind: provenance.kind, circuit: name })
}

export function proofFileFor(
  session: Session,
  prover: MarginProver,
  claim: Claim,
  made: MarginProof,
  context: ProofContext | undefined,
): ProofFile {
  const { provenance, verificationKey } = prover.artifacts
  const { instance, matrix, configurationHash, marketHash, book } = session
  return proofFileOf({
    instance: instance.name as MarginInstanceName,
    claim,
    proof: made.proof,
    signals: made.signals,
    keyHash: verificationKeyHash(verificationKey),
    key: provenance,
    round: { asOfSeconds: matrix.asOfSeconds, configurationHash, marketHash },
    count: book.count,
    context,
  })
}
