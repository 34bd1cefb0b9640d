import { Contract, Interface, type Provider, type Signer } from 'ethers'
import { ChainError, InputError } from '../protocol/errors.ts'
import { type SealSignals, sealSignalsToArray } from '../protocol/seal-signals.ts'
import type { ProvenStep, StepLink } from '../prover/book-pass/request.ts'
import { StepsTree } from '../prover/book-pass/steps-digest.ts'
import type { Proof } from '../prover/verify.ts'
import { buildContracts } from './build.ts'
import { errorsOf } from './client.ts'
import type { EngineConnection } from './engine-client/connection.ts'
import { toSolidityProof } from './generate-verifier.ts'
import { type SendOptions, type Sent, send, view } from './transactions.ts'

/** EpochSeals as typed functions. Boundary module: network. Every failure is a ChainError in words. */
export interface SealsConnection {
  readonly seals: Contract
  readonly errors: Interface
}

/** In the order of the contract's own. */
export const SEAL_STATUSES = ['none', 'pending', 'final', 'rejected', 'overtaken'] as const
export type SealStatus = (typeof SEAL_STATUSES)[number]

/** What the chain has of an epoch's newest seal. */
export interface SealState {
  readonly id: bigint
  readonly status: SealStatus
  readonly headSequence: number
  readonly roundSequence: number
  /** Accounts, and steps. */
  readonly count: number
  /** Steps are demanded before this second. */
  readonly demandUntil: number
  readonly openDemands: number
  readonly bondLots: bigint
  readonly belowMm: bigint
  /** Distinct tags shown to be triggered on the seal's round. */
  readonly triggeredTags: bigint
  readonly stepsRoot: string
}

export interface SealSubmission {
  readonly epoch: number
  readonly proof: Proof
  readonly signals: SealSignals
  /** Root of the digest of all steps. */
  readonly stepsRoot: string
}

/** The seals of a whole system. */
export function sealsOf({ contracts, errors }: EngineConnection): SealsConnection {
  return { seals: contracts.seals, errors }
}

export async function connectSeals(address: string, provider: Provider): Promise<SealsConnection> {
  const artifacts = await buildContracts()
  const abi = Interface.from(artifacts.EpochSeals!.abi as never)
  return { seals: new Contract(address, abi, provider), errors: errorsOf(artifacts) }
}

/** Who pays a bond, and of which kind. */
export type SealBond = 'venueBondLots' | 'demandBondLots'

const TOKEN = [
  'function balanceOf(address) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function approve(address spender, uint256 units) returns (bool)',
]

/** Lots of settlement cash that a seal or a demand takes now. */
export async function bondLotsOf({ seals, errors }: SealsConnection, kind: SealBond): Promise<bigint> {
  const [venueBondLots, demandBondLots] = await view<readonly [bigint, bigint]>(
    seals,
    'parameters',
    [],
    errors,
  )
  return { venueBondLots, demandBondLots }[kind]
}

/**
 * Approves EpochSeals for a bond, exactly, unless it is approved for as much.
 * Throws ChainError when the payer does not hold it.
 */
export async function approveBond(
  connection: SealsConnection,
  payer: Signer,
  kind: SealBond,
): Promise<bigint> {
  const { seals, errors } = connection
  const lots = await bondLotsOf(connection, kind)
  const units = lots * (await view<bigint>(seals, 'unitsPerLot', [], errors))
  const [owner, address] = [await payer.getAddress(), await seals.getAddress()]
  const token = new Contract(await view<string>(seals, 'token', [], errors), TOKEN, payer)
  const held = await view<bigint>(token, 'balanceOf', [owner], errors)
  if (held < units) {
    throw new ChainError(`${owner} holds ${held} units of the settlement token, and the bond takes ${units}`)
  }
  if ((await view<bigint>(token, 'allowance', [owner, address], errors)) < units) {
    await send(token, 'approve', [address, units], payer, errors)
  }
  return lots
}

/** The venue seals an epoch. It must have approved the contract for its bond. */
export function submitSeal(
  connection: SealsConnection,
  venue: Signer,
  submission: SealSubmission,
  options?: SendOptions,
): Promise<Sent> {
  const { epoch, proof, signals, stepsRoot } = submission
  const args = [epoch, toSolidityProof(proof), sealSignalsToArray(signals), stepsRoot]
  return send(connection.seals, 'submit', args, venue, connection.errors, options)
}

