import type { VerifiedProofs } from '../../chain/verifying-keys.ts'
import type { ChainKey, ChainKeys, ShownCheck } from './messages.ts'

const TITLES = {
  service: 'The chain takes proofs for this key, as the service says',
  wallet: 'The chain takes proofs for this key, as the node of your wallet says',
} as const

export const isFailure = ({ verdict }: ShownCheck) => verdict === 'fail'

/** Of what holds for the key that it came with, when that is not the chain's. */
export const FOREIGN_KEY = {
  tone: 'bad',
  title: 'Not valid: another key than the chain has',
  words: ['It holds for the key that it came with, and the contracts take no proofs for that key.'],
} as const

/** Hashes of the keys that something was verified with. */
export type UsedKeys = Readonly<Partial<Record<VerifiedProofs, string>>>

/** The keys that were used, held against those of the chain's verifier contracts: by whose word, and by whose not. */
export function compareKeys(used: UsedKeys, { chainId, ...said }: ChainKeys): ShownCheck[] {
  return (['service', 'wallet'] as const).map((who) => {
    const keys = said[who]
    const title = TITLES[who]
    if (typeof keys === 'string') return { title, verdict: 'skipped', evidence: keys }
    const answers = Object.entries(used).map(([proofs, hash]) =>
      answer(
        hash,
        chainId,
        keys.find((key) => key.proofs === proofs),
        proofs,
      ),
    )
    const isSame = answers.every(({ ok }) => ok)
    return {
      title,
      verdict: isSame ? 'pass' : 'fail',
      evidence: answers.map(({ words }) => words).join('; '),
    }
  })
}

function answer(hash: string, chainId: number, key: ChainKey | undefined, proofs: string) {
  if (key === undefined) return { ok: false, words: `the deployment has no verifier of ${proofs} proofs` }
  const verifier = `verifier ${key.verifier} of chain ${chainId} (${proofs} proofs)`
  return key.hash === hash
    ? { ok: true, words: `${verifier} holds this key, ${hash}` }
    : { ok: false, words: `${verifier} holds the key ${key.hash}, and not ${hash}` }
}
