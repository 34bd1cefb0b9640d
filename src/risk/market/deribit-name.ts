import { decimalToNano, nanoToDecimal } from './decimal.ts'

/** What a Deribit instrument name says. Dated instruments expire at 08:00 UTC on the named day. */
export type DeribitName =
  | { readonly kind: 'perpetual'; readonly currency: string }
  | { readonly kind: 'future'; readonly currency: string; readonly expirySeconds: number }
  | {
      readonly kind: 'option'
      readonly currency: string
      readonly expirySeconds: number
      readonly strikeNano: bigint
      readonly right: 'call' | 'put'
    }

const NAME =
  /^([A-Z][A-Z0-9]{0,11})-(?:(PERPETUAL)|(\d{1,2})([A-Z]{3})(\d{2})(?:-(\d{1,12}(?:d\d{1,9})?)-([CP]))?)$/
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const EXPIRY_HOUR = 8

/** BTC-PERPETUAL, BTC-27MAR26, BTC-27MAR26-80000-C (a `d` in a strike is a decimal point); undefined for anything else. */
export function parseDeribitName(name: string): DeribitName | undefined {
  const match = NAME.exec(name)
  if (match === null) return undefined
  const [, currency = '', perpetual, day = '', month = '', year = '', strike, right] = match
  if (perpetual !== undefined) return { kind: 'perpetual', currency }
  const expirySeconds = expiryOf(Number(day), MONTHS.indexOf(month), 2000 + Number(year))
  if (expirySeconds === undefined) return undefined
  if (strike === undefined) return { kind: 'future', currency, expirySeconds }
  const strikeNano = decimalToNano(strike.replace('d', '.'))
  if (strikeNano === 0n) return undefined
  return { kind: 'option', currency, expirySeconds, strikeNano, right: right === 'C' ? 'call' : 'put' }
}

/** Unix seconds of 08:00 UTC on a day of the calendar; undefined when there is no such day (31 February). */
function expiryOf(day: number, month: number, year: number): number | undefined {
  const milliseconds = Date.UTC(year, month, day, EXPIRY_HOUR)
  const date = new Date(milliseconds)
  if (month < 0 || date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined
  return milliseconds / 1000
}

/**
 * The name of an instrument by its terms: the inverse of parseDeribitName. An expiry at another hour than 08:00 UTC stands as
 * unix seconds, so that terms and names are one to one.
 */
export function formatDeribitName(terms: DeribitName): string {
  if (terms.kind === 'perpetual') return `${terms.currency}-PERPETUAL`
  const dated = `${terms.currency}-${formatExpiry(terms.expirySeconds)}`
  if (terms.kind === 'future') return dated
  return `${dated}-${nanoToDecimal(terms.strikeNano).replace('.', 'd')}-${terms.right === 'call' ? 'C' : 'P'}`
}

function formatExpiry(expirySeconds: number): string {
  const date = new Date(expirySeconds * 1000)
  const [day, month, year] = [date.getUTCDate(), date.getUTCMonth(), date.getUTCFullYear()]
  const isPlain = expiryOf(day, month, year) === expirySeconds && year >= 2000 && year < 2100
  return isPlain ? `${day}${MONTHS[month]}${String(year).slice(2)}` : `${expirySeconds}`
}
