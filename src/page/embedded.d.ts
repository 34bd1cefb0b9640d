/** What the build puts into the page (scripts/page/build.ts), so that it asks nobody for anything once it is open. */
declare module 'embedded:worker' {
  /** The worker's source. */
  const source: string
  export default source
}

declare module 'embedded:poseidon' {
  /** The WebAssembly of Poseidon in base64. */
  export const code: string
  /** Pages of memory that it asks for. */
  export const pages: number
}

declare module 'embedded:thread' {
  /** The source of the prover's threads. */
  const source: string
  export default source
}
