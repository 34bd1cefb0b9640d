/** Arithmetic in the BN254 scalar field with plain integers, for the few values that are not worth a thread. */
import { FIELD_MODULUS } from '../protocol/field.ts'

/** The base field of the curve, for file headers. */
export const BASE_FIELD_MODULUS =
  21888242871839275222246405745257275088696311157297823662689037894645226208583n

/** The multiplicative group has a subgroup of 2^28 elements: the largest domain there can be. */
export const TWO_ADICITY = 28

/** 2^256: field elements are kept as value * MONTGOMERY in zkey files and in the curve module. */
const MONTGOMERY = (1n << 256n) % FIELD_MODULUS

export function mulField(a: bigint, b: bigint): bigint {
  return (a * b) % FIELD_MODULUS
}

export function powField(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base % FIELD_MODULUS
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mulField(result, square)
    square = mulField(square, square)
  }
  return result
}

/** The inverse of a non-zero element; zero gives zero. */
export function invertField(value: bigint): bigint {
  return powField(value, FIELD_MODULUS - 2n)
}

export function toMontgomery(value: bigint): bigint {
  return mulField(value, MONTGOMERY)
}

/**
 * The generator of the subgroup of 2^power elements that snarkjs uses: a power of 5, the least non-residue.
 * @param power in [0, 28]
 */
export function rootOfUnity(power: number): bigint {
  return powField(5n, (FIELD_MODULUS - 1n) >> BigInt(power))
}
