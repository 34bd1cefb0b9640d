/**
 * Taylor coefficients of the upper tail 1 - N of the standard normal distribution about the middles of 296 cells
 * of width 1/32 that cover [0, 9.25): the constants of normal.ts. They are made here, once per process (some 10 ms),
 * in 192-bit fixed point rather than listed, so that a reader can check where they come from; as int64 they fill
 * 21 kB, within one data contract.
 *
 * About a middle c:  tail(c + d) = tail(c) + sum over k >= 1 of (-1)^k He_{k-1}(c) pdf(c) / k! * d^k
 * with He the probabilists' Hermite polynomials. With |d| <= 1/64 the first term left out, k = 9, is below
 * 105 * 0.4 / 9! * 2^-54 < 0.12 ulp.
 */
export const CELL_BITS = 5n
export const CELLS = 296
export const DEGREE = 8

const BITS = 192n
const ONE = 1n << BITS
const HALF = ONE >> 1n
/** 1 / sqrt(2 pi) in 192 bits, to nearest. */
const INVERSE_ROOT_TWO_PI = 0x6621_14cf_50d9_4234_3f2c_f140_2eae_38bf_d382_9f30_5127_06d9n

/** Rows of DEGREE + 1 Q64 coefficients, lowest power first, one row for each cell. */
export function makeTailTable(): readonly (readonly bigint[])[] {
  return Array.from({ length: CELLS }, (_, cell) => tailCoefficients(BigInt(2 * cell + 1)))
}

/** Coefficients about the middle c = oddSixtyFourths / 64. */
function tailCoefficients(oddSixtyFourths: bigint): bigint[] {
  const middle = oddSixtyFourths << (BITS - 6n)
  const square = multiply(middle, middle)
  const density = multiply(INVERSE_ROOT_TWO_PI, expNegative(square >> 1n))
  const row = [toQ64(HALF - multiply(density, centralSeries(middle, square)))]
  let factorial = 1n
  let hermiteBefore = 0n
  let hermite = ONE
  for (let power = 1n; power <= DEGREE; power++) {
    factorial *= power
    const coefficient = multiply(hermite, density) / factorial
    row.push(toQ64(power % 2n === 0n ? coefficient : -coefficient))
    const hermiteNext = multiply(middle, hermite) - (power - 1n) * hermiteBefore
    hermiteBefore = hermite
    hermite = hermiteNext
  }
  return row
}

/** (N(c) - 1/2) / pdf(c) = c + c^3/3 + c^5/(3 5) + ...: all terms positive, so nothing cancels. */
function centralSeries(middle: bigint, square: bigint): bigint {
  let sum = 0n
  let term = middle
  for (let odd = 3n; term > 0n; odd += 2n) {
    sum += term
    term = multiply(term, square) / odd
  }
  return sum
}

/** e^-y for y in [0, 43]: Taylor series of e^(-y/64), squared six times. */
function expNegative(y: bigint): bigint {
  const part = y >> 6n
  let sum = 0n
  let term = ONE
  for (let index = 1n; term !== 0n; index++) {
    sum += term
    term = -multiply(term, part) / index
  }
  for (let squaring = 0; squaring < 6; squaring++) sum = multiply(sum, sum)
  return sum
}

function multiply(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS
}

function toQ64(x: bigint): bigint {
  return (x + (1n << (BITS - 65n))) >> (BITS - 64n)
}
