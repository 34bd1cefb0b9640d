/** The worker script of a browser: a thread of the engine, or the whole engine, as its name says. Boundary module. */
import { type Request, Responder } from '../responder.ts'
import { EngineHost } from './host.ts'
import type { Call } from './messages.ts'
import { holdLock, READY, roleOf } from './threads.ts'

interface WorkerScope {
  readonly name: string
  readonly location: { readonly href: string }
  onmessage: (event: MessageEvent) => void
  postMessage(message: unknown): void
}

const scope = globalThis as unknown as WorkerScope

function listener(): (message: unknown) => Promise<unknown> {
  if (roleOf(scope.name) === 'engine') {
    const host = new EngineHost(scope.location.href)
    return (message) => host.answer(message as Call)
  }
  const responder = new Responder()
  return (message) => responder.answer(message as Request)
}

const answer = listener()
// No work before the lock is held: by the lock the starter knows when this worker can write to memory no more.
const ready = holdLock(scope.name).then(() => scope.postMessage(READY))

scope.onmessage = async ({ data }) => {
  await ready
  const reply = await answer(data)
  if (reply !== undefined) scope.postMessage(reply)
}
