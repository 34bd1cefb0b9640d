import type { QuotedMarket } from '../oracle/quoted-market.ts'

/** Where a feeder's market comes from. */
export interface MarketSource {
  /** For people: what it is and where. */
  readonly name: string
  /**
   * The market now; of a replay the first one that is newer than afterSeconds.
   * @returns undefined when there is none
   * @throws SourceError when it does not answer, InputError naming file, row, field and rule for what it cannot mean
   */
  take(afterSeconds: number): Promise<QuotedMarket | undefined>
}
