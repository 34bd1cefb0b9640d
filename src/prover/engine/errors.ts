/** What went wrong, for a caller that maps the engine's errors to its own. */
export type EngineErrorCode =
  /** The machine has no WebAssembly SIMD, or too little memory. */
  | 'UNSUPPORTED'
  /** The proving key is damaged or foreign. */
  | 'KEY'
  /** Anyone can forge proofs for the proving key. */
  | 'UNSAFE'
  /** The witness is damaged or belongs to another circuit. */
  | 'WITNESS'
  /** The proof does not verify, and nobody gets it: the witness breaks a constraint, or the key is damaged. */
  | 'PROOF'
  /** The key does not fit the memory bound. */
  | 'MEMORY'
  /** A worker thread failed or died. */
  | 'WORKER'
  /** The engine, or the key that was named, is closed. */
  | 'CLOSED'

export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
