import type { AggregatorReport } from './aggregator.ts'
import { roundJson } from './desk.ts'

/** An aggregator's report as plain JSON: what is going on, and why a round is not posted. */
export function reportJson({ sequence, state, reasons, assessment, posted }: AggregatorReport) {
  return {
    ...{ sequence, state, reasons },
    ...(assessment === undefined
      ? {}
      : {
          counted: assessment.contents.map(({ feeder }) => feeder),
          silent: assessment.silent,
          refused: assessment.refusals,
          outliers: assessment.outliers,
          withoutQuorum: assessment.withoutQuorum,
          notAgreed: assessment.notAgreed,
          unresolvedSmiles: assessment.medians?.expiries
            .filter(({ smileFrom }) => smileFrom === 'unresolved')
            .map(({ symbol, expirySeconds }) => ({ symbol, expirySeconds })),
          prices: assessment.standings.map(({ spotNano, standingNano, ...standing }) => ({
            ...standing,
            spotNano: spotNano.toString(),
            standingNano: standingNano.toString(),
          })),
        }),
    ...(posted === undefined
      ? {}
      : {
          posted: {
            round: roundJson(posted.built.round),
            transaction: posted.sent.transaction,
            gas: Number(posted.sent.gasUsed),
            signers: posted.signers,
            instruments: posted.built.snapshot.instruments.length,
            halted: posted.built.matrix.halted.length,
          },
        }),
  }
}
