import { z } from 'zod'
import { MARGIN_INSTANCES, type MarginInstanceName } from '../protocol/instances.ts'
import { DIMS } from '../protocol/risk-layout.ts'
import { SEAL_SIGNALS } from '../protocol/solvency.ts'
import { MAX_ACCOUNTS, MAX_CONTRIBUTIONS, MAX_KEY_POINTS, MAX_MEMBERS } from './limits.ts'

/**
 * The records of a bundle, one to a line. Integers beyond 2^53 and everything of the field are canonical decimal
 * texts; hashes are 0x and lower-case hex. No field is optional without saying so, and none is unknown.
 */
export const BUNDLE_FORMAT = 'tacit.bundle'
export const BUNDLE_VERSION = 1
/** How the name of a bundle's file ends. */
export const BUNDLE_SUFFIX = '.tacit.jsonl'

const unsigned = z
  .string('must be an unsigned integer as a decimal text')
  .regex(/^(0|[1-9]\d{0,77})$/, 'must be an unsigned integer as a decimal text')
const signed = z
  .string('must be an integer as a decimal text')
  .regex(/^(0|-?[1-9]\d{0,77})$/, 'must be an integer as a decimal text')
const decimal = z
  .string('must be a decimal number as a text')
  .regex(/^-?\d{1,40}(\.\d{1,9})?$/, 'must be a decimal number as a text')
const hash = z
  .string('must be 0x and 64 hex digits')
  .regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 lower-case hex digits')
const plainHash = z
  .string('must be hex digits')
  .regex(/^([0-9a-f]{64}|[0-9a-f]{128})$/, 'must be 64 or 128 lower-case hex digits')
const address = z
  .string('must be an address')
  .regex(/^0x[0-9a-f]{40}$/, 'must be 0x and 40 lower-case hex digits')
const symbol = z
  .string('must be a symbol')
  .regex(/^[A-Z0-9][A-Za-z0-9._-]{0,63}$/, 'must be a symbol of at most 64 characters')
const label = z.string('must be a text').max(200)
const seconds = z
  .int('must be a time in whole unix seconds')
  .positive()
  .max(2 ** 32)
const index = z
  .int('must be an index')
  .nonnegative()
  .max(MAX_ACCOUNTS - 1)
const sequence = z
  .int('must be a sequence number')
  .nonnegative()
  .max(2 ** 48)
const instrumentId = z
  .int('must be an instrument id')
  .positive()
  .max(2 ** 32 - 1)

const g1 = z.tuple([unsigned, unsigned], 'must be a point of G1: x and y')
const g2 = z.tuple([g1, g1], 'must be a point of G2: x and y of two integers each')
const proof = z.strictObject({ a: g1, b: g2, c: g1 })

const statement = z.strictObject(
  Object.fromEntries(SEAL_SIGNALS.map((name) => [name, unsigned])) as Record<
    (typeof SEAL_SIGNALS)[number],
    typeof unsigned
  >,
)

/** For finding things on the chain: nothing of it is bound by a proof, all of it can be compared with the chain. */
const references = z.strictObject({
  oracle: address,
  registry: address,
  attestor: address,
  roundSequence: sequence,
  headSequence: sequence,
  /** The transaction that submitted the seal, and its block; null in a bundle from before. */
  posting: z.strictObject({ transaction: hash, blockNumber: sequence }).nullable(),
})

/** Which epoch of which EpochSeals contract: the context of every proof is made of these three. */
const chain = z.strictObject({
  chainId: unsigned,
  seals: address,
  epoch: unsigned,
  references: references.nullable(),
})

const header = z.strictObject({
  record: z.literal('header'),
  format: z.literal(BUNDLE_FORMAT, `must be "${BUNDLE_FORMAT}"`),
  version: z.literal(BUNDLE_VERSION, `must be ${BUNDLE_VERSION}: this reader knows no other version`),
  instance: z.enum(Object.keys(MARGIN_INSTANCES) as [MarginInstanceName, ...MarginInstanceName[]]),
  /** Accounts of the book: leaves and steps. */
  count: z.int('must be a number of accounts').positive().max(MAX_ACCOUNTS),
  /** Root of the account tree, below the book root. */
  treeRoot: unsigned,
  round: z.strictObject({ asOfSeconds: seconds, configurationHash: hash, marketHash: hash }),
  /** The public signals of the seal. */
  statement,
  /** null: for no chain, with context 0. */
  chain: chain.nullable(),
})

const configuration = z.strictObject({
  record: z.literal('configuration'),
  /** A risk configuration as tacit reads it from a file. */
  configuration: z.looseObject({}),
})

