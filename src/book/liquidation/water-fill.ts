import { isBelow } from '../../risk/margin.ts'
import type { Account } from '../account.ts'
import { chooseLegs, type DeleverageStep } from './deleverage-legs.ts'
import { leverageBps } from './receiver.ts'
import { marginIn, type RoundRisk } from './requirement.ts'

export interface WaterFillRequest {
  readonly from: Account
  /** Everyone who may be used, in any order. */
  readonly counterparties: readonly Account[]
  readonly round: RoundRisk
  readonly slotCount: number
  /** Negative: a haircut of the counterparties of an insolvent account. */
  readonly discountBps: bigint
  readonly feeBps: bigint
  /** The level falls from the first to the second in steps of the band; bps of MM over E. */
  readonly startBps: bigint
  readonly endBps: bigint
  /** How far below the level a counterparty may be taken; at least 1. */
  readonly bandBps: bigint
}

export interface WaterFillStep extends DeleverageStep {
  /** Index in `counterparties`. */
  readonly counterparty: number
}

export interface WaterFillPlan {
  readonly steps: readonly WaterFillStep[]
  /** The account and the counterparties after the last step. */
  readonly from: Account
  readonly counterparties: readonly Account[]
  /** Whether the account is at or above MM: the deleveraging is over. */
  readonly covered: boolean
}

/**
 * Deleverages an account against many counterparties by leverage: the level falls, and whoever stands at or above it
 * is taken down to at most a band below it, the highest first, until the account is covered or the last level is
 * reached. Nobody below the last level is ever touched.
 */
export function waterFill(request: WaterFillRequest): WaterFillPlan {
  const { round, endBps, bandBps } = request
  if (bandBps < 1n) throw new RangeError('the band of a deleveraging is at least one basis point')
  const counterparties = [...request.counterparties]
  const steps: WaterFillStep[] = []
  let from = request.from
  const isOpen = () => isBelow(marginIn(round, from.positions), 'mm')
  for (let levelBps = request.startBps; levelBps >= endBps && isOpen(); levelBps -= bandBps) {
    for (const counterparty of standingAt(levelBps, counterparties, round)) {
      const step = stepAt(request, from, counterparties[counterparty]!, levelBps)
      if (step === undefined) continue
      steps.push({ ...step, counterparty })
      from = step.outcome.from
      counterparties[counterparty] = step.outcome.to
      if (!isOpen()) break
    }
  }
  return { steps, from, counterparties, covered: !isOpen() }
}

/** Indices of those at or above a level, by falling leverage; ties by index. */
export function standingAt(levelBps: bigint, accounts: readonly Account[], round: RoundRisk): number[] {
  return accounts
    .map((account, index) => ({ index, leverage: leverageBps(marginIn(round, account.positions)) }))
    .filter((entry): entry is { index: number; leverage: bigint } => (entry.leverage ?? -1n) >= levelBps)
    .sort((a, b) => (a.leverage === b.leverage ? a.index - b.index : a.leverage > b.leverage ? -1 : 1))
    .map(({ index }) => index)
}

function stepAt(
  { round, slotCount, discountBps, feeBps, bandBps }: WaterFillRequest,
  from: Account,
  to: Account,
  cutoffBps: bigint,
): DeleverageStep | undefined {
  const floorBps = cutoffBps > bandBps ? cutoffBps - bandBps : 0n
  const terms = {
    mode: 'deleverage' as const,
    percent: 100n,
    costBps: discountBps + feeBps,
    discountBps,
    feeBps,
    escrowLots: 0n,
    cutoffBps,
    floorBps,
  }
  return chooseLegs({ from, to, terms, round, slotCount })
}
