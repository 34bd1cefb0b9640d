import type { EventLog } from 'ethers'
import { cashOf } from '../book/liquidation/positions.ts'
import { divideUp } from '../book/liquidation/price.ts'
import { marginIn } from '../book/liquidation/requirement.ts'
import { listSubAccounts } from '../chain/engine-client/case-list.ts'
import { readAward } from '../chain/engine-client/cases.ts'
import { type EngineConnection, viewOf } from '../chain/engine-client/connection.ts'
import { CASH_ID, CASH_LOT_NANO } from '../protocol/liquidation.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import type { KeeperContext } from './context.ts'
import type { KnownRound } from './rounds.ts'
import type { HouseView, InventoryView } from './state.ts'

/** The clearing house: capital, free sub-accounts, inventories. Boundary module: network. */
export async function readHouse(context: KeeperContext, round: KnownRound | undefined): Promise<HouseView> {
  const { connection, fromBlock } = context
  const { house } = connection.deployment
  const [capitalLots, carriedLots, depthLots, subAccounts, inventories] = await Promise.all([
    viewOf<bigint>(connection, 'house', 'capitalLots'),
    viewOf<bigint>(connection, 'house', 'carriedLots'),
    viewOf<bigint>(connection, 'house', 'depthLots'),
    listSubAccounts(connection, fromBlock),
    readInventories(context, round),
  ])
  const busy = new Set(inventories.map(({ subTag }) => subTag))
  const freeSubTags = subAccounts
    .filter(({ owner, caseId }) => owner.toLowerCase() === house.toLowerCase() && caseId === undefined)
    .filter(
      ({ vouchedSequence, touchedSequence }) => vouchedSequence !== 0n && touchedSequence <= vouchedSequence,
    )
    .map(({ tag }) => tag)
    .filter((tag) => !busy.has(tag))
  return { capitalLots, carriedLots, depthLots, freeSubTags, inventories }
}

async function readInventories(
  context: KeeperContext,
  round: KnownRound | undefined,
): Promise<InventoryView[]> {
  const { connection, fromBlock } = context
  const absorbed = (await connection.contracts.house.queryFilter('Absorbed', fromBlock)) as EventLog[]
  const tags = [...new Set(absorbed.map(({ args }) => args.subTag as bigint))]
  const all = await Promise.all(tags.map((subTag) => readInventory(context, subTag, round)))
  return all.filter((inventory) => inventory !== undefined)
}

async function readInventory(
  context: KeeperContext,
  subTag: bigint,
  round: KnownRound | undefined,
): Promise<InventoryView | undefined> {
  const { connection } = context
  const [takenLots, leftLots, lastStep, caseId] = await viewOf<[bigint, bigint, bigint, string]>(
    connection,
    'house',
    'inventoryOf',
    [subTag],
  )
  if (BigInt(caseId) === 0n) return undefined
  const { isSettled, isVoid } = await fateOf(connection, caseId, subTag)
  const spareLots = isSettled && round !== undefined ? spareCash(context, subTag, round) : 0n
  const isTradable = isSettled && context.orders !== undefined && holdsPositions(context, subTag)
  const orderedAt = context.orders?.lastAt(subTag) ?? 0n
  return { subTag, caseId, takenLots, leftLots, lastStep, spareLots, isTradable, orderedAt, isVoid }
}

/** Whether the lot is in the sub-account, or will never be. */
async function fateOf(connection: EngineConnection, caseId: string, subTag: bigint) {
  const award = await readAward(connection, caseId)
  const isOurs =
    award.subTag === subTag && award.winner.toLowerCase() === connection.deployment.house.toLowerCase()
  const isVoid = !isOurs || award.escrowLots === 0n
  const locked = await viewOf<string>(connection, 'liquidators', 'lockOf', [subTag])
  return { isVoid, isSettled: !isVoid && BigInt(locked) === 0n }
}

function holdsPositions({ venueBook, onlyTags }: KeeperContext, subTag: bigint): boolean {
  const index = venueBook.indexOf(subTag)
  if (index === undefined || (onlyTags !== undefined && !onlyTags.has(subTag))) return false
  return venueBook.book.account(index).positions.some(({ id }) => id !== CASH_ID)
}

/** Cash that can leave with E >= IM, lots, rounded down. */
function spareCash({ venueBook, onlyTags }: KeeperContext, subTag: bigint, { risk }: KnownRound): bigint {
  const index = venueBook.indexOf(subTag)
  if (index === undefined || (onlyTags !== undefined && !onlyTags.has(subTag))) return 0n
  const { positions } = venueBook.book.account(index)
  const { equityNano, imBpsNano } = marginIn(risk, positions)
  const spareNano = equityNano - divideUp(imBpsNano, BASIS_POINTS)
  const cash = cashOf(positions)
  const spare = spareNano > 0n ? spareNano / CASH_LOT_NANO : 0n
  return spare < cash ? spare : cash > 0n ? cash : 0n
}
