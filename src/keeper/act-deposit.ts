import type { BookOpening } from '../book/book.ts'
import { depositChange } from '../book/liquidation/adjust.ts'
import { writtenPath } from '../book/liquidation/paths.ts'
import { depositContext } from '../chain/context.ts'
import { cureCase } from '../chain/engine-client/cases.ts'
import { readDeposit, applyDeposit as sendDeposit } from '../chain/engine-client/deposits.ts'
import { adjustWitness } from '../prover/adjust-inputs.ts'
import type { Acted } from './act.ts'
import { moving } from './act-move.ts'
import type { KeeperContext } from './context.ts'
import { latestKnownRound, proveClaimOf } from './prove-claim.ts'

/** Puts a pending deposit in the book. */
export async function applyDeposit(context: KeeperContext, depositId: bigint): Promise<Acted> {
  const { connection, keeper } = context
  const { proven, pending } = await proveDeposit(context, depositId)
  const sent = await moving(context, pending, () => sendDeposit(connection, keeper, depositId, proven))
  return { sent, detail: `deposit ${depositId}` }
}

/** Ends a case by a deposit, with the proof that the account is at or above SOFT in the book that the deposit makes. */
export async function cure(context: KeeperContext, caseId: string, depositId: bigint): Promise<Acted> {
  const { connection, keeper } = context
  const { proven, pending, after } = await proveDeposit(context, depositId)
  const attestation = await proveClaimOf(context, after, { threshold: 'soft', below: false })
  const sent = await moving(context, pending, () =>
    cureCase(connection, keeper, caseId, { depositId, deposit: proven, attestation }),
  )
  return { sent, detail: `deposit ${depositId}` }
}

async function proveDeposit(context: KeeperContext, depositId: bigint) {
  const { connection, hasher, venueBook, provers } = context
  const { chainId, vault } = connection.deployment
  const { tag, instrumentId, lots } = await readDeposit(connection, depositId)
  const opening = venueBook.opening(tag)
  const round = await latestKnownRound(context)
  const witness = adjustWitness(hasher, venueBook.instance, opening, round.proving, {
    change: depositChange(instrumentId, lots),
    context: depositContext(chainId, vault, depositId),
  })
  const proven = await provers.adjust.prove(witness)
  const { index, count, path } = opening
  const { leaf, nextRoot } = proven.signals
  const { account } = witness.outcome
  const after: BookOpening = {
    ...{ account, index, count, leaf },
    path: writtenPath(hasher, { index, leaf, path }),
    bookRoot: nextRoot,
  }
  return { proven, pending: { nextRoot, changes: [{ index, account }] }, after }
}
