/** One run at a time in a folder. Boundary module: files and processes. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../protocol/errors.ts'

const LOCK = 'run.lock'

/**
 * Takes the folder for this process and returns what gives it back. A lock whose process is gone (it was killed) is
 * taken over. Throws InputError while another process is at work.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK)
  const mine = `${process.pid}\n`
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, mine, { flag: 'wx' })
      return () => {
        if (read(path) === mine) rmSync(path, { force: true })
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = read(path)
    if (holder !== undefined && isAlive(Number(holder))) throw busy(path, holder)
    // Moved aside first: of two that find the same dead lock, one moves it and the other tries again.
    const aside = `${path}.${process.pid}`
    try {
      renameSync(path, aside)
      rmSync(aside, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw busy(path, read(path) ?? 'unknown')
}

function busy(path: string, holder: string): InputError {
  const rule = `process ${holder.trim()} is at work in this folder; wait for it, or remove this file if it is another program's`
  return new InputError(rule, { file: path })
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
