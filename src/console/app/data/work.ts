/** Work in the page's worker: one for each job, ended with it. Boundary module of the console. */
import workerFile from 'embedded:worker-file'
import type { Job, Outcomes, Progress, WorkerMessage } from '../../worker/messages.ts'

type Outcome<J extends Job> = Outcomes[J['kind']]

/** The page's policy asks for a name to every address that code is loaded from. */
interface ScriptPolicy {
  createScriptURL(url: string): string
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptPolicy
}

const WORKER_URL = `/console/${workerFile}`
let policy: ScriptPolicy | undefined

function workerUrl(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  if (trustedTypes === undefined) return WORKER_URL
  policy ??= trustedTypes.createPolicy('tacit', {
    createScriptURL: (url) => {
      if (url !== WORKER_URL) throw new TypeError(`no script is loaded from ${url}`)
      return url
    },
  })
  return policy.createScriptURL(WORKER_URL)
}

/** Throws Error with the reason in words. */
export function runJob<J extends Job>(
  job: J,
  { progress, signal }: { progress?: (progress: Progress) => void; signal?: AbortSignal } = {},
): Promise<Outcome<J>> {
  const worker = new Worker(workerUrl())
  return new Promise<Outcome<J>>((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('stopped')))
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.kind === 'progress') progress?.(data.progress)
      else if (data.kind === 'failed') reject(new Error(data.reason))
      else resolve(data.outcome as Outcome<J>)
    }
    worker.onerror = (event) => {
      event.preventDefault()
      reject(new Error(event.message || 'the worker could not be started'))
    }
    worker.postMessage(job)
  }).finally(() => worker.terminate())
}
