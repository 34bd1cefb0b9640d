import { expect } from 'vitest'
import { InputError } from '../../../src/protocol/errors.ts'

/** 2026-02-05 21:29:37 UTC. */
export const AS_OF_MS = 1_770_326_977_000

export type Json = Record<string, unknown>

export function optionRow(name: string, changes: Json = {}): Json {
  const currency = name.split('-')[0]
  return {
    instrument_name: name,
    base_currency: currency,
    quote_currency: currency,
    underlying_index: name.split('-').slice(0, 2).join('-'),
    underlying_price: 64_000.5,
    mark_price: 0.05,
    mark_iv: 80.25,
    bid_price: 0.049,
    ask_price: 0.051,
    mid_price: 0.05,
    open_interest: 1,
    volume: 0,
    interest_rate: 0,
    estimated_delivery_price: 63_900.25,
    creation_timestamp: AS_OF_MS,
    ...changes,
  }
}

export function futureRow(name: string, changes: Json = {}): Json {
  const { mark_iv: _iv, underlying_price: _forward, ...row } = optionRow(name)
  return {
    ...row,
    quote_currency: 'USD',
    mark_price: 64_100.5,
    bid_price: 64_100,
    ask_price: 64_101,
    mid_price: 64_100.5,
    ...changes,
  }
}

export function deribitFile(rows: readonly unknown[], name = 'btc.json') {
  return { name, text: JSON.stringify({ jsonrpc: '2.0', result: rows }) }
}

/** Calls and asserts the refusal: file, row, field, and a part of the rule. */
export function expectRefusal(
  act: () => unknown,
  place: { file?: string; row?: number; field?: string },
  rule: RegExp,
): void {
  let caught: unknown
  try {
    act()
  } catch (error) {
    caught = error
  }
  expect(caught).toBeInstanceOf(InputError)
  const { location, rule: broken, message } = caught as InputError
  expect({ file: location.file, row: location.row, field: location.field }).toEqual({
    file: place.file,
    row: place.row,
    field: place.field,
  })
  expect(broken).toMatch(rule)
  if (place.file !== undefined) expect(message).toContain(place.file)
  if (place.row !== undefined) expect(message).toContain(`row ${place.row}`)
}

/** Runs what may fail; any failure but an InputError is rethrown, as a fuzz test wants. */
export function onlyInputErrors<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
