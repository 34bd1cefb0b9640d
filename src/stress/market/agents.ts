import type { Party } from '../book/ledger.ts'

/** Everybody beside the venue's accounts, by number in the ledger. */
export const STREET: Party = ~0
/** Take over options that liquidations sell at market, and hedge their delta. */
export const DEALERS: Party = ~1
export const INSURANCE: Party = ~2
export const GAMMA_RESERVE: Party = ~3
export const HOUSE: Party = ~4
export const ATTACKER: Party = ~5
const FIRST_LIQUIDATOR = 6

export function liquidator(index: number): Party {
  return ~(FIRST_LIQUIDATOR + index)
}

export function agentCount(liquidators: number): number {
  return FIRST_LIQUIDATOR + liquidators
}
