/**
 * The last step of a proof: it is verified with the key's own verification points before anyone gets it. Curve and
 * pairing are wasmcurves'; so the engine's arithmetic is not checked with itself.
 */
import bn128 from 'wasmcurves/build/bn128_wasm.js'
import { type Group, isOnCurve } from './big-curve.ts'
import { pointOf, wordBytes } from './containers.ts'
import { EngineError } from './errors.ts'
import type { EngineProof } from './json.ts'
import { G1_BYTES, type KeyHeader } from './key-file.ts'
import { BASE_MODULUS, SCALAR_BYTES, SCALAR_MODULUS } from './wasm/layout.ts'

const WORD_BITS = 64n
/** Bytes of an element of Fq12. */
const TARGET_BYTES = 12 * SCALAR_BYTES
const PAGE = 65_536
/** What the module takes for itself, and room for a key's points and prepared pairings. */
const PAGES = 32

type Call = (...parameters: number[]) => number

/** The parts of a key that its proofs are verified with, in snarkjs' form. */
export type VerificationFile = Pick<KeyHeader, 'alpha1' | 'beta2' | 'gamma2' | 'delta2' | 'ic'>

let compiled: Promise<WebAssembly.Module> | undefined

function pairingModule(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(bn128.code), (letter) => letter.charCodeAt(0)))
  return compiled
}

/** Verifies proofs of one key; what does not depend on the proof is computed once. */
export class Verifier {
  readonly #call: Readonly<Record<string, Call>>
  readonly #memory: WebAssembly.Memory
  /** Jacobian, one after the other. */
  readonly #statementPoints: readonly number[]
  readonly #gamma: number
  readonly #delta: number
  /** The part of the pairing of alpha and beta that is the same for each proof. */
  readonly #alphaBeta: number
  /** Memory from here on is free at the start of each proof. */
  readonly #mark: number

