/** Points of G1 and G2 on the calling thread, for the few operations that end a proof or check one. */
import bn128 from 'wasmcurves/build/bn128_wasm.js'
import { integerBytes, readInteger } from './binary.ts'
import {
  affineBytes,
  Bn128,
  coordinateBytes,
  FIELD_BYTES,
  type Group,
  jacobianBytes,
} from './workers/bn128.ts'

/** Decimal coordinates as snarkjs writes them; the last is 1, or 0 for the point at infinity. */
export type G1Json = string[]
export type G2Json = string[][]

let shared: Bn128 | undefined

/** The module of this thread; made at first use. */
function module(): Bn128 {
  shared ??= new Bn128()
  return shared
}

/** A point as bytes: affine (2 coordinates) going in, Jacobian (3 coordinates) between operations. */
export class Point {
  readonly group: Group
  readonly jacobian: Uint8Array

  private constructor(group: Group, jacobian: Uint8Array) {
    this.group = group
    this.jacobian = jacobian
  }

  static fromJacobian(group: Group, bytes: Uint8Array): Point {
    return new Point(group, bytes)
  }

  static fromAffine(group: Group, bytes: Uint8Array): Point {
    return compute(group, (curve, result) => curve.call[`${group}m_toJacobian`]!(curve.place(bytes), result))
  }

  static zero(group: Group): Point {
    return compute(group, (curve, result) => curve.call[`${group}m_zero`]!(result))
  }

  static generator(group: Group): Point {
    return compute(group, (curve, result) => curve.call[`${group}m_copy`]!(curve.generator[group], result))
  }

  /** From snarkjs' JSON form; undefined when it is not a point of the curve in canonical coordinates. */
  static fromJson(group: Group, json: unknown): Point | undefined {
    const numbers = parseCoordinates(group, json)
    if (numbers === undefined) return undefined
    const parts = numbers.map(integerBytes)
    const point = compute(group, (curve, result) => {
      const bytes = new Uint8Array(jacobianBytes(group))
      parts.forEach((part, i) => {
        bytes.set(part, i * FIELD_BYTES)
      })
      curve.call[`${group}m_toMontgomery`]!(curve.place(bytes), result)
    })
    return point.isOnCurve() ? point : undefined
  }

  add(other: Point): Point {
    return compute(this.group, (curve, result) =>
      curve.call[`${this.group}m_add`]!(curve.place(this.jacobian), curve.place(other.jacobian), result),
    )
  }

  double(): Point {
    return compute(this.group, (curve, result) =>
      curve.call[`${this.group}m_double`]!(curve.place(this.jacobian), result),
    )
  }

  negate(): Point {
    return compute(this.group, (curve, result) =>
      curve.call[`${this.group}m_neg`]!(curve.place(this.jacobian), result),
    )
  }

  /** @param scalar in [0, 2^256) */
  times(scalar: bigint): Point {
    return compute(this.group, (curve, result) =>
      curve.call[`${this.group}m_timesScalar`]!(
        curve.place(this.jacobian),
        curve.place(integerBytes(scalar)),
        FIELD_BYTES,
        result,
      ),
    )
  }

  equals(other: Point): boolean {
    return ask((curve) =>
      curve.call[`${this.group}m_eq`]!(curve.place(this.jacobian), curve.place(other.jacobian)),
    )
  }

  isZero(): boolean {
    return ask((curve) => curve.call[`${this.group}m_isZero`]!(curve.place(this.jacobian)))
  }

  isOnCurve(): boolean {
    return this.isZero() || ask((curve) => curve.call[`${this.group}m_inCurve`]!(curve.place(this.jacobian)))
  }

  /** Two coordinates in Montgomery form, as keys hold them; all zero for the point at infinity. */
  toAffine(): Uint8Array {
    const curve = module()
    return curve.scope(() => {
      const result = curve.allocate(affineBytes(this.group))
      curve.call[`${this.group}m_toAffine`]!(curve.place(this.jacobian), result)
      return curve.read(result, affineBytes(this.group))
    })
  }

