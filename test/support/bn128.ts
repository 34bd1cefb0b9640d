import { createRequire } from 'node:module'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'

/** The groups of Groth16 on this curve, for tests that make or change proofs by hand. */
export interface Group {
  /** The generator. */
  readonly g: Uint8Array
  fromObject(point: unknown): Uint8Array
  toObject(point: Uint8Array): unknown
  toAffine(point: Uint8Array): Uint8Array
  add(a: Uint8Array, b: Uint8Array): Uint8Array
  timesScalar(point: Uint8Array, factor: bigint): Uint8Array
}

export interface Curve {
  readonly G1: Group
  readonly G2: Group
}

let built: Promise<Curve> | undefined

/** Made once in a process, on its own thread: nothing to close. */
export function curve(): Promise<Curve> {
  // The package has no types of its own.
  const { buildBn128 } = createRequire(import.meta.url)('ffjavascript')
  built ??= buildBn128(true) as Promise<Curve>
  return built
}

/** A point of G1 as a key or a proof holds it. */
export function g1Text({ G1 }: Curve, point: Uint8Array): string[] {
  return (G1.toObject(G1.toAffine(point)) as bigint[]).map(String)
}

/** A point of G2 as a key or a proof holds it. */
export function g2Text({ G2 }: Curve, point: Uint8Array): string[][] {
  return (G2.toObject(G2.toAffine(point)) as bigint[][]).map((pair) => pair.map(String))
}

/** In the scalar field. */
export function modulo(value: bigint): bigint {
  return ((value % FIELD_MODULUS) + FIELD_MODULUS) % FIELD_MODULUS
}

/** In the scalar field. */
export function inverse(value: bigint): bigint {
  let [result, base] = [1n, modulo(value)]
  for (let exponent = FIELD_MODULUS - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % FIELD_MODULUS
    base = (base * base) % FIELD_MODULUS
  }
  return result
}
