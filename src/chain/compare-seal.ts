/** What a bundle says of the seal of its epoch, held against EpochSeals. Boundary module: network. */
import { AbiCoder, Contract, Interface, keccak256, type Provider } from 'ethers'
import type { BundleHeader } from '../bundle/records.ts'
import { statementOf } from '../bundle/statement.ts'
import { type Finding, fail, pass, skipped } from '../bundle/verify/check.ts'
import { instant } from '../bundle/verify/round.ts'
import { SEAL_SIGNALS } from '../protocol/solvency.ts'
import type { ComparedBundle, Places } from './compare-bundle.ts'
import { SEAL_STATUSES, type SealStatus } from './seals.ts'
import { VERIFIER_ABI } from './verifying-keys.ts'

const SEALS = new Interface([
  'function sealOf(uint64) view returns (uint256)',
  'function sealAt(uint256) view returns (tuple(uint64 epoch, uint64 headSequence, uint64 roundSequence, uint64 demandUntil, address submitter, uint8 status, uint32 count, uint32 openDemands, uint64 bondLots, uint256 belowMm, uint256 gauge, uint256 chainFirst, uint256 chainLast, bytes32 stepsRoot, bytes32 ledgerHash))',
  'function attestor() view returns (address)',
  'function sealVerifier() view returns (address)',
  'function submit(uint64 epoch, uint256[8] proof, uint256[16] signals, bytes32 stepsRoot)',
  'event SealSubmitted(uint256 indexed id, uint64 indexed epoch, uint64 indexed headSequence, uint64 roundSequence, bytes32 stepsRoot)',
])

interface StoredSeal {
  readonly headSequence: bigint
  readonly roundSequence: bigint
  readonly demandUntil: bigint
  readonly status: bigint
  readonly count: bigint
  readonly openDemands: bigint
  readonly belowMm: bigint
  readonly gauge: bigint
  readonly chainFirst: bigint
  readonly chainLast: bigint
  readonly stepsRoot: string
  readonly ledgerHash: string
}

function sealsAt(address: string, provider: Provider): Contract {
  return new Contract(address, SEALS, provider)
}

export async function compareSealKey({ provider, report }: ComparedBundle, chain: Places): Promise<Finding> {
  const seals = sealsAt(chain.seals, provider)
  const attestor = (await seals.attestor!()) as string
  if (attestor.toLowerCase() !== chain.attestor) {
    return fail(`EpochSeals ${chain.seals} takes steps of the attestor ${attestor}, not of ${chain.attestor}`)
  }
  const verifier = (await seals.sealVerifier!()) as string
  const onChain = (await new Contract(verifier, VERIFIER_ABI, provider).VERIFICATION_KEY_HASH!()) as string
  const given = report.keys.find(({ role }) => role === 'seal')?.hash
  const evidence = `verifier ${verifier} has the key ${onChain}; the bundle's seal has ${given}`
  return onChain === given ? pass(evidence) : fail(evidence)
}

export async function compareSeal(
  { header, report, provider }: ComparedBundle,
  chain: Places,
): Promise<Finding> {
  const found = await newestSeal(provider, chain)
  if (found === undefined) return fail(`epoch ${chain.epoch} has no seal on the chain`)
  const { id, stored, status } = found
  const { statement } = header
  const differences = [
    stored.stepsRoot === report.stepsRoot ? undefined : 'steps',
    stored.chainFirst === BigInt(statement.chainFirst) ? undefined : 'first state',
    stored.chainLast === BigInt(statement.chainLast) ? undefined : 'last state',
    stored.count === BigInt(header.count) ? undefined : 'number of accounts',
    stored.belowMm === BigInt(statement.belowMm) ? undefined : 'number of accounts below maintenance margin',
    stored.gauge === BigInt(statement.gauge) ? undefined : 'gauge',
    stored.ledgerHash === ledgerHashOf(header) ? undefined : 'ledger',
    stored.headSequence === BigInt(chain.headSequence) ? undefined : 'head',
    stored.roundSequence === BigInt(chain.roundSequence) ? undefined : 'round',
  ].filter((difference) => difference !== undefined)
  const which = `seal ${id} of epoch ${chain.epoch} is ${status} on the chain`
  return differences.length === 0
    ? pass(`${which}, with the same steps, states, count, gauge and ledger`)
    : fail(`${which} and has other ${differences.join(', ')}`)
}