  toJson(): G1Json | G2Json {
    if (this.isZero())
      return this.group === 'g1'
        ? ['0', '1', '0']
        : [
            ['0', '0'],
            ['1', '0'],
            ['0', '0'],
          ]
    const plain = compute(this.group, (curve, result) => {
      curve.call[`${this.group}m_normalize`]!(curve.place(this.jacobian), result)
      curve.call[`${this.group}m_fromMontgomery`]!(result, result)
    }).jacobian
    const at = (i: number) => readInteger(plain, i * FIELD_BYTES).toString()
    return this.group === 'g1'
      ? [at(0), at(1), '1']
      : [
          [at(0), at(1)],
          [at(2), at(3)],
          ['1', '0'],
        ]
  }
}

/** True when the product of the pairings e(P_i, Q_i) over four pairs of G1 and G2 points is one. */
export function pairingProductIsOne(pairs: readonly (readonly [Point, Point])[]): boolean {
  return ask((curve) => {
    const addresses = pairs.flatMap(([p, q]) => [curve.place(p.jacobian), curve.place(q.jacobian)])
    return curve.call[`bn128_pairingEq${pairs.length}`]!(...addresses, bn128.pOneT)
  })
}

/** e(P, Q) as snarkjs prints it: two by three by two decimals. */
export function pairingJson(p: Point, q: Point): string[][][] {
  const curve = module()
  const bytes = curve.scope(() => {
    const result = curve.allocate(12 * FIELD_BYTES)
    curve.call.bn128_pairing!(curve.place(p.jacobian), curve.place(q.jacobian), result)
    curve.call.ftm_fromMontgomery!(result, result)
    return curve.read(result, 12 * FIELD_BYTES)
  })
  const at = (i: number) => readInteger(bytes, i * FIELD_BYTES).toString()
  return [0, 1].map((half) =>
    [0, 1, 2].map((third) => [at(half * 6 + third * 2), at(half * 6 + third * 2 + 1)]),
  )
}

/** The big-endian plain form of an affine point in which ceremonies hash it. */
export function uncompressed(group: Group, affine: Uint8Array): Uint8Array {
  const curve = module()
  return curve.scope(() => {
    const result = curve.allocate(affineBytes(group))
    curve.call[`${group}m_LEMtoU`]!(curve.place(affine), result)
    return curve.read(result, affineBytes(group))
  })
}

function compute(group: Group, work: (curve: Bn128, result: number) => unknown): Point {
  const curve = module()
  return curve.scope(() => {
    const result = curve.allocate(jacobianBytes(group))
    work(curve, result)
    return Point.fromJacobian(group, curve.read(result, jacobianBytes(group)))
  })
}

function ask(question: (curve: Bn128) => number): boolean {
  const curve = module()
  return curve.scope(() => question(curve) !== 0)
}

/** Slices one affine point out of a packed array. */
export function affineAt(group: Group, bytes: Uint8Array, index: number): Point {
  const size = affineBytes(group)
  return Point.fromAffine(group, bytes.subarray(index * size, (index + 1) * size))
}

const BASE_FIELD = BigInt(bn128.q)

function parseCoordinates(group: Group, json: unknown): bigint[] | undefined {
  if (!Array.isArray(json) || json.length !== 3) return undefined
  const flat: unknown[] = group === 'g1' ? json : json.flat()
  if (flat.length !== (3 * coordinateBytes(group)) / FIELD_BYTES) return undefined
  const numbers: bigint[] = []
  for (const text of flat) {
    if (typeof text !== 'string' || !/^[0-9]{1,78}$/.test(text)) return undefined
    const value = BigInt(text)
    if (value >= BASE_FIELD) return undefined
    numbers.push(value)
  }
  return numbers
}
