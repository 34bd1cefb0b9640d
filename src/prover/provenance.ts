/** Where a proving key comes from. It stands beside every key as provenance.json, and travels with its proofs. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { SetupError } from '../protocol/errors.ts'
import type { Provenance } from './key-kind.ts'

export * from './key-kind.ts'

const KINDS: readonly string[] = ['development', 'production', 'test']

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
