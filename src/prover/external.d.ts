// The parts of two untyped packages that the prover uses, and no more.
declare module 'wasmcurves/build/bn128_wasm.js' {
  const bn128: {
    /** The WebAssembly module, base64. */
    readonly code: string
    /** Addresses of constants in its memory. */
    readonly pG1gen: number
    readonly pG2gen: number
    readonly pOneT: number
    /** Bytes of a point of G1 and of G2 prepared for a pairing. */
    readonly prePSize: number
    readonly preQSize: number
    /** Order of the base field, decimal. */
    readonly q: string
  }
  export default bn128
}

declare module 'snarkjs' {
  interface Logger {
    debug(message: string): void
    info(message: string): void
    warn(message: string): void
    error(message: string): void
  }
  interface SnarkProof {
    pi_a: string[]
    pi_b: string[][]
    pi_c: string[]
    protocol: string
    curve: string
  }
  type File = string | Uint8Array | { type: 'mem'; data?: Uint8Array }
  export const groth16: {
    prove(zkey: File, witness: File, logger?: Logger): Promise<{ proof: SnarkProof; publicSignals: string[] }>
    verify(key: unknown, publicSignals: readonly string[], proof: unknown, logger?: Logger): Promise<boolean>
  }
  export const zKey: {
    newZKey(r1cs: File, ptau: File, zkey: File, logger?: Logger): Promise<Uint8Array | -1>
    contribute(before: File, after: File, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>
    beacon(
      before: File,
      after: File,
      name: string,
      hash: string,
      iterations: number,
      logger?: Logger,
    ): Promise<Uint8Array>
    verifyFromR1cs(r1cs: File, ptau: File, zkey: File, logger?: Logger): Promise<boolean>
    exportVerificationKey(zkey: File, logger?: Logger): Promise<Record<string, unknown>>
  }
  export const powersOfTau: {
    newAccumulator(curve: unknown, power: number, file: File, logger?: Logger): Promise<Uint8Array>
    contribute(before: File, after: File, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>
    preparePhase2(before: File, after: File, logger?: Logger): Promise<void>
  }
  export const wtns: {
    check(r1cs: File, witness: File, logger?: Logger): Promise<boolean>
  }
  export const curves: { getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }> }
}
