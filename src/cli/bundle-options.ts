/** What commands over bundles share: options, and the surroundings that verification takes. Boundary module. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { keyHash, keyPointsOf } from '../bundle/key-hash.ts'
import type { PinnedKey } from '../bundle/verify/keys.ts'
import type { VerifyOptions, VerifyProgress } from '../bundle/verify/verify.ts'
import { InputError } from '../protocol/errors.ts'
import { poseidonHasher } from '../protocol/poseidon.ts'
import { KEY_FILES } from '../prover/artifacts.ts'
import { readProvenance } from '../prover/provenance.ts'
import type { VerificationKey } from '../prover/zkey.ts'
import { requireExisting } from './files.ts'
import { trustedFolders } from './key-folders.ts'
import type { Update } from './output.ts'

export interface BundleOptions {
  readonly asOf?: number
  readonly maxAge?: number
  readonly keyHash?: readonly string[]
}

export function withBundle(command: Command): Command {
  return command
    .option(
      '--as-of <time>',
      'for a bundle: the time to hold its round against, ISO 8601 or unix seconds (default: now)',
      parseTime,
    )
    .option('--max-age <seconds>', 'for a bundle: how old its round may be at that time', parseSeconds)
    .option(
      '--key-hash <hash>',
      'for a bundle: hash of a verification key that you trust (tacit setup shows it); once for steps, once for the seal',
      collectHash,
    )
}

/** Bytes, clock, time and trusted keys for verifyBundle. @param folders of keys, or of folders of keys */
export async function verifySurroundings(
  options: BundleOptions,
  folders: readonly string[],
  update: Update,
): Promise<VerifyOptions> {
  return {
    hasher: await poseidonHasher(),
    randomBytes: (length) => randomBytes(length),
    nowMs: () => performance.now(),
    asOfSeconds: options.asOf ?? Math.floor(Date.now() / 1_000),
    maxAgeSeconds: options.maxAge,
    pins: [
      ...(options.keyHash ?? []).map((hash) => ({ hash, source: 'named by its hash' })),
      ...(await Promise.all(folders.flatMap(trustedFolders).map(pinOf))),
    ],
    progress: ({ phase, done, total }: VerifyProgress) => update(`${phase} ${done} of ${total}`),
  }
}

async function pinOf({ folder, circuit }: ReturnType<typeof trustedFolders>[number]): Promise<PinnedKey> {
  const file = requireExisting(join(folder, KEY_FILES.verificationKey))
  const record = join(folder, KEY_FILES.provenance)
  const made = existsSync(record) ? await readProvenance(record) : undefined
  try {
    const key = JSON.parse(readFileSync(file, 'utf8')) as VerificationKey
    const hash = keyHash(keyPointsOf(key))
    return { hash, source: file, ...(circuit && { circuit }), ...(made && { made }) }
  } catch (cause) {
    throw new InputError('is no verification key', { file }, { cause })
  }
}

function parseTime(text: string): number {
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : Math.floor(Date.parse(text) / 1_000)
  if (!(seconds > 0 && seconds < 2 ** 32))
    throw new InvalidArgumentError('It must be a time: 2026-03-02T09:30:00Z.')
  return seconds
}

function parseSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.')
  return Number(text)
}

function collectHash(text: string, earlier: readonly string[] = []): readonly string[] {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('It must be 0x and 64 hex digits.')
  return [...earlier, text.toLowerCase()]
}
