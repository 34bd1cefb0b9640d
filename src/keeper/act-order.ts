import { latestRound } from '../chain/client.ts'
import { viewOf } from '../chain/engine-client/connection.ts'
import { readParameters } from '../chain/engine-client/parameters.ts'
import type { Acted } from './act.ts'
import type { KeeperContext } from './context.ts'
import { planHouseOrders } from './house-orders.ts'
import { latestKnownRound } from './prove-claim.ts'

/** Plans one step of an inventory's trades and hands the orders to the venue. Nothing goes to the chain. */
export async function order(context: KeeperContext, subTag: bigint): Promise<Acted> {
  const { connection, venueBook, solver, orders: desk } = context
  if (desk === undefined) return { detail: 'nobody takes orders' }
  const [{ houseStepShareBps, houseDepthShareBps }, known, latest, block] = await Promise.all([
    readParameters(connection),
    latestKnownRound(context),
    latestRound(connection),
    connection.provider.getBlock('latest'),
  ])
  const [, , , caseId] = await viewOf<[bigint, bigint, bigint, string]>(connection, 'house', 'inventoryOf', [
    subTag,
  ])
  const { positions } = venueBook.opening(subTag).account
  const orders = planHouseOrders(positions, known, solver, {
    stepBps: houseStepShareBps,
    depthBps: houseDepthShareBps,
  })
  desk.publish({
    ...{ subTag, caseId, orders },
    round: BigInt(latest!.sequence),
    chainTime: BigInt(block!.timestamp),
  })
  return { detail: `${orders.length} orders for the venue's market` }
}
