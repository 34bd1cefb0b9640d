/** What the tests of the follower share: databases to follow into, and a way to a chain that can be made to fail. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeDeployment } from '../../src/chain/deployment-file.ts'
import type { EngineDeployment } from '../../src/chain/engine-client/deployment.ts'
import { ChainFollower, type FollowerMeter } from '../../src/service/chain/follower.ts'
import { openFollowedChain } from '../../src/service/chain/open.ts'
import { newLogger } from '../../src/service/log.ts'
import type { Database } from '../../src/service/storage/database.ts'
import { lendDatabase } from './lent-database.ts'

export const VENUE_KEY = `0x${'5a'.repeat(32)}`

export interface Counts {
  reorganised: number
  restarted: number
  failed: number
  lag: number
}

export interface Following {
  readonly follower: ChainFollower
  readonly database: Database
  readonly counts: Counts
  readonly lines: string[]
  /** Reads until everything is read; a block that is abandoned meanwhile is read again. */
  catchUp(): Promise<void>
  /** Another follower of the same database, as after a restart of the service. */
  again(): Promise<Following>
  close(): Promise<void>
}

export interface FollowTarget {
  readonly url: string
  readonly deployment: EngineDeployment
  readonly fromBlock?: number
  readonly timeoutMs?: number
}

export function deploymentFile(folder: string, { deployment, fromBlock = 0 }: FollowTarget): string {
  const path = join(folder, 'deployment.json')
  writeFileSync(path, writeDeployment({ deployment, fromBlock, venueKey: VENUE_KEY }))
  return path
}

export async function emptyDatabase(): Promise<{ database: Database; folder: string }> {
  return { database: await lendDatabase(), folder: mkdtempSync(join(tmpdir(), 'tacit-follow-')) }
}

/** A follower that reads when it is told to. */
export async function follow(target: FollowTarget): Promise<Following> {
  const { database, folder } = await emptyDatabase()
  const following = await followInto(database, folder, target)
  return {
    ...following,
    close: async () => {
      await following.close()
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export async function followInto(
  database: Database,
  folder: string,
  target: FollowTarget,
): Promise<Following> {
  const counts: Counts = { reorganised: 0, restarted: 0, failed: 0, lag: 0 }
  const meter: FollowerMeter = {
    position: (block, head) => {
      counts.lag = head - block
    },
    reorganised: () => counts.reorganised++,
    restarted: () => counts.restarted++,
    failed: () => counts.failed++,
  }
  const lines: string[] = []
  const log = newLogger('debug', { write: (line) => void lines.push(line) })
  const chain = await openFollowedChain({
    rpcUrl: target.url,
    deployment: deploymentFile(folder, target),
    walletRpcUrl: undefined,
    chainId: 31_337,
    timeoutMs: target.timeoutMs ?? 5_000,
  })
  const follower = await ChainFollower.prepare({ chain, database, log, meter, pollMs: 50 })
  return {
    follower,
    database,
    counts,
    lines,
    catchUp: async () => {
      for (let steps = 0; !(await follower.step()); steps++) if (steps > 200) throw new Error('no end')
    },
    again: () => followInto(database, folder, target),
    close: () => follower.close(),
  }
}

export type Mood = 'well' | 'hangs' | 'fails' | 'breaks off' | 'lags'

export interface Proxy {
  readonly url: string
  mood: Mood
  /** The chain that it stands before. */
  target: string
  /** Methods that it hangs on, fails or breaks; all unless named. */
  of: RegExp
  /** What it takes for the newest block while it lags. */
  lagsAt: number
  close(): Promise<void>
}

/** Stands before a chain and answers late, with a fault, or half. */
export async function startProxy(target: string): Promise<Proxy> {
  const state: Omit<Proxy, 'url' | 'close'> = { mood: 'well', of: /./, target, lagsAt: 0 }
  const server = createServer((incoming, answer) => {
    const parts: Buffer[] = []
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.on('end', () => {
      const body = Buffer.concat(parts)
      const mood = state.of.test(body.toString()) ? state.mood : 'well'
      if (mood === 'hangs') return
      if (mood === 'fails')
        return void answer.writeHead(503).end('no node is there: https://node.example/secret-key')
      const onward = request(
        state.target,
        { method: 'POST', headers: { 'content-type': 'application/json' } },
        (reply) => {
          if (mood === 'breaks off') {
            answer.writeHead(200, { 'content-length': '9999' }).write('{"jsonrpc"')
            return void answer.destroy()
          }
          answer.writeHead(reply.statusCode!, { 'content-type': 'application/json' })
          reply.pipe(answer)
        },
      )
      onward.on('error', () => answer.destroy())
      const newest = `"0x${state.lagsAt.toString(16)}"`
      onward.end(mood === 'lags' ? body.toString().replaceAll('"latest"', newest) : body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
}
