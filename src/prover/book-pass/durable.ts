/** Files that survive a kill: whole under their name or not there. Boundary module: writes files. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes beside, flushes, renames, flushes the folder. The mode is that of the file. */
export function writeDurably(path: string, text: string, mode = 0o644): void {
  const draft = `${path}.tmp`
  // Left by a run that was killed; nobody else writes here (see lock.ts).
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', mode)
  try {
    writeAll(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  flushFolder(dirname(path))
}

export function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8')
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

/** So that a new name outlives a loss of power. */
export function flushFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
