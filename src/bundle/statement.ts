import { AbiCoder, id, keccak256 } from 'ethers'
import { NO_CLAIM } from '../protocol/claims.ts'
import { CONTEXT_DOMAINS } from '../protocol/context-domains.ts'
import { toField } from '../protocol/field.ts'
import type { SealSignals } from '../protocol/seal-signals.ts'
import { type MarginSignals, marginSignalsToArray } from '../protocol/signals.ts'
import { SEAL_SIGNALS } from '../protocol/solvency.ts'
import type { BundleChain, BundleHeader, BundleStep } from './records.ts'

export type SealStatement = SealSignals

/** The seal's public signals as integers. */
export function statementOf(header: BundleHeader): SealStatement {
  return Object.fromEntries(SEAL_SIGNALS.map((name) => [name, BigInt(header.statement[name])])) as SealSignals
}

/** The public signals that the proof of a step must show: everything but its two states is the seal's. */
export function stepSignals(
  statement: SealStatement,
  step: Pick<BundleStep, 'chainIn' | 'chainOut'>,
): bigint[] {
  const signals: MarginSignals = {
    bookRoot: statement.bookRoot,
    riskRoot: statement.riskRoot,
    parameters: statement.parameters,
    claim: NO_CLAIM,
    tag: 0n,
    chainIn: BigInt(step.chainIn),
    chainOut: BigInt(step.chainOut),
    context: statement.context,
  }
  return marginSignalsToArray(signals)
}

/** No contract asks for this context, so no contract takes such an epoch. */
export const OFFLINE_CONTEXT = 0n

/** The context signal of every step and of the seal of an epoch: as EpochSeals computes it. */
export function epochContextOf({
  chainId,
  seals,
  epoch,
}: Pick<BundleChain, 'chainId' | 'seals' | 'epoch'>): bigint {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['bytes32', 'uint256', 'address', 'uint256'],
    [id(CONTEXT_DOMAINS.epoch), BigInt(chainId), seals, BigInt(epoch)],
  )
  return toField(BigInt(keccak256(encoded)))
}
