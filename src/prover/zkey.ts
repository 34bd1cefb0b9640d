/** Groth16 proving keys in snarkjs' zkey format: header, checks, and the verification key inside. */
import { SetupError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { readInteger, readSections, section, viewOf } from './binary.ts'
import { readBinary } from './binary-file.ts'
import { affineAt, type G1Json, type G2Json, Point, pairingJson } from './points.ts'
import { BASE_FIELD_MODULUS } from './scalar-field.ts'
import { affineBytes, FIELD_BYTES } from './workers/bn128.ts'

/** matrix, row, signal, value * 2^512 */
export const COEFFICIENT_BYTES = 12 + FIELD_BYTES

/** Of a key's header, what stands before its points. */
export const HEADER_FIXED_BYTES = 84
const HEADER_BYTES = HEADER_FIXED_BYTES + 3 * 64 + 3 * 128

export interface Zkey {
  readonly signalCount: number
  readonly publicCount: number
  /** A power of two. */
  readonly domainSize: number
  readonly alpha1: Point
  readonly beta1: Point
  readonly beta2: Point
  readonly gamma2: Point
  readonly delta1: Point
  readonly delta2: Point
  /** Coefficient records without their count; affine points, Montgomery coordinates. */
  readonly coefficients: Uint8Array
  readonly publicPoints: Uint8Array
  readonly a: Uint8Array
  readonly b1: Uint8Array
  readonly b2: Uint8Array
  readonly c: Uint8Array
  readonly h: Uint8Array
}

/** A verification key as snarkjs exports it. */
export interface VerificationKey {
  readonly protocol: 'groth16'
  readonly curve: 'bn128'
  readonly nPublic: number
  readonly vk_alpha_1: G1Json
  readonly vk_beta_2: G2Json
  readonly vk_gamma_2: G2Json
  readonly vk_delta_2: G2Json
  readonly vk_alphabeta_12: string[][][]
  readonly IC: G1Json[]
}

/** @throws SetupError when the file is missing, truncated, foreign or inconsistent */
export async function readZkey(path: string): Promise<Zkey> {
  return parseZkey(await readBinary(path), path)
}

/** The parts of a proving key, as views of its bytes. @throws SetupError as `readZkey` */
export function parseZkey(bytes: Uint8Array, what = 'the proving key'): Zkey {
  const sections = readSections(bytes, 'zkey', what)
  const protocol = section(sections, 1, what)
  if (protocol.length !== 4 || protocol[0] !== 1) throw new SetupError(`${what} is not a Groth16 key`)
  const header = section(sections, 2, what)
  if (
    header.length !== HEADER_BYTES ||
    readInteger(header, 4) !== BASE_FIELD_MODULUS ||
    readInteger(header, 40) !== FIELD_MODULUS
  ) {
    throw new SetupError(`${what} is not a key over BN254`)
  }
  const view = viewOf(header)
  const signalCount = view.getUint32(72, true)
  const publicCount = view.getUint32(76, true)
  const domainSize = view.getUint32(80, true)
  if (publicCount >= signalCount || !Number.isInteger(Math.log2(domainSize))) {
    throw new SetupError(`${what} has an inconsistent header`)
  }
  const sized = (id: number, length: number) => {
    const body = section(sections, id, what)
    if (body.length !== length)
      throw new SetupError(`${what}: section ${id} has ${body.length} of ${length} bytes`)
    return body
  }
  const [g1, g2] = [affineBytes('g1'), affineBytes('g2')]
  const zkey: Zkey = {
    signalCount,
    publicCount,
    domainSize,
    ...headerPoints(header.subarray(HEADER_FIXED_BYTES), what),
    coefficients: coefficientRecords(section(sections, 4, what), what),
    publicPoints: sized(3, (publicCount + 1) * g1),
    a: sized(5, signalCount * g1),
    b1: sized(6, signalCount * g1),
    b2: sized(7, signalCount * g2),
    c: sized(8, (signalCount - publicCount - 1) * g1),
    h: sized(9, domainSize * g1),
  }
  checkRecords(zkey, what)
  return zkey
}

function headerPoints(bytes: Uint8Array, what: string) {
  const at = (group: 'g1' | 'g2', offset: number) => {
    const point = Point.fromAffine(group, bytes.subarray(offset, offset + affineBytes(group)))
    if (!point.isOnCurve()) throw new SetupError(`${what} holds a point that is not on the curve`)
    return point
  }
  return {
    alpha1: at('g1', 0),
    beta1: at('g1', 64),
    beta2: at('g2', 128),
    gamma2: at('g2', 256),
    delta1: at('g1', 384),
    delta2: at('g2', 448),
  }
}

function coefficientRecords(body: Uint8Array, what: string): Uint8Array {
  const count = body.length < 4 ? -1 : viewOf(body).getUint32(0, true)
  if (body.length !== 4 + count * COEFFICIENT_BYTES) throw new SetupError(`${what}: section 4 is truncated`)
  return body.subarray(4)
}

/** A record that points outside the domain or the witness would make the threads read foreign memory. */
function checkRecords(zkey: Zkey, what: string): void {
  const view = viewOf(zkey.coefficients)
  let before = 0
  for (let at = 0; at < view.byteLength; at += COEFFICIENT_BYTES) {
    const row = view.getUint32(at + 4, true)
    const outside = row >= zkey.domainSize || view.getUint32(at + 8, true) >= zkey.signalCount
    if (outside || view.getUint32(at, true) > 1)
      throw new SetupError(`${what} has a coefficient out of range`)
    if (row < before) throw new SetupError(`${what} has its coefficients out of order`)
    before = row
  }
}

/** The verification key that belongs to a proving key. */
export function verificationKeyOf(zkey: Zkey): VerificationKey {
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: zkey.publicCount,
    vk_alpha_1: zkey.alpha1.toJson() as G1Json,
    vk_beta_2: zkey.beta2.toJson() as G2Json,
    vk_gamma_2: zkey.gamma2.toJson() as G2Json,
    vk_delta_2: zkey.delta2.toJson() as G2Json,
    vk_alphabeta_12: pairingJson(zkey.alpha1, zkey.beta2),
    IC: Array.from(
      { length: zkey.publicCount + 1 },
      (_, i) => affineAt('g1', zkey.publicPoints, i).toJson() as G1Json,
    ),
  }
}

/**
 * The gate that every key passes before it is used for anything. A key whose delta equals gamma, as one has
 * before its first contribution, lets anyone forge a proof of any statement; so does a point at infinity.
 * @throws SetupError with code SETUP_REFUSED
 */
export function refuseUnsafeKey(zkey: Zkey): void {
  const refuse = (why: string) => new SetupError(`this key is unsafe: ${why}`, { refused: true })
  const named = {
    alpha1: zkey.alpha1,
    beta2: zkey.beta2,
    gamma2: zkey.gamma2,
    delta1: zkey.delta1,
    delta2: zkey.delta2,
  }
  for (const [name, point] of Object.entries(named)) {
    if (point.isZero()) throw refuse(`its ${name} is the point at infinity`)
  }
  if (zkey.delta2.equals(zkey.gamma2))
    throw refuse('its delta equals its gamma: nobody contributed to phase 2')
}
