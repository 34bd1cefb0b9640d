import { Contract, Interface, type Provider, type Signer } from 'ethers'
import { InputError } from '../protocol/errors.ts'
import { type SealSignals, sealSignalsToArray } from '../protocol/seal-signals.ts'
import type { ProvenStep, StepLink } from '../prover/book-pass/request.ts'
import { StepsTree } from '../prover/book-pass/steps-digest.ts'
import type { Proof } from '../prover/verify.ts'
import { buildContracts } from './build.ts'
import { errorsOf } from './client.ts'
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

export async function connectSeals(address: string, provider: Provider): Promise<SealsConnection> {
  const artifacts = await buildContracts()
  const abi = Interface.from(artifacts.EpochSeals!.abi as never)
  return { seals: new Contract(address, abi, provider), errors: errorsOf(artifacts) }
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
