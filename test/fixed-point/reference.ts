/**
 * An independent reference in 320-bit fixed point (96 decimal digits), for tests only. It shares no code, constant or
 * method with src: e^x by plain Taylor after halving, ln by Newton on e^x, N by the
 * alternating series of erf (small arguments) and by Laplace's continued fraction (large ones), pi by Machin.
 */
export const BITS = 320n
export const ONE = 1n << BITS

export function mul(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS
}
export function div(a: bigint, b: bigint): bigint {
  return (a << BITS) / b
}

/** From Q64, exactly. */
export function fromQ64(x: bigint): bigint {
  return x << (BITS - 64n)
}

/** |Q64 value - reference| in ulp of Q64, as a number. */
export function ulpsApart(q64: bigint, reference: bigint): number {
  const difference = fromQ64(q64) - reference
  return Number(difference < 0n ? -difference : difference) / 2 ** Number(BITS - 64n)
}

export function exp(x: bigint): bigint {
  const halvings = 12n
  const part = x >> halvings
  let sum = 0n
  let term = ONE
  for (let n = 1n; term > 1n || term < -1n; n++) {
    sum += term
    term = mul(term, part) / n
  }
  for (let i = 0n; i < halvings; i++) sum = mul(sum, sum)
  return sum
}

/** x = 2^k m with m in [1, 2). */
export function ln(x: bigint): bigint {
  const octave = BigInt(x.toString(2).length) - 1n - BITS
  const mantissa = octave < 0n ? x << -octave : x >> octave
  return octave * LN2 + lnNear(mantissa)
}

/** Newton on e^y = m from a double's guess; the error squares with each step (53, 106, 212, 320 bits). */
function lnNear(m: bigint): bigint {
  let y = fromNumber(Math.log(Number(m >> (BITS - 60n)) / 2 ** 60))
  for (let i = 0; i < 4; i++) y += mul(m, exp(-y)) - ONE
  return y
}

export function sqrt(x: bigint): bigint {
  let low = 0n
  let high = (x > ONE ? x : ONE) + 1n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle * middle <= x << BITS) low = middle
    else high = middle
  }
  return low
}

const LN2 = lnNear(2n * ONE)

/** Machin: pi = 16 arctan(1/5) - 4 arctan(1/239). */
export const PI = 16n * arctanInverse(5n) - 4n * arctanInverse(239n)
const ROOT_TWO_PI = sqrt(2n * PI)

function arctanInverse(n: bigint): bigint {
  let sum = 0n
  let power = ONE / n
  for (let odd = 1n; power > 0n; odd += 2n) {
    sum += odd % 4n === 1n ? power / odd : -(power / odd)
    power /= n * n
  }
  return sum
}

/** N(x). */
export function cdf(x: bigint): bigint {
  if (x < 0n) return ONE - cdf(-x)
  if (x > 25n * ONE) return ONE // e^(-312) is far below the last bit that anyone compares
  if (x < 4n * ONE) return (ONE >> 1n) + div(alternating(x), ROOT_TWO_PI)
  return ONE - upperTail(x)
}

/** 1 - N(x) for x >= 4: pdf(x) / (x + 1/(x + 2/(x + 3/(x + ...)))). */
export function upperTail(x: bigint): bigint {
  let denominator = x
  for (let n = 600n; n > 0n; n--) denominator = x + div(n * ONE, denominator)
  return div(div(exp(-mul(x, x) >> 1n), ROOT_TWO_PI), denominator)
}

/** x - x^3/(2 3) + x^5/(2^2 2! 5) - ...: the integral of e^(-t^2/2) from 0 to x. */
function alternating(x: bigint): bigint {
  const half = mul(x, x) >> 1n
  let sum = 0n
  let power = x
  for (let n = 0n; power !== 0n; ) {
    sum += power / (2n * n + 1n)
    n += 1n
    power = -mul(power, half) / n
    if (power === -1n) break
  }
  return sum
}

/** Undiscounted Black-76 call in units of 2^-BITS of nano-USD; prices in nano-USD, vol in 1e-9, time in seconds. */
export function blackCall(forward: bigint, strike: bigint, volNano: bigint, seconds: bigint): bigint {
  const years = (seconds << BITS) / 31_536_000n
  const deviation = (volNano * sqrt(years)) / 1_000_000_000n
  const d1 = div(ln((forward << BITS) / strike), deviation) + (deviation >> 1n)
  return forward * cdf(d1) - strike * cdf(d1 - deviation)
}

function fromNumber(x: number): bigint {
  return BigInt(Math.round(x * 2 ** 40)) << (BITS - 40n)
}
