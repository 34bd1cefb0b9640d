/** A worker thread: answers one job after the other on its own instance of the curve module. */
import { parentPort } from 'node:worker_threads'
import { Bn128, type Group } from './bn128.ts'
import { windowSum } from './bucket-sum.ts'
import { buildTable, type FixedBaseTable, multiplyFixedBase } from './fixed-base.ts'
import type { FixedBaseJob, Job, JobResults, Reply, Request } from './jobs.ts'
import { evaluateRows, join, toOddCoset, violatedRows } from './proof-jobs.ts'
import { quotientBasis, setupScalars, setupSums } from './setup-scalars.ts'

const curve = new Bn128()
const tables = new Map<string, FixedBaseTable>()

// Tables stay for the next job. They are built outside every scope, so nothing frees them.
function tableOf(group: Group, windowBits: number): FixedBaseTable {
  const key = `${group}/${windowBits}`
  const known = tables.get(key)
  if (known !== undefined) return known
  const built = buildTable(curve, group, windowBits)
  tables.set(key, built)
  return built
}

function fixedBase(job: FixedBaseJob): undefined {
  job.points.set(multiplyFixedBase(curve, tableOf(job.group, job.windowBits), job.scalars))
}

function run(job: Job): JobResults[Job['kind']] {
  switch (job.kind) {
    case 'fixed-base':
      return fixedBase(job)
    case 'window':
      return windowSum(curve, job)
    case 'rows':
      return evaluateRows(curve, job)
    case 'coset':
      return toOddCoset(curve, job)
    case 'join':
      return join(curve, job)
    case 'setup-sums':
      return setupSums(curve, job)
    case 'setup-scalars':
      return setupScalars(curve, job)
    case 'setup-quotient':
      return quotientBasis(curve, job)
    case 'check':
      return violatedRows(curve, job)
  }
}

function answer({ id, job }: Request): Reply {
  try {
    return { id, result: run(job) }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}

parentPort!.on('message', (request: Request) => parentPort!.postMessage(answer(request)))
