/** What the build puts into the console (build.ts). */
declare module 'embedded:worker-file' {
  /** Name of the worker's file below /console/. */
  const name: string
  export default name
}
