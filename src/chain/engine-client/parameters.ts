import type { CostParameters } from '../../book/liquidation/costs.ts'
import { type EngineConnection, viewOf } from './connection.ts'

/** In the order of the contract's enum (contracts/engine/Parameter.sol). */
export const ENGINE_PARAMETERS = [
  'keeperBondLots',
  'venueBondMinLots',
  'venuePenaltyLots',
  'venuePenaltyBps',
  'bidBondLots',
  'liquidatorBondLots',
  'unbondDelay',
  'confirmWindow',
  'softWindow',
  'commitWindow',
  'revealWindow',
  'settleWindow',
  'dutchDuration',
  'dutchMaxRestarts',
  'houseWindow',
  'adlDuration',
  'adlStartBps',
  'adlEndBps',
  'adlBandBps',
  'adlHaircutBps',
  'liquidationFeeBps',
  'softPenaltyBps',
  'reserveShareBps',
  'insolventMaxDiscountBps',
  'modelledImpactBps',
  'slippageFreeBps',
  'slippageTaxShareBps',
  'maxLotAge',
  'triggerMaxAge',
  'houseBudgetLots',
  'houseCaseCapLots',
  'houseStepShareBps',
  'houseDepthShareBps',
  'houseStepInterval',
] as const
export type EngineParameter = (typeof ENGINE_PARAMETERS)[number]
/** Lots of settlement cash, basis points, seconds: as the name says. */
export type EngineParameters = Readonly<Record<EngineParameter, bigint>>

export function readParameters(connection: EngineConnection): Promise<EngineParameters> {
  return readNamed(connection, ENGINE_PARAMETERS)
}

const COST_PARAMETERS = [
  'liquidationFeeBps',
  'softPenaltyBps',
  'reserveShareBps',
  'insolventMaxDiscountBps',
] as const satisfies readonly EngineParameter[]

/** Those that bound what a lot costs. */
export function readCostParameters(connection: EngineConnection): Promise<CostParameters> {
  return readNamed(connection, COST_PARAMETERS)
}

async function readNamed<Name extends EngineParameter>(
  connection: EngineConnection,
  names: readonly Name[],
): Promise<Readonly<Record<Name, bigint>>> {
  const values = await Promise.all(
    names.map((name) => viewOf<bigint>(connection, 'parameters', 'get', [ENGINE_PARAMETERS.indexOf(name)])),
  )
  return Object.fromEntries(names.map((name, index) => [name, values[index]!])) as Record<Name, bigint>
}
