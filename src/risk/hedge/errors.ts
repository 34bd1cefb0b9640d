import { TacitError } from '../../protocol/errors.ts'

/** What can stand in the way of a hedge. exactStop: with the slots, which then only a closed position would free. */
export type HedgeLimit =
  | 'depth'
  | 'slots'
  | 'initialMargin'
  | 'shortGamma'
  | 'shortGammaOfAnUnderlying'
  | 'exactStop'
  | 'wholeLots'
  | 'soft'

const WORDS: Readonly<Record<HedgeLimit, string>> = {
  depth: 'the depth of the listed instruments',
  slots: 'the slots of the account',
  initialMargin: 'the initial margin, which may not rise',
  shortGamma: 'total short gamma, which must fall',
  shortGammaOfAnUnderlying: 'the short gamma of an underlying, which may not rise',
  exactStop: 'the exact stop: what fits takes at least one percent more than is needed',
  wholeLots: 'whole lots: a fraction of a lot would do, and no whole number of them keeps every rule',
  soft: 'the SOFT threshold itself: no portfolio within the other limits has it at or below equity',
}

/** No hedge exists within the limits. Names those that, if lifted alone, would let one exist; else soft. */
export class HedgeInfeasibleError extends TacitError {
  readonly limits: readonly HedgeLimit[]
  constructor(limits: readonly HedgeLimit[]) {
    const words = limits.map((limit) => WORDS[limit]).join('; ')
    super(
      'OUT_OF_RANGE',
      `no hedge restores SOFT. What stands in the way: ${words}. Liquidate in full instead`,
    )
    this.limits = limits
  }
}
