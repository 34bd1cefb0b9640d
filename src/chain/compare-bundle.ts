/** What a bundle says of a chain, held against the chain. Boundary module: network. */
import { Contract, dataSlice, type EventLog, type Provider } from 'ethers'
import type { BundleChain, BundleHeader, ChainReferences } from '../bundle/records.ts'
import { type Check, type Finding, fail, pass, skipped } from '../bundle/verify/check.ts'
import type { BundleReport } from '../bundle/verify/report.ts'
import { ChainError } from '../protocol/errors.ts'
import { HEADER_QUOTES, SECTION_HEADER } from '../protocol/oracle-words.ts'
import { compareFinality, comparePosting, compareSeal, compareSealKey } from './compare-seal.ts'
import { roundDataHash } from './oracle-data.ts'
import { VERIFIER_ABI } from './verifying-keys.ts'

const ORACLE = [
  'function roundAt(uint64) view returns (tuple(uint64 sequence, uint64 time, uint256 riskRoot, uint256 parameters, bytes32 configurationHash, bytes32 marketHash))',
  'function latestSequence() view returns (uint64)',
  'event RoundData(uint64 indexed sequence, address indexed poster, bytes[] sections)',
]
const REGISTRY = [
  'function headAt(uint64) view returns (tuple(uint256 bookRoot, bytes32 dataHash, uint64 time, uint32 count))',
  'function headSequence() view returns (uint64)',
  'function epochHead(uint64) view returns (uint64)',
]
const ATTESTOR = [
  'function oracle() view returns (address)',
  'function registry() view returns (address)',
  'function verifier() view returns (address)',
]
/** A bundle's own words, and where its epoch stands on the chain. */
export interface ComparedBundle {
  readonly header: BundleHeader
  readonly report: Pick<BundleReport, 'keys' | 'stepsRoot'>
  readonly provider: Provider
  /** Milliseconds, for the time that checks take. */
  readonly nowMs: () => number
  /** EpochSeals of the venue, as the reader knows its address. Every other contract follows from it. */
  readonly trustedSeals?: string | undefined
}

/** Where on a chain a bundle's epoch is, in its own words. */
export type Places = BundleChain & ChainReferences

/** One comparison with one contract. */
interface Comparison {
  readonly id: string
  readonly title: string
  readonly compare: (bundle: ComparedBundle, chain: Places) => Promise<Finding>
}

const COMPARISONS: readonly Comparison[] = [
  { id: 'chain-id', title: 'The chain is the one that the bundle names', compare: compareChainId },
  { id: 'chain-contract', title: 'EpochSeals is the one that you named', compare: compareContract },
  { id: 'chain-attestor', title: 'Attestor, oracle and registry belong together', compare: compareAttestor },
  { id: 'chain-key', title: 'The attestor takes proofs of the same key', compare: compareKey },
  { id: 'chain-round', title: 'The round was posted', compare: compareRound },
  { id: 'chain-head', title: 'The book is the head that the epoch was designated for', compare: compareHead },
  { id: 'chain-seal-key', title: 'The chain takes seals of the same key', compare: compareSealKey },
  { id: 'chain-seal', title: 'The chain has this seal of the epoch', compare: compareSeal },
  { id: 'chain-posting', title: 'The seal was submitted as the bundle says', compare: comparePosting },
  { id: 'chain-final', title: 'The seal is final', compare: compareFinality },
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
    const finding = await answer(places ? () => compare(bundle, places) : undefined)
    checks.push({ id, title, ...finding, milliseconds: Math.round(bundle.nowMs() - started) })
  }
  return checks
}

/** A contract that is not there, or that knows no such round or head, is an answer, as is a number that none takes. */
const ANSWERS = ['CALL_EXCEPTION', 'BAD_DATA', 'INVALID_ARGUMENT', 'NUMERIC_FAULT', 'VALUE_OUT_OF_BOUNDS']

async function answer(compare: (() => Promise<Finding>) | undefined): Promise<Finding> {
  if (compare === undefined) return fail('the bundle does not say where on a chain its round and book are')
  try {
    return await compare()
  } catch (cause) {
    if (ANSWERS.includes(String((cause as { code?: unknown }).code))) {
      return fail('the chain has no such contract, round, head or epoch')
    }
    // Silence is none.
    throw new ChainError('the chain did not answer', { cause, unavailable: true })
  }
}

function finding(ok: boolean, evidence: string): Finding {
  return ok ? pass(evidence) : fail(evidence)
}

