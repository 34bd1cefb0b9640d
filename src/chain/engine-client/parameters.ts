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

export async function readParameters(connection: EngineConnection): Promise<EngineParameters> {
  const values = await Promise.all(
    ENGINE_PARAMETERS.map((_, index) => viewOf<bigint>(connection, 'parameters', 'get', [index])),
  )
  return Object.fromEntries(
    ENGINE_PARAMETERS.map((name, index) => [name, values[index]!]),
  ) as EngineParameters
}
