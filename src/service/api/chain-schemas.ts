/** Shapes of what the chain says. Amounts are whole numbers as texts: lots of settlement cash (0.01 USD), nano-USD. */
import { z } from 'zod'
import { KINDS, STAGES } from '../../chain/engine-client/cases.ts'
import { SEAL_STATUSES } from '../../chain/seals.ts'
import { VERIFIED_PROOFS } from '../../chain/verifying-keys.ts'
import { SEAL_POLICIES } from '../../protocol/solvency.ts'
import { JOB_STATUSES } from '../storage/jobs.ts'

const hash = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hex digits in lower case')
const address = z.string().regex(/^0x[0-9a-f]{40}$/, 'must be 0x and 40 hex digits in lower case')
const amount = z.string().regex(/^-?\d{1,78}$/)
const seconds = z.int().describe('unix seconds of the chain')
const engineSeconds = z.int().describe("seconds of the engine's clock")
const bps = z.int().describe('basis points')

export const EventValues = z.record(z.string(), z.union([z.string(), z.int(), z.boolean()]))

/** Where something stands on the chain. */
const place = { block: z.int(), transaction: hash, atSeconds: seconds }

// ---------------------------------------------------------------- deployment

export const ContractInfo = z.object({
  name: z.string().describe('in the deployment file'),
  contract: z.string(),
  address,
})
export const ContractName = z.strictObject({
  contract: z.string().regex(/^[A-Za-z]{1,40}$/, 'must be the name of a contract'),
})
export const ContractAbi = ContractInfo.extend({ abi: z.array(z.record(z.string(), z.unknown())) })
export const ChainDeployment = z.object({
  chainId: z.int(),
  isLocal: z.boolean().describe('development keys and convenience modes are for such chains alone'),
  walletRpcUrl: z.string().nullable().describe('a public address for wallets'),
  fromBlock: z.int().describe('block of the deployment'),
  contracts: z.array(ContractInfo),
  venueKey: hash.nullable().describe('X25519 key that packages of lots come from'),
  unitsPerLot: amount.describe('token units in a lot of settlement cash'),
  token: address,
  maxAgeSeconds: z.int().describe('a round older than this is stale'),
  challengeSeconds: z.int().describe('a round may be challenged for so long; 0: it is final at once'),
  maxSecondsPerBlock: z.int().describe("what the engine's clock counts for a block at most"),
  verifyingKeys: z
    .array(z.object({ proofs: z.enum(VERIFIED_PROOFS), verifier: address, hash }))
    .describe(
      'keys that the verifiers of attestor and seals hold, as they were when the service began to follow',
    ),
  parameters: z
    .record(z.string(), amount)
    .describe('of the engine, by name: seconds of its clock, basis points, lots, as the name says'),
})

// ---------------------------------------------------------------- where the follower stands

export const ChainPosition = z.object({
  block: z.int().describe('everything up to this block was read'),
  hash,
  atSeconds: seconds,
  headBlock: z.int().describe('newest block that the chain told of'),
  seenAt: z.string().describe('ISO 8601: when the chain was last heard of'),
  trouble: z.string().nullable().describe('why nothing is read at present'),
})
export const EngineClock = z.object({
  engineSeconds,
  atSeconds: seconds.describe('of the block that this was read at'),
  isPaused: z.boolean(),
  isStale: z.boolean().describe('the newest round is too old: the clock stands'),
})

// ---------------------------------------------------------------- rounds

export const ROUND_STATUSES = ['open', 'settleable', 'rejected'] as const
export const OracleRound = z.object({
  sequence: z.int(),
  riskRoot: hash,
  timeSeconds: seconds.describe('of the market data'),
  ...place,
  parameters: amount,
  configurationHash: hash,
  marketHash: hash,
  status: z.enum(ROUND_STATUSES).describe('open: it can still be challenged'),
  challengeUntil: seconds.nullable(),
  poster: address.nullable(),
  challenge: z.object({ challenger: address, judge: z.int(), rewardWei: amount, ...place }).nullable(),
  hasMarket: z.boolean().describe('GET /v1/rounds/:riskRoot/market has its raw data'),
  spots: z
    .array(z.object({ symbol: z.string(), usd: z.string() }))
    .describe('empty where the market is not here'),
})
export const RoundSequence = z.strictObject({
  sequence: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1),
})

// ---------------------------------------------------------------- seals

export const ChainSeal = z.object({
  id: z.int(),
  epoch: z.int(),
  status: z.enum(SEAL_STATUSES),
  headSequence: z.int(),
  roundSequence: z.int(),
  stepsRoot: hash,
  ...place,
  policy: z.enum(SEAL_POLICIES).nullable(),
  accounts: z.int().nullable(),
  belowMm: z.int().nullable().describe('accounts below maintenance margin'),
  gaugeBps: bps.nullable().describe('the largest of all underlyings'),
  gauge: z
    .array(z.object({ underlying: z.int(), symbol: z.string().nullable(), bps }))
    .describe('proven short gamma over hedge liquidity'),
  reservesNano: amount.nullable(),
  tiers: z
    .object({
      healthy: z.int(),
      reduceOnly: z.int(),
      softLiquidation: z.int(),
      fullLiquidation: z.int(),
      insolvent: z.int(),
    })
    .nullable()
    .describe('null where the policy discloses none'),
  equityNano: amount.nullable(),
  requirementMmNano: amount.nullable(),
  shortfallNano: amount.nullable(),
  endedAtSeconds: seconds.nullable(),
})