async function compareChainId({ provider }: ComparedBundle, { chainId }: Places) {
  const { chainId: actual } = await provider.getNetwork()
  return finding(actual === BigInt(chainId), `the chain has the id ${actual}, the bundle names ${chainId}`)
}

/** Anybody can deploy contracts that agree with a bundle of their own: only its reader knows the venue's. */
async function compareContract({ trustedSeals }: ComparedBundle, { seals }: Places) {
  if (trustedSeals === undefined) {
    return skipped(`you named no contract: whether EpochSeals ${seals} is the venue's own was not checked`)
  }
  const given = trustedSeals.toLowerCase()
  return finding(seals === given, `the bundle is for EpochSeals ${seals}, and you named ${given}`)
}

async function compareAttestor({ provider }: ComparedBundle, chain: Places) {
  const attestor = new Contract(chain.attestor, ATTESTOR, provider)
  const [oracle, registry] = (await Promise.all([attestor.oracle!(), attestor.registry!()])) as [
    string,
    string,
  ]
  const ok = oracle.toLowerCase() === chain.oracle && registry.toLowerCase() === chain.registry
  return finding(ok, `attestor ${chain.attestor} reads rounds from ${oracle} and heads from ${registry}`)
}

async function compareKey({ provider, report }: ComparedBundle, chain: Places) {
  const address = (await new Contract(chain.attestor, ATTESTOR, provider).verifier!()) as string
  const onChain = (await new Contract(address, VERIFIER_ABI, provider).VERIFICATION_KEY_HASH!()) as string
  const given = report.keys.find(({ role }) => role === 'step')?.hash
  return finding(
    onChain === given,
    `verifier ${address} has the key ${onChain}; the bundle's steps have ${given}`,
  )
}

interface PostedRound {
  readonly time: bigint
  readonly riskRoot: bigint
  readonly parameters: bigint
  readonly configurationHash: string
  readonly marketHash: string
}

async function compareRound({ header, provider }: ComparedBundle, chain: Places) {
  const oracle = new Contract(chain.oracle, ORACLE, provider)
  const posted = (await oracle.roundAt!(chain.roundSequence)) as PostedRound
  const latest = (await oracle.latestSequence!()) as bigint
  const { round, statement } = header
  const differences = [
    posted.riskRoot === BigInt(statement.riskRoot) ? undefined : 'risk root',
    posted.parameters === BigInt(statement.parameters) ? undefined : 'parameters',
    posted.configurationHash === round.configurationHash ? undefined : 'configuration',
    (await isOfMarket(oracle, chain.roundSequence, posted, round.marketHash)) ? undefined : 'market data',
  ].filter((difference) => difference !== undefined)
  const which = `round ${chain.roundSequence} of ${latest}`
  return differences.length === 0
    ? pass(`${which} has the same risk root, parameters, configuration and market data`)
    : fail(`${which} has other ${differences.join(', ')}`)
}

/** A round that came with its data names the market in their header, and the data by their hash. */
async function isOfMarket(
  oracle: Contract,
  sequence: string | number,
  { marketHash }: PostedRound,
  expected: string,
): Promise<boolean> {
  if (marketHash === expected) return true
  const [log] = (await oracle.queryFilter(oracle.filters.RoundData!(sequence))) as EventLog[]
  if (log === undefined) return false
  const sections = [...(log.args[2] as string[])]
  if (roundDataHash(sections) !== marketHash) return false
  return dataSlice(sections[SECTION_HEADER]!, 32 * HEADER_QUOTES, 32 * (HEADER_QUOTES + 1)) === expected
}

async function compareHead({ header, provider }: ComparedBundle, chain: Places) {
  const registry = new Contract(chain.registry, REGISTRY, provider)
  const head = (await registry.headAt!(chain.headSequence)) as { bookRoot: bigint; count: bigint }
  const newest = (await registry.headSequence!()) as bigint
  const same = head.bookRoot === BigInt(header.statement.bookRoot) && head.count === BigInt(header.count)
  const which = `head ${chain.headSequence} of ${newest}`
  if (!same) return fail(`${which} has the book root ${head.bookRoot} and ${head.count} accounts`)
  const designated = (await registry.epochHead!(chain.epoch)) as bigint
  if (designated !== BigInt(chain.headSequence)) {
    return fail(`epoch ${chain.epoch} is of head ${designated}, and the bundle says ${chain.headSequence}`)
  }
  return pass(`${which}, epoch ${chain.epoch}, has this book root and ${head.count} accounts`)
}
