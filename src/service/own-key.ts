/** The encryption key of a service that was started with nothing: a file beside its data. Boundary module: files, randomness. */
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../protocol/errors.ts'
import { writeDurably } from '../prover/book-pass/durable.ts'
import { KEY_BYTES, parseKeys } from './keyring.ts'
import type { Logger } from './log.ts'

const KEY_FILE = 'encryption.key'

export interface OwnKey {
  readonly keys: readonly (readonly [id: string, key: Uint8Array])[]
  /** A key that was made just now opens nothing of a database that is there already. Always throws InputError. */
  readonly refused: (error: unknown) => never
}

/** For a database on this machine alone. Throws InputError for a key that others can read, or that cannot be kept. */
export function ownKey(folder: string, log: Logger): OwnKey {
  const path = join(folder, KEY_FILE)
  const isNew = !existsSync(path) && writeKey(folder, path)
  if (isNew) {
    log.warn(
      'an encryption key was made beside the data: good for trying out, not for a venue (TACIT_ENCRYPTION_KEYS)',
    )
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new InputError('can be read by others than its owner (chmod 600)', { file: path })
  }
  return {
    keys: readKey(path),
    refused: (error) => {
      if (!isNew || !(error instanceof InputError)) throw error
      rmSync(path, { force: true })
      throw new InputError(
        'is missing, and the database beside it is sealed with its key: put it back, or set TACIT_ENCRYPTION_KEYS',
        { file: path },
      )
    },
  }
}

/** Whole or not at all. False when another process was faster: its key stays. */
function writeKey(folder: string, path: string): boolean {
  const draft = `${path}.${process.pid}`
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeDurably(draft, `local:${randomBytes(KEY_BYTES).toString('hex')}\n`, 0o600)
    try {
      linkSync(draft, path)
    } finally {
      rmSync(draft, { force: true })
    }
    return true
  } catch (cause) {
    const { code = 'unknown', syscall } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST' && syscall === 'link') return false
    throw new InputError(`cannot be written (${code})`, { file: path }, { cause })
  }
}

function readKey(path: string): OwnKey['keys'] {
  try {
    return parseKeys(readFileSync(path, 'utf8').trim())
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause
    throw new InputError(cause.rule, { file: path }, { cause })
  }
}
