/** The compiler's table of signals: which place of the witness a named signal has. */
import { readFile } from 'node:fs/promises'
import { SetupError } from '../protocol/errors.ts'

/**
 * Witness index by full signal name ("main.slots[3].id"). A signal that the compiler simplified away, or that
 * belongs to a witness only through others, is not in it.
 */
export async function readSymbols(symPath: string): Promise<Map<string, number>> {
  const text = await readFile(symPath, 'utf8').catch((cause: unknown) => {
    throw new SetupError(`${symPath} cannot be read`, { cause })
  })
  const indices = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, index, , name] = line.split(',')
    if (index === undefined || name === undefined)
      throw new SetupError(`${symPath} is not a table of signals`)
    if (Number(index) >= 0) indices.set(name, Number(index))
  }
  return indices
}
