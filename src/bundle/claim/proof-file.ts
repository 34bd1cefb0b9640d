import { z } from 'zod'
import type { Claim } from '../../protocol/claims.ts'
import { MARGIN_INSTANCES, type MarginInstanceName } from '../../protocol/instances.ts'
import { MARGIN_SIGNALS, type MarginSignal, type MarginSignals } from '../../protocol/signals.ts'
import { keyNotice, type Provenance } from '../../prover/key-kind.ts'
import type { Proof } from '../../prover/verify.ts'
import { parseJson, type TextFile, validate } from '../../risk/market/json.ts'
import type { ProofContext } from './context.ts'
import { claimWords } from './words.ts'

export const PROOF_FORMAT = 'tacit.proof'
export const PROOF_VERSION = 1

const decimal = z
  .string('must be an integer as a decimal text')
  .regex(/^(0|[1-9]\d{0,99})$/, 'must be an integer as a decimal text')
const integer = decimal.transform(BigInt)
const hash = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hex digits')
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits')
const signals = z.strictObject(
  Object.fromEntries(MARGIN_SIGNALS.map((name) => [name, integer])) as Record<MarginSignal, typeof integer>,
)

const schema = z.strictObject({
  format: z.literal(PROOF_FORMAT, `must be "${PROOF_FORMAT}"`),
  version: z.literal(PROOF_VERSION, `must be ${PROOF_VERSION}: this reader knows no other version`),
  instance: z.enum(Object.keys(MARGIN_INSTANCES) as [MarginInstanceName, ...MarginInstanceName[]]),
  /** The claim in words, for people; what is proven stands in the signals. */
  statement: z.string(),
  verificationKeyHash: hash,
  keys: z.strictObject({
    kind: z.enum(['development', 'production', 'test']),
    notice: z.string().optional(),
  }),
  round: z.strictObject({
    riskRoot: integer,
    parameters: integer,
    asOfSeconds: z.int(),
    configurationHash: hash,
    marketHash: hash,
  }),
  book: z.strictObject({ root: integer, count: z.int().positive() }),
  /** null: made offline, for no contract. */
  context: z.strictObject({ chainId: integer, attestor: address, beneficiary: address }).nullable(),
  signals,
  proof: z.strictObject({
    pi_a: z.array(decimal).length(3),
    pi_b: z.array(z.array(decimal).length(2)).length(3),
    pi_c: z.array(decimal).length(3),
    protocol: z.literal('groth16'),
    curve: z.literal('bn128'),
  }),
})

/**
 * A proof to hand on. It names neither the account nor its owner, index or positions: the tag is all that stands for
 * it. Integers are decimal texts.
 */
export type ProofFile = z.output<typeof schema>

/** @throws InputError naming file, field and rule for anything that is not of this format */
export function parseProofFile(file: TextFile): ProofFile {
  return validate(schema, parseJson(file), { file: file.name })
}

/** A claim with its proof, and what both were made of. */
export interface ProvenClaim {
  readonly instance: MarginInstanceName
  readonly claim: Claim
  readonly proof: Proof
  readonly signals: MarginSignals
  /** keccak-256 of the verification key, as its contract carries it. */
  readonly keyHash: string
  readonly key: Pick<Provenance, 'kind' | 'seed'>
  readonly round: Pick<ProofFile['round'], 'asOfSeconds' | 'configurationHash' | 'marketHash'>
  /** Accounts of the book. */
  readonly count: number
  readonly context: ProofContext | undefined
}

export function proofFileOf(made: ProvenClaim): ProofFile {
  const { instance, claim, proof, signals, keyHash, key, round, count, context } = made
  const notice = keyNotice(key)
  return {
    format: PROOF_FORMAT,
    version: PROOF_VERSION,
    instance,
    statement: claimWords(claim),
    verificationKeyHash: keyHash,
    keys: { kind: key.kind, ...(notice === undefined ? {} : { notice }) },
    round: { riskRoot: signals.riskRoot, parameters: signals.parameters, ...round },
    book: { root: signals.bookRoot, count },
    context: context ?? null,
    signals: { ...signals },
    proof: {
      pi_a: proof.pi_a,
      pi_b: proof.pi_b,
      pi_c: proof.pi_c,
      protocol: 'groth16',
      curve: 'bn128',
    },
  }
}

/** The text of a proof's file: integers as decimal texts. */
export function writeProofFile(file: ProofFile): string {
  return `${JSON.stringify(file, (_, value) => (typeof value === 'bigint' ? `${value}` : value), 2)}\n`
}
