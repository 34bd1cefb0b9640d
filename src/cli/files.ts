/** Files that the user names. Boundary module. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** As readTextFile, for a kind of file with a greatest size. @throws InputError for a larger one, before it is read */
export function readSmallTextFile(path: string, mostBytes: number): TextFile {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > mostBytes)
    throw new InputError(`has more than ${mostBytes} bytes, too many for its kind`, { file: path })
  return readTextFile(path)
}

/** @throws InputError unless there is a file (or folder) to read */
export function requireExisting(path: string, kind: 'file' | 'folder' = 'file'): string {
  const info = statSync(path, { throwIfNoEntry: false })
  if (info === undefined) throw new InputError(`cannot be read: ${REASONS.ENOENT}`, { file: path })
  if (info.isDirectory() !== (kind === 'folder')) throw new InputError(`is not a ${kind}`, { file: path })
  return path
}

/** Market files of a folder of rounds, in the order of their names. @throws InputError when there is none */
export function marketFilesIn(folder: string): string[] {
  const names = readdirSync(requireExisting(folder, 'folder'))
    .filter((name) => name.endsWith('.json'))
    .sort()
  if (names.length === 0) throw new InputError('holds no market file', { file: folder })
  return names.map((name) => join(folder, name))
}

/**
 * All of it or nothing: written beside and renamed. Synchronous, so that no signal's handler can come in between.
 * @throws InputError naming the file
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    writeFileSync(draft, content, { flag: 'wx' })
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
