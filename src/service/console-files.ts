/** The console as the service serves it. What is in it, the service does not know: src/console builds it. */
export interface ConsoleFile {
  /** Content type. */
  readonly type: string
  readonly body: Buffer
  readonly gzip: Buffer
  /** Quoted, as the header has it. */
  readonly etag: string
  /** Its name holds its hash: it never changes. */
  readonly immutable: boolean
}

export interface ConsoleFiles {
  readonly page: ConsoleFile
  /** By name. */
  readonly files: ReadonlyMap<string, ConsoleFile>
}
