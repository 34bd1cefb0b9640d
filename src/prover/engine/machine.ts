/** One instance of the module on one memory, and the passage of numbers between that memory and bigints. */
import type { Affine, Coordinate, Group } from './big-curve.ts'
import { invertModulo } from './big-curve.ts'
import { BASE_MODULUS, ELEMENT_BYTES, FQ, fromLimbs, LIMBS, limbsOf, PAIR_BYTES, R } from './wasm/layout.ts'
import type { Exports } from './wasm/module.ts'

const R_INVERSE = invertModulo(R % BASE_MODULUS, BASE_MODULUS)

export function pointBytes(group: Group): number {
  return 2 * degree(group) * ELEMENT_BYTES
}

export function degree(group: Group): 1 | 2 {
  return group === 'g1' ? 1 : 2
}

export class Machine {
  readonly call: Exports
  readonly memory: WebAssembly.Memory
  readonly words: Uint32Array
  readonly bytes: Uint8Array

  /** The memory must hold the constants and does not grow afterwards. */
  private constructor(memory: WebAssembly.Memory, instance: WebAssembly.Instance) {
    this.memory = memory
    this.call = instance.exports as unknown as Exports
    this.words = new Uint32Array(memory.buffer)
    this.bytes = new Uint8Array(memory.buffer)
  }

  static async create(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Machine> {
    return new Machine(memory, await WebAssembly.instantiate(module, { env: { memory } }))
  }

  element(address: number): bigint {
    return fromLimbs(this.words.subarray(address / 4, address / 4 + LIMBS))
  }

  setElement(address: number, value: bigint): void {
    this.words.set(limbsOf(value), address / 4)
  }

  /** The value of a lane of a pair, as its limbs say: not reduced, not out of Montgomery form. */
  lane(pair: number, lane: 0 | 1): bigint {
    return fromLimbs(Array.from({ length: LIMBS }, (_, i) => this.words[pair / 4 + 2 * i + lane]!))
  }

  setLane(pair: number, lane: 0 | 1, limbs: readonly number[]): void {
    limbs.forEach((limb, i) => {
      this.words[pair / 4 + 2 * i + lane] = limb
    })
  }

  /** A point in canonical coordinates; the lowest bit of its address negates it. */
  point(group: Group, pointer: number): Affine {
    const address = pointer - (pointer & 1)
    const size = pointBytes(group)
    if (this.words.subarray(address / 4, (address + size) / 4).every((word) => word === 0)) return undefined
    const coordinate = (index: number): Coordinate =>
      Array.from({ length: degree(group) }, (_, part) => {
        const element = this.element(address + (index * degree(group) + part) * ELEMENT_BYTES)
        return (element * R_INVERSE) % FQ.p
      })
    const y = coordinate(1)
    return {
      x: coordinate(0),
      y: (pointer & 1) === 0 ? y : y.map((value) => (value === 0n ? 0n : FQ.p - value)),
    }
  }

  setPoint(group: Group, address: number, point: Affine): void {
    const coordinates = point === undefined ? [] : [...point.x, ...point.y]
    this.words.fill(0, address / 4, (address + pointBytes(group)) / 4)
    coordinates.forEach((value, i) => {
      this.setElement(address + i * ELEMENT_BYTES, (value * R) % FQ.p)
    })
  }
}

/** Addresses in a stretch of memory, one after the other; it never frees. */
export class Arena {
  #next: number

  constructor(first: number) {
    this.#next = first
  }

  get next(): number {
    return this.#next
  }

  take(length: number): number {
    const address = this.#next
    this.#next += Math.ceil(length / 64) * 64
    return address
  }

  pairs(count: number): number {
    return this.take(count * PAIR_BYTES)
  }

  elements(count: number): number {
    return this.take(count * ELEMENT_BYTES)
  }
}

/** 32-byte little-endian words to limbs of 29 bits, `stride` words apart from `to`. */
export function unpackLimbs(
  source: Uint32Array,
  from: number,
  target: Uint32Array,
  to: number,
  stride: number,
) {
  const mask = 0x1fffffff
  let low = source[from]!
  target[to] = low & mask
  for (let i = 1; i < 8; i++) {
    const word = source[from + i]!
    // Limb i starts at bit 29 i, which is bit 32 - 3 i of word i - 1.
    target[to + i * stride] = ((low >>> (32 - 3 * i)) | (word << (3 * i))) & mask
    low = word
  }
  target[to + 8 * stride] = low >>> 8
}

/** Limbs, each below 2^29 but for the top one, to 32-byte words. */
export function packLimbs(
  source: Uint32Array,
  from: number,
  stride: number,
  target: Uint32Array,
  to: number,
) {
  for (let i = 0; i < 8; i++) {
    const limb = source[from + i * stride]!
    const next = source[from + (i + 1) * stride]!
    target[to + i] = (limb >>> (3 * i)) | (next << (29 - 3 * i))
  }
}
