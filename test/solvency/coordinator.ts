/** A book pass in a process of its own, to be killed: coordinator.ts FOLDER. Sends a message after every step. */
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { proveBook } from '../../src/prover/book-pass/pass.ts'
import { passRequest } from './pass-request.ts'

const hasher = await poseidonHasher()
const request = await passRequest(hasher, process.argv[2]!)
await proveBook({
  ...request,
  progress: (progress) => process.send?.(progress),
  workerStarted: (pid) => process.send?.({ pid }),
})
