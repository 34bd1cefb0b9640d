import { getAddress } from 'ethers'
import { contextFor } from '../chain/context.ts'
import { refuseForeignChain } from '../chain/deploy.ts'
import { verificationKeyHash } from '../chain/generate-verifier.ts'
import type { Claim, Threshold } from '../protocol/claims.ts'
import { InputError, WitnessError } from '../protocol/errors.ts'
import { claimWitness, type MarginWitness } from '../prover/margin-inputs.ts'
import type { MarginProof, MarginProver } from '../prover/margin-prover.ts'
import { keyNotice } from '../prover/provenance.ts'
import { isBelow, type MarginResult, marginOf } from '../risk/margin.ts'
import { quote } from '../risk/market/decimal.ts'
import { usd } from './format.ts'
import type { ContextOptions } from './options.ts'
import { PROOF_FORMAT, PROOF_VERSION, type ProofFile } from './proof-file.ts'
import { riskRoundOf, type Session } from './session.ts'

/** For which contract, on which chain, and for whom a proof is made. */
export interface ProofContext {
  readonly chainId: bigint
  readonly attestor: string
  readonly beneficiary: string
}

/** No contract asks for this context, so no contract takes such a proof. */
export const OFFLINE_CONTEXT = 0n

export const THRESHOLD_WORDS: Readonly<Record<Threshold, string>> = {
  zero: 'zero (insolvency)',
  mm: 'its maintenance margin (MM)',
  soft: 'its soft-liquidation level (SOFT)',
  im: 'its initial margin (IM)',
}

/** "its initial margin (IM) of 119,167.62 USD" */
export function thresholdAmount(threshold: Threshold, { requirementNano }: MarginResult): string {
  return threshold === 'zero'
    ? THRESHOLD_WORDS.zero
    : `${THRESHOLD_WORDS[threshold]} of ${usd(requirementNano[threshold])} USD`
}

export function claimWords({ threshold, below }: Claim): string {
  return `equity is ${below ? 'below' : 'at or above'} ${THRESHOLD_WORDS[threshold]}`
}

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
    attestor: readAddress(attestor, '--attestor'),
    beneficiary: readAddress(beneficiary, '--beneficiary'),
  }
}

export function contextSignal(context: ProofContext | undefined): bigint {
  if (context === undefined) return OFFLINE_CONTEXT
  return contextFor(context.chainId, context.attestor, context.beneficiary)
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
    throw new WitnessError(
      `the claim is false: ${who} has an equity of ${usd(margin.equityNano)} USD, which is ` +
        `${claim.below ? 'not below' : 'below'} ${thresholdAmount(claim.threshold, margin)}`,
    )
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

export function proofFileOf(
  session: Session,
  prover: MarginProver,
  claim: Claim,
  made: MarginProof,
  context: ProofContext | undefined,
): ProofFile {
  const { provenance, verificationKey } = prover.artifacts
  const notice = keyNotice(provenance)
  const { proof } = made
  return {
    format: PROOF_FORMAT,
    version: PROOF_VERSION,
    instance: session.instance.name as ProofFile['instance'],
    statement: claimWords(claim),
    verificationKeyHash: verificationKeyHash(verificationKey),
    keys: { kind: provenance.kind, ...(notice === undefined ? {} : { notice }) },
    round: {
      riskRoot: session.matrix.root,
      parameters: session.matrix.parametersWord,
      asOfSeconds: session.matrix.asOfSeconds,
      configurationHash: session.configurationHash,
      marketHash: session.marketHash,
    },
    book: { root: session.book.root, count: session.book.count },
    context: context ?? null,
    signals: { ...made.signals },
    proof: {
      pi_a: proof.pi_a,
      pi_b: proof.pi_b,
      pi_c: proof.pi_c,
      protocol: 'groth16',
      curve: 'bn128',
    },
  }
}

function readAddress(text: string, field: string): string {
  try {
    return getAddress(text)
  } catch (cause) {
    throw new InputError(`is no address: ${quote(text)}`, { field }, { cause })
  }
}
