/** The journal of a run: one JSON line per finished proof, flushed before it counts. Boundary module: files. */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { InputError } from '../../protocol/errors.ts'
import { flushFolder, writeAll } from './durable.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const integer = z.string().regex(/^(0|[1-9]\d{0,77})$/)
const lineSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('step'),
    index: z.int().nonnegative(),
    chainIn: integer,
    chainOut: integer,
    /** sha256 of the proof's file. */
    file: hash,
  }),
  /** statement: sha256 of the seal's public signals. */
  z.strictObject({ kind: z.literal('seal'), statement: hash, file: hash }),
])

export type JournalLine = z.output<typeof lineSchema>

export class Journal {
  readonly #file: number

  private constructor(file: number) {
    this.#file = file
  }

  /**
   * Opens or makes the journal and reads its lines. A last line without its end was being written when the run was
   * killed: it is dropped, from the file too. Throws InputError naming the row for any other line that is damaged.
   */
  static open(path: string): { readonly journal: Journal; readonly lines: readonly JournalLine[] } {
    const isNew = !existsSync(path)
    const bytes = isNew ? Buffer.alloc(0) : readFileSync(path)
    const end = bytes.lastIndexOf(0x0a) + 1
    const rows = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
    const lines = rows.map((row, index) => parseLine(row, { file: path, row: index + 1 }))
    const file = openSync(path, 'a', 0o644)
    if (end < bytes.length) {
      ftruncateSync(file, end)
      fsyncSync(file)
    }
    if (isNew) flushFolder(dirname(path))
    return { journal: new Journal(file), lines }
  }

  /** On return the line is on the disk. */
  append(line: JournalLine): void {
    writeAll(this.#file, `${JSON.stringify(line)}\n`)
    fsyncSync(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }
}

function parseLine(text: string, location: { file: string; row: number }): JournalLine {
  try {
    return lineSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new InputError('this line of the journal is damaged: start in another folder', location, { cause })
  }
}
