/** What a bundle says of a chain, held against the chain. Boundary module: network. */
import { Contract, type Provider } from 'ethers'
import type { BundleChain, BundleHeader, ChainReferences } from '../bundle/records.ts'
import type { Check, CheckVerdict } from '../bundle/verify/check.ts'
import type { BundleReport } from '../bundle/verify/report.ts'
import { ChainError } from '../protocol/errors.ts'
import { SEAL_STATUSES } from './seals.ts'

const ORACLE = [
  'function roundAt(uint64) view returns (tuple(uint64 sequence, uint64 time, uint256 riskRoot, uint256 parameters, bytes32 configurationHash, bytes32 marketHash))',
  'function latestSequence() view returns (uint64)',
]
const REGISTRY = [
  'function headAt(uint64) view returns (tuple(uint256 bookRoot, bytes32 dataHash, uint64 time, uint32 count))',
  'function headSequence() view returns (uint64)',
]
const ATTESTOR = [
  'function oracle() view returns (address)',
  'function registry() view returns (address)',
  'function verifier() view returns (address)',
]
const VERIFIER = ['function VERIFICATION_KEY_HASH() view returns (bytes32)']
const SEALS = [
  'function sealOf(uint64) view returns (uint256)',
  'function sealAt(uint256) view returns (tuple(uint64 epoch, uint64 headSequence, uint64 roundSequence, uint64 demandUntil, address submitter, uint8 status, uint32 count, uint32 openDemands, uint64 bondLots, uint256 belowMm, uint256 gauge, uint256 chainFirst, uint256 chainLast, bytes32 stepsRoot, bytes32 ledgerHash))',
]
const REJECTED = SEAL_STATUSES.indexOf('rejected')

/** A bundle's own words, and where its epoch stands on the chain. */
export interface ComparedBundle {
  readonly header: BundleHeader
  readonly report: Pick<BundleReport, 'keys' | 'stepsRoot'>
  readonly provider: Provider
  /** Milliseconds, for the time that checks take. */
  readonly nowMs: () => number
}

/** One comparison with one contract. */
interface Comparison {
  readonly id: string
  readonly title: string
  readonly compare: (
    bundle: ComparedBundle,
    chain: BundleChain & ChainReferences,
  ) => Promise<readonly [ok: boolean, evidence: string]>
}

const COMPARISONS: readonly Comparison[] = [
  { id: 'chain-id', title: 'The chain is the one that the bundle names', compare: compareChainId },
  { id: 'chain-attestor', title: 'Attestor, oracle and registry belong together', compare: compareAttestor },
  { id: 'chain-key', title: 'The attestor takes proofs of the same key', compare: compareKey },
  { id: 'chain-round', title: 'The round was posted', compare: compareRound },
  { id: 'chain-head', title: 'The book is a head of the registry', compare: compareHead },
  { id: 'chain-seal', title: 'The chain has this seal of the epoch, not rejected', compare: compareSeal },
]

/**
 * The checks that a chain allows. What the chain does not have, or has otherwise, fails; so does every check of a bundle
 * that names no chain. Throws ChainError when the chain does not answer.
 */
export async function compareWithChain(bundle: ComparedBundle): Promise<Check[]> {
  const { chain } = bundle.header
  const checks: Check[] = []
  for (const { id, title, compare } of COMPARISONS) {
    const started = bundle.nowMs()
    const places = chain?.references && { ...chain, ...chain.references }
    const [verdict, evidence] = await answer(places ? () => compare(bundle, places) : undefined)
    checks.push({ id, title, verdict, evidence, milliseconds: Math.round(bundle.nowMs() - started) })
  }
  return checks
}

async function answer(
  compare: (() => Promise<readonly [boolean, string]>) | undefined,
): Promise<readonly [CheckVerdict, string]> {
  if (compare === undefined)
    return ['fail', 'the bundle does not say where on a chain its round and book are']
  try {
    const [ok, evidence] = await compare()
    return [ok ? 'pass' : 'fail', evidence]
  } catch (cause) {
    const { code } = cause as { code?: string }
    // A contract that is not there, or that knows no such round or head, is an answer; silence is none.
    if (code === 'CALL_EXCEPTION' || code === 'BAD_DATA')
      return ['fail', 'the chain has no such contract, round or head']
    throw new ChainError('the chain did not answer', { cause, unavailable: true })
  }
}

async function compareChainId({ provider }: ComparedBundle, { chainId }: BundleChain) {
  const { chainId: actual } = await provider.getNetwork()
  return [actual === BigInt(chainId), `the chain has the id ${actual}, the bundle names ${chainId}`] as const
}

