import { InputError, type InputLocation } from '../protocol/errors.ts'

const DECIMAL_FORM = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/
const MAX_TEXT_LENGTH = 80
const MAX_EXPONENT = 40

/**
 * A decimal number as an integer in units of 10^-decimals, exactly: parseDecimal('63705.52', 9) is
 * 63_705_520_000_000n. Accepts an optional sign, digits, an optional fraction and an exponent of at most 40 in
 * magnitude (JSON writes 1e-7); digits beyond the last unit must be zeros.
 * @param location completed into the error: file, row, field.
 * @throws InputError on anything else: NaN, Infinity, blanks, hex, separators, too many digits.
 */
export function parseDecimal(text: string, decimals: number, location: InputLocation = {}): bigint {
  const { units, remainder } = scale(text, decimals, location)
  if (remainder !== 0n) {
    throw new InputError(`"${text}" has more than ${decimals} digits after the point`, location)
  }
  return units
}

/**
 * As parseDecimal, but digits beyond the last unit are rounded (half away from zero) rather than refused: for
 * venues that print the tail of a binary float, such as 0.0015999999999999999.
 */
export function parseDecimalNearest(text: string, decimals: number, location: InputLocation = {}): bigint {
  const { units, remainder, divisor } = scale(text, decimals, location)
  if (2n * remainder >= divisor) return units + 1n
  return 2n * remainder <= -divisor ? units - 1n : units
}

/**
 * The shortest exact decimal text of value * 10^-decimals: formatDecimal(1_500_000_000n, 9) is '1.5'. With
 * fractionDigits the text has exactly that many digits after the point, truncated toward zero.
 */
export function formatDecimal(value: bigint, decimals: number, fractionDigits?: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals)
  const shown =
    fractionDigits === undefined
      ? fraction.replace(/0+$/, '')
      : fraction.slice(0, fractionDigits).padEnd(fractionDigits, '0')
  const text = shown === '' ? whole : `${whole}.${shown}`
  return value < 0n && /[1-9]/.test(text) ? `-${text}` : text
}

interface Scaled {
  /** Truncated toward zero. */
  readonly units: bigint
  /** What was cut off, with the sign of the number, in 1/divisor of a unit. */
  readonly remainder: bigint
  readonly divisor: bigint
}

function scale(text: string, decimals: number, location: InputLocation): Scaled {
  if (text.length > MAX_TEXT_LENGTH) {
    throw new InputError(`a number has at most ${MAX_TEXT_LENGTH} characters`, location)
  }
  const match = DECIMAL_FORM.exec(text)
  if (match === null) throw new InputError(`"${text}" is not a decimal number`, location)
  const [, sign, whole, fraction = '', exponentText = '0'] = match
  const exponent = Number(exponentText)
  if (Math.abs(exponent) > MAX_EXPONENT) {
    throw new InputError(`the exponent of "${text}" is beyond ${MAX_EXPONENT}`, location)
  }
  const magnitude = BigInt(whole + fraction)
  const signed = sign === '-' ? -magnitude : magnitude
  const power = decimals + exponent - fraction.length
  if (power >= 0) return { units: signed * 10n ** BigInt(power), remainder: 0n, divisor: 1n }
  const divisor = 10n ** BigInt(-power)
  return { units: signed / divisor, remainder: signed % divisor, divisor }
}
