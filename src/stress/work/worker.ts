/** Worker thread of the stress lab: runs the jobs that it is handed. Boundary module. */
import { parentPort, workerData } from 'node:worker_threads'
import { TacitError } from '../../protocol/errors.ts'
import { JobRunner, type StressJob, type StressSetup } from '../setup.ts'
import type { StressReply } from './pool.ts'

const port = parentPort!
const runner = new JobRunner(workerData as readonly StressSetup[])

function answer(request: StressJob & { readonly job: number }): StressReply {
  try {
    return { kind: 'done', job: request.job, outcomes: runner.run(request) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', code: error instanceof TacitError ? error.code : 'TOOL_FAILED', message }
  }
}

port.on('message', (request: StressJob & { readonly job: number }) => port.postMessage(answer(request)))
