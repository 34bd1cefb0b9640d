import { InputError } from '../protocol/errors.ts'
import type { MarginInstance, MarginInstanceName } from '../protocol/instances.ts'
import type { SealSignals } from '../protocol/seal-signals.ts'
import { SEAL_SIGNALS } from '../protocol/solvency.ts'
import type { Transcript } from '../prover/ceremony.ts'
import type { Provenance } from '../prover/provenance.ts'
import type { Proof } from '../prover/verify.ts'
import type { VerificationKey } from '../prover/zkey.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { canonicalConfigurationJson, configurationHash } from '../risk/configuration-hash.ts'
import type { Listing } from '../risk/listing.ts'
import { writeNativeMarket } from '../risk/market/native.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskVector } from '../risk/vector.ts'
import { BundleDigest } from './canonical.ts'
import { bundleProofOf, keyHash, keyPointsOf } from './key-hash.ts'
import {
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  type BundleChain,
  type BundleHeader,
  type BundleKey,
  type BundleRecord,
  type KeyRole,
  type KeySetup,
} from './records.ts'
import type { JsonValue } from './strict-json.ts'
import { marketHashOf } from './verify/round.ts'

export interface BundleKeyContent {
  /** Name of the circuit. */
  readonly circuit: string
  readonly verificationKey: VerificationKey
  readonly setup: KeySetup
}

export interface BundleStepContent {
  readonly chainIn: bigint
  readonly chainOut: bigint
  readonly proof: Proof
}

type Many<T> = Iterable<T> | AsyncIterable<T>

/** Everything that a bundle says. Leaves and steps come in the order of the book and may be read as they are written. */
export interface BundleContent {
  readonly instance: MarginInstance
  readonly count: number
  readonly treeRoot: bigint
  readonly signals: SealSignals
  readonly snapshot: MarketSnapshot
  readonly configuration: RiskConfiguration
  /** As it was before the round: what buildRiskMatrix was given. */
  readonly listing: Listing
  /** Standing vectors of the round's halted instruments. */
  readonly standing?: readonly RiskVector[]
  readonly stepKey: BundleKeyContent
  readonly sealKey: BundleKeyContent
  readonly leaves: Many<bigint>
  readonly steps: Many<BundleStepContent>
  readonly sealProof: Proof
  /** undefined: for no chain. */
  readonly chain?: BundleChain | undefined
}

/**
 * The lines of a bundle, each with its line break. Nothing is checked here but the number of leaves and steps:
 * verifyBundle does that.
 * @throws InputError when there are not exactly as many leaves and steps as accounts
 */
export async function* bundleLines(content: BundleContent): AsyncGenerator<string> {
  const digest = new BundleDigest()
  for await (const record of recordsOf(content)) {
    digest.add(record as unknown as JsonValue)
    yield `${JSON.stringify(record)}\n`
  }
  yield `${JSON.stringify({ record: 'end', digest: digest.value } satisfies BundleRecord)}\n`
}

async function* recordsOf(content: BundleContent): AsyncGenerator<BundleRecord> {
  yield headerOf(content)
  yield* roundRecords(content)
  yield keyOf('step', content.stepKey)
  yield keyOf('seal', content.sealKey)
  let index = 0
  for await (const leaf of content.leaves) yield { record: 'leaf', index: index++, leaf: `${leaf}` }
  requireCount('leaves', index, content.count)
  index = 0
  for await (const { chainIn, chainOut, proof } of content.steps) {
    yield {
      record: 'step',
      index: index++,
      chainIn: `${chainIn}`,
      chainOut: `${chainOut}`,
      proof: bundleProofOf(proof),
    }
  }
  requireCount('steps', index, content.count)
  yield { record: 'seal', proof: bundleProofOf(content.sealProof) }
}

function headerOf(content: BundleContent): BundleHeader {
  const { snapshot, configuration, signals } = content
  return {
    record: 'header',
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    instance: content.instance.name as MarginInstanceName,
    count: content.count,
    treeRoot: `${content.treeRoot}`,
    round: {
      asOfSeconds: snapshot.asOfSeconds,
      configurationHash: configurationHash(configuration),
      marketHash: marketHashOf(snapshot),
    },
    statement: Object.fromEntries(
      SEAL_SIGNALS.map((name) => [name, `${signals[name]}`]),
    ) as BundleHeader['statement'],
    chain: content.chain ?? null,
  }
}

/** The rows of a market file, as writeNativeMarket makes them: the shape that the schema has. */
interface MarketRows {
  readonly underlyings: readonly Extract<BundleRecord, { record: 'underlying' }>['quote'][]
  readonly expiries: readonly Extract<BundleRecord, { record: 'expiry' }>['quote'][]
  readonly instruments: readonly Extract<BundleRecord, { record: 'instrument' }>['quote'][]
}

function* roundRecords(content: BundleContent): Generator<BundleRecord> {
  yield {
    record: 'configuration',
    configuration: JSON.parse(canonicalConfigurationJson(content.configuration)) as Record<string, unknown>,
  }
  const market = JSON.parse(writeNativeMarket(content.snapshot)) as MarketRows
  for (const quote of market.underlyings) yield { record: 'underlying', quote }
  for (const quote of market.expiries) yield { record: 'expiry', quote }
  for (const quote of market.instruments) yield { record: 'instrument', quote }
  const { instruments, generations } = content.listing.toJSON()
  yield { record: 'generations', latest: generations }
  for (const listed of instruments) yield { record: 'listed', ...listed }
  for (const { id, ratesNano, longChargeNano, shortChargeNano } of content.standing ?? []) {
    yield {
      record: 'standing',
      id,
      ratesNano: ratesNano.map(String),
      longChargeNano: `${longChargeNano}`,
      shortChargeNano: `${shortChargeNano}`,
    }
  }
}

function keyOf(role: KeyRole, { circuit, verificationKey, setup }: BundleKeyContent): BundleKey {
  const points = keyPointsOf(verificationKey)
  return { record: 'key', role, circuit, hash: keyHash(points), points, setup }
}

/**
 * How a key was made, as a bundle tells it.
 * @param transcript of the ceremony; every key but a development key has one
 * @throws InputError when it is missing
 */
export function keySetupOf(provenance: Provenance, transcript?: Transcript): KeySetup {
  const { kind, r1csHash, zkeyHash } = provenance
  if (kind === 'development') return { kind, r1csHash, zkeyHash, seed: provenance.seed ?? 'unknown' }
  if (transcript === undefined || provenance.transcriptHash === undefined) {
    throw new InputError('the transcript of the ceremony is missing', { field: 'transcript' })
  }
  return {
    kind,
    r1csHash,
    zkeyHash,
    transcriptHash: provenance.transcriptHash,
    powersOfTau: { ...transcript.powersOfTau },
    circuitHash: transcript.circuitHash,
    contributions: transcript.contributions.map(({ kind: of, hash, name, beacon }) => ({
      kind: of,
      hash,
      name,
      beacon: beacon === undefined ? null : { ...beacon },
    })),
  }
}

function requireCount(what: string, actual: number, expected: number): void {
  if (actual === expected) return
  throw new InputError(`the book has ${expected} accounts, and there are ${actual} ${what}`, { field: what })
}
