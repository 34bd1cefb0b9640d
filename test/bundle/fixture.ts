import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { computeAddress, getCreateAddress, id } from 'ethers'
import type { Account } from '../../src/book/account.ts'
import { Book } from '../../src/book/book.ts'
import { type ChainHeader, chainBeta, emptyChainState } from '../../src/book/chain.ts'
import { ledgerOfBook, ledgerWords, netLots } from '../../src/book/ledger.ts'
import { keyHash, keyPointsOf } from '../../src/bundle/key-hash.ts'
import type { BundleChain } from '../../src/bundle/records.ts'
import { epochContextOf } from '../../src/bundle/statement.ts'
import type { PinnedKey } from '../../src/bundle/verify/keys.ts'
import type { VerifyOptions } from '../../src/bundle/verify/verify.ts'
import {
  type BundleContent,
  type BundleStepContent,
  bundleLines,
  keySetupOf,
} from '../../src/bundle/write.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import type { SealSignals } from '../../src/protocol/seal-signals.ts'
import type { SealPolicy } from '../../src/protocol/solvency.ts'
import { cached } from '../../src/prover/cache.ts'
import { stepWitness } from '../../src/prover/margin-inputs.ts'
import { MarginProver } from '../../src/prover/margin-prover.ts'
import { sealWitness } from '../../src/prover/seal-inputs.ts'
import { SealProver } from '../../src/prover/seal-prover.ts'
import type { Proof } from '../../src/prover/verify.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { Listing } from '../../src/risk/listing.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { buildRiskMatrix, type RiskMatrix } from '../../src/risk/matrix.ts'

/** A book of eight accounts of the small instance over the small market, proven whole, with real proofs. */
export interface BundleWorld {
  readonly hasher: Hasher
  readonly book: Book
  readonly snapshot: MarketSnapshot
  readonly matrix: RiskMatrix
  readonly content: BundleContent
  /** The bundle's lines without their line breaks. */
  readonly lines: readonly string[]
  readonly pins: readonly PinnedKey[]
  readonly options: VerifyOptions
}

export interface FixtureOptions {
  /** Of market and book. */
  readonly seed?: number
  readonly policy?: SealPolicy
  readonly chain?: BundleChain
}

const INSTANCE = MARGIN_INSTANCES['margin-4']
/** Raised when the fixture proves something else than before. */
const FIXTURE_VERSION = 'bundle-fixture-1'
export const LIQUIDITY_NANO = [1n << 50n, 1n << 48n, 1n << 34n]

/**
 * EpochSeals as the second contract of this account, wherever it is deployed on a local chain: so that the proofs of this
 * fixture are good on one.
 */
export const SEALS_DEPLOYER_KEY = id('deployer of EpochSeals in tests')

export const CHAIN: BundleChain = {
  chainId: '31337',
  seals: getCreateAddress({ from: computeAddress(SEALS_DEPLOYER_KEY), nonce: 1 }).toLowerCase(),
  epoch: '3',
  references: {
    oracle: `0x${'0a'.repeat(20)}`,
    registry: `0x${'0b'.repeat(20)}`,
    attestor: `0x${'0c'.repeat(20)}`,
    roundSequence: 7,
    headSequence: 5,
    posting: { transaction: `0x${'7a'.repeat(32)}`, blockNumber: 1234 },
  },
}

interface Proven {
  readonly steps: readonly { readonly chainIn: string; readonly chainOut: string; readonly proof: Proof }[]
  readonly seal: Proof
  readonly signals: Record<string, string>
}

/** Positions in units of 1e-9, by symbol; every derivative nets to zero over the eight. */
type Portfolio = Readonly<Record<string, bigint>>
const UNIT = 1_000_000_000n

function portfolios(listing: Listing): Portfolio[] {
  const [call, put] = ['C', 'P'].map(
    (right) =>
      listing.instruments.find(({ symbol }) => symbol.startsWith('BTC-') && symbol.endsWith(`-${right}`))!
        .symbol,
  ) as [string, string]
  return [
    { USD: 500_000n * UNIT, [call]: 2n * UNIT },
    // Writers of what others hold, with much, little and no money behind it.
    { USD: 900_000n * UNIT, [call]: -2n * UNIT },
    { USD: 50n * UNIT, 'BTC-PERPETUAL': -UNIT, BTC: UNIT / 10n },
    { USD: 100_000n * UNIT, 'BTC-PERPETUAL': UNIT },
    { USD: 20n * UNIT, [put]: -UNIT },
    { USD: -5_000n * UNIT, ETH: UNIT / 2n },
    { USD: 60_000n * UNIT, [put]: UNIT, ETH: 10n * UNIT },
    { BTC: UNIT },
  ]
}

function smallBook(listing: Listing): Account[] {
  return portfolios(listing).map((portfolio, index) => ({
    accountId: 2001 + index,
    owner: 0x1111n + BigInt(index),
    secret: (1n << 200n) + 77n * BigInt(index),
    nonce: BigInt(index),
    positions: Object.entries(portfolio)
      .map(([symbol, units]) => {
        const { id, lotNano } = listing.bySymbol(symbol)!
        return { id, quantityLots: units / lotNano }
      })
      .sort((a, b) => a.id - b.id),
  }))
}

