import { isBelow, type MarginResult } from '../../risk/margin.ts'
import type { Position } from '../account.ts'
import { entriesOf } from './positions.ts'
import { shrinks } from './reduction.ts'
import { requireRule } from './rules.ts'
import type { TransferTerms } from './terms.ts'

interface States {
  readonly before: readonly Position[]
  readonly after: readonly Position[]
}

/** Rule 9: the receiver is covered, and is one that this mode may use. Throws RuleError. */
export function checkReceiver(
  { mode, cutoffBps, floorBps }: TransferTerms,
  sides: {
    readonly from: States
    readonly to: States
    /** Of the receiver. */
    readonly marginBefore: MarginResult
    readonly marginAfter: MarginResult
  },
): void {
  const { from, to, marginBefore, marginAfter } = sides
  if (mode === 'deleverage') {
    requireRule(shrinks(from.before, from.after) && shrinks(to.before, to.after), 'bothShrink')
    requireRule(marginBefore.equityNano > 0n, 'receiverHasEquity')
    requireRule(isAtLeastLeverage(marginBefore, cutoffBps), 'aboveCutoff', () => `cut-off ${cutoffBps} bps`)
    requireRule(isAtLeastLeverage(marginAfter, floorBps), 'aboveFloor', () => `floor ${floorBps} bps`)
  } else {
    requireRule(entriesOf(to.before).length === 0, 'receiverEmpty')
  }
  requireRule(
    !isBelow(marginAfter, 'im'),
    'receiverCovered',
    () => `equity ${marginAfter.equityNano}, IM ${marginAfter.requirementNano.im} nano-USD`,
  )
}

/** Whether MM / E, in bps, is at least a level, for positive equity: exact, by cross-multiplication. */
export function isAtLeastLeverage(
  { mmBpsNano, equityNano }: Pick<MarginResult, 'mmBpsNano' | 'equityNano'>,
  levelBps: bigint,
): boolean {
  return mmBpsNano >= levelBps * equityNano
}

/** MM / E in bps, rounded down: the leverage of a counterparty. Undefined without positive equity. */
export function leverageBps({
  mmBpsNano,
  equityNano,
}: Pick<MarginResult, 'mmBpsNano' | 'equityNano'>): bigint | undefined {
  return equityNano > 0n ? mmBpsNano / equityNano : undefined
}
