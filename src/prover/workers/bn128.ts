/** One instance of the BN254 WebAssembly module that ffjavascript runs, with its memory under our own control. */
import bn128 from 'wasmcurves/build/bn128_wasm.js'

type WasmFunction = (...parameters: number[]) => number

/** Bytes of one field element. */
export const FIELD_BYTES = 32

export type Group = 'g1' | 'g2'

/** Bytes of one coordinate: an element of Fq in G1, of Fq2 in G2. */
export function coordinateBytes(group: Group): number {
  return group === 'g1' ? FIELD_BYTES : 2 * FIELD_BYTES
}

/** Bytes of a point in affine form; the point at infinity is all zero bytes. */
export function affineBytes(group: Group): number {
  return 2 * coordinateBytes(group)
}

/** Bytes of a point in Jacobian form. */
export function jacobianBytes(group: Group): number {
  return 3 * coordinateBytes(group)
}

const PAGE = 65_536
const INITIAL_PAGES = 25

/**
 * The module with a stack-like allocator: everything allocated inside `scope` is free again after it.
 * The module itself takes scratch memory beyond the allocated part, so there is always some headroom.
 */
export class Bn128 {
  readonly call: Readonly<Record<string, WasmFunction>>
  readonly generator: Readonly<Record<Group, number>> = { g1: bn128.pG1gen, g2: bn128.pG2gen }
  readonly #memory: WebAssembly.Memory
  #bytes: Uint8Array

  constructor() {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: 32_767 })
    const module = new WebAssembly.Module(Buffer.from(bn128.code, 'base64'))
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } })
    this.call = instance.exports as unknown as Record<string, WasmFunction>
    this.#bytes = new Uint8Array(this.#memory.buffer)
  }

  /** The module's memory; read it anew after every `allocate`, which may replace it. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /**
   * Reserves memory and returns its address.
   * @param headroom bytes that the next calls may need beyond it (bucket tables, batch inversions)
   */
  allocate(length: number, headroom = 1 << 22): number {
    const address = (this.#free() + 7) & ~7
    this.#setFree(address + length)
    const missing = address + length + headroom - this.#bytes.length
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE))
      this.#bytes = new Uint8Array(this.#memory.buffer)
    }
    return address
  }

  place(data: Uint8Array, headroom?: number): number {
    const address = this.allocate(data.length, headroom)
    this.#bytes.set(data, address)
    return address
  }

  read(address: number, length: number): Uint8Array {
    return this.#bytes.slice(address, address + length)
  }

  /** Runs `work` and frees what it allocated. */
  scope<T>(work: () => T): T {
    const before = this.#free()
    try {
      return work()
    } finally {
      this.#setFree(before)
    }
  }

  // The module keeps the address of its free memory in the first word, and its own scratch use starts there.
  #free(): number {
    return new DataView(this.#memory.buffer).getUint32(0, true)
  }

  #setFree(address: number): void {
    new DataView(this.#memory.buffer).setUint32(0, address, true)
  }
}
