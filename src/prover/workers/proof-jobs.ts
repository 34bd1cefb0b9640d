/** The parts of a Groth16 proof that run on a thread; see jobs.ts for the shapes. */
import { viewOf } from '../binary.ts'
import { type Bn128, FIELD_BYTES } from './bn128.ts'
import type { CheckJob, CosetJob, JoinJob, RowsJob } from './jobs.ts'

const COEFFICIENT_BYTES = 12 + FIELD_BYTES

/** Bucket tables and the like that the module builds beyond what was allocated. */
const SCRATCH = 1 << 23

export function evaluateRows(curve: Bn128, job: RowsJob): undefined {
  curve.scope(() => {
    const coefficients = curve.place(job.coefficients)
    const witness = curve.place(job.witness)
    const [a, b, c] = [job.a, job.b, job.c].map((rows) => curve.allocate(rows.length))
    curve.call.qap_buildABC!(
      coefficients,
      job.coefficients.length / COEFFICIENT_BYTES,
      witness,
      a!,
      b!,
      c!,
      job.first,
      job.a.length / FIELD_BYTES,
      0,
      job.witness.length / FIELD_BYTES,
    )
    copyOut(curve, a!, job.a)
    copyOut(curve, b!, job.b)
    copyOut(curve, c!, job.c)
  })
}

export function toOddCoset(curve: Bn128, job: CosetJob): undefined {
  curve.scope(() => {
    const count = job.values.length / FIELD_BYTES
    const one = curve.allocate(FIELD_BYTES)
    const shift = curve.place(job.shift)
    const values = curve.place(job.values, SCRATCH)
    curve.call.frm_one!(one)
    curve.call.frm_ifft!(values, count)
    curve.call.frm_batchApplyKey!(values, count, one, shift, values)
    curve.call.frm_fft!(values, count)
    copyOut(curve, values, job.values)
  })
}

export function join(curve: Bn128, job: JoinJob): undefined {
  curve.scope(() => {
    const count = job.out.length / FIELD_BYTES
    const [a, b, c] = [job.a, job.b, job.c].map((values) => curve.place(values))
    const out = curve.allocate(job.out.length)
    curve.call.qap_joinABC!(a!, b!, c!, count, out)
    curve.call.frm_batchFromMontgomery!(out, count, out)
    copyOut(curve, out, job.out)
  })
}

export function violatedRows(curve: Bn128, job: CheckJob): Uint32Array {
  return curve.scope(() => {
    const witness = curve.place(job.witness)
    // In the module's memory as a whole: copying each of a few hundred thousand coefficients costs more than its product.
    const constraints = curve.place(job.constraints)
    const [product, ...sums] = [0, 0, 0, 0].map(() => curve.allocate(FIELD_BYTES))
    const view = viewOf(job.constraints)
    const { frm_mul: mul, frm_add: add, frm_zero: zero, frm_eq: equal, frm_toMontgomery: lift } = curve.call
    // As Montgomery values once, so that each product below comes out plain.
    curve.call.frm_batchToMontgomery!(witness, job.witness.length / FIELD_BYTES, witness)
    const violated: number[] = []
    let at = 0
    for (let row = 0; row < job.constraintCount; row++) {
      for (const sum of sums) {
        zero!(sum)
        const terms = view.getUint32(at, true)
        at += 4
        for (let i = 0; i < terms; i++, at += 4 + FIELD_BYTES) {
          mul!(constraints + at + 4, witness + view.getUint32(at, true) * FIELD_BYTES, product!)
          add!(sum, product!, sum)
        }
      }
      lift!(sums[0]!, sums[0]!)
      mul!(sums[0]!, sums[1]!, product!)
      if (equal!(product!, sums[2]!) === 0) violated.push(row)
    }
    return Uint32Array.from(violated)
  })
}

function copyOut(curve: Bn128, address: number, target: Uint8Array): void {
  target.set(curve.bytes.subarray(address, address + target.length))
}
