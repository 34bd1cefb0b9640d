import { z } from 'zod'
import { MARGIN_INSTANCES, type MarginInstanceName } from '../protocol/instances.ts'
import { MARGIN_SIGNALS, type MarginSignal } from '../protocol/signals.ts'
import { parseJson, type TextFile, validate } from '../risk/market/json.ts'

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
