/** Checks a whole witness against a constraint system: what a proof of it would come to, without a key. */
import { SetupError, WitnessError } from '../protocol/errors.ts'
import { toShared, viewOf } from './binary.ts'
import type { R1cs } from './r1cs.ts'
import { Bn128, FIELD_BYTES } from './workers/bn128.ts'
import type { WorkerPool } from './workers/pool.ts'
import { violatedRows } from './workers/proof-jobs.ts'
import { witnessValues } from './wtns.ts'

/** The arithmetic of the calling thread, made on first use and kept. */
let ownThread: Bn128 | undefined

/**
 * The indices of the constraints that a witness breaks, ascending; empty for a valid witness. Runs on a thread
 * of the pool, or on the calling thread when there is none.
 * @param witness a wtns file's bytes
 * @throws WitnessError when the witness has another number of signals, SetupError when the constraints are damaged
 */
export async function violatedConstraints(
  r1cs: R1cs,
  witness: Uint8Array,
  pool?: WorkerPool,
): Promise<number[]> {
  const values = witnessValues(witness)
  const count = values.length / FIELD_BYTES
  if (count !== r1cs.signalCount) {
    throw new WitnessError(`the witness has ${count} signals and the circuit ${r1cs.signalCount}`)
  }
  checkLayout(r1cs)
  const job = {
    kind: 'check' as const,
    constraintCount: r1cs.constraintCount,
    constraints: pool === undefined ? r1cs.constraints : toShared(r1cs.constraints),
    witness: pool === undefined ? values : toShared(values),
  }
  const rows = pool === undefined ? violatedRows((ownThread ??= new Bn128()), job) : await pool.run(job)
  return Array.from(rows)
}

/** The loops over the constraints trust their counts, so these are checked once here. */
function checkLayout(r1cs: R1cs): void {
  const view = viewOf(r1cs.constraints)
  let at = 0
  for (let list = 0; list < 3 * r1cs.constraintCount; list++) {
    if (at + 4 > view.byteLength) throw new SetupError('the constraint section is truncated')
    const end = at + 4 + view.getUint32(at, true) * (4 + FIELD_BYTES)
    if (end > view.byteLength) throw new SetupError('the constraint section is truncated')
    for (at += 4; at < end; at += 4 + FIELD_BYTES) {
      if (view.getUint32(at, true) >= r1cs.signalCount) {
        throw new SetupError(`constraint ${Math.floor(list / 3)} names a signal that does not exist`)
      }
    }
  }
}
