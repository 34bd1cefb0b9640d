/**
 * Circuit instances that come out of one source. The name says the number of slots.
 * riskLevels and accountLevels count eight-way levels: 8^4 = 4,096 instruments, 8^7 = 2,097,152 accounts.
 */
export interface MarginInstance {
  readonly name: string
  readonly slots: number
  readonly riskLevels: number
  readonly accountLevels: number
}

export const MARGIN_INSTANCES = {
  'margin-4': { name: 'margin-4', slots: 4, riskLevels: 2, accountLevels: 2 },
  'margin-16': { name: 'margin-16', slots: 16, riskLevels: 4, accountLevels: 7 },
  'margin-64': { name: 'margin-64', slots: 64, riskLevels: 4, accountLevels: 7 },
} as const satisfies Record<string, MarginInstance>

export type MarginInstanceName = keyof typeof MARGIN_INSTANCES
export const DEFAULT_INSTANCE: MarginInstance = MARGIN_INSTANCES['margin-16']

/** Places of the risk tree. */
export function riskPlaces(instance: MarginInstance): number {
  return 8 ** instance.riskLevels
}

/** Places of the account tree. */
export function accountPlaces(instance: MarginInstance): number {
  return 8 ** instance.accountLevels
}

/** The circuits of the liquidation engine. Each comes in the sizes of the margin instance of the same slots. */
export const ENGINE_CIRCUITS = ['lot', 'transfer', 'adjust', 'kept'] as const
export type EngineCircuit = (typeof ENGINE_CIRCUITS)[number]

/** transfer-16 belongs to margin-16: same slots, same trees. */
export function engineInstanceName(circuit: EngineCircuit, instance: MarginInstance): string {
  return `${circuit}-${instance.slots}`
}