async function compareAttestor({ provider }: ComparedBundle, chain: ChainReferences) {
  const attestor = new Contract(chain.attestor, ATTESTOR, provider)
  const [oracle, registry] = (await Promise.all([attestor.oracle!(), attestor.registry!()])) as [
    string,
    string,
  ]
  const ok = oracle.toLowerCase() === chain.oracle && registry.toLowerCase() === chain.registry
  return [ok, `attestor ${chain.attestor} reads rounds from ${oracle} and heads from ${registry}`] as const
}

async function compareKey({ provider, report }: ComparedBundle, chain: ChainReferences) {
  const address = (await new Contract(chain.attestor, ATTESTOR, provider).verifier!()) as string
  const onChain = (await new Contract(address, VERIFIER, provider).VERIFICATION_KEY_HASH!()) as string
  const given = report.keys.find(({ role }) => role === 'step')?.hash
  return [
    onChain === given,
    `verifier ${address} has the key ${onChain}; the bundle's steps have ${given}`,
  ] as const
}

interface PostedRound {
  readonly time: bigint
  readonly riskRoot: bigint
  readonly parameters: bigint
  readonly configurationHash: string
  readonly marketHash: string
}

async function compareRound({ header, provider }: ComparedBundle, chain: ChainReferences) {
  const oracle = new Contract(chain.oracle, ORACLE, provider)
  const posted = (await oracle.roundAt!(chain.roundSequence)) as PostedRound
  const latest = (await oracle.latestSequence!()) as bigint
  const { round, statement } = header
  const differences = [
    posted.riskRoot === BigInt(statement.riskRoot) ? undefined : 'risk root',
    posted.parameters === BigInt(statement.parameters) ? undefined : 'parameters',
    posted.configurationHash === round.configurationHash ? undefined : 'configuration',
    posted.marketHash === round.marketHash ? undefined : 'market data',
  ].filter((difference) => difference !== undefined)
  const which = `round ${chain.roundSequence} of ${latest}`
  return differences.length === 0
    ? ([true, `${which} has the same risk root, parameters, configuration and market data`] as const)
    : ([false, `${which} has other ${differences.join(', ')}`] as const)
}

async function compareHead({ header, provider }: ComparedBundle, chain: ChainReferences) {
  const registry = new Contract(chain.registry, REGISTRY, provider)
  const head = (await registry.headAt!(chain.headSequence)) as { bookRoot: bigint; count: bigint }
  const newest = (await registry.headSequence!()) as bigint
  const same = head.bookRoot === BigInt(header.statement.bookRoot) && head.count === BigInt(header.count)
  const which = `head ${chain.headSequence} of ${newest}`
  return same
    ? ([true, `${which} has this book root and ${head.count} accounts`] as const)
    : ([false, `${which} has the book root ${head.bookRoot} and ${head.count} accounts`] as const)
}

interface StoredSeal {
  readonly headSequence: bigint
  readonly roundSequence: bigint
  readonly status: bigint
  readonly belowMm: bigint
  readonly gauge: bigint
  readonly chainFirst: bigint
  readonly chainLast: bigint
  readonly stepsRoot: string
}

async function compareSeal(
  { header: { statement }, report, provider }: ComparedBundle,
  chain: BundleChain & ChainReferences,
) {
  const seals = new Contract(chain.seals, SEALS, provider)
  const id = (await seals.sealOf!(chain.epoch)) as bigint
  if (id === 0n) return [false, `epoch ${chain.epoch} has no seal on the chain`] as const
  const stored = (await seals.sealAt!(id)) as StoredSeal
  const differences = [
    stored.stepsRoot === report.stepsRoot ? undefined : 'steps',
    stored.chainFirst === BigInt(statement.chainFirst) ? undefined : 'first state',
    stored.chainLast === BigInt(statement.chainLast) ? undefined : 'last state',
    stored.belowMm === BigInt(statement.belowMm) ? undefined : 'number of accounts below maintenance margin',
    stored.gauge === BigInt(statement.gauge) ? undefined : 'gauge',
    stored.headSequence === BigInt(chain.headSequence) ? undefined : 'head',
    stored.roundSequence === BigInt(chain.roundSequence) ? undefined : 'round',
  ].filter((difference) => difference !== undefined)
  const status = SEAL_STATUSES[Number(stored.status)] ?? 'unknown'
  const which = `seal ${id} of epoch ${chain.epoch} is ${status} on the chain`
  return differences.length === 0
    ? ([stored.status !== BigInt(REJECTED), `${which}, with the same steps and states`] as const)
    : ([false, `${which} and has other ${differences.join(', ')}`] as const)
}
