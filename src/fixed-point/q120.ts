/**
 * The working precision of exp and ln: a product of two Q120 numbers below 8 in magnitude fits int256.
 */
export const Q120_BITS = 120n
export const ONE_Q120 = 1n << Q120_BITS
/** ln 2, to nearest. */
export const LN2_Q120 = 0xb17217f7d1cf79abc9e3b39803f2f7n
/** sqrt 2, rounded down. */
export const SQRT2_Q120 = 0x16a09e667f3bcc908b2fb1366ea957dn