// ---------------------------------------------------------------- overview

const byStage = z.partialRecord(z.enum(STAGES), z.int())
export const JobCounts = z.record(z.enum(JOB_STATUSES), z.int())
export const Overview = z.object({
  chainId: z.int(),
  chain: ChainPosition.nullable().describe('null: the service follows no chain'),
  clock: EngineClock.nullable(),
  head: z.object({ sequence: z.int(), bookRoot: hash, count: z.int().nullable(), ...place }).nullable(),
  finalSequence: z.int().nullable().describe('newest head with a final seal'),
  round: OracleRound.nullable().describe('the newest that stands'),
  seals: z.array(ChainSeal).describe('newest first: gauge, tiers and solvency by epoch'),
  funds: z
    .object({
      insuranceLots: amount,
      gammaReserveLots: amount,
      houseCapitalLots: amount,
      houseCarriedLots: amount,
      venueBondLots: amount,
    })
    .nullable(),
  cases: z.object({ open: z.int(), byStage }),
  jobs: JobCounts,
})

// ---------------------------------------------------------------- auctions

export const AUCTION_MODES = ['soft', 'sealed', 'public', 'house'] as const
export const AUCTION_PHASES = [
  'offers',
  'commit',
  'reveal',
  'falling',
  'floor',
  'house',
  'ended',
  'awarded',
] as const
export const Award = z.object({
  winner: address,
  subTag: hash,
  soldIn: z.enum(STAGES),
  discountBps: bps,
  taxBps: bps,
  escrowLots: amount,
  settleBy: engineSeconds.nullable().describe('null until the head is reserved'),
  ...place,
})
export const Bid = z.object({
  bidder: address,
  mode: z.enum(['soft', 'sealed']),
  isRevealed: z.boolean(),
  discountBps: bps.nullable(),
  bondLots: amount.nullable(),
  ...place,
})
const greek = z.object({ delta: z.int(), gamma: z.int(), vega: z.int() })
export const LotSummary = z.object({
  percent: z.int().describe('of the account'),
  isHedge: z.boolean().describe('a chosen hedge, not a share of the whole'),
  health: z.int().describe('E / MM in 64ths, rounded down'),
  isInsolvent: z.boolean(),
  carryLots: amount.describe('at least the requirement of the lot, within a quarter: the escrow of a bid'),
  reliefLots: amount.describe('at most the relief that a discount is of, within a quarter'),
  shortfallLots: amount,
  greeks: z
    .array(greek.extend({ underlying: z.int(), symbol: z.string().nullable() }))
    .describe('P&L at the small shocks, in 64ths of carryLots'),
  round: z.int(),
  capBps: bps.describe('highest discount'),
  feeBps: bps,
})
export const Auction = z.object({
  caseId: hash,
  tag: hash,
  kind: z.enum(KINDS),
  stage: z.enum(STAGES),
  mode: z.enum(AUCTION_MODES),
  phase: z.enum(AUCTION_PHASES),
  since: engineSeconds,
  commitEnds: engineSeconds.nullable().describe('of sealed bids'),
  revealEnds: engineSeconds.nullable(),
  endsAt: engineSeconds
    .nullable()
    .describe('of the stage; of the public auction when the discount stops to rise'),
  discountBps: bps.nullable().describe('of the public auction, as of clock'),
  lot: LotSummary,
  leastBondLots: amount.describe('of a sealed bid'),
  commitments: z.int(),
  reveals: z.int(),
  offers: z.int(),
  bids: z.array(Bid),
  award: Award.nullable(),
})
export const Auctions = z.object({ clock: EngineClock.nullable(), auctions: z.array(Auction) })

// ---------------------------------------------------------------- events

export const FEED_KINDS = [
  'round',
  'head',
  'attestation',
  'trigger',
  'case',
  'bid',
  'award',
  'settlement',
  'seal',
  'fund',
  'engine',
  'reorganised',
  'restarted',
] as const
export type FeedKind = (typeof FEED_KINDS)[number]
/** One thing that happened on the chain. Of `reorganised`, everything told of blocks above `block` is void. */
export const FeedItem = z.object({
  kind: z.enum(FEED_KINDS),
  event: z.string(),
  block: z.int(),
  atSeconds: seconds.nullable(),
  transaction: hash.nullable(),
  subject: z.string().nullable().describe('round:7, case:0x..., seal:2'),
  tag: hash.nullable(),
  values: EventValues,
})
export const EventsQuery = z.strictObject({
  seconds: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600)
    .default(3_600)
    .describe('how long to listen; 0: what there is, and the end'),
})
export const EventsHeaders = z.looseObject({
  'last-event-id': z
    .string()
    .regex(/^\d{1,9}$/, 'must be the id of an event')
    .optional()
    .describe('tell what came after this event'),
})
