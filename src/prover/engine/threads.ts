/** What the runner needs of a worker thread, and the two platforms that have them. Boundary module: starts threads. */
import { startBrowserThread, threadsInBrowser } from './browser/threads.ts'
import type { Reply, Request } from './responder.ts'

export interface ThreadEvents {
  onReply(reply: Reply): void
  /** The thread ended, or cannot go on. */
  onDeath(cause: unknown): void
}

export interface EngineThread {
  post(request: Request): void
  /** Whether the thread keeps the process alive: it does while it works. */
  hold(busy: boolean): void
  /** Fulfilled when the thread has ended: from then on it writes to no memory. */
  terminate(): Promise<void>
}

export type StartThread = (events: ThreadEvents) => EngineThread

/**
 * How threads are started here, or undefined where there are none that can share memory.
 * @param workerUrl the browser's worker script
 */
export async function threadStarter(workerUrl: string | URL | undefined): Promise<StartThread | undefined> {
  if (typeof SharedArrayBuffer === 'undefined') return undefined
  if (threadsInBrowser()) {
    return workerUrl === undefined ? undefined : (events) => startBrowserThread(workerUrl, events)
  }
  try {
    const { Worker } = await import('node:worker_threads')
    return nodeThreads(Worker)
  } catch {
    return undefined
  }
}

/** Threads of Node, made by its Worker class. */
export function nodeThreads(WorkerType: typeof import('node:worker_threads').Worker): StartThread {
  return ({ onReply, onDeath }) => {
    const worker = new WorkerType(new URL('./start.mjs', import.meta.url), { execArgv: [] })
    worker.unref()
    worker.on('message', onReply)
    worker.on('error', onDeath)
    worker.on('exit', (code) => onDeath(new Error(`exit code ${code}`)))
    return {
      post: (request) => worker.postMessage(request),
      hold: (busy) => (busy ? worker.ref() : worker.unref()),
      terminate: async () => {
        await worker.terminate()
      },
    }
  }
}
