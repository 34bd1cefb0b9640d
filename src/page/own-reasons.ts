import { InputError, TacitError, WitnessError } from '../protocol/errors.ts'
import { EngineError, type EngineErrorCode } from '../prover/engine/errors.ts'

const ENGINE_WORDS: Readonly<Record<EngineErrorCode, string>> = {
  UNSUPPORTED:
    'This browser has no WebAssembly SIMD, which proving takes. Use a newer one, or "tacit attest" on the command line.',
  KEY: 'The proving key of the pack is damaged. Get the pack again.',
  UNSAFE: 'The proving key of the pack is one that anyone can forge proofs for. Get another pack.',
  WITNESS: 'The witness program of the pack is damaged or of another circuit. Get the pack again.',
  PROOF:
    'No proof came out: the witness program of the pack is damaged or of another circuit. Get the pack again.',
  MEMORY: 'This browser gives too little memory for this proof. Close other pages, or use "tacit attest".',
  WORKER: 'A thread of the prover died, most likely for want of memory. Try again.',
  CLOSED: 'The prover was ended. Try again.',
}

/** Why no proof was made, in words for the owner of an account. */
export function reasonOf(error: unknown): string {
  if (error instanceof EngineError) return ENGINE_WORDS[error.code]
  if (isShortOfMemory(error)) return ENGINE_WORDS.MEMORY
  if (error instanceof WitnessError) return error.message
  if (error instanceof InputError) return `${error.message}.`
  if (error instanceof TacitError) return sentence(error.message)
  if (error instanceof DOMException)
    return 'The pack could not be read: it was changed or moved. Choose it again.'
  return `Proving broke down: ${error instanceof Error ? error.message : String(error)}`
}

/** Buffers and WebAssembly memories say it with a RangeError, files that are too large for the memory left likewise. */
function isShortOfMemory(error: unknown): boolean {
  return error instanceof RangeError && /memory|allocat|buffer/i.test(error.message)
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}
