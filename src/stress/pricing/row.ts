import { DIMS } from '../../protocol/risk-layout.ts'

/** A risk vector in doubles: DIMS rates in nano-USD per lot as in risk-layout, then the long and the short charge. */
export const LONG_CHARGE = DIMS
export const SHORT_CHARGE = DIMS + 1
/** The linear model's maintenance and initial requirement of a lot held long, and held short. */
export const LINEAR_MM = DIMS + 2
export const LINEAR_IM = DIMS + 4
export const ROW = DIMS + 6
