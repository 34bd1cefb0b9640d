/** What a key is good for, by how it was made. Pure: the page asks too. */
import { SetupError } from '../protocol/errors.ts'

/**
 * - development: made by one party from a public seed. Anyone can forge proofs for it: local chains only.
 * - production: a public powers-of-tau file with its published hash, phase-2 contributions and a beacon.
 * - test: a ceremony over a powers-of-tau file of one's own making. As unsafe as development.
 */
export type ProvenanceKind = 'development' | 'production' | 'test'

export interface Provenance {
  readonly kind: ProvenanceKind
  /** sha256 of the constraint system and of the proving key, hex. */
  readonly r1csHash: string
  readonly zkeyHash: string
  /** The public seed of a development key. */
  readonly seed?: string
  /** File name and blake2b-512 of the powers of tau of a ceremony, hex. */
  readonly powersOfTau?: { readonly file: string; readonly hash: string }
  /** Hash of the ceremony's transcript, hex. */
  readonly transcriptHash?: string
}

/** True when a key of this provenance may stand behind money. */
export function isProductionKey(provenance: Provenance): boolean {
  return provenance.kind === 'production'
}

/** What everything made with a key that is not for production must print; undefined for a production key. */
export function keyNotice(provenance: Pick<Provenance, 'kind' | 'seed'>): string | undefined {
  if (provenance.kind === 'production') return undefined
  return provenance.kind === 'development'
    ? developmentNotice(provenance.seed ?? 'unknown')
    : 'TEST KEYS: this ceremony used powers of tau of its own making; proofs made with these keys prove nothing to others.'
}

export function developmentNotice(seed: string): string {
  return (
    `DEVELOPMENT KEYS (public seed "${seed}"): anyone can forge proofs for them. ` +
    'They are refused on every chain that is not local; run the ceremony for production keys.'
  )
}

/** Chains on which development keys may live: anvil's and hardhat's, and geth's development chain. */
export const LOCAL_CHAIN_IDS: readonly bigint[] = [31337n, 1337n]

/**
 * Before anything is sent or made for a chain: a key that is not of a public ceremony goes to no chain but a local one.
 * The verifier's constructor refuses too, for whoever deploys by other means.
 * @throws SetupError with code SETUP_REFUSED
 */
export function refuseForeignChain(
  chainId: bigint,
  key: { readonly kind: ProvenanceKind; readonly circuit: string },
): void {
  if (key.kind === 'production' || LOCAL_CHAIN_IDS.includes(chainId)) return
  throw new SetupError(
    `the ${key.kind} key of ${key.circuit} is refused on chain ${chainId}: anyone can forge proofs for ` +
      `it. Local chains have the ids ${LOCAL_CHAIN_IDS.join(' and ')}; for any other, run the ceremony`,
    { refused: true },
  )
}
