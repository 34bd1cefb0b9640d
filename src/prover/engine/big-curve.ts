/**
 * The curve in bigint arithmetic: slow and plain. It decides the few additions that the batches cannot do, joins
 * the sums of windows, and finishes a proof.
 */
import { BASE_MODULUS } from './wasm/layout.ts'

export type Group = 'g1' | 'g2'

/** A coordinate: one integer in G1, two (a + b u, u^2 = -1) in G2; canonical, in [0, p). */
export type Coordinate = readonly bigint[]

/** Affine; undefined is the point at infinity. */
export type Affine = { readonly x: Coordinate; readonly y: Coordinate } | undefined

/** (x / z^2, y / z^3); z = 0 is the point at infinity. */
export interface Jacobian {
  readonly x: Coordinate
  readonly y: Coordinate
  readonly z: Coordinate
}

const p = BASE_MODULUS
const reduce = (value: bigint) => {
  const rest = value % p
  return rest < 0n ? rest + p : rest
}

const add = (a: Coordinate, b: Coordinate): Coordinate => a.map((value, i) => reduce(value + b[i]!))
const sub = (a: Coordinate, b: Coordinate): Coordinate => a.map((value, i) => reduce(value - b[i]!))
const scale = (a: Coordinate, factor: bigint): Coordinate => a.map((value) => reduce(value * factor))
const isZero = (a: Coordinate) => a.every((value) => value === 0n)
const equal = (a: Coordinate, b: Coordinate) => a.every((value, i) => value === b[i])

function mul(a: Coordinate, b: Coordinate): Coordinate {
  if (a.length === 1) return [reduce(a[0]! * b[0]!)]
  const [a0, a1] = a as [bigint, bigint]
  const [b0, b1] = b as [bigint, bigint]
  return [reduce(a0 * b0 - a1 * b1), reduce(a0 * b1 + a1 * b0)]
}

function invert(a: Coordinate): Coordinate {
  if (a.length === 1) return [invertModulo(a[0]!, p)]
  const [a0, a1] = a as [bigint, bigint]
  const norm = invertModulo(reduce(a0 * a0 + a1 * a1), p)
  return [reduce(a0 * norm), reduce(-a1 * norm)]
}

/** Of a value that is not zero. */
export function invertModulo(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value, modulus, 1n, 0n]
  while (a > 1n) {
    const quotient = b / a
    ;[a, b] = [b - quotient * a, a]
    ;[x, y] = [y - quotient * x, x]
  }
  return x < 0n ? x + modulus : x
}

const one = (like: Coordinate): Coordinate => like.map((_, i) => (i === 0 ? 1n : 0n))
const THREE: Record<number, Coordinate> = {
  1: [3n],
  // 3 / (9 + u)
  2: [
    19485874751759354771024239261021720505790618469301721065564631296452457478373n,
    266929791119991161246907387137283842545076965332900288569378510910307636690n,
  ],
}

export function isOnCurve(point: Affine): boolean {
  if (point === undefined) return true
  const { x, y } = point
  return equal(mul(y, y), add(mul(mul(x, x), x), THREE[x.length]!))
}

export function addAffine(a: Affine, b: Affine): Affine {
  if (a === undefined) return b
  if (b === undefined) return a
  let slope: Coordinate
  if (equal(a.x, b.x)) {
    if (isZero(add(a.y, b.y))) return undefined
    slope = mul(scale(mul(a.x, a.x), 3n), invert(scale(a.y, 2n)))
  } else {
    slope = mul(sub(b.y, a.y), invert(sub(b.x, a.x)))
  }
  const x = sub(sub(mul(slope, slope), a.x), b.x)
  return { x, y: sub(mul(slope, sub(a.x, x)), a.y) }
}

export function negate(point: Affine): Affine {
  return point && { x: point.x, y: point.y.map((value) => reduce(-value)) }
}

export function infinity(group: Group): Jacobian {
  const zero = group === 'g1' ? [0n] : [0n, 0n]
  return { x: one(zero), y: one(zero), z: zero }
}

export function toJacobian(group: Group, point: Affine): Jacobian {
  return point === undefined ? infinity(group) : { ...point, z: one(point.x) }
}

export function toAffine(point: Jacobian): Affine {
  if (isZero(point.z)) return undefined
  const inverse = invert(point.z)
  const square = mul(inverse, inverse)
  return { x: mul(point.x, square), y: mul(point.y, mul(square, inverse)) }
}

export function double(point: Jacobian): Jacobian {
  const { x, y, z } = point
  if (isZero(z) || isZero(y)) return { x, y, z: sub(z, z) }
  const yy = mul(y, y)
  const s = scale(mul(x, yy), 4n)
  const m = scale(mul(x, x), 3n)
  const x3 = sub(mul(m, m), scale(s, 2n))
  return { x: x3, y: sub(mul(m, sub(s, x3)), scale(mul(yy, yy), 8n)), z: scale(mul(y, z), 2n) }
}

export function addJacobian(a: Jacobian, b: Jacobian): Jacobian {
  if (isZero(a.z)) return b
  if (isZero(b.z)) return a
  const [az, bz] = [mul(a.z, a.z), mul(b.z, b.z)]
  const [u1, u2] = [mul(a.x, bz), mul(b.x, az)]
  const [s1, s2] = [mul(a.y, mul(bz, b.z)), mul(b.y, mul(az, a.z))]
  const [h, r] = [sub(u2, u1), sub(s2, s1)]
  if (isZero(h)) return isZero(r) ? double(a) : { x: a.x, y: a.y, z: sub(a.z, a.z) }
  const hh = mul(h, h)
  const hhh = mul(hh, h)
  const v = mul(u1, hh)
  const x = sub(sub(mul(r, r), hhh), scale(v, 2n))
  return { x, y: sub(mul(r, sub(v, x)), mul(s1, hhh)), z: mul(mul(a.z, b.z), h) }
}

/** point * 2^bits. */
export function shift(point: Jacobian, bits: number): Jacobian {
  let result = point
  for (let i = 0; i < bits; i++) result = double(result)
  return result
}

/** scalar * point, for a scalar that is not negative. */
export function multiply(point: Jacobian, scalar: bigint): Jacobian {
  let result: Jacobian = { ...point, z: sub(point.z, point.z) }
  for (const bit of scalar.toString(2)) {
    result = double(result)
    if (bit === '1') result = addJacobian(result, point)
  }
  return result
}
