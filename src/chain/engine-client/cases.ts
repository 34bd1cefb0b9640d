import type { Signer } from 'ethers'
import {
  type AdjustSignals,
  adjustSignalsToArray,
  type LotSignals,
  lotSignalsToArray,
  type TransferSignals,
  transferSignalsToArray,
} from '../../protocol/engine-signals.ts'
import { marginSignalsToArray } from '../../protocol/signals.ts'
import type { ProvenStatement } from '../client.ts'
import { contextOf } from '../context.ts'
import { type Groth16Proof, toSolidityProof } from '../generate-verifier.ts'
import type { SendOptions, Sent } from '../transactions.ts'
import { type EngineConnection, eventsOf, sendTo, viewOf } from './connection.ts'
import type { EngineDeployment } from './deployment.ts'

/** Cases of the liquidation engine: opened, confirmed, settled, ended. Boundary module: network. */

/** In the order of the contract's enum. */
export const STAGES = [
  'none',
  'opened',
  'soft',
  'sealed',
  'dutch',
  'house',
  'deleveraging',
  'awarded',
  'shortfall',
  'closed',
] as const
export type Stage = (typeof STAGES)[number]

/** Why a case ended, in the order of the contract's enum. */
export const ENDINGS = ['settled', 'recovered', 'cured', 'lapsed', 'escalated', 'covered', 'unsold'] as const

export const KINDS = ['soft', 'full'] as const
export type Kind = (typeof KINDS)[number]

/** Lots of settlement cash; seconds of the engine's clock unless something else is said. */
export interface EngineCase {
  readonly caseId: string
  readonly tag: bigint
  readonly keeper: string
  readonly kind: Kind
  readonly stage: Stage
  readonly insolvent: boolean
  readonly percent: bigint
  /** E / MM in 64ths. */
  readonly health: bigint
  readonly restarts: bigint
  readonly held: boolean
  /** Whether a deleveraging step was made. */
  readonly stepped: boolean
  /** A full case that could only sell a hedge, and goes on as a soft one. */
  readonly converted: boolean
  /** A round that it stood on was rejected. */
  readonly voided: boolean
  readonly capBps: bigint
  readonly feeBps: bigint
  readonly place: bigint
  /** Of the newest lot or step; of the trigger before the first. */
  readonly round: bigint
  readonly head: bigint
  readonly triggerRound: bigint
  /** Since when the stage runs; 0 while the confirmation has to wait for a newer round. */
  readonly since: bigint
  /** Chain time of the lot's round, seconds. */
  readonly lotTime: bigint
  /** After the end: what waits until the round of an overlooked recovery is final. */
  readonly keeperBondLots: bigint
  readonly carryLots: bigint
  readonly reliefLots: bigint
  readonly shortfallLots: bigint
  readonly slice: bigint
  readonly riskRoot: bigint
  readonly parameters: bigint
}

export interface CaseAward {
  readonly winner: string
  readonly discountBps: bigint
  readonly taxBps: bigint
  readonly soldIn: Stage
  readonly escrowLots: bigint
  /** 0 until the head is reserved for the settlement. */
  readonly settleBy: bigint
  readonly subTag: bigint
}

/** A proof of one of the engine's circuits with what it states. */
export interface Proven<Signals> {
  readonly proof: Groth16Proof
  readonly signals: Signals
}

// ---------------------------------------------------------------- contexts

/** The context signal of a lot of this case. */
export function lotContext(deployment: EngineDeployment, caseId: string): bigint {
  return contextOf('lot', deployment.chainId, deployment.proofs, caseId)
}

/** The context signal of a transfer of this case. */
export function transferContext(deployment: EngineDeployment, caseId: string): bigint {
  return contextOf('transfer', deployment.chainId, deployment.proofs, caseId)
}

/** The context signal of a proof that pays this case's debt off. */
export function coverContext(deployment: EngineDeployment, caseId: string): bigint {
  return contextOf('cover', deployment.chainId, deployment.vault, caseId)
}

// ---------------------------------------------------------------- reading

/** A struct as ethers gives it, with the codes of its enums. */
interface Struct<Raw> {
  toObject(): Raw
}

/** Stage none for a case that never was. */
export async function readCase(connection: EngineConnection, caseId: string): Promise<EngineCase> {
  type Raw = Omit<EngineCase, 'caseId' | 'kind' | 'stage'> & { readonly kind: bigint; readonly stage: bigint }
  const raw = await viewOf<Struct<Raw>>(connection, 'engine', 'caseAt', [caseId])
  const { kind, stage, ...rest } = raw.toObject()
  return { ...rest, caseId, kind: KINDS[Number(kind)]!, stage: STAGES[Number(stage)]! }
}

export async function readAward(connection: EngineConnection, caseId: string): Promise<CaseAward> {
  type Raw = Omit<CaseAward, 'soldIn'> & { readonly soldIn: bigint }
  const raw = await viewOf<Struct<Raw>>(connection, 'engine', 'awardAt', [caseId])
  const { soldIn, ...rest } = raw.toObject()
  return { ...rest, soldIn: STAGES[Number(soldIn)]! }
}

