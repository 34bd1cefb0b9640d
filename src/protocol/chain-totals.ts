import { BOOK_REQUIREMENT_BITS, BOOK_TOTAL_BITS, COUNT_BITS } from './ranges.ts'

/**
 * Running totals of the solvency chain, packed in five field elements (circuits/margin/chain.circom, StepTotals).
 * Each word lists its fields from the least significant bit; a signed field stands on top of its word.
 */
export const CHAIN_TOTAL_WORDS = [
  [
    ['reduceOnly', COUNT_BITS],
    ['softLiquidation', COUNT_BITS],
    ['fullLiquidation', COUNT_BITS],
    ['insolvent', COUNT_BITS],
    ['shortfallNano', BOOK_TOTAL_BITS],
  ],
  [
    ['requirementMmBpsNano', BOOK_REQUIREMENT_BITS],
    ['equityNano', BOOK_TOTAL_BITS],
  ],
  [
    ['belowGamma0Nano', BOOK_TOTAL_BITS],
    ['belowGamma1Nano', BOOK_TOTAL_BITS],
  ],
  [
    ['belowGamma2Nano', BOOK_TOTAL_BITS],
    ['nearGamma0Nano', BOOK_TOTAL_BITS],
  ],
  [
    ['nearGamma1Nano', BOOK_TOTAL_BITS],
    ['nearGamma2Nano', BOOK_TOTAL_BITS],
  ],
] as const

export const CHAIN_TOTALS = CHAIN_TOTAL_WORDS.length
export type ChainTotal = (typeof CHAIN_TOTAL_WORDS)[number][number][0]
