/**
 * The Solidity compiler of npm on a thread of its own: it works for seconds without a pause. The thread stays for a while,
 * since the compiler's first work takes three times as long as its later. Boundary module: a thread.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ToolError } from '../../protocol/errors.ts'
import { REPOSITORY_ROOT } from '../../prover/cache.ts'

/** One entry of a contract's ABI; typed as loosely as it is used. */
export interface AbiEntry {
  readonly type: string
  readonly name?: string
  readonly inputs?: readonly { readonly name: string; readonly type: string }[]
}

export interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly abi: AbiEntry[]; readonly evm: { readonly bytecode: { object: string } } }>
      >
    >
  >
}

/** How long the thread waits for more work before it ends and gives its memory back. */
const IDLE_MS = 15_000

interface Job {
  readonly resolve: (output: SolcOutput) => void
  readonly reject: (error: ToolError) => void
}

interface Thread {
  readonly worker: Worker
  /** In the order in which the thread works. */
  readonly jobs: Job[]
  idle?: NodeJS.Timeout | undefined
}

let current: Thread | undefined

/** @param input standard JSON, as text */
export function runSolc(input: string): Promise<SolcOutput> {
  current ??= startThread()
  const thread = current
  clearTimeout(thread.idle)
  thread.worker.ref()
  return new Promise((resolve, reject) => {
    thread.jobs.push({ resolve, reject })
    thread.worker.postMessage(input)
  })
}

function startThread(): Thread {
  const worker = new Worker(new URL('./thread.cjs', import.meta.url), { execArgv: [] })
  const thread: Thread = { worker, jobs: [] }
  worker.on('message', (output: string) => {
    thread.jobs.shift()?.resolve(JSON.parse(output) as SolcOutput)
    if (thread.jobs.length === 0) rest(thread)
  })
  worker.once('error', (cause) => end(thread, new ToolError('the Solidity compiler failed', { cause })))
  worker.once('exit', () => end(thread, new ToolError('the Solidity compiler ended without an answer')))
  return thread
}

/** Nothing waits for it any more, and so does not the process. */
function rest(thread: Thread): void {
  thread.worker.unref()
  thread.idle = setTimeout(() => {
    end(thread, new ToolError('the Solidity compiler was ended'))
    void thread.worker.terminate()
  }, IDLE_MS).unref()
}

/** Whoever comes next gets another thread. */
function end(thread: Thread, error: ToolError): void {
  clearTimeout(thread.idle)
  if (current === thread) current = undefined
  for (const job of thread.jobs.splice(0)) job.reject(error)
}

export function compilerVersion(): string {
  const path = join(REPOSITORY_ROOT, 'node_modules', 'solc', 'package.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
