/** Thread that reads books: parses, checks and hashes what a venue hands in. */
import { parentPort, workerData } from 'node:worker_threads'
import { InputError, OutOfRangeError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { hasherOfImage } from '../../protocol/poseidon-wasm.ts'
import { packError } from '../../prover/matrix-messages.ts'
import { readBookText } from '../venue.ts'
import type { BookAnswer, BookQuestion, BookThreadStart } from './book-reader.ts'

const port = parentPort!
const { instance, poseidon } = workerData as BookThreadStart
const reading = { hasher: hasherOfImage(poseidon), instance: MARGIN_INSTANCES[instance] }

port.on('message', ({ id, text }: BookQuestion) => {
  const say = (answer: BookAnswer) => port.postMessage(answer)
  try {
    say({ id, book: readBookText(reading, text) })
  } catch (error) {
    // Of a class that does not survive the way.
    const isRange = error instanceof OutOfRangeError
    const fault = isRange
      ? new InputError('a number is out of the range of the format', { field: 'book' })
      : error
    say({ id, error: packError(fault) })
  }
})
