import { type EngineSetting, partsInWords } from './parts.ts'
import {
  type Distribution,
  type EngineSummary,
  type RunOutcome,
  SUMMARY_FIGURES,
  type SummaryFigure,
} from './result.ts'
import { distributionOf, wilson } from './statistics.ts'

/** Every engine over its runs, in the engines' order; outcomes may come in any order. */
export function summarise(
  engines: readonly EngineSetting[],
  outcomes: readonly RunOutcome[],
): EngineSummary[] {
  return engines.map(({ name, parts }) => {
    const own = outcomes.filter(({ engine }) => engine === name).sort((a, b) => a.run - b.run)
    const figures = Object.fromEntries(
      SUMMARY_FIGURES.map((figure) => [
        figure,
        distributionOf(own.map((outcome) => figureOf(outcome, figure))),
      ]),
    ) as Record<SummaryFigure, Distribution>
    return {
      engine: name,
      parts: partsInWords(parts),
      runs: own.length,
      selfSustaining: wilson(own.filter(({ selfSustaining }) => selfSustaining).length, own.length),
      conserved: own.every(({ conserved }) => conserved),
      figures,
      outcomes: own,
    }
  })
}

export function figureOf(outcome: RunOutcome, figure: SummaryFigure): number {
  switch (figure) {
    case 'badDebtCents':
    case 'insuranceCents':
    case 'gammaReserveCents':
    case 'houseCents':
    case 'socialisedCents':
    case 'uncoveredCents':
    case 'haircutCents':
    case 'openShortfallCents':
    case 'buyerShortfallCents':
      return outcome.losses[figure]
    case 'liquidatorsResultCents':
      return outcome.buyers.liquidatorsCents
    case 'houseResultCents':
      return outcome.buyers.houseCents
    case 'dealersResultCents':
      return outcome.buyers.dealersCents
    case 'deleveragedAccounts':
      return outcome.deleveraging.accounts
    case 'fairnessBps':
      return outcome.deleveraging.fairnessBps
    case 'medianSettlementSeconds':
      return outcome.settlement.medianSeconds
    case 'p95SettlementSeconds':
      return outcome.settlement.p95Seconds
    default:
      return outcome[figure]
  }
}
