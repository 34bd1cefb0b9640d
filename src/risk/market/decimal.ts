import { formatDecimal, parseDecimal, parseDecimalNearest } from '../../fixed-point/decimal.ts'
import { InputError } from '../../protocol/errors.ts'

/** Decimal places of every market quantity: nano. */
const NANO_DIGITS = 9
const MAX_TEXT = 64
const PLAIN_DECIMAL = /^-?\d+(?:\.\d+)?$/

/**
 * A JSON number (a double) as an integer of 1e-9, by way of its shortest decimal string: the digits the file's author
 * wrote, never a product of floats. Digits beyond the ninth place are rounded half away from zero.
 * Throws InputError when the number is not finite, or beyond 1e40 in magnitude either way.
 */
export function numberToNano(value: number): bigint {
  return parseDecimalNearest(String(value), NANO_DIGITS)
}

/** As numberToNano, but throws InputError when the number has more than nine decimal places. */
export function exactNumberToNano(value: number): bigint {
  return parseDecimal(String(value), NANO_DIGITS)
}

/**
 * A plain decimal text ("-12.5": no exponent, no sign but minus) as an exact integer of 1e-9.
 * Throws InputError when it is no such text or has more than nine decimal places.
 */
export function decimalToNano(text: string): bigint {
  if (text.length > MAX_TEXT || !PLAIN_DECIMAL.test(text)) {
    throw new InputError(`must be a plain decimal number, not ${quote(text)}`)
  }
  return parseDecimal(text, NANO_DIGITS)
}

/** The shortest plain decimal text of an integer of 1e-9: the inverse of decimalToNano. */
export function nanoToDecimal(valueNano: bigint): string {
  return formatDecimal(valueNano, NANO_DIGITS)
}

/** Foreign text for an error message: quoted and cut, so that a file cannot write the log. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text)
}
