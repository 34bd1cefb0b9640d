import type { PinnedKey } from '../bundle/index.ts'
import type { ReaderOptions } from './messages.ts'

/** The texts of the form, as the reader wrote them. */
export interface OptionTexts {
  readonly keyHashes: string
  readonly maxAge: string
  readonly asOf: string
}

export type OptionsOutcome = { readonly options: ReaderOptions } | { readonly fault: string }

/** The same rules as those of `tacit verify`. An empty text asks for nothing. */
export function readOptions(texts: OptionTexts, nowSeconds: number): OptionsOutcome {
  const hashes = texts.keyHashes.split(/[\s,]+/).filter((text) => text !== '')
  const odd = hashes.find((hash) => !/^0x[0-9a-fA-F]{64}$/.test(hash))
  if (odd !== undefined) return { fault: `A key hash must be 0x and 64 hex digits: ${odd}` }
  const maxAge = texts.maxAge.trim()
  if (!/^\d{0,9}$/.test(maxAge)) return { fault: 'The greatest age must be a whole number of seconds.' }
  const asOf = texts.asOf.trim()
  const asOfSeconds = asOf === '' ? nowSeconds : secondsOf(asOf)
  if (!(asOfSeconds > 0 && asOfSeconds < 2 ** 32)) {
    return { fault: 'The time must be like 2026-03-02T09:30:00Z.' }
  }
  const pins = hashes.map((hash): PinnedKey => ({ hash: hash.toLowerCase(), source: 'named by its hash' }))
  return { options: { asOfSeconds, maxAgeSeconds: maxAge === '' ? undefined : Number(maxAge), pins } }
}

function secondsOf(text: string): number {
  return /^\d{1,10}$/.test(text) ? Number(text) : Math.floor(Date.parse(text) / 1_000)
}
