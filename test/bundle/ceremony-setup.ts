import { keySetupOf } from '../../src/bundle/write.ts'
import type { Transcript } from '../../src/prover/ceremony.ts'
import { sha256 } from '../../src/prover/provenance.ts'
import type { Loose } from './change.ts'

/** The transcript and the provenance of a finished ceremony, as ceremonyFinish writes them. */
export function ceremonySetup(): Loose {
  const transcript: Transcript = {
    kind: 'production',
    r1csHash: '11'.repeat(32),
    zkeyHash: '22'.repeat(32),
    powersOfTau: { file: 'powersOfTau28_hez_final_17.ptau', hash: 'aa'.repeat(64), power: 17 },
    circuitHash: 'bb'.repeat(64),
    contributions: [
      { kind: 'contribution', hash: 'cd'.repeat(64), name: 'alice' },
      {
        kind: 'beacon',
        hash: 'ef'.repeat(64),
        name: 'beacon',
        beacon: { hash: '01'.repeat(32), iterationsExponent: 10 },
      },
    ],
  }
  const { kind, r1csHash, zkeyHash } = transcript
  const transcriptHash = sha256(`${JSON.stringify(transcript, null, 2)}\n`)
  return keySetupOf({ kind, r1csHash, zkeyHash, transcriptHash }, transcript)
}
