/** Verification in a worker of its own. Boundary module of the page. */
import source from 'embedded:worker'
import type {
  PageOutcome,
  PageProgress,
  PageRequest,
  ProofOutcome,
  ProvePhase,
  ProveRequest,
  VerifyRequest,
  WorkerMessage,
} from './messages.ts'

export interface Listener {
  progress(progress: PageProgress): void
  done(outcome: PageOutcome): void
  /** The check itself broke down: there is no verdict. */
  failed(reason: string): void
}

export interface ProofListener {
  inspected(refused: string | undefined): void
  phase(phase: ProvePhase): void
  done(outcome: ProofOutcome): void
}

/**
 * One check at a time; a new one ends the one before it. The worker of a check that found an account counted stays, and
 * proves claims about it.
 */
export class Verifier {
  // A worker from a blob stands under the page's own policy; one from an address would be under none.
  readonly #url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  #worker: Worker | undefined
  #proofs: ProofListener | undefined

  verify(request: VerifyRequest, listener: Listener): void {
    this.stop()
    const worker = new Worker(this.#url)
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.kind === 'progress') listener.progress(data.progress)
      else if (data.kind === 'inspected') this.#proofs?.inspected(data.refused)
      else if (data.kind === 'proving') this.#proofs?.phase(data.phase)
      else if (data.kind === 'proved') this.#proofs?.done(data.outcome)
      else if (data.kind === 'done') {
        if (!countsAccount(data.outcome)) this.stop()
        listener.done(data.outcome)
      } else {
        this.stop()
        listener.failed(data.reason)
      }
    }
    worker.onerror = (event) => {
      event.preventDefault()
      this.stop()
      listener.failed(event.message || 'the worker could not be started')
    }
    this.#ask({ kind: 'verify', request })
  }

  /** Of the account that the last check found counted: whom to tell of its proofs. */
  listen(listener: ProofListener): void {
    this.#proofs = listener
  }

  inspect(pack: File): void {
    this.#ask({ kind: 'inspect', pack })
  }

  prove(request: ProveRequest): void {
    this.#ask({ kind: 'prove', request })
  }

  #ask(request: PageRequest): void {
    this.#worker?.postMessage(request)
  }

  stop(): void {
    if (this.#worker === undefined) return
    // What it said before it ended may still be under way.
    this.#worker.onmessage = null
    this.#worker.onerror = null
    this.#worker.terminate()
    this.#worker = undefined
    this.#proofs = undefined
  }
}

function countsAccount({ receipt }: PageOutcome): boolean {
  return receipt?.kind === 'checked' && receipt.report.verdict === 'counted'
}
