/** Where a proving key comes from. It stands beside every key as provenance.json, and travels with its proofs. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
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

const KINDS: readonly string[] = ['development', 'production', 'test']

/** True when a key of this provenance may stand behind money. */
export function isProductionKey(provenance: Provenance): boolean {
  return provenance.kind === 'production'
}

/** What everything made with a key that is not for production must print; undefined for a production key. */
export function keyNotice(provenance: Provenance): string | undefined {
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

export function sha256(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

export async function writeProvenance(path: string, provenance: Provenance): Promise<void> {
  await writeFile(path, `${JSON.stringify(provenance, null, 2)}\n`)
}

/** @throws SetupError when the file is missing or is not a provenance record */
export async function readProvenance(path: string): Promise<Provenance> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new SetupError(`${path} is not a readable provenance record`, { cause })
  }
  const record = value as Partial<Provenance> | null
  const complete =
    typeof record === 'object' &&
    record !== null &&
    KINDS.includes(record.kind ?? '') &&
    typeof record.r1csHash === 'string' &&
    typeof record.zkeyHash === 'string'
  if (!complete) throw new SetupError(`${path} is not a provenance record`)
  return record as Provenance
}
