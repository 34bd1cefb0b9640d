/**
 * The page's worker: verifies one bundle, which blocks for about a second at a time, and then proves claims about the
 * account that it found counted. Boundary module.
 */
import './jitless.ts'
import { code, pages } from 'embedded:poseidon'
import {
  type CountedAccount,
  countAccount,
  hasherOfImage,
  parseReceipt,
  type Receipt,
  type VerifyOptions,
  verifyBundle,
} from '../bundle/index.ts'
import { InputError } from '../protocol/errors.ts'
import { chunksOf } from './chunks.ts'
import type { PageOutcome, PageProgress, PageRequest, VerifyRequest, WorkerMessage } from './messages.ts'
import { OwnProver } from './own-prover.ts'

/** Often enough for the eye. */
const PROGRESS_EVERY_MS = 80

const say = (message: WorkerMessage) => globalThis.postMessage(message)
const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))

let prover: OwnProver | undefined

globalThis.onmessage = async ({ data }: MessageEvent<PageRequest>) => {
  try {
    await answer(data)
  } catch (error) {
    say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
  }
}

async function answer(asked: PageRequest): Promise<void> {
  if (asked.kind === 'verify') {
    const { outcome, counted } = await verify(asked.request)
    prover = counted && new OwnProver(counted, randomBytes)
    say({ kind: 'done', outcome })
    return
  }
  if (prover === undefined) throw new Error('no account was found counted')
  if (asked.kind === 'inspect') {
    say({ kind: 'inspected', refused: await prover.inspect(asked.pack) })
    return
  }
  const outcome = await prover.prove(asked.request, (phase) => say({ kind: 'proving', phase }))
  say({ kind: 'proved', outcome })
}

async function verify({ bundle, receipt, options }: VerifyRequest): Promise<{
  readonly outcome: PageOutcome
  readonly counted?: CountedAccount | undefined
}> {
  const progress = new ProgressTeller(bundle.size)
  const surroundings: VerifyOptions = {
    ...options,
    hasher: hasherOfImage({ module: await WebAssembly.compile(bytesOf(code)), pages }),
    randomBytes,
    nowMs: () => performance.now(),
    progress: ({ phase, done, total }) => progress.tell({ phase, done, total }),
  }
  const chunks = chunksOf(bundle, (bytesRead) => progress.tell({ bytesRead }))
  const parsed = receipt === undefined ? undefined : await readReceipt(receipt)
  if (parsed === undefined || 'refused' in parsed) {
    const { report } = await verifyBundle(chunks, surroundings)
    return { outcome: { report, receipt: parsed && { kind: 'refused', reason: parsed.refused } } }
  }
  const { report, counted } = await countAccount(parsed.receipt, chunks, surroundings)
  return { outcome: { report: report.bundle, receipt: { kind: 'checked', report } }, counted }
}

async function readReceipt(
  file: File,
): Promise<{ readonly receipt: Receipt } | { readonly refused: string }> {
  try {
    return { receipt: parseReceipt({ name: file.name, text: await file.text() }) }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { refused: error.message }
  }
}

class ProgressTeller {
  #progress: PageProgress
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(bytes: number) {
    this.#progress = { phase: 'reading', done: 0, total: 0, bytesRead: 0, bytes }
  }

  tell(change: Partial<PageProgress>): void {
    this.#progress = { ...this.#progress, ...change }
    const now = performance.now()
    if (now - this.#toldAt < PROGRESS_EVERY_MS) return
    this.#toldAt = now
    say({ kind: 'progress', progress: this.#progress })
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}
