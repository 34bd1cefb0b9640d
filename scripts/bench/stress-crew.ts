/** Processes that step through books of their own at the same time. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./stress-process.ts', import.meta.url))

export interface StressAnswer {
  readonly processorSeconds: number
  /** The most that was resident, mebibytes. */
  readonly peakMib: number
}

export interface CrewTime {
  /** From the word to the last one's answer, by the clock. */
  readonly seconds: number
  /** Of all of them together. */
  readonly processorSeconds: number
  /** Of the largest of them. */
  readonly peakMib: number
}

/** Starts them, waits until every book is made, and times the steps. @throws Error when one ends without an answer */
export async function timeCrew(processes: number, accounts: number): Promise<CrewTime> {
  const crew = Array.from({ length: processes }, () =>
    fork(CHILD, [String(accounts)], { stdio: ['ignore', 2, 2, 'ipc'] }),
  )
  try {
    await Promise.all(crew.map(nextMessage))
    const started = performance.now()
    const answers = crew.map(nextMessage)
    for (const child of crew) child.send('go')
    const times = (await Promise.all(answers)) as readonly StressAnswer[]
    const seconds = (performance.now() - started) / 1_000
    const processorSeconds = times.reduce((sum, time) => sum + time.processorSeconds, 0)
    return { seconds, processorSeconds, peakMib: Math.max(...times.map(({ peakMib }) => peakMib)) }
  } finally {
    for (const child of crew) child.kill()
  }
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`a stress process ended (${signal ?? `exit code ${code}`})`)),
    )
  })
}
