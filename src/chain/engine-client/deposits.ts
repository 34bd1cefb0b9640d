import type { EventLog, Signer } from 'ethers'
import type { AdjustSignals } from '../../protocol/engine-signals.ts'
import { adjustSignalsToArray } from '../../protocol/engine-signals.ts'
import { toSolidityProof } from '../generate-verifier.ts'
import type { Sent } from '../transactions.ts'
import type { Proven } from './cases.ts'
import { type EngineConnection, sendTo, viewOf } from './connection.ts'

/** Deposits that are paid in and not in the book yet. Boundary module: network. */
export interface PendingDeposit {
  readonly depositId: bigint
  readonly depositor: string
  readonly tag: bigint
  readonly instrumentId: number
  readonly lots: bigint
}

/** In the order in which they were asked for. `fromBlock` is the block of the deployment. */
export async function pendingDeposits(
  { contracts }: EngineConnection,
  fromBlock = 0,
): Promise<PendingDeposit[]> {
  const { vault } = contracts
  const [requested, applied, reclaimed] = (await Promise.all([
    vault.queryFilter('DepositRequested', fromBlock),
    vault.queryFilter('DepositApplied', fromBlock),
    vault.queryFilter('DepositReclaimed', fromBlock),
  ])) as [EventLog[], EventLog[], EventLog[]]
  const over = new Set([...applied, ...reclaimed].map(({ args }) => args.depositId as bigint))
  return requested
    .filter(({ args }) => !over.has(args.depositId as bigint))
    .map(({ args }) => ({
      depositId: args.depositId as bigint,
      depositor: String(args.depositor),
      tag: args.tag as bigint,
      instrumentId: Number(args.instrumentId),
      lots: args.lots as bigint,
    }))
}

/** What the vault holds of a deposit: what a proof of it is compared with. */
export async function readDeposit(
  connection: EngineConnection,
  depositId: bigint,
): Promise<Omit<PendingDeposit, 'depositor'>> {
  const [, instrumentId, , tag, lots] = await viewOf<[string, bigint, bigint, bigint, bigint]>(
    connection,
    'vault',
    'depositOf',
    [depositId],
  )
  return { depositId, tag, instrumentId: Number(instrumentId), lots }
}

/** Whether a deposit of cash is refused now: a loss is socialised, and the depositor did not accept a share of it. */
export async function refusesDeficit(connection: EngineConnection, depositId: bigint): Promise<boolean> {
  const [deficitLots, deposit] = await Promise.all([
    viewOf<bigint>(connection, 'vault', 'deficitLots'),
    viewOf<{ readonly acceptsDeficit: boolean }>(connection, 'vault', 'depositOf', [depositId]),
  ])
  return deficitLots !== 0n && !deposit.acceptsDeficit
}

/** Chain time before which the vault takes no other plain deposit of this tag; 0 for any time. */
export async function nextAdjustAt(connection: EngineConnection, tag: bigint): Promise<bigint> {
  const [last, parameters] = await Promise.all([
    viewOf<bigint>(connection, 'vault', 'adjustedAt', [tag]),
    viewOf<{ readonly intervalSeconds: bigint }>(connection, 'vault', 'parameters'),
  ])
  return last === 0n ? 0n : last + parameters.intervalSeconds
}

/** Puts a pending deposit in the book. */
export function applyDeposit(
  connection: EngineConnection,
  sender: Signer,
  depositId: bigint,
  { proof, signals }: Proven<AdjustSignals>,
): Promise<Sent> {
  const args = [depositId, toSolidityProof(proof), adjustSignalsToArray(signals)]
  return sendTo(connection, 'vault', 'applyDeposit', args, sender)
}