/** The open case of an account, or undefined. A sub-account that is bid in answers with the case of the bid. */
export async function caseOfTag(connection: EngineConnection, tag: bigint): Promise<string | undefined> {
  const caseId = await viewOf<string>(connection, 'engine', 'caseOf', [tag])
  return BigInt(caseId) === 0n ? undefined : caseId
}

/** The engine's time as this block would have it, seconds. */
export function engineTime(connection: EngineConnection): Promise<bigint> {
  return viewOf(connection, 'clock', 'time')
}

// ---------------------------------------------------------------- a case's way

/** Opens a case on a recorded trigger; the keeper's bond comes out of its free lots. */
export async function openCase(
  connection: EngineConnection,
  keeper: Signer,
  tag: bigint,
  kind: Kind,
): Promise<Sent & { readonly caseId: string }> {
  const sent = await sendTo(connection, 'engine', 'openCase', [tag, KINDS.indexOf(kind)], keeper)
  return { ...sent, caseId: await openedIn(connection, sent) }
}

/** A soft case becomes a full one, opened by the sender. */
export async function escalateCase(
  connection: EngineConnection,
  keeper: Signer,
  caseId: string,
): Promise<Sent & { readonly caseId: string }> {
  const sent = await sendTo(connection, 'engine', 'escalate', [caseId], keeper)
  return { ...sent, caseId: await openedIn(connection, sent) }
}

async function openedIn(connection: EngineConnection, sent: Sent): Promise<string> {
  const events = await eventsOf(connection, sent)
  return String(events.find(({ name }) => name === 'CaseOpened')!.values.caseId)
}

/** Puts the lot of a case on sale; the entry follows from what the proof says of the account's solvency. */
export function confirmCase(
  connection: EngineConnection,
  sender: Signer,
  caseId: string,
  lot: Proven<LotSignals>,
  insolvent: boolean,
  options?: SendOptions,
): Promise<Sent> {
  const args = [caseId, toSolidityProof(lot.proof), lotSignalsToArray(lot.signals)]
  return sendTo(connection, 'engine', insolvent ? 'confirmInsolvent' : 'confirm', args, sender, options)
}

export function settleCase(
  connection: EngineConnection,
  sender: Signer,
  caseId: string,
  transfer: Proven<TransferSignals>,
  options?: SendOptions,
): Promise<Sent> {
  const args = [caseId, toSolidityProof(transfer.proof), transferSignalsToArray(transfer.signals)]
  return sendTo(connection, 'engine', 'settle', args, sender, options)
}

/** One step of deleveraging. */
export function deleverageCase(
  connection: EngineConnection,
  sender: Signer,
  caseId: string,
  transfer: Proven<TransferSignals>,
  options?: SendOptions,
): Promise<Sent> {
  const args = [caseId, toSolidityProof(transfer.proof), transferSignalsToArray(transfer.signals)]
  return sendTo(connection, 'deleveraging', 'deleverage', args, sender, options)
}

/** Pays off what an insolvent account still owes. */
export function coverCase(
  connection: EngineConnection,
  sender: Signer,
  caseId: string,
  cover: Proven<AdjustSignals>,
  options?: SendOptions,
): Promise<Sent> {
  const args = [caseId, toSolidityProof(cover.proof), adjustSignalsToArray(cover.signals)]
  return sendTo(connection, 'engine', 'coverShortfall', args, sender, options)
}

/** A deposit and the proof that it takes the account back to SOFT, in one call. */
export function cureCase(
  connection: EngineConnection,
  sender: Signer,
  caseId: string,
  cure: {
    readonly depositId: bigint
    readonly deposit: Proven<AdjustSignals>
    readonly attestation: ProvenStatement
  },
): Promise<Sent> {
  const { depositId, deposit, attestation } = cure
  const args = [
    caseId,
    depositId,
    toSolidityProof(deposit.proof),
    adjustSignalsToArray(deposit.signals),
    toSolidityProof(attestation.proof),
    marginSignalsToArray(attestation.signals),
    attestation.beneficiary,
  ]
  return sendTo(connection, 'engine', 'cure', args, sender)
}

/** Steps that name a case and nothing else, each for anybody to take. */
export type CaseStep =
  | 'noticeRound'
  | 'lapse'
  | 'cancel'
  | 'startSettlement'
  | 'fail'
  | 'voidCase'
  | 'endBond'

export function stepCase(
  connection: EngineConnection,
  sender: Signer,
  step: CaseStep,
  caseId: string,
): Promise<Sent> {
  return sendTo(connection, 'engine', step, [caseId], sender)
}

/** Ends a stage whose time is over: the best bid is awarded, or the next stage begins. */
export function finishStage(
  connection: EngineConnection,
  sender: Signer,
  stage: 'soft' | 'sealed' | 'dutch' | 'house',
  caseId: string,
): Promise<Sent> {
  return sendTo(connection, stage, 'finish', [caseId], sender)
}