const underlying = z.strictObject({
  record: z.literal('underlying'),
  quote: z.strictObject({ symbol, spot: decimal, scale: decimal.optional() }),
})
const expiry = z.strictObject({
  record: z.literal('expiry'),
  quote: z.strictObject({
    underlying: symbol,
    expiry: seconds,
    forward: decimal,
    smile: z.array(z.strictObject({ strike: decimal, vol: decimal })).max(MAX_MEMBERS),
  }),
})
const common = { symbol, lot: decimal }
const dated = { underlying: symbol, expiry: seconds }
const instrument = z.strictObject({
  record: z.literal('instrument'),
  quote: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('cash'), ...common }),
    z.strictObject({ kind: z.literal('spot'), ...common, underlying: symbol }),
    z.strictObject({
      kind: z.literal('perpetual'),
      ...common,
      underlying: symbol,
      mark: decimal,
      cumulativeFunding: decimal,
    }),
    z.strictObject({ kind: z.literal('future'), ...common, ...dated, mark: decimal }),
    z.strictObject({
      kind: z.literal('option'),
      ...common,
      ...dated,
      strike: decimal,
      right: z.enum(['call', 'put']),
    }),
  ]),
})

/** The listing before the round: latest generation by place, from place 1. */
const generations = z.strictObject({
  record: z.literal('generations'),
  latest: z
    .array(
      z
        .int()
        .nonnegative()
        .max(2 ** 20),
    )
    .max(MAX_MEMBERS),
})
const listed = z.strictObject({
  record: z.literal('listed'),
  symbol,
  id: instrumentId,
  lotNano: unsigned,
})
/** The last vector of an instrument that is halted in this round. */
const standing = z.strictObject({
  record: z.literal('standing'),
  id: instrumentId,
  ratesNano: z.array(signed).length(DIMS),
  longChargeNano: unsigned,
  shortChargeNano: unsigned,
})

const contribution = z.strictObject({
  kind: z.enum(['contribution', 'beacon']),
  hash: plainHash,
  name: label,
  beacon: z
    .strictObject({
      hash: z.string().regex(/^([0-9a-f]{2}){1,255}$/),
      iterationsExponent: z.int().min(0).max(63),
    })
    .nullable(),
})
const powersOfTau = z.strictObject({ file: label, hash: plainHash, power: z.int().min(0).max(32) })
const hashes = { r1csHash: plainHash, zkeyHash: plainHash }
/** How a key was made: from a public seed, or by a ceremony with its transcript. */
const setup = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('development'), ...hashes, seed: label }),
  ...(['production', 'test'] as const).map((kind) =>
    z.strictObject({
      kind: z.literal(kind),
      ...hashes,
      /** sha256 of the transcript's file. */
      transcriptHash: plainHash,
      powersOfTau,
      circuitHash: plainHash,
      contributions: z.array(contribution).min(1).max(MAX_CONTRIBUTIONS),
    }),
  ),
])

export const KEY_ROLES = ['step', 'seal'] as const
export type KeyRole = (typeof KEY_ROLES)[number]

const key = z.strictObject({
  record: z.literal('key'),
  role: z.enum(KEY_ROLES),
  /** The circuit's name, e.g. margin-16. */
  circuit: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be the name of a circuit'),
  /** keccak-256 of the points in the order of the verifier contract, which carries the same. */
  hash,
  points: z.strictObject({
    alpha: g1,
    beta: g2,
    gamma: g2,
    delta: g2,
    ic: z.array(g1).min(2).max(MAX_KEY_POINTS),
  }),
  setup,
})

const leaf = z.strictObject({ record: z.literal('leaf'), index, leaf: unsigned })
const step = z.strictObject({
  record: z.literal('step'),
  index,
  chainIn: unsigned,
  chainOut: unsigned,
  proof,
})
const seal = z.strictObject({ record: z.literal('seal'), proof })
const end = z.strictObject({ record: z.literal('end'), digest: hash })

export const RECORDS = {
  header,
  configuration,
  underlying,
  expiry,
  instrument,
  generations,
  listed,
  standing,
  key,
  leaf,
  step,
  seal,
  end,
} as const

export type RecordName = keyof typeof RECORDS
export type RecordOf<Name extends RecordName> = z.output<(typeof RECORDS)[Name]>
export type BundleRecord = { [Name in RecordName]: RecordOf<Name> }[RecordName]

export type BundleHeader = RecordOf<'header'>
export type BundleKey = RecordOf<'key'>
export type BundleProof = RecordOf<'step'>['proof']
export type BundleStep = RecordOf<'step'>
export type G1Text = z.output<typeof g1>
export type G2Text = z.output<typeof g2>
export type BundleChain = z.output<typeof chain>
export type ChainReferences = z.output<typeof references>
export type SealPosting = NonNullable<ChainReferences['posting']>
export type KeySetup = BundleKey['setup']
