/** Proofs in a process of their own. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProveAnswer, ProveRequest } from './prove-process.ts'

const CHILD = fileURLToPath(new URL('./prove-process.ts', import.meta.url))

export type LeanProofs = Exclude<ProveAnswer, { readonly error: string }>

/** Starts the process, waits for its proofs and its end. @throws Error when it fails or gives no answer */
export function proveInOwnProcess(request: ProveRequest): Promise<LeanProofs> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, { stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced' })
    let answer: ProveAnswer | undefined
    child.once('message', (received: ProveAnswer) => {
      answer = received
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (answer === undefined) reject(new Error(`the prover ended without a proof (${signal ?? code})`))
      else if ('error' in answer) reject(new Error(answer.error))
      else resolve(answer)
    })
    child.send(request)
  })
}
