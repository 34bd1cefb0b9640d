import { PLACE_BITS } from '../protocol/ranges.ts'
import { UNDERLYINGS } from '../protocol/risk-layout.ts'

/** What a bundle may at most hold. Every one is checked before the memory for it is taken. */

/** One line, in bytes with its line break. */
export const MAX_LINE_BYTES = 1 << 18
/** Objects and lists within each other; the deepest of the format are scenario shocks and the points of keys. */
export const MAX_DEPTH = 8
/** Members of one object, items of one list: instrument generations are the longest. */
export const MAX_MEMBERS = 2 ** PLACE_BITS
/** One text, in UTF-16 units. */
export const MAX_TEXT = 1_024
export const MAX_ACCOUNTS = 2 ** 21
export const MAX_UNDERLYINGS = UNDERLYINGS
export const MAX_EXPIRIES = 1_000
/** Points of all smiles together: a market has fewer of them than of instruments. */
export const MAX_SMILE_POINTS = 2 ** 14
/** Place 0 is reserved. */
export const MAX_INSTRUMENTS = 2 ** PLACE_BITS - 1
/** Public signals of a proof, the constant one included. */
export const MAX_KEY_POINTS = 64
export const MAX_CONTRIBUTIONS = 200
