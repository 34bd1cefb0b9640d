declare module 'circomlibjs' {
  interface PoseidonField {
    e(value: bigint): Uint8Array
    toObject(element: Uint8Array): bigint
    /** The WebAssembly behind the field: its code, which imports the memory and holds all constants. */
    readonly tm: { readonly code: Uint8Array<ArrayBuffer>; readonly memory: WebAssembly.Memory }
  }
  interface Poseidon {
    (inputs: readonly (bigint | Uint8Array)[], initialState?: Uint8Array, outputs?: number): Uint8Array
    readonly F: PoseidonField
  }
  export function buildPoseidon(): Promise<Poseidon>
}
