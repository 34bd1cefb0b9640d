/**
 * Curve and pairing of BN254: wasmcurves' module on the calling thread, in Node and in browsers alike. Everything lies in
 * one memory that is taken from like a stack.
 */
import bn128 from 'wasmcurves/build/bn128_wasm.js'
import { FIELD_MODULUS } from '../../protocol/field.ts'
import type { G1Text, G2Text } from '../records.ts'

type Call = (...parameters: number[]) => number
export type Group = 'g1' | 'g2'
/** Where a value lies in the module's memory. */
export type Address = number

export const BASE_FIELD_MODULUS = BigInt(bn128.q)
const ELEMENT_BYTES = 32
const TARGET_BYTES = 12 * ELEMENT_BYTES
const JACOBIAN_BYTES: Readonly<Record<Group, number>> = { g1: 3 * ELEMENT_BYTES, g2: 6 * ELEMENT_BYTES }
/** What the module takes for itself, a key's points, and room for its scratch. */
const PAGES = 64

let compiled: Promise<WebAssembly.Module> | undefined

export class PairingModule {
  readonly #memory: WebAssembly.Memory
  readonly #call: Readonly<Record<string, Call>>

  private constructor(memory: WebAssembly.Memory, instance: WebAssembly.Instance) {
    this.#memory = memory
    this.#call = instance.exports as unknown as Record<string, Call>
  }

  static async create(): Promise<PairingModule> {
    compiled ??= WebAssembly.compile(Uint8Array.from(atob(bn128.code), (letter) => letter.charCodeAt(0)))
    const memory = new WebAssembly.Memory({ initial: PAGES })
    return new PairingModule(memory, await WebAssembly.instantiate(await compiled, { env: { memory } }))
  }

  /** Runs `work` and frees what it took. */
  scope<T>(work: () => T): T {
    const before = this.#free()
    try {
      return work()
    } finally {
      this.#setFree(before)
    }
  }

  /** A point in canonical affine coordinates; undefined when it is none of the curve. Neither group's infinity is one. */
  point(group: 'g1', text: G1Text): Address | undefined
  point(group: 'g2', text: G2Text): Address | undefined
  point(group: Group, text: G1Text | G2Text): Address | undefined {
    const values = text.flat().map(BigInt)
    if (values.some((value) => value >= BASE_FIELD_MODULUS)) return undefined
    const point = this.zero(group)
    const z = group === 'g1' ? [1n] : [1n, 0n]
    for (const [i, value] of [...values, ...z].entries()) this.#write(point + i * ELEMENT_BYTES, value)
    this.#call[`${group}m_toMontgomery`]!(point, point)
    return this.#call[`${group}m_inCurve`]!(point) === 0 ? undefined : point
  }

  /** Whether a point of the curve over Fq2 is of the group: not all are, and its order tells. */
  inGroup(point: Address): boolean {
    return this.scope(() => this.isZero('g2', this.times('g2', point, FIELD_MODULUS)))
  }

  zero(group: Group): Address {
    const point = this.take(JACOBIAN_BYTES[group])
    this.#call[`${group}m_zero`]!(point)
    return point
  }

  isZero(group: Group, point: Address): boolean {
    return this.#call[`${group}m_isZero`]!(point) !== 0
  }

  /** sum += term */
  addTo(group: Group, sum: Address, term: Address): void {
    this.#call[`${group}m_add`]!(sum, term, sum)
  }

  negate(group: Group, point: Address): void {
    this.#call[`${group}m_neg`]!(point, point)
  }

  /** @param scalar in [0, 2^256) */
  times(group: Group, point: Address, scalar: bigint): Address {
    const [bytes, result] = [this.take(ELEMENT_BYTES), this.zero(group)]
    this.#write(bytes, scalar)
    // Half as many doublings for the weights of a batch, which have 128 bits.
    const length = scalar >> 128n === 0n ? ELEMENT_BYTES / 2 : ELEMENT_BYTES
    this.#call[`${group}m_timesScalar`]!(point, bytes, length, result)
    return result
  }

  /** A point of G2 in the form that the loop takes; large. */
  prepare(point: Address): Address {
    const prepared = this.take(bn128.preQSize)
    this.#call.bn128_prepareG2!(point, prepared)
    return prepared
  }

  one(): Address {
    const target = this.take(TARGET_BYTES)
    this.#call.ftm_one!(target)
    return target
  }

  /** product *= the Miller loop of a point of G1 and a prepared one of G2 */
  multiplyLoop(product: Address, point: Address, prepared: Address): void {
    this.scope(() => {
      const [left, factor] = [this.take(bn128.prePSize), this.take(TARGET_BYTES)]
      this.#call.bn128_prepareG1!(point, left)
      this.#call.bn128_millerLoop!(left, prepared, factor)
      this.#call.ftm_mul!(product, factor, product)
    })
  }

  /** Whether the pairings behind a product of Miller loops multiply to one. */
  isOneAfterExponentiation(product: Address): boolean {
    return this.scope(() => {
      const result = this.take(TARGET_BYTES)
      this.#call.bn128_finalExponentiation!(product, result)
      return this.#call.ftm_isOne!(result) !== 0
    })
  }

  // The module keeps the address of its free memory in the first word.
  take(length: number): Address {
    const address = (this.#free() + 7) & ~7
    this.#setFree(address + length)
    return address
  }

  #write(address: Address, value: bigint): void {
    const view = new DataView(this.#memory.buffer)
    for (let i = 0; i < 4; i++) {
      view.setBigUint64(address + 8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)), true)
    }
  }

  #free(): number {
    return new DataView(this.#memory.buffer).getUint32(0, true)
  }

  #setFree(address: number): void {
    new DataView(this.#memory.buffer).setUint32(0, address, true)
  }
}
