/** A process that loads one proving key, proves one witness some times, and does nothing else: so its memory is a prover's. */

import type { ProvingArtifacts } from '../../src/prover/backend.ts'
import { EngineBackend } from '../../src/prover/engine-backend.ts'
import { timed } from './measure.ts'

export interface ProveRequest {
  readonly artifacts: ProvingArtifacts
  readonly witness: Uint8Array
  readonly threads: number
  /** Proofs after the first one, which loads the key. */
  readonly proofs: number
}

export type ProveAnswer =
  | {
      readonly seconds: readonly number[]
      /** Key loading included. */
      readonly firstSeconds: number
      /** Milliseconds that each check of a proof took, the first one's left out. */
      readonly verifyMs: readonly number[]
      /** The most that was resident from start to end, threads and runtime included. */
      readonly peakMib: number
    }
  | { readonly error: string }

async function answer({ artifacts, witness, threads, proofs }: ProveRequest): Promise<ProveAnswer> {
  const backend = await EngineBackend.create({ threads })
  try {
    const prove = () => timed(() => backend.prove(artifacts, witness))
    const first = await prove()
    const seconds: number[] = []
    const verifyMs: number[] = []
    for (let run = 0; run < proofs; run++) {
      const made = await prove()
      seconds.push(made.seconds)
      verifyMs.push(made.value.timings.verifyMs!)
    }
    const peakMib = Math.round(process.resourceUsage().maxRSS / 1024)
    return { seconds, firstSeconds: first.seconds, verifyMs, peakMib }
  } finally {
    await backend.close()
  }
}

// Nobody waits for the answer any more.
process.once('disconnect', () => process.exit(1))
process.once('message', async (request: ProveRequest) => {
  const message = await answer(request).catch((error: unknown): ProveAnswer => ({ error: String(error) }))
  process.send?.(message, () => process.exit(0))
})
