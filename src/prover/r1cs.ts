/** The header of a circuit's constraint system, as the circom compiler writes it (r1cs format, version 1). */
import { SetupError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { readInteger, readSections, section, viewOf } from './binary.ts'
import { readBinary } from './binary-file.ts'
import { sha256 } from './provenance.ts'

export interface R1cs {
  /** Signals of the witness, the constant 1 included. */
  readonly signalCount: number
  readonly outputCount: number
  readonly publicInputCount: number
  readonly privateInputCount: number
  readonly constraintCount: number
  /** Outputs and public inputs: signals 1 ... publicCount of the witness. */
  readonly publicCount: number
  /** sha256 of the whole file, hex. */
  readonly hash: string
  /** The constraint section: per row three lists of (signal, 32-byte plain coefficient), each with its length. */
  readonly constraints: Uint8Array
}

/** Reads an r1cs file. @throws SetupError when it is damaged, over another field, or uses custom gates */
export async function readR1cs(path: string): Promise<R1cs> {
  return parseR1cs(await readBinary(path), path)
}

export function parseR1cs(bytes: Uint8Array, what = 'r1cs'): R1cs {
  const sections = readSections(bytes, 'r1cs', what)
  const header = section(sections, 1, what)
  const view = viewOf(header)
  if (header.length !== 64 || view.getUint32(0, true) !== 32 || readInteger(header, 4) !== FIELD_MODULUS) {
    throw new SetupError(`${what} is not over the BN254 scalar field`)
  }
  // Sections 4 and 5 list custom gates, which Groth16 does not know; the compiler writes them only if used.
  if ((sections.get(4)?.length ?? 0) > 4 || (sections.get(5)?.length ?? 0) > 4) {
    throw new SetupError(`${what} uses custom gates`)
  }
  const outputCount = view.getUint32(40, true)
  const publicInputCount = view.getUint32(44, true)
  const publicCount = outputCount + publicInputCount
  const signalCount = view.getUint32(36, true)
  if (publicCount >= signalCount)
    throw new SetupError(`${what} has ${publicCount} public of ${signalCount} signals`)
  return {
    signalCount,
    outputCount,
    publicInputCount,
    privateInputCount: view.getUint32(48, true),
    constraintCount: view.getUint32(60, true),
    publicCount,
    hash: sha256(bytes),
    constraints: section(sections, 2, what),
  }
}

/** The power of two of the smallest domain that holds all rows and one more per public signal. */
export function domainPower(r1cs: Pick<R1cs, 'constraintCount' | 'publicCount'>): number {
  return Math.floor(Math.log2(r1cs.constraintCount + r1cs.publicCount)) + 1
}
