/** Worker thread of the matrix pool: prices a share of a round's instruments, then hashes their leaves. */
import { parentPort } from 'node:worker_threads'
import type { Hasher } from '../protocol/poseidon.ts'
import { hasherOfImage } from '../protocol/poseidon-wasm.ts'
import { hashOutcome, priceJob, pricerOf } from '../risk/matrix.ts'
import { type FromWorker, packError, packOutcomes, type ToWorker } from './matrix-messages.ts'

const port = parentPort!
let haveHasher: (hasher: Hasher) => void
const hasherReady = new Promise<Hasher>((resolve) => {
  haveHasher = resolve
})

async function workOn(message: Extract<ToWorker, { kind: 'share' }>): Promise<FromWorker> {
  const { share, snapshot, jobs } = message
  try {
    const price = pricerOf(message)
    const priced = jobs.map(([index, id]) =>
      priceJob({ instrument: snapshot.instruments[index]!, id }, price),
    )
    // Pricing needs no hasher: in the first round it runs while the main thread is still building one.
    const hasher = await hasherReady
    return {
      kind: 'done',
      share,
      outcomes: packOutcomes(priced.map((outcome) => hashOutcome(hasher, outcome))),
    }
  } catch (error) {
    return { kind: 'failed', share, error: packError(error) }
  }
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'image') haveHasher(hasherOfImage(message.image))
  else void workOn(message).then((reply) => port.postMessage(reply))
})
