import { OutOfRangeError } from '../../protocol/errors.ts'
import {
  DISCOUNT_BIAS_BPS,
  LOT_TERMS,
  TRANSFER_MODE_CODES,
  TRANSFER_TERMS,
  type TransferMode,
  WHOLE_PERCENT,
} from '../../protocol/liquidation.ts'
import { packWord } from '../../protocol/packed-word.ts'
import { RuleError, requireRule } from './rules.ts'

/** How much of an account is moved: a percent of it in mode slice, else a portfolio of its own, then percent is 100. */
export interface MovedShare {
  readonly mode: TransferMode
  readonly percent: bigint
}

/** That of a lot: a deleveraging sells nothing and has no lot. */
export interface LotShare extends MovedShare {
  readonly mode: Exclude<TransferMode, 'deleverage'>
}

/** A share, and what bounds it. */
export interface ReductionTerms extends MovedShare {
  /**
   * Discount and fee that the account may come to pay, on the relief: no more is moved than restores its buffer after
   * them. In [-2^14, 2^16 - 2^14); the engine fixes it, for a lot as the most that its sale can cost.
   */
  readonly costBps: bigint
}

/** What a case sells. */
export interface LotTerms extends LotShare, ReductionTerms {
  readonly mode: LotShare['mode']
}

/** The terms of one transfer beside the fee in lots, which follows from them. Rates are on the relief. */
export interface TransferTerms extends ReductionTerms {
  /** In [-2^14, 2^14): negative is a haircut of the receiver. */
  readonly discountBps: bigint
  /** 14 bits. */
  readonly feeBps: bigint
  /** Cash that comes in for the receiver from outside the book, in lots; 38 bits. */
  readonly escrowLots: bigint
  /** Deleveraging: the receiver's MM / E in bps is at least this before, 24 bits; 0 in the other modes. */
  readonly cutoffBps: bigint
  /** Deleveraging: and at least this afterwards. */
  readonly floorBps: bigint
}

/** The public word of a lot's terms. Throws RuleError termsRange. */
export function lotTermsWord(terms: LotTerms): bigint {
  checkPercent(terms)
  return inRange(() => packWord(LOT_TERMS, reductionFields(terms)))
}

/** The public word of a transfer's terms. Throws RuleError termsRange naming the field that does not fit. */
export function transferTermsWord(terms: TransferTerms, feeLots: bigint): bigint {
  const { discountBps, feeBps, escrowLots, cutoffBps, floorBps } = terms
  checkPercent(terms)
  const discountBiasedBps = discountBps + DISCOUNT_BIAS_BPS
  return inRange(() =>
    packWord(TRANSFER_TERMS, {
      ...reductionFields(terms),
      discountBiasedBps,
      feeBps,
      feeLots,
      escrowLots,
      cutoffBps,
      floorBps,
    }),
  )
}

function reductionFields({ mode, percent, costBps }: ReductionTerms) {
  return {
    mode: BigInt(TRANSFER_MODE_CODES[mode]),
    percent,
    costBiasedBps: costBps + DISCOUNT_BIAS_BPS,
  }
}

function inRange(pack: () => bigint): bigint {
  try {
    return pack()
  } catch (cause) {
    if (!(cause instanceof OutOfRangeError)) throw cause
    throw new RuleError('termsRange', cause.message, { cause })
  }
}

function checkPercent({ mode, percent }: MovedShare): void {
  const isWhole = mode === 'slice' ? percent >= 1n && percent <= WHOLE_PERCENT : percent === WHOLE_PERCENT
  requireRule(isWhole, 'wholePercent', () => `${percent} in mode ${mode}`)
}