/** The transaction tells what the contract does not keep: every signal that the seal was submitted with. */
export async function comparePosting({ header, provider }: ComparedBundle, chain: Places): Promise<Finding> {
  const { posting } = chain
  if (posting === null)
    return skipped('the bundle names no transaction: it is from before the seal was submitted')
  const { transaction, blockNumber } = posting
  const receipt = await provider.getTransactionReceipt(transaction)
  if (receipt === null) return fail(`the chain has no transaction ${transaction}`)
  if (receipt.blockNumber !== blockNumber) {
    return fail(
      `transaction ${transaction} is in block ${receipt.blockNumber}, and the bundle says ${blockNumber}`,
    )
  }
  const submitted = receipt.logs
    .filter(({ address }) => address.toLowerCase() === chain.seals)
    .map((log) => SEALS.parseLog(log))
    .find((event) => event?.name === 'SealSubmitted' && event.args.epoch === BigInt(chain.epoch))
  if (!submitted) return fail(`transaction ${transaction} submitted no seal of epoch ${chain.epoch}`)
  const newest = (await sealsAt(chain.seals, provider).sealOf!(chain.epoch)) as bigint
  const id = submitted.args.id as bigint
  if (id !== newest)
    return fail(`transaction ${transaction} submitted seal ${id}, and the epoch's newest is ${newest}`)
  const which = `transaction ${transaction} in block ${blockNumber} submitted seal ${id}`
  const signals = await submittedSignals(provider, transaction, chain.seals)
  if (signals === undefined) return skipped(`${which}, through another contract: its signals were not read`)
  const statement = statementOf(header)
  const other = SEAL_SIGNALS.filter((name, index) => signals[index] !== statement[name])
  return other.length === 0
    ? pass(`${which} with exactly these ${signals.length} public signals`)
    : fail(`${which} with other ${other.join(', ')}`)
}

export async function compareFinality({ provider }: ComparedBundle, chain: Places): Promise<Finding> {
  const found = await newestSeal(provider, chain)
  if (found === undefined) return fail(`epoch ${chain.epoch} has no seal on the chain`)
  const { id, stored, status } = found
  const which = `seal ${id} of epoch ${chain.epoch}`
  const findings: Readonly<Record<SealStatus, Finding>> = {
    none: fail(`${which} is not there`),
    pending: skipped(
      `${which} is not final yet: steps may be demanded until ${instant(Number(stored.demandUntil))}, ` +
        `${stored.openDemands} demands wait for an answer`,
    ),
    final: pass(`${which} is final: head ${stored.headSequence} and all before it are`),
    rejected: fail(`${which} was rejected`),
    overtaken: skipped(`${which} was neither rejected nor made final: a newer epoch was final before it`),
  }
  return findings[status]
}

async function newestSeal(
  provider: Provider,
  chain: Places,
): Promise<{ id: bigint; stored: StoredSeal; status: SealStatus } | undefined> {
  const seals = sealsAt(chain.seals, provider)
  const id = (await seals.sealOf!(chain.epoch)) as bigint
  if (id === 0n) return undefined
  const stored = (await seals.sealAt!(id)) as StoredSeal
  return { id, stored, status: SEAL_STATUSES[Number(stored.status)] ?? 'none' }
}

/** As SealLedger hashes the words of a ledger. */
function ledgerHashOf({ statement }: BundleHeader): string {
  const words = [statement.ledger0, statement.ledger1, statement.ledger2].map(BigInt)
  return keccak256(AbiCoder.defaultAbiCoder().encode(['uint256[3]'], [words]))
}

/** What a transaction called submit with; undefined when it called something else, which called submit. */
async function submittedSignals(
  provider: Provider,
  hash: string,
  seals: string,
): Promise<readonly bigint[] | undefined> {
  const transaction = await provider.getTransaction(hash)
  if (transaction?.to?.toLowerCase() !== seals) return undefined
  const call = SEALS.parseTransaction({ data: transaction.data })
  return call?.name === 'submit' ? [...(call.args.signals as bigint[])] : undefined
}
