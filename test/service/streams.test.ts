import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Streams } from '../../src/service/api/streams.ts'
import type { Database } from '../../src/service/storage/database.ts'
import type { JobRow } from '../../src/service/storage/jobs.ts'
import { openPostgres } from '../../src/service/storage/postgres.ts'
import { JobWatcher } from '../../src/service/work/watcher.ts'

describe('a listener', () => {
  const streams = new Streams({ most: 1, mostOfAddress: 1, heartbeatMs: 40 })
  const app = fastify({ forceCloseConnections: true })
  let port: number
  beforeAll(async () => {
    app.get('/large', (request, reply) =>
      streams.send(request, reply, async function* (signal) {
        while (!signal.aborted) yield 'x'.repeat(1 << 20)
      }),
    )
    app.get('/quiet', (request, reply) =>
      streams.send(request, reply, async function* (signal) {
        yield 'hello'
        await once(signal, 'abort').catch(() => {})
      }),
    )
    port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  })
  afterAll(() => app.close())
  const ask = async (path: string): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    return socket
  }
  const isFree = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/quiet`, { signal: AbortSignal.timeout(200) })
    await answer.body?.cancel()
    return answer.ok
  }

  it('that takes nothing is cut off, and its place is free for another', async () => {
    const stalled = await ask('/large')
    stalled.pause()
    await expect.poll(isFree, { timeout: 10_000 }).toBe(true)
    stalled.destroy()
  })

  it('that reads is left alone, however long there is nothing to tell', async () => {
    const quiet = await ask('/quiet')
    let text = ''
    let closed = false
    quiet.on('data', (chunk) => {
      text += String(chunk)
    })
    quiet.on('close', () => {
      closed = true
    })
    await expect.poll(() => text.split(':\n\n').length, { timeout: 10_000 }).toBeGreaterThan(10)
    expect(closed).toBe(false)
    quiet.destroy()
  })
})

describe('the watcher of jobs', () => {
  it('keeps the newest for who reads slowly, and none of what was between', async () => {
    let version = 1
    const row = () => ({ id: 'a', status: 'running', version: version++ }) as JobRow
    const database = { query: async () => [row()] } as unknown as Database
    const watcher = new JobWatcher(database, 5)
    const ended = new AbortController()
    const rows = watcher.follow(row(), ended.signal)
    expect((await rows.next()).value?.version).toBe(1)
    while (version < 20) await sleep(5)
    expect((await rows.next()).value!.version).toBeGreaterThan(15)
    ended.abort()
    expect((await rows.next()).done).toBe(true)
    watcher.close()
  })
})

describe('a database server that takes connections and says nothing', () => {
  it('is away, and nobody waits for it without end', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    await expect(openPostgres(`postgres://t@127.0.0.1:${port}/t`, { connectMs: 200 })).rejects.toThrow(
      /timeout/,
    )
    silent.close()
  })
})
