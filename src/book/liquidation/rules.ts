import { WitnessError } from '../../protocol/errors.ts'

/**
 * Every rule of docs/liquidation.md that a change of the engine can break, with its words. A circuit has no proof
 * where one of them is broken; this is what a client tells its user instead.
 */
export const LIQUIDATION_RULES = {
  termsRange: 'a term is outside the range that its public word has for it',
  sliceWithoutCash: 'cash is never part of what is moved',
  movedInRange: 'a moved quantity is out of range, or its instrument stands twice or out of order',
  wholePercent: 'a slice is a whole percent from 1 to 100; a hedge or a deleveraging is always 100',
  exactPercent: 'a slice is exactly its percent of every position, rounded toward zero, and of nothing else',
  belowMaintenance: 'only an account with equity below MM can be liquidated or deleveraged',
  belowSoft: 'only an account with equity below SOFT can be hedged softly',
  maintenanceFalls: 'what is moved must lower the maintenance requirement',
  initialNotRaised: 'what is moved must not raise the initial requirement',
  gammaNotRaised: 'what is moved must not raise short gamma in any underlying',
  gammaFalls: 'a soft hedge must lower total short gamma where there is some',
  noOvershoot: 'one step less would already restore the buffer after its costs: less must be moved',
  slotsSuffice: 'a portfolio needs more slots than this size of circuit has',
  quantityRange: 'a quantity afterwards, a price or a fee is beyond the range of lots',
  nonceRange: 'the nonce of an account is used up',
  differentAccounts: 'giver and receiver are the same account',
  staysSolvent: 'a solvent account must not be left insolvent',
  receiverCovered: 'the receiver must have equity of at least IM afterwards',
  receiverEmpty: 'the receiver must hold nothing but cash before',
  bothShrink: 'in a deleveraging every position of both accounts shrinks toward zero or stays',
  receiverHasEquity: 'a counterparty of a deleveraging must have positive equity',
  aboveCutoff: 'the leverage of this counterparty is below the published cut-off',
  aboveFloor: 'the counterparty would be taken below the level that everyone is taken to',
  lotsPositive:
    'a deposit, a withdrawal and a cover need at least one lot; only cash may be withdrawn by zero lots',
  withdrawalHeld: 'no more can be withdrawn than is held',
  withdrawalCovered: 'a withdrawal must leave equity of at least IM',
  coverCash: 'only cash covers a debt',
  coverExact: 'a cover must leave the account with nothing at all: no position, no cash, no debt',
} as const

export type LiquidationRule = keyof typeof LIQUIDATION_RULES

/** A change that breaks a rule of the engine, so that no proof of it exists. */
export class RuleError extends WitnessError {
  readonly rule: LiquidationRule
  constructor(rule: LiquidationRule, detail?: string, options?: { cause?: unknown }) {
    const words = LIQUIDATION_RULES[rule]
    super(detail === undefined ? words : `${words} (${detail})`, options)
    this.rule = rule
  }
}

/** Throws RuleError unless the condition holds. */
export function requireRule(condition: boolean, rule: LiquidationRule, detail?: () => string): void {
  if (!condition) throw new RuleError(rule, detail?.())
}