  private constructor(memory: WebAssembly.Memory, instance: WebAssembly.Instance, points: VerificationFile) {
    this.#memory = memory
    this.#call = instance.exports as unknown as Record<string, Call>
    this.#statementPoints = Array.from({ length: (points.ic.byteLength / G1_BYTES) | 0 }, (_, i) =>
      this.#fromKey('g1', points.ic.subarray((i * G1_BYTES) / 4, ((i + 1) * G1_BYTES) / 4)),
    )
    this.#gamma = this.#prepare(this.#fromKey('g2', points.gamma2))
    this.#delta = this.#prepare(this.#fromKey('g2', points.delta2))
    const beta = this.#prepare(this.#fromKey('g2', points.beta2))
    this.#alphaBeta = this.#miller(this.#fromKey('g1', points.alpha1), beta)
    this.#mark = this.#take(0)
  }

  /** @throws EngineError KEY when a point of the statement is not on the curve */
  static async create(points: VerificationFile): Promise<Verifier> {
    for (let i = 0; i < points.ic.length; i += G1_BYTES / 4) {
      if (isOnCurve(pointOf('g1', wordBytes(points.ic.subarray(i, i + G1_BYTES / 4))))) continue
      throw new EngineError('KEY', 'a verification point of the key is not on the curve')
    }
    const pages = PAGES + Math.ceil((2 * points.ic.byteLength) / PAGE)
    const memory = new WebAssembly.Memory({ initial: pages })
    return new Verifier(
      memory,
      await WebAssembly.instantiate(await pairingModule(), { env: { memory } }),
      points,
    )
  }

  /**
   * True when the proof shows the statement. Anything malformed is false: points that are off the curve, outside the
   * group or infinite, coordinates and signals that are not canonical, a wrong number of signals.
   */
  verify({ pi_a, pi_b, pi_c }: EngineProof, publicSignals: readonly bigint[]): boolean {
    this.#setFree(this.#mark)
    if (publicSignals.length !== this.#statementPoints.length - 1) return false
    if (publicSignals.some((signal) => signal < 0n || signal >= SCALAR_MODULUS)) return false
    const [a, b, c] = [
      this.#fromJson('g1', pi_a),
      this.#fromJson('g2', pi_b.flat()),
      this.#fromJson('g1', pi_c),
    ]
    if (a === undefined || b === undefined || c === undefined || !this.#inGroup(b)) return false
    const statement = this.#statement(publicSignals)
    if (this.#call.g1m_isZero!(statement) !== 0) return false
    this.#call.g1m_neg!(a, a)
    const product = this.#miller(a, this.#prepare(b))
    for (const factor of [
      this.#miller(statement, this.#gamma),
      this.#miller(c, this.#delta),
      this.#alphaBeta,
    ]) {
      this.#call.ftm_mul!(product, factor, product)
    }
    this.#call.bn128_finalExponentiation!(product, product)
    return this.#call.ftm_isOne!(product) !== 0
  }

  #statement(publicSignals: readonly bigint[]): number {
    const [first, ...rest] = this.#statementPoints as [number, ...number[]]
    const [sum, term, scalar] = [this.#takePoint('g1'), this.#takePoint('g1'), this.#take(SCALAR_BYTES)]
    this.#call.g1m_copy!(first, sum)
    rest.forEach((point, i) => {
      this.#write(scalar, publicSignals[i]!)
      this.#call.g1m_timesScalar!(point, scalar, SCALAR_BYTES, term)
      this.#call.g1m_add!(sum, term, sum)
    })
    return sum
  }

  /** A point of the curve over Fq2 need not be in the group; its order tells. */
  #inGroup(point: number): boolean {
    const [scalar, product] = [this.#take(SCALAR_BYTES), this.#takePoint('g2')]
    this.#write(scalar, SCALAR_MODULUS)
    this.#call.g2m_timesScalar!(point, scalar, SCALAR_BYTES, product)
    return this.#call.g2m_isZero!(product) !== 0
  }

  #prepare(point: number): number {
    const prepared = this.#take(bn128.preQSize)
    this.#call.bn128_prepareG2!(point, prepared)
    return prepared
  }

  #miller(point: number, prepared: number): number {
    const [left, result] = [this.#take(bn128.prePSize), this.#take(TARGET_BYTES)]
    this.#call.bn128_prepareG1!(point, left)
    this.#call.bn128_millerLoop!(left, prepared, result)
    return result
  }

  #fromKey(group: Group, words: Uint32Array): number {
    const [affine, point] = [this.#take(words.byteLength), this.#takePoint(group)]
    new Uint8Array(this.#memory.buffer).set(wordBytes(words), affine)
    this.#call[`${group}m_toJacobian`]!(affine, point)
    return point
  }

  /** Coordinates x, y and z, which must be 1: decimals, flat. */
  #fromJson(group: Group, texts: readonly string[]): number | undefined {
    const values = texts.map(BigInt)
    const parts = group === 'g1' ? 1 : 2
    if (values.length !== 3 * parts || values.some((value) => value < 0n || value >= BASE_MODULUS))
      return undefined
    if (values.slice(2 * parts).some((value, i) => value !== (i === 0 ? 1n : 0n))) return undefined
    const point = this.#takePoint(group)
    values.forEach((value, i) => {
      this.#write(point + i * SCALAR_BYTES, value)
    })
    this.#call[`${group}m_toMontgomery`]!(point, point)
    return this.#call[`${group}m_inCurve`]!(point) === 0 ? undefined : point
  }

  #write(address: number, value: bigint): void {
    const view = new DataView(this.#memory.buffer)
    for (let i = 0n; i < 4n; i++) {
      view.setBigUint64(address + 8 * Number(i), BigInt.asUintN(64, value >> (WORD_BITS * i)), true)
    }
  }

  #takePoint(group: Group): number {
    return this.#take((group === 'g1' ? 3 : 6) * SCALAR_BYTES)
  }

  // The module keeps the address of its free memory in the first word.
  #take(length: number): number {
    const address = new DataView(this.#memory.buffer).getUint32(0, true)
    this.#setFree(address + Math.ceil(length / 8) * 8)
    return address
  }

  #setFree(address: number): void {
    new DataView(this.#memory.buffer).setUint32(0, address, true)
  }
}
