import { DOMAIN_TAGS, type Domain } from './domains.ts'
import { TacitError } from './errors.ts'
import type { Hasher } from './poseidon.ts'

/**
 * A built hasher in a form that a worker thread can be handed: the compiled WebAssembly of circomlib's Poseidon, its
 * constants inside. Building one takes half a second and the constants' 1.7 MB; making a hasher of one takes
 * milliseconds. Structured-cloneable.
 */
export interface PoseidonImage {
  readonly module: WebAssembly.Module
  /** Pages of memory that the module asks for. */
  readonly pages: number
}

interface PoseidonExports {
  poseidon(state: number, inputs: number, count: number, output: number, outputs: number): void
  frm_toMontgomery(from: number, to: number): void
  frm_fromMontgomery(from: number, to: number): void
}

const ELEMENT_BYTES = 32
const MOST_INPUTS = 16
const PAGE_BYTES = 65_536

/** A hasher with its own memory; the same function as the one that the image was taken from. */
export function hasherOfImage(image: PoseidonImage): Hasher {
  const memory = new WebAssembly.Memory({ initial: image.pages + 1 })
  const instance = new WebAssembly.Instance(image.module, { env: { memory } })
  const wasm = instance.exports as unknown as PoseidonExports
  // The page beyond what the module asked for is ours: one state, the inputs, one output.
  const state = image.pages * PAGE_BYTES
  const inputsAt = state + ELEMENT_BYTES
  const output = inputsAt + MOST_INPUTS * ELEMENT_BYTES
  const view = new DataView(memory.buffer)
  const load = (at: number, value: bigint) => {
    writeElement(view, at, value)
    wasm.frm_toMontgomery(at, at)
  }
  return {
    hash: (domain: Domain, inputs: readonly bigint[]) => {
      if (inputs.length < 1 || inputs.length > MOST_INPUTS) {
        throw new TacitError(
          'OUT_OF_RANGE',
          `Poseidon takes 1 to ${MOST_INPUTS} inputs, not ${inputs.length}`,
        )
      }
      load(state, DOMAIN_TAGS[domain])
      for (const [index, input] of inputs.entries()) load(inputsAt + index * ELEMENT_BYTES, input)
      wasm.poseidon(state, inputsAt, inputs.length, output, 1)
      wasm.frm_fromMontgomery(output, output)
      return readElement(view, output)
    },
  }
}

function writeElement(view: DataView, at: number, value: bigint): void {
  for (let word = 0; word < 4; word++) {
    view.setBigUint64(at + 8 * word, (value >> BigInt(64 * word)) & 0xffff_ffff_ffff_ffffn, true)
  }
}

function readElement(view: DataView, at: number): bigint {
  let value = 0n
  for (let word = 3; word >= 0; word--) value = (value << 64n) | view.getBigUint64(at + 8 * word, true)
  return value
}
