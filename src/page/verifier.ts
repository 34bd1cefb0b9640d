/** Verification in a worker of its own. Boundary module of the page. */
import source from 'embedded:worker'
import type { PageOutcome, PageProgress, VerifyRequest, WorkerMessage } from './messages.ts'

export interface Listener {
  progress(progress: PageProgress): void
  done(outcome: PageOutcome): void
  /** The check itself broke down: there is no verdict. */
  failed(reason: string): void
}

/** One check at a time; a new one ends the one before it. */
export class Verifier {
  // A worker from a blob stands under the page's own policy; one from an address would be under none.
  readonly #url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  #worker: Worker | undefined

  verify(request: VerifyRequest, listener: Listener): void {
    this.stop()
    const worker = new Worker(this.#url)
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.kind === 'progress') return listener.progress(data.progress)
      this.stop()
      if (data.kind === 'done') listener.done(data.outcome)
      else listener.failed(data.reason)
    }
    worker.onerror = (event) => {
      event.preventDefault()
      this.stop()
      listener.failed(event.message || 'the worker could not be started')
    }
    worker.postMessage(request)
  }

  stop(): void {
    if (this.#worker === undefined) return
    // What it said before it ended may still be under way.
    this.#worker.onmessage = null
    this.#worker.onerror = null
    this.#worker.terminate()
    this.#worker = undefined
  }
}