/** Asks for a step. The challenger must have approved the contract for the bond that pays the answer. */
export function demandStep(
  connection: SealsConnection,
  challenger: Signer,
  epoch: number,
  step: number,
): Promise<Sent> {
  return send(connection.seals, 'demand', [epoch, step], challenger, connection.errors)
}

/** Answers a demand with the step's proof, out of the links of the whole chain. */
export function answerStep(
  connection: SealsConnection,
  sender: Signer,
  epoch: number,
  step: ProvenStep,
  links: readonly StepLink[],
): Promise<Sent> {
  const args = [epoch, step.index, answerOf(step, links)]
  return send(connection.seals, 'answer', args, sender, connection.errors)
}

/** The contract's struct: the step with its place in the digest, and the place of the one before. */
export function answerOf(
  { index, proof, chainIn, chainOut }: ProvenStep,
  links: readonly StepLink[],
): readonly unknown[] {
  if (links[index] === undefined) throw new InputError(`there is no step ${index}`, { field: 'index' })
  const tree = new StepsTree(links)
  const previous = index === 0 ? undefined : links[index - 1]!
  return [
    toSolidityProof(proof),
    chainIn,
    chainOut,
    tree.path(index).path,
    previous?.chainIn ?? 0n,
    previous === undefined ? [] : tree.path(previous.index).path,
  ]
}

/** Counts tags that are triggered on the round and book of an epoch; sends them in ascending order. */
export function proveTags(
  connection: SealsConnection,
  sender: Signer,
  epoch: number,
  roundSequence: number,
  tags: readonly bigint[],
): Promise<Sent> {
  const ascending = [...new Set(tags)].sort((a, b) => (a < b ? -1 : 1))
  return send(connection.seals, 'proveTags', [epoch, roundSequence, ascending], sender, connection.errors)
}

/** What a seal is rejected for, by the contract's method. */
export const REJECTIONS = {
  unanswered: 'rejectUnanswered',
  untriggered: 'rejectUntriggered',
  ledger: 'rejectLedger',
} as const
export type RejectionReason = keyof typeof REJECTIONS

/** Ends a seal that something speaks against; half of the venue's bond is the challenger's. @param step for unanswered */
export function rejectSeal(
  connection: SealsConnection,
  sender: Signer,
  epoch: number,
  reason: RejectionReason,
  step?: number,
): Promise<Sent> {
  const args = reason === 'unanswered' ? [epoch, step] : [epoch]
  return send(connection.seals, REJECTIONS[reason], args, sender, connection.errors)
}

/** Ends a seal that nothing speaks against. */
export function finalizeSeal(connection: SealsConnection, sender: Signer, epoch: number): Promise<Sent> {
  return send(connection.seals, 'finalize', [epoch], sender, connection.errors)
}

/** The epoch's newest seal; undefined when there is none. */
export async function sealState(connection: SealsConnection, epoch: number): Promise<SealState | undefined> {
  const { seals, errors } = connection
  const id = await view<bigint>(seals, 'sealOf', [epoch], errors)
  if (id === 0n) return undefined
  const seal = await view<Record<string, bigint> & { readonly stepsRoot: string }>(
    seals,
    'sealAt',
    [id],
    errors,
  )
  return {
    id,
    status: SEAL_STATUSES[Number(seal.status)]!,
    headSequence: Number(seal.headSequence),
    roundSequence: Number(seal.roundSequence),
    count: Number(seal.count),
    demandUntil: Number(seal.demandUntil),
    openDemands: Number(seal.openDemands),
    bondLots: seal.bondLots!,
    belowMm: seal.belowMm!,
    triggeredTags: await view<bigint>(seals, 'triggeredTags', [epoch, seal.roundSequence], errors),
    stepsRoot: seal.stepsRoot,
  }
}

const STATUS_WORDS: Readonly<Record<SealStatus, string>> = {
  none: 'there is no seal',
  pending: 'the seal waits for demands',
  final: 'the seal is final',
  rejected: 'the seal was rejected',
  overtaken: 'a newer epoch was final first',
}

/** Where a seal stands, in plain words. */
export function sealStateInWords({ status, openDemands, triggeredTags, belowMm }: SealState): string {
  if (status !== 'pending') return STATUS_WORDS[status]
  const tags = `${triggeredTags} of ${belowMm} accounts below maintenance margin are shown to be triggered`
  return `${STATUS_WORDS.pending}; ${openDemands} are open; ${tags}`
}
