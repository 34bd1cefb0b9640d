/** Every shape that goes over the wire. The routes check with them, OpenAPI is made of them, the client has their types. */
import { z } from 'zod'
import { THRESHOLDS } from '../../protocol/claims.ts'
import { MARGIN_SIGNALS } from '../../protocol/signals.ts'
import { SEAL_POLICIES, SEAL_SIGNALS } from '../../protocol/solvency.ts'
import { JOB_KINDS, JOB_PHASES, JOB_STATUSES } from '../storage/jobs.ts'
import { Award, Bid, EventValues, LotSummary } from './chain-schemas.ts'

export * from './chain-schemas.ts'

const hash = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hex digits in lower case')
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits')
const decimal = z.string().regex(/^(0|[1-9]\d{0,77})$/, 'must be a whole number as a text')
const dollars = z
  .string()
  .regex(/^\d{1,18}(\.\d{1,9})?$/, 'must be an amount of dollars as a text, e.g. "1200.50"')
const symbol = z.string().regex(/^[A-Za-z0-9._-]{1,40}$/, 'must be a symbol of the market')
const time = z.string().describe('ISO 8601')
const limit = z.coerce.number().int().min(1).max(500).default(50)
const byRoot = hash.describe('0x and 64 hex digits')

export const FieldFault = z.object({ field: z.string(), rule: z.string() })
export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    fields: z.array(FieldFault).describe('which fields are at fault, and why'),
    requestId: z.string(),
  }),
})
export type ErrorBody = z.output<typeof ErrorBody>

export const Health = z.object({ status: z.literal('ok') })
export const Ready = z.object({
  database: z.enum(['embedded', 'postgres']),
  instance: z.string(),
  chainId: z.int(),
  waiting: z.int(),
})

export const Challenge = z.object({
  domain: z.string(),
  uri: z.string(),
  chainId: z.int(),
  nonce: z.string(),
  statement: z.string(),
  expiresAt: time,
})
export const SignInRequest = z.strictObject({
  message: z.string().min(1).max(4_000),
  signature: z.string().regex(/^0x[0-9a-fA-F]{130}$/, 'must be 0x and 130 hex digits'),
})
export const Session = z.object({
  token: z.string(),
  address,
  roles: z.array(z.string()),
  expiresAt: time,
})

export const Limit = z.strictObject({ limit })

export const VerifyingKey = z.object({
  circuit: z.string(),
  hash: hash.describe('keccak-256 of the key, as its verifier contract carries it'),
  kind: z.enum(['development', 'production', 'test']),
  notice: z.string().nullable(),
  r1csHash: z.string(),
  zkeyHash: z.string(),
  key: z.record(z.string(), z.unknown()).describe("in snarkjs' form"),
})
export const KeyName = z.strictObject({ circuit: z.string().max(40) })

export const RoundId = z.strictObject({ riskRoot: byRoot })
export const RoundRequest = z.strictObject({
  markets: z
    .array(z.record(z.string(), z.unknown()))
    .min(1)
    .max(8)
    .describe("one market of one or more files: Tacit's own format, or a Deribit book summary"),
  configuration: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('risk configuration; the built-in one unless given'),
})
export const Round = z.object({
  seq: z.int(),
  riskRoot: hash,
  asOfSeconds: z.int(),
  instance: z.string(),
  parameters: z.string(),
  configurationHash: z.string(),
  marketHash: z.string(),
  instruments: z.int(),
  halted: z.int(),
  createdAt: time,
})
export const RoundMarket = z.object({
  market: z.record(z.string(), z.unknown()),
  configuration: z.record(z.string(), z.unknown()),
  listing: z.record(z.string(), z.unknown()).describe('ids of instruments as they were before the round'),
  standing: z
    .array(z.record(z.string(), z.unknown()))
    .describe('vectors of halted instruments, which stand as they last were'),
})

export const BookId = z.strictObject({ bookRoot: byRoot })
export const BookRequest = z.strictObject({
  riskRoot: hash.describe('the round whose listing names the instruments'),
  book: z
    .looseObject({
      format: z.string(),
      version: z.number(),
      accounts: z.array(z.record(z.string(), z.unknown())),
    })
    .describe('tacit.book: { format, version, accounts: [{ accountId, owner, secret, nonce, positions }] }'),
})
export const BookInfo = z.object({
  bookRoot: hash,
  riskRoot: hash,
  treeRoot: hash,
  count: z.int(),
  createdAt: time,
})
export const LeavesQuery = z.strictObject({
  from: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
  limit: z.coerce.number().int().min(1).max(4_096).default(512),
})
export const Leaves = z.object({ count: z.int(), from: z.int(), leaves: z.array(hash) })
export const Receipts = z.object({
  receipts: z
    .array(z.record(z.string(), z.unknown()))
    .describe('tacit.receipt files (tacit check-receipt). Private'),
})

