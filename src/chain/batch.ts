import type { Signer } from 'ethers'
import { marginSignalsToArray } from '../protocol/signals.ts'
import type { Connection, ProvenStatement } from './client.ts'
import { toSolidityProof } from './generate-verifier.ts'
import { ContractRefusal, type SendOptions, type Sent, send, view } from './transactions.ts'

export { MAX_BATCH } from './verifier-batch-template.ts'

/**
 * Several statements in one transaction, their proofs verified together: 1 to MAX_BATCH of them, all recorded or none.
 * Boundary module: network. Every failure is a ChainError in words.
 */
export function attestBatch(
  connection: Connection,
  sender: Signer,
  statements: readonly ProvenStatement[],
  options?: SendOptions,
): Promise<Sent> {
  const { attestor, errors } = connection
  return send(attestor, 'attestBatch', batchArguments(statements), sender, errors, options)
}

/** Triggers likewise. */
export function triggerBatch(
  connection: Connection,
  sender: Signer,
  statements: readonly ProvenStatement[],
  options?: SendOptions,
): Promise<Sent> {
  const { attestor, errors } = connection
  return send(attestor, 'triggerBatch', batchArguments(statements), sender, errors, options)
}

/** Whether the proofs verify together. Asks only. */
export function verifyTogether(
  { verifier, errors }: Connection,
  statements: readonly ProvenStatement[],
): Promise<boolean> {
  return view(verifier, 'verifyBatch', [statements.map(provenTuple)], errors)
}

/**
 * Indices of the statements that do not verify by themselves: a refused batch says that there is one, not which. Asks
 * the verifier for each; nothing is sent.
 */
export async function invalidAmong(
  connection: Connection,
  statements: readonly ProvenStatement[],
): Promise<number[]> {
  const valid = await Promise.all(statements.map((statement) => isValid(connection, statement)))
  return [...valid.keys()].filter((index) => !valid[index])
}

async function isValid({ verifier, errors }: Connection, statement: ProvenStatement): Promise<boolean> {
  try {
    return await view(verifier, 'verify', provenTuple(statement), errors)
  } catch (error) {
    // A malformed proof is refused with a reason.
    if (error instanceof ContractRefusal) return false
    throw error
  }
}

function batchArguments(statements: readonly ProvenStatement[]): readonly unknown[] {
  return [statements.map(provenTuple), statements.map(({ beneficiary }) => beneficiary)]
}

/** A statement as the contracts' struct Proven. */
function provenTuple({ proof, signals }: ProvenStatement): readonly [bigint[], bigint[]] {
  return [toSolidityProof(proof), marginSignalsToArray(signals)]
}
