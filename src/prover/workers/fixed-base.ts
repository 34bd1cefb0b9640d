/**
 * Multiples of a group's generator. A table holds, for every window of a scalar, the multiples 1 ... 2^(bits-1)
 * of the generator times the window's weight; with signed digits a product is then one addition per window.
 */
import { affineBytes, type Bn128, coordinateBytes, FIELD_BYTES, type Group, jacobianBytes } from './bn128.ts'

/** Scalars are below 2^254; one more bit takes the carry of the signed digits. */
const SCALAR_BITS = 255

export interface FixedBaseTable {
  readonly group: Group
  readonly windowBits: number
  readonly windows: number
  /** Address of windows * 2^(windowBits-1) affine points. */
  readonly address: number
}

export function tableWindows(windowBits: number): number {
  return Math.ceil(SCALAR_BITS / windowBits)
}

/** The window that makes building a table and multiplying `count` scalars with it cheapest, in [2, 13]. */
export function bestWindow(count: number): number {
  const cost = (bits: number) => tableWindows(bits) * (count + 2 ** (bits - 1) * 1.5)
  let best = 2
  for (let bits = 3; bits <= 13; bits++) if (cost(bits) < cost(best)) best = bits
  return best
}

/** Builds a table in the module's memory, where it stays. */
export function buildTable(curve: Bn128, group: Group, windowBits: number): FixedBaseTable {
  const windows = tableWindows(windowBits)
  const half = 1 << (windowBits - 1)
  const affine = affineBytes(group)
  const jacobian = jacobianBytes(group)
  const address = curve.allocate(windows * half * affine)
  curve.scope(() => {
    const multiples = curve.allocate(half * jacobian)
    const base = curve.allocate(affine)
    curve.call[`${group}m_toAffine`]!(curve.generator[group], base)
    for (let window = 0; window < windows; window++) {
      curve.call[`${group}m_toJacobian`]!(base, multiples)
      for (let i = 1; i < half; i++) {
        curve.call[`${group}m_addMixed`]!(multiples + (i - 1) * jacobian, base, multiples + i * jacobian)
      }
      // The next window weighs 2^bits: twice the last multiple of this one. Taken before the conversion
      // below, which overwrites nothing but reads better with the table complete.
      const last = multiples + (half - 1) * jacobian
      const next = curve.allocate(jacobian)
      curve.call[`${group}m_double`]!(last, next)
      curve.call[`${group}m_toAffine`]!(next, base)
      curve.call[`${group}m_batchToAffine`]!(multiples, half, address + window * half * affine)
    }
  })
  return { group, windowBits, windows, address }
}

/** The multiples of the generator by plain scalars (32 bytes each): affine points, Montgomery coordinates. */
export function multiplyFixedBase(curve: Bn128, table: FixedBaseTable, scalars: Uint8Array): Uint8Array {
  const { group, windowBits, windows, address } = table
  const count = scalars.length / FIELD_BYTES
  const jacobian = jacobianBytes(group)
  const affine = affineBytes(group)
  const rowBytes = (1 << (windowBits - 1)) * affine
  const words = new Uint32Array(scalars.slice().buffer)
  const carries = new Uint8Array(count)
  const zero = curve.call[`${group}m_zero`]!
  const add = curve.call[`${group}m_addMixed`]!
  const subtract = curve.call[`${group}m_subMixed`]!
  return curve.scope(() => {
    const sums = curve.allocate(count * jacobian, count * coordinateBytes(group) + (1 << 20))
    for (let i = 0; i < count; i++) zero(sums + i * jacobian)
    // Window by window, so that one row of the table stays in the processor's cache.
    for (let window = 0; window < windows; window++) {
      const row = address + window * rowBytes - affine
      for (let i = 0; i < count; i++) {
        const digit = signedDigit(words, i, window * windowBits, windowBits, carries)
        const sum = sums + i * jacobian
        if (digit > 0) add(sum, row + digit * affine, sum)
        else if (digit < 0) subtract(sum, row - digit * affine, sum)
      }
    }
    curve.call[`${group}m_batchToAffine`]!(sums, count, sums)
    return curve.read(sums, count * affine)
  })
}

/** The digit of scalar `i` at a bit, in [-(2^(bits-1) - 1), 2^(bits-1)], passing its carry on. */
function signedDigit(
  words: Uint32Array,
  i: number,
  firstBit: number,
  bits: number,
  carries: Uint8Array,
): number {
  const word = firstBit >>> 5
  const shift = firstBit & 31
  let raw = words[i * 8 + word]! >>> shift
  if (shift + bits > 32 && word < 7) raw |= words[i * 8 + word + 1]! << (32 - shift)
  const digit = (raw & ((1 << bits) - 1)) + carries[i]!
  const half = 1 << (bits - 1)
  carries[i] = digit > half ? 1 : 0
  return digit > half ? digit - 2 * half : digit
}
