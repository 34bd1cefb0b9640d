/**
 * The content-addressed cache folder. Boundary module: it reads and writes files. An entry is a folder named by a
 * hash of all that it is made from, so it never goes stale; it appears by one rename, so a kill leaves nothing
 * half-written; a lock lets two processes that want one entry build it once; and a manifest of hashes shows
 * damage, upon which the entry is built again.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository, with a trailing separator. */
export const REPOSITORY_ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Where entries go unless a caller names another folder. */
export const DEFAULT_CACHE_ROOT = join(REPOSITORY_ROOT, 'build', 'cache')

const MANIFEST = 'manifest.json'
const POLL_MS = 150

/** A lock that nobody has touched for this long belongs to nobody; its holder touches it far more often. */
const STALE_LOCK_MS = 60_000
const TOUCH_MS = 5_000

export interface CacheRequest {
  /** Folder that holds all entries. */
  readonly root?: string | undefined
  /** What the entry is, for its folder's name: letters, digits and dashes. */
  readonly name: string
  /** Everything that the entry depends on. */
  readonly key: readonly string[]
  /** Fills an empty folder. What it throws, the request throws, and no entry appears. */
  readonly build: (folder: string) => Promise<void>
  /** Told when a damaged entry is thrown away. */
  readonly notice?: ((message: string) => void) | undefined
}

/** Builds of this process, so that it does not wait for its own lock. */
const building = new Map<string, Promise<string>>()

/** The folder of the entry, built first if need be. Throws only what `build` throws, and file system errors. */
export function cached(request: CacheRequest): Promise<string> {
  const root = request.root ?? DEFAULT_CACHE_ROOT
  const hash = createHash('sha256').update(JSON.stringify(request.key)).digest('hex')
  const folder = join(root, `${request.name}-${hash.slice(0, 20)}`)
  const running = building.get(folder)
  if (running !== undefined) return running
  const work = obtain(request, root, folder).finally(() => building.delete(folder))
  building.set(folder, work)
  return work
}

async function obtain(request: CacheRequest, root: string, folder: string): Promise<string> {
  if (await isSound(folder)) return folder
  await mkdir(root, { recursive: true })
  return withLock(`${folder}.lock`, async () => {
    // Another process may have built it while this one waited.
    if (await isSound(folder)) return folder
    if (await exists(folder)) {
      request.notice?.(`${folder} is damaged and is built again`)
      await rm(folder, { recursive: true, force: true })
    }
    await removeLeftovers(root)
    const draft = join(root, `.draft-${process.pid}-${randomBytes(6).toString('hex')}`)
    await mkdir(draft)
    try {
      await request.build(draft)
      await writeFile(join(draft, MANIFEST), JSON.stringify(await hashFiles(draft), null, 2))
      await publish(draft, folder)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
    return folder
  })
}

/** If two processes did build one entry (a lock wrongly taken for stale), the first to publish wins. */
async function publish(draft: string, folder: string): Promise<void> {
  try {
    await rename(draft, folder)
  } catch (error) {
    if (!(await isSound(folder))) throw error
  }
}

/** Hash of every file below a folder but the manifest, by relative path. */
async function hashFiles(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const hashes: Record<string, string> = {}
  for (const file of files.sort()) {
    const name = file.slice(folder.length + 1)
    if (name !== MANIFEST) hashes[name] = await hashFile(file)
  }
  return hashes
}

/** The sha256 of a file, hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** True when the folder exists and holds exactly what its manifest says. */
async function isSound(folder: string): Promise<boolean> {
  try {
    const expected: unknown = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'))
    return JSON.stringify(await hashFiles(folder)) === JSON.stringify(expected)
  } catch {
    return false
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Drafts of processes that were killed. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const owner = /^\.draft-(\d+)-/.exec(name)?.[1]
    if (owner !== undefined && !isAlive(Number(owner))) {
      await rm(join(root, name), { recursive: true, force: true })
    }
  }
}

async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const token = `${process.pid} ${randomBytes(8).toString('hex')}`
  while (!(await tryLock(path, token))) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  const touch = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }, TOUCH_MS)
  try {
    return await work()
  } finally {
    clearInterval(touch)
    if ((await readLock(path)) === token) await rm(path, { force: true })
  }
}

async function tryLock(path: string, token: string): Promise<boolean> {
  try {
    await writeFile(path, token, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = await readLock(path)
  if (holder !== undefined && (await isStale(path, holder))) await breakLock(path, holder)
  return false
}

async function isStale(path: string, holder: string): Promise<boolean> {
  const pid = Number(holder.split(' ')[0])
  const age = await stat(path).then(
    (info) => Date.now() - info.mtimeMs,
    () => 0,
  )
  // An empty lock is one that is being written, or whose writer was killed in between.
  if (holder === '') return age > TOUCH_MS
  return !isAlive(pid) || age > STALE_LOCK_MS
}

/** Moves the lock aside before removing it, so that a lock just taken by another is noticed and put back. */
async function breakLock(path: string, holder: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const moved = await readLock(aside)
  if (moved !== holder && moved !== undefined) await writeFile(path, moved, { flag: 'wx' }).catch(() => {})
  await rm(aside, { force: true })
}

async function readLock(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
