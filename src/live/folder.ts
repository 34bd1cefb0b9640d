/** The sample venue's folder: what of an earlier run lies there is put away. Boundary module: files and processes. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../protocol/errors.ts'

const MARK = 'sample-venue.txt'
const OWNER_PID = 'service.pid'
const CHAIN_PID = 'chain.pid'
/** Where the service listens: { url }. There while it runs. */
export const SERVICE_FILE = 'service.json'
const MARK_TEXT =
  'Everything in this folder belongs to the sample venue of `npm start` and is deleted when that starts again.\n'

/**
 * Makes the folder, empty. The chain of a run that was killed is ended, and what it left is deleted: its state is lost with
 * it. Throws InputError for a folder that holds something else, or that a living process uses. Whether there was an earlier run.
 */
export function prepareFolder(folder: string): boolean {
  const isOurs = existsSync(join(folder, MARK))
  if (existsSync(folder) && !isOurs) {
    throw new InputError('is there and is no folder of a sample venue: name another one, or delete it', {
      file: folder,
    })
  }
  if (isOurs) {
    refuseLiving(folder)
    endOrphan(folder)
    rmSync(folder, { recursive: true, force: true })
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, MARK), MARK_TEXT)
  writeFileSync(join(folder, OWNER_PID), `${process.pid}\n`)
  return isOurs
}

export function keepAddress(folder: string, url: string): void {
  writeFileSync(join(folder, SERVICE_FILE), `${JSON.stringify({ url })}\n`)
}

export function keepChainPid(folder: string, pid: number): void {
  writeFileSync(join(folder, CHAIN_PID), `${pid}\n`)
}

/** After an orderly end nobody needs to look for the chain. */
export function forgetPids(folder: string): void {
  for (const file of [CHAIN_PID, OWNER_PID, SERVICE_FILE]) rmSync(join(folder, file), { force: true })
}

function refuseLiving(folder: string): void {
  const pid = readPid(join(folder, OWNER_PID))
  if (pid === undefined || pid === process.pid || !/tsx|node/.test(commandOf(pid))) return
  throw new InputError(
    `is in use by process ${pid}: stop that one first, or set TACIT_DATA to another folder`,
    {
      file: folder,
    },
  )
}

/** A process that is no anvil any more is somebody else's. */
function endOrphan(folder: string): void {
  const pid = readPid(join(folder, CHAIN_PID))
  if (pid !== undefined && /anvil/.test(commandOf(pid))) process.kill(pid, 'SIGKILL')
}

function readPid(path: string): number | undefined {
  if (!existsSync(path)) return undefined
  const pid = Number(readFileSync(path, 'utf8'))
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
}

/** Of a living process, where the system tells; else nothing. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
