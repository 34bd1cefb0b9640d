/** Files of the prover, whole. Apart from what reads them (binary.ts), which runs in browsers too. Boundary module. */
import { readFile } from 'node:fs/promises'
import { SetupError } from '../protocol/errors.ts'

/** Reads a whole file; a file that cannot be read is a SetupError that names it. */
export async function readBinary(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new SetupError(`${path} cannot be read`, { cause })
  }
}
