/**
 * Web Workers as the engine's threads. Boundary module.
 *
 * A Web Worker that ends says nothing. Each of ours therefore holds a lock of its own name for as long as it lives;
 * whoever started it asks for the same lock, and has it when the worker is gone, however it went.
 */
import type { Reply, Request } from '../responder.ts'
import type { EngineThread, ThreadEvents } from '../threads.ts'

/** What a worker says when it holds its lock, before any reply. */
export const READY = 'ready'

/** Names of workers: what they serve, then a number drawn for each. */
export type Role = 'thread' | 'engine'

const PREFIX = 'groth16-'

/** True where this is a browser, in a page or a worker. */
function inBrowser(): boolean {
  return typeof Worker === 'function' && typeof navigator === 'object' && typeof location === 'object'
}

/** True in a browser whose workers can share memory (a cross-origin isolated page) and be seen to end. */
export function threadsInBrowser(): boolean {
  return inBrowser() && globalThis.crossOriginIsolated === true && locks() !== undefined
}

function locks(): LockManager | undefined {
  return globalThis.navigator?.locks
}

export function roleOf(name: string): Role | undefined {
  return (['thread', 'engine'] as const).find((role) => name.startsWith(`${PREFIX}${role}-`))
}

/** True once this worker holds the lock, which it does until it ends; false where there are no locks to hold. */
export async function holdLock(name: string): Promise<boolean> {
  const manager = locks()
  if (manager === undefined) return false
  return new Promise((resolve) => {
    const held = () => {
      resolve(true)
      return new Promise(() => {})
    }
    // A page without an origin of its own is refused.
    manager.request(name, held).catch(() => resolve(false))
  })
}

export interface WatchedWorker {
  readonly worker: Worker
  /** Fulfilled when the worker has ended; at once where there are no locks. */
  terminate(): Promise<void>
}

export interface WorkerEvents {
  onMessage(message: unknown): void
  /** The worker ended, or failed. */
  onDeath(cause: unknown): void
}

/** Starts the worker script in a role; with a lock to tell its end by, where the browser has locks. */
export function startWorker(url: string | URL, role: Role, events: WorkerEvents): WatchedWorker {
  const name = `${PREFIX}${role}-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`
  const worker = new Worker(url, { type: 'module', name })
  let gone: Promise<boolean> | undefined
  const ended = () => {
    gone ??= holdLock(name)
    return gone
  }
  worker.onmessage = ({ data }: MessageEvent) => {
    if (data !== READY) events.onMessage(data)
    else void ended().then((certain) => certain && events.onDeath(new Error('the worker ended')))
  }
  worker.onerror = (event) => {
    event.preventDefault()
    events.onDeath(new Error(event.message || `the worker script ${url} cannot be run`))
  }
  worker.onmessageerror = () => events.onDeath(new Error('a message of the worker cannot be read'))
  return {
    worker,
    terminate: async () => {
      worker.terminate()
      await ended()
    },
  }
}

export function startBrowserThread(url: string | URL, { onReply, onDeath }: ThreadEvents): EngineThread {
  const { worker, terminate } = startWorker(url, 'thread', {
    onMessage: (message) => onReply(message as Reply),
    onDeath,
  })
  return { post: (request: Request) => worker.postMessage(request), hold: () => {}, terminate }
}
