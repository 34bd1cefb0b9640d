/** A worker thread of Node. Boundary module. */
import { parentPort } from 'node:worker_threads'
import { type Request, Responder } from './responder.ts'

const responder = new Responder()

parentPort!.on('message', async (request: Request) => {
  const reply = await responder.answer(request)
  if (reply !== undefined) parentPort!.postMessage(reply)
})
