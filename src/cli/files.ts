/** Files that the user names. Boundary module. */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { InputError } from '../protocol/errors.ts'
import type { TextFile } from '../risk/market/json.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
}

/** @throws InputError naming the file */
export function readTextFile(path: string): TextFile {
  try {
    return { name: path, text: readFileSync(path, 'utf8') }
  } catch (cause) {
    throw new InputError(`cannot be read: ${reasonOf(cause)}`, { file: path }, { cause })
  }
}

/** @throws InputError unless there is a file (or folder) to read */
export function requireExisting(path: string, kind: 'file' | 'folder' = 'file'): string {
  const info = statSync(path, { throwIfNoEntry: false })
  if (info === undefined) throw new InputError(`cannot be read: ${REASONS.ENOENT}`, { file: path })
  if (info.isDirectory() !== (kind === 'folder')) throw new InputError(`is not a ${kind}`, { file: path })
  return path
}

/**
 * All of it or nothing: written beside and renamed. Synchronous, so that no signal's handler can come in between.
 * @throws InputError naming the file
 */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    writeFileSync(draft, text, { flag: 'wx' })
    renameSync(draft, path)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw new InputError(`cannot be written: ${reasonOf(cause)}`, { file: path }, { cause })
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return REASONS[code] ?? String((error as Error).message)
}
