/**
 * Stress runs over worker threads. Boundary module: it starts threads. Outcomes are put back in the order of the jobs, so the
 * number of threads changes no byte of a result.
 */
import { Worker } from 'node:worker_threads'
import { TacitError, ToolError } from '../../protocol/errors.ts'
import type { RunOutcome } from '../result.ts'
import { JobRunner, type StressJob, type StressSetup } from '../setup.ts'

export const DEFAULT_STRESS_THREADS = 2

export type StressReply =
  | { readonly kind: 'done'; readonly job: number; readonly outcomes: readonly RunOutcome[] }
  | { readonly kind: 'failed'; readonly code: TacitError['code']; readonly message: string }

/**
 * Outcomes of every job, in the jobs' order. One thread: this one. Throws what a run throws, and ToolError for a thread that dies.
 * @param progress told how many jobs are done.
 */
export async function runJobs(
  setups: readonly StressSetup[],
  jobs: readonly StressJob[],
  threads: number,
  progress: (done: number) => void,
): Promise<(readonly RunOutcome[])[]> {
  if (threads <= 1 || jobs.length < 2) return runHere(setups, jobs, progress)
  const results = new Array<readonly RunOutcome[]>(jobs.length)
  let next = 0
  let done = 0
  const work = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      const give = () => {
        if (next >= jobs.length) return resolve()
        const job = next++
        worker.postMessage({ job, ...jobs[job]! })
      }
      worker.on('message', (reply: StressReply) => {
        if (reply.kind === 'failed') return reject(new TacitError(reply.code, reply.message))
        results[reply.job] = reply.outcomes
        progress(++done)
        give()
      })
      worker.on('error', (cause) => reject(new ToolError(`a stress thread failed: ${cause}`, { cause })))
      worker.on('exit', () => reject(new ToolError('a stress thread ended')))
      give()
    })
  const workers = Array.from({ length: Math.min(threads, jobs.length) }, () => startWorker(setups))
  try {
    await Promise.all(workers.map(work))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return results
}

/** Between runs the thread breathes, so that progress is seen and an interrupt is heard. */
async function runHere(
  setups: readonly StressSetup[],
  jobs: readonly StressJob[],
  progress: (done: number) => void,
): Promise<(readonly RunOutcome[])[]> {
  const runner = new JobRunner(setups)
  const results: (readonly RunOutcome[])[] = []
  for (const job of jobs) {
    results.push(runner.run(job))
    progress(results.length)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return results
}

function startWorker(setups: readonly StressSetup[]): Worker {
  const fromSource = import.meta.url.endsWith('.ts')
  const entry = new URL(fromSource ? './start.mjs' : './worker.js', import.meta.url)
  return new Worker(entry, { workerData: setups })
}
