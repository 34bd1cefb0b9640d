import { confirmCase, type EngineCase, lotContext, readCase } from '../chain/engine-client/cases.ts'
import { readParameters } from '../chain/engine-client/parameters.ts'
import { lotWitness } from '../prover/lot-inputs.ts'
import type { Acted } from './act.ts'
import type { KeeperContext } from './context.ts'
import { type LotRequest, planLot } from './lot-plan.ts'
import { latestKnownRound } from './prove-claim.ts'
import type { KnownRound } from './rounds.ts'

/** What planLot takes, for a case of the chain. */
export async function lotRequest(
  context: KeeperContext,
  { caseId, tag, kind, converted }: EngineCase,
  round: KnownRound,
): Promise<LotRequest> {
  const { venueBook, solver, connection } = context
  const { softPenaltyBps } = await readParameters(connection)
  return {
    account: venueBook.opening(tag).account,
    // A converted case was planned as the full one that it was.
    kind: converted ? 'full' : kind,
    caseId,
    round,
    slotCount: venueBook.instance.slots,
    solver,
    softPaidBps: softPenaltyBps,
  }
}

/** Proves the lot of a case on the latest round and puts it on sale. */
export async function confirm(context: KeeperContext, caseId: string): Promise<Acted> {
  const { connection, hasher, venueBook, provers, keeper } = context
  const engineCase = await readCase(connection, caseId)
  const round = await latestKnownRound(context)
  const { lot, salt } = planLot(await lotRequest(context, engineCase, round))
  const witness = lotWitness(hasher, venueBook.instance, venueBook.opening(engineCase.tag), round.proving, {
    terms: lot.terms,
    moved: lot.moved,
    salt,
    context: lotContext(connection.deployment, caseId),
  })
  const proven = await provers.lot.prove(witness)
  const sent = await confirmCase(connection, keeper, caseId, proven, lot.summary.insolvent)
  const part = lot.terms.mode === 'slice' ? `${lot.terms.percent}% of the account` : 'a hedge'
  return { sent, detail: `${part}, ${lot.moved.length} legs` }
}
