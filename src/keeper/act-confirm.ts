import { confirmCase, type EngineCase, lotContext, readCase } from '../chain/engine-client/cases.ts'
import { readCostParameters } from '../chain/engine-client/parameters.ts'
import { lotWitness } from '../prover/lot-inputs.ts'
import type { Acted } from './act.ts'
import type { KeeperContext } from './context.ts'
import { type LotRequest, planCosts, planLot } from './lot-plan.ts'
import { latestKnownRound } from './prove-claim.ts'
import type { KnownRound } from './rounds.ts'

/** What planLot takes for the lot that a case has on sale, or has sold: with the costs that it was confirmed with. */
export function soldLotRequest(
  context: KeeperContext,
  engineCase: EngineCase,
  round: KnownRound,
): LotRequest {
  const { capBps, feeBps } = engineCase
  return lotRequest(context, engineCase, round, () => capBps + feeBps)
}

/** And for a lot that is yet to be confirmed: with the costs that the engine will fix from the account's health. */
async function newLotRequest(
  context: KeeperContext,
  engineCase: EngineCase,
  round: KnownRound,
): Promise<LotRequest> {
  const parameters = await readCostParameters(context.connection)
  const { positions } = context.venueBook.opening(engineCase.tag).account
  return lotRequest(context, engineCase, round, planCosts(positions, round, parameters))
}

function lotRequest(
  { venueBook, solver }: KeeperContext,
  { caseId, tag, kind, converted }: EngineCase,
  round: KnownRound,
  costBps: LotRequest['costBps'],
): LotRequest {
  return {
    account: venueBook.opening(tag).account,
    // A converted case was planned as the full one that it was.
    kind: converted ? 'full' : kind,
    caseId,
    round,
    slotCount: venueBook.instance.slots,
    solver,
    costBps,
  }
}

/** Proves the lot of a case on the latest round and puts it on sale. */
export async function confirm(context: KeeperContext, caseId: string): Promise<Acted> {
  const { connection, hasher, venueBook, provers, keeper } = context
  const engineCase = await readCase(connection, caseId)
  const round = await latestKnownRound(context)
  const { lot, salt } = planLot(await newLotRequest(context, engineCase, round))
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
