/** The console's worker: whatever computes for longer than a blink. Boundary module: randomness and clock of a browser. */
import '../../page/jitless.ts'
import { code, pages } from 'embedded:poseidon'
import { hasherOfImage } from '../../bundle/index.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import type { Job, Outcomes, WorkerMessage } from './messages.ts'
import { openLot } from './open-lot.ts'
import { ownAccount } from './own-account.ts'
import { verifyProofFile } from './verify-proof.ts'
import { verifySeal } from './verify-seal.ts'

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const say = (message: WorkerMessage) => globalThis.postMessage(message)

globalThis.onmessage = async ({ data }: MessageEvent<Job>) => {
  try {
    say({ kind: 'done', outcome: await answer(data) })
  } catch (error) {
    say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
  }
}

async function answer(job: Job): Promise<Outcomes[keyof Outcomes]> {
  const started = performance.now()
  const milliseconds = () => Math.round(performance.now() - started)
  const hasher = await makeHasher()
  if (job.kind === 'lot') return openLot(hasher, job)
  if (job.kind === 'account') return ownAccount(hasher, job)
  if (job.kind === 'proof')
    return { ...(await verifyProofFile(hasher, randomBytes, job)), milliseconds: milliseconds() }
  const surroundings = {
    hasher,
    randomBytes,
    nowMs: () => performance.now(),
    progress: ({ phase, done, total }: { phase: string; done: number; total: number }) =>
      say({ kind: 'progress', progress: { phase, done, total } }),
  }
  return { ...(await verifySeal(job, surroundings)), milliseconds: milliseconds() }
}

async function makeHasher(): Promise<Hasher> {
  const bytes = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0))
  return hasherOfImage({ module: await WebAssembly.compile(bytes), pages })
}
