/** The pieces of a proof that run on a thread. Inputs and outputs lie in the key's memory; messages are small. */
import type { Jacobian } from './big-curve.ts'
import { toCoset } from './domain.ts'
import { runTableJob, type TableJob } from './generator-table.ts'
import type { KeyLayout, Layout, Sum } from './layout.ts'
import { type Machine, packLimbs, pointBytes } from './machine.ts'
import { sumWindows, type WindowsJob } from './msm.ts'
import { type Prepared, prepare, WORDS } from './scalars.ts'
import { PAIR_BYTES } from './wasm/layout.ts'

export type Matrix = 'a' | 'b'

export type Job = ProofJob | TableJob

export type ProofJob =
  /** Rows first ... last - 1 of a matrix times the witness. */
  | { readonly kind: 'rows'; readonly matrix: Matrix; readonly first: number; readonly last: number }
  /** c := a * b on the domain; for a valid witness that is the third matrix times the witness. */
  | { readonly kind: 'product' }
  /** From values on the domain to values on its odd coset. */
  | { readonly kind: 'coset'; readonly matrix: Matrix | 'c' }
  /** The scalars of the h points: a * b - c, for pairs first ... last - 1. */
  | { readonly kind: 'quotient'; readonly first: number; readonly last: number }
  | { readonly kind: 'prepare'; readonly sum: Sum }
  | ({ readonly kind: 'windows' } & WindowsJob)

export interface JobResults {
  rows: undefined
  product: undefined
  coset: undefined
  quotient: undefined
  prepare: Prepared
  windows: Jacobian
  table: undefined
  multiples: undefined
}

export type Result<J extends Job> = JobResults[J['kind']]

/** @param work this thread's working memory */
export function runJob(machine: Machine, layout: Layout, work: number, job: Job): JobResults[Job['kind']] {
  if (job.kind === 'table' || job.kind === 'multiples') {
    if ('tables' in layout) return runTableJob(machine, layout, work, job)
    throw new Error('this memory holds a key and no tables')
  }
  if ('tables' in layout) throw new Error('this memory holds tables and no key')
  return runProofJob(machine, layout, work, job)
}

function runProofJob(
  machine: Machine,
  layout: KeyLayout,
  work: number,
  job: ProofJob,
): JobResults[ProofJob['kind']] {
  const { call } = machine
  const { rows } = layout
  const half = layout.domainSize / 2
  switch (job.kind) {
    case 'rows':
      call.frEvaluateRows(layout.starts[job.matrix], job.first, job.last, half, rows[job.matrix], work)
      return undefined
    case 'product':
      call.frMultiplyAll(rows.c, rows.a, rows.b, half)
      return undefined
    case 'coset':
      toCoset(machine, layout, rows[job.matrix], work)
      return undefined
    case 'quotient':
      return quotient(machine, layout, work, job.first, job.last)
    case 'prepare':
      return prepareSum(machine, layout, job.sum)
    case 'windows':
      return sumWindows(machine, work, job)
  }
}

function quotient(machine: Machine, layout: KeyLayout, work: number, first: number, last: number): undefined {
  const { rows } = layout
  const half = layout.domainSize / 2
  const at = (array: number) => array + first * PAIR_BYTES
  machine.call.frQuotient(at(rows.c), at(rows.a), at(rows.b), at(rows.c), last - first, work)
  const { words } = machine
  for (let i = first; i < last; i++) {
    const from = (rows.c + i * PAIR_BYTES) / 4
    packLimbs(words, from, 2, words, layout.quotient / 4 + i * WORDS)
    packLimbs(words, from + 1, 2, words, layout.quotient / 4 + (half + i) * WORDS)
  }
  return undefined
}

function prepareSum({ words }: Machine, layout: KeyLayout, name: Sum): Prepared {
  const { group, count, bases, indices, prepared } = layout.sums[name]
  const from = (indices === undefined ? layout.quotient : layout.scalars) / 4
  const source = {
    words: words.subarray(from),
    count,
    base: bases,
    baseBytes: pointBytes(group),
    ...(indices === undefined ? {} : { indices: words.subarray(indices / 4, indices / 4 + count) }),
  }
  return prepare(words, prepared, [source])
}