export const IdempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string('must be given: the same key again gives the same job back')
    .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 visible characters'),
})
const claimContext = z.strictObject({ chainId: decimal, attestor: address, beneficiary: address })
export const ClaimBody = z.strictObject({
  riskRoot: hash,
  bookRoot: hash,
  account: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .describe('accountId'),
  threshold: z.enum(THRESHOLDS),
  context: claimContext
    .optional()
    .describe('contract and beneficiary; without it no contract takes the proof'),
  publish: z.boolean().default(false).describe('show the proof to everybody'),
})
const seals = z.strictObject({ chainId: decimal, seals: address, epoch: decimal })
export const SolvencyBody = z.strictObject({
  riskRoot: hash,
  bookRoot: hash,
  policy: z.enum(SEAL_POLICIES).default('predicates'),
  reserves: dollars.default('0'),
  liquidity: z.record(symbol, dollars).describe('hedge liquidity by underlying'),
  ledger: z
    .record(symbol, z.string().regex(/^\d{1,15}$/, 'must be a number of lots as a text'))
    .optional()
    .describe("the vault's ledger; what the book holds unless given"),
  context: seals.optional(),
  publish: z.boolean().default(true),
})
export const JobId = z.strictObject({ id: z.uuid('must be the id of a job') })
export const JobsQuery = z.strictObject({ limit, status: z.enum(JOB_STATUSES).optional() })
export const Job = z.object({
  id: z.uuid(),
  kind: z.enum(JOB_KINDS),
  status: z.enum(JOB_STATUSES),
  phase: z.enum(JOB_PHASES),
  done: z.int().describe('proofs made'),
  total: z.int().describe('proofs in all; 0 while nobody knows'),
  riskRoot: hash,
  bookRoot: hash,
  publish: z.boolean(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
})
export type Job = z.output<typeof Job>

export const ArtefactId = z.strictObject({ id: z.uuid('must be the id of the job that made it') })
export const ProofInfo = z.object({
  id: z.uuid(),
  kind: z.enum(['attestation', 'trigger']),
  tag: hash,
  threshold: z.enum(THRESHOLDS),
  riskRoot: hash,
  bookRoot: hash,
  published: z.boolean(),
  createdAt: time,
})
const groth16 = z.record(z.string(), z.unknown()).describe("in snarkjs' form")
export const ProofDocument = z.looseObject({
  format: z.literal('tacit.proof'),
  signals: z.record(z.enum(MARGIN_SIGNALS), z.string()),
  proof: groth16,
})
export const Epoch = z.object({
  id: z.uuid(),
  riskRoot: hash,
  bookRoot: hash,
  accounts: z.int(),
  policy: z.enum(SEAL_POLICIES),
  stepsRoot: z.string(),
  signals: z.record(z.enum(SEAL_SIGNALS), z.string()),
  proof: groth16,
  context: seals.nullable(),
  published: z.boolean(),
  createdAt: time,
})

export const CaseId = z.strictObject({ caseId: byRoot })
export const CaseBody = z.strictObject({
  tag: hash,
  kind: z.enum(['full', 'soft']),
  stage: z.string().regex(/^[A-Za-z ]{1,40}$/, 'must be the name of a stage'),
  round: z.int().min(0),
  percent: z.int().min(0).max(100).optional(),
  timeline: z
    .array(
      z.strictObject({
        event: z.string().regex(/^[A-Za-z ]{1,40}$/, 'must be the name of an event'),
        block: z.int().min(0),
        transaction: hash,
        atSeconds: z.int().min(0),
      }),
    )
    .max(200),
})
export const Case = z.object({
  caseId: hash,
  ...CaseBody.shape,
  timeline: z.array(
    z.object({
      event: z.string(),
      block: z.int(),
      transaction: hash,
      atSeconds: z.int(),
      values: EventValues.optional().describe('what the event says'),
    }),
  ),
  source: z.enum(['chain', 'venue']).describe("read from the chain, or the venue's word"),
  ending: z.string().nullable().describe('why it is over'),
  lot: LotSummary.nullable(),
  bids: z.array(Bid),
  award: Award.nullable(),
  updatedAt: time,
})
export const PackageId = z.strictObject({ caseId: byRoot, liquidator: address })
export const PackageBody = z.strictObject({
  round: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  package: z.string().min(1).max(16_384).describe('tacit.disclosure, as sealDisclosure writes it'),
})
export const Packages = z.object({ packages: z.array(z.object({ round: z.int(), package: z.string() })) })

export const ConsoleFileName = z.strictObject({ file: z.string().max(100) })

export const AddressParameter = z.strictObject({ address })
export const Liquidators = z.object({ liquidators: z.array(address) })
export const ApiKeyBody = z.strictObject({
  role: z.enum(['feeder', 'venue', 'operator']),
  label: z.string().regex(/^[A-Za-z0-9 ._-]{1,60}$/, 'must be 1 to 60 letters, digits, spaces, dots, dashes'),
})
export const NewApiKey = z.object({ id: z.string(), token: z.string().describe('shown this once') })
export const ApiKeyId = z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits') })
export const ApiKeyInfo = z.object({
  id: z.string(),
  role: z.enum(['feeder', 'venue', 'operator']),
  label: z.string(),
  createdAt: time,
  revokedAt: time.nullable(),
})
export const Empty = z.object({})

export const listOf = <T extends z.ZodType>(name: string, item: T) => z.object({ [name]: z.array(item) })
