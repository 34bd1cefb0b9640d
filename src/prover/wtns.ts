/** Witness files in snarkjs' format: a header and one 32-byte little-endian integer per signal. */
import { WitnessError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { integerBytes, readInteger, readSections, viewOf, writeInteger, writeSections } from './binary.ts'

const ELEMENT_BYTES = 32

/**
 * The signal values in a witness file, 32 bytes each; a view, not a copy.
 * @throws WitnessError when the file is damaged, over another field, or its first signal is not 1
 */
export function witnessValues(wtns: Uint8Array): Uint8Array {
  const refuse = (message: string) => new WitnessError(message)
  const sections = readSections(wtns, 'wtns', 'the witness', refuse)
  const header = sections.get(1)
  const values = sections.get(2)
  if (header?.length !== 40 || values === undefined)
    throw refuse('the witness lacks its header or its values')
  const view = viewOf(header)
  if (view.getUint32(0, true) !== ELEMENT_BYTES || readInteger(header, 4) !== FIELD_MODULUS) {
    throw refuse('the witness is not over the BN254 scalar field')
  }
  if (values.length !== view.getUint32(36, true) * ELEMENT_BYTES) {
    throw refuse(`the witness announces ${view.getUint32(36, true)} signals and has ${values.length} bytes`)
  }
  if (values.length === 0 || readInteger(values, 0) !== 1n)
    throw refuse('the first signal of the witness is not 1')
  return values
}

/** The values of a witness as integers below the field modulus. */
export function readWitness(wtns: Uint8Array): bigint[] {
  const values = witnessValues(wtns)
  return Array.from({ length: values.length / ELEMENT_BYTES }, (_, i) =>
    readInteger(values, i * ELEMENT_BYTES),
  )
}

/** A witness file from 32-byte values, or from integers in [0, field modulus). */
export function writeWitness(values: Uint8Array | readonly bigint[]): Uint8Array {
  const bytes = values instanceof Uint8Array ? values : integersToBytes(values)
  const header = new Uint8Array(40)
  const view = viewOf(header)
  view.setUint32(0, ELEMENT_BYTES, true)
  header.set(integerBytes(FIELD_MODULUS), 4)
  view.setUint32(36, bytes.length / ELEMENT_BYTES, true)
  return writeSections('wtns', 2, [
    [1, header],
    [2, bytes],
  ])
}

function integersToBytes(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * ELEMENT_BYTES)
  values.forEach((value, i) => {
    writeInteger(bytes, i * ELEMENT_BYTES, value)
  })
  return bytes
}