export async function bundleWorld(options: FixtureOptions = {}): Promise<BundleWorld> {
  const { seed = 1, policy = 'aggregates', chain = CHAIN } = options
  const hasher = await poseidonHasher()
  const snapshot = sampleMarket({ seed, size: 'small' })
  const configuration = DEFAULT_CONFIGURATION
  const request = { snapshot, configuration, instance: INSTANCE, listing: Listing.empty }
  const matrix = buildRiskMatrix(hasher, request)
  const book = Book.from(smallBook(matrix.listing), hasher, INSTANCE)
  const prover = await MarginProver.open(INSTANCE)
  const sealer = await SealProver.open()
  try {
    const keys = [prover.artifacts, sealer.artifacts]
    const proven = await provenOf({ hasher, book, matrix, snapshot, policy, chain, prover, sealer })
    const [stepKey, sealKey] = keys.map(({ name, verificationKey, provenance }) => ({
      circuit: name,
      verificationKey,
      setup: keySetupOf(provenance),
    }))
    const content: BundleContent = {
      instance: INSTANCE,
      count: book.count,
      treeRoot: book.treeRoot,
      signals: Object.fromEntries(
        Object.entries(proven.signals).map(([name, value]) => [name, BigInt(value)]),
      ) as SealSignals,
      snapshot,
      configuration,
      listing: Listing.empty,
      stepKey: stepKey!,
      sealKey: sealKey!,
      leaves: book.leaves,
      steps: proven.steps.map(
        ({ chainIn, chainOut, proof }): BundleStepContent => ({
          chainIn: BigInt(chainIn),
          chainOut: BigInt(chainOut),
          proof,
        }),
      ),
      sealProof: proven.seal,
      chain,
    }
    const pins = keys.map(({ name, verificationKey }) => ({
      hash: keyHash(keyPointsOf(verificationKey)),
      source: `${name} of this test`,
    }))
    return {
      hasher,
      book,
      snapshot,
      matrix,
      content,
      lines: await linesOfContent(content),
      pins,
      options: verifyOptions(hasher, snapshot.asOfSeconds, pins),
    }
  } finally {
    await prover.close()
    await sealer.close()
  }
}

/** A generator with a fixed seed stands for the system's: a test must fail the same way twice. */
export function verifyOptions(
  hasher: Hasher,
  asOfSeconds: number,
  pins: readonly PinnedKey[],
): VerifyOptions {
  let state = 0x9e3779b97f4a7c15n
  const byte = () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)
    return Number(state >> 56n)
  }
  let clock = 0
  return {
    hasher,
    randomBytes: (length) => Uint8Array.from({ length }, byte),
    nowMs: () => clock++,
    asOfSeconds: asOfSeconds + 5,
    maxAgeSeconds: 60,
    pins,
  }
}

export async function linesOfContent(content: BundleContent): Promise<string[]> {
  const lines: string[] = []
  for await (const line of bundleLines(content)) lines.push(line.trimEnd())
  return lines
}

interface ProvingWorld {
  readonly hasher: Hasher
  readonly book: Book
  readonly matrix: RiskMatrix
  readonly snapshot: MarketSnapshot
  readonly policy: SealPolicy
  readonly chain: BundleChain
  readonly prover: MarginProver
  readonly sealer: SealProver
}

async function provenOf(world: ProvingWorld): Promise<Proven> {
  const { book, matrix, policy, chain, prover, sealer } = world
  const folder = await cached({
    name: 'bundle-fixture',
    key: [
      FIXTURE_VERSION,
      `${book.root} ${matrix.root} ${matrix.parametersWord}`,
      policy,
      `${epochContextOf(chain)}`,
      prover.artifacts.provenance.zkeyHash,
      sealer.artifacts.provenance.zkeyHash,
    ],
    build: async (draft) => {
      const text = JSON.stringify(await proveBook(world), (_, value) =>
        typeof value === 'bigint' ? `${value}` : value,
      )
      writeFileSync(join(draft, 'proven.json'), text)
    },
  })
  return JSON.parse(readFileSync(join(folder, 'proven.json'), 'utf8')) as Proven
}

async function proveBook({ hasher, book, matrix, snapshot, policy, chain, prover, sealer }: ProvingWorld) {
  const collateral = snapshot.instruments
    .filter(({ kind }) => kind === 'cash' || kind === 'spot')
    .map(({ symbol }) => matrix.listing.bySymbol(symbol)!.id)
  const ledger = ledgerOfBook(netLots(book.accounts), collateral)
  const roots = { bookRoot: book.root, riskRoot: matrix.root, parameters: matrix.parametersWord }
  const header: ChainHeader = { ...roots, beta: chainBeta(hasher, roots, ledgerWords(ledger)) }
  const context = epochContextOf(chain)
  const first = emptyChainState(1_000n)
  let state = first
  const steps: BundleStepContent[] = []
  let shortfallNano = 0n
  for (let index = 0; index < book.count; index++) {
    const witness = stepWitness(
      hasher,
      INSTANCE,
      book.opening(index),
      { tree: matrix.tree, parameters: matrix.parametersWord },
      { beta: header.beta, state, nextBlind: 1_001n + BigInt(index), context },
    )
    const { proof, signals } = await prover.prove(witness)
    steps.push({ chainIn: signals.chainIn, chainOut: signals.chainOut, proof })
    if (witness.margin.equityNano < 0n) shortfallNano -= witness.margin.equityNano
    state = witness.next
  }
  const seal = await sealer.prove(
    sealWitness(hasher, {
      ...roots,
      treeRoot: book.treeRoot,
      count: book.count,
      ledger,
      first,
      last: state,
      reservesNano: shortfallNano + 1_000_000_000n,
      liquidityNano: LIQUIDITY_NANO,
      policy,
      context,
    }),
  )
  return { steps, seal: seal.proof, signals: seal.signals }
}

/** The bytes of a bundle of these lines. */
export function bytesOf(lines: readonly string[]): Uint8Array[] {
  return [new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))]
}
