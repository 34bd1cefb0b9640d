import type { ExpiryQuote, InstrumentKind, InstrumentQuote } from './snapshot.ts'

const KIND_ORDER: Readonly<Record<InstrumentKind, number>> = {
  cash: 0,
  spot: 1,
  perpetual: 2,
  future: 3,
  option: 4,
}

/**
 * Canonical order of instruments: cash, spot, perpetual, future, option; then underlying, expiry, strike, call before
 * put, symbol. Total over distinct symbols, and free of locale, so that it is the same on every machine.
 */
export function compareInstruments(a: InstrumentQuote, b: InstrumentQuote): number {
  const keysA = sortKeys(a)
  const keysB = sortKeys(b)
  for (const [index, keyA] of keysA.entries()) {
    const keyB = keysB[index]!
    if (keyA !== keyB) return keyA < keyB ? -1 : 1
  }
  return compareText(a.symbol, b.symbol)
}

/** Canonical order of expiries: underlying, then time. */
export function compareExpiries(a: ExpiryQuote, b: ExpiryQuote): number {
  return a.underlying - b.underlying || a.expirySeconds - b.expirySeconds
}

/** By UTF-16 code units: never by locale. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function sortKeys(instrument: InstrumentQuote): (number | bigint)[] {
  const isOption = instrument.kind === 'option'
  return [
    KIND_ORDER[instrument.kind],
    instrument.kind === 'cash' ? -1 : instrument.underlying,
    isOption || instrument.kind === 'future' ? instrument.expirySeconds : 0,
    isOption ? instrument.strikeNano : 0n,
    isOption && instrument.right === 'put' ? 1 : 0,
  ]
}
