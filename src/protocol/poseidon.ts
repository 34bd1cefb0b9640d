import { buildPoseidon } from 'circomlibjs'
import { DOMAIN_TAGS, type Domain } from './domains.ts'

/** Poseidon over BN254 with circomlib's constants and a domain tag in the capacity; 1 to 16 inputs below the modulus. */
export interface Hasher {
  hash(domain: Domain, inputs: readonly bigint[]): bigint
}

let shared: Promise<Hasher> | undefined

/** The process-wide hasher. Building it takes about half a second (wasm and constants), so it is built once. */
export function poseidonHasher(): Promise<Hasher> {
  shared ??= buildHasher()
  return shared
}

async function buildHasher(): Promise<Hasher> {
  const poseidon = await buildPoseidon()
  const tags = Object.fromEntries(
    Object.entries(DOMAIN_TAGS).map(([domain, tag]) => [domain, poseidon.F.e(tag)]),
  ) as Record<Domain, Uint8Array>
  return {
    hash: (domain, inputs) => poseidon.F.toObject(poseidon(inputs as bigint[], tags[domain], 1)),
  }
}
