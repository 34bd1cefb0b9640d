/** The constraints of a circuit, cut into parts for the threads, and the scalars that a setup makes of them. */
import { SetupError } from '../protocol/errors.ts'
import { sharedBytes, viewOf } from './binary.ts'
import type { R1cs } from './r1cs.ts'
import { FIELD_BYTES } from './workers/bn128.ts'
import type { SetupScalars, ToxicWaste } from './workers/jobs.ts'
import type { WorkerPool } from './workers/pool.ts'
import { COEFFICIENT_BYTES } from './zkey.ts'

/** Below this many constraints a second thread costs more than it saves. */
const ROWS_WORTH_SPLITTING = 1_000

const TERM_WORDS = 1 + FIELD_BYTES / 4
const RECORD_WORDS = COEFFICIENT_BYTES / 4

interface Part {
  /** The rows as the file has them. */
  readonly rows: Uint32Array
  readonly firstRow: number
  readonly rowCount: number
  /** Entries of A and B. */
  readonly records: number
}

/**
 * Cuts the constraint section into parts of about equal length.
 * @throws SetupError when it is not exactly as long as its counts say
 */
export function splitConstraints(r1cs: R1cs, threads: number): readonly Part[] {
  const { constraintCount } = r1cs
  const words = sharedWords(r1cs.constraints)
  const wanted = constraintCount < ROWS_WORTH_SPLITTING ? 1 : threads
  const parts: Part[] = []
  let [start, firstRow, records, at] = [0, 0, 0, 0]
  for (let row = 0; row < constraintCount; row++) {
    for (let matrix = 0; matrix < 3; matrix++) {
      if (at >= words.length) throw new SetupError(`the constraints end at ${row} of ${constraintCount}`)
      const terms = words[at]!
      if (matrix < 2) records += terms
      at += 1 + terms * TERM_WORDS
    }
    if (row < constraintCount - 1 && at < (words.length * (parts.length + 1)) / wanted) continue
    parts.push({ rows: words.subarray(start, at), firstRow, rowCount: row + 1 - firstRow, records })
    ;[start, firstRow, records] = [at, row + 1, 0]
  }
  if (4 * at !== r1cs.constraints.length) {
    throw new SetupError(`the constraints take ${4 * at} of ${r1cs.constraints.length} bytes`)
  }
  return parts
}

/** Bytes of the coefficient section of the key. */
export function coefficientBytes(parts: readonly Part[], publicCount: number): number {
  const records = parts.reduce((sum, part) => sum + part.records, publicCount + 1)
  return 4 + records * COEFFICIENT_BYTES
}

/**
 * The scalars of the key's points per signal; fills the coefficient section.
 * @param coefficients the section, in shared memory at a multiple of four bytes
 */
export async function signalScalars(
  pool: WorkerPool,
  r1cs: R1cs,
  parts: readonly Part[],
  coefficients: Uint8Array,
  { power, waste }: { readonly power: number; readonly waste: ToxicWaste },
): Promise<SetupScalars> {
  const { signalCount, publicCount } = r1cs
  viewOf(coefficients).setUint32(0, (coefficients.length - 4) / COEFFICIENT_BYTES, true)
  const words = new Uint32Array(
    coefficients.buffer,
    coefficients.byteOffset + 4,
    (coefficients.length - 4) / 4,
  )
  let to = 0
  const jobs = parts.map(({ rows, firstRow, rowCount, records }, i) => {
    const extraRows = i === parts.length - 1 ? publicCount + 1 : 0
    const from = to
    to += (records + extraRows) * RECORD_WORDS
    return pool.run({
      kind: 'setup-sums',
      rows,
      firstRow,
      rowCount,
      signalCount,
      extraRows,
      power,
      waste,
      coefficients: words.subarray(from, to),
    })
  })
  return pool.run(
    { kind: 'setup-scalars', parts: await Promise.all(jobs), signalCount, publicCount, waste },
    true,
  )
}

/** Copied only where the threads could not see them, or where they lie at an odd place. */
function sharedWords(bytes: Uint8Array): Uint32Array {
  const length = Math.floor(bytes.length / 4)
  if (bytes.buffer instanceof SharedArrayBuffer && bytes.byteOffset % 4 === 0) {
    return new Uint32Array(bytes.buffer, bytes.byteOffset, length)
  }
  const copy = sharedBytes(bytes.length)
  copy.set(bytes)
  return new Uint32Array(copy.buffer, 0, length)
}
