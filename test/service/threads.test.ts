import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bookOf, marketAt } from '../../scripts/service/venue.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { poseidonHasher, poseidonImage } from '../../src/protocol/poseidon.ts'
import { Listing } from '../../src/risk/listing.ts'
import { readMarket } from '../../src/risk/market/read.ts'
import type { Database } from '../../src/service/storage/database.ts'
import { openEmbedded } from '../../src/service/storage/pglite.ts'
import { remoteDatabase, serveDatabase } from '../../src/service/storage/remote.ts'
import { readBookText } from '../../src/service/venue.ts'
import { BookReader } from '../../src/service/work/book-reader.ts'
import { copyEmptyDatabase } from './world.ts'

describe('a database for another thread', () => {
  let folder: string
  let database: Database
  const ports: MessageChannel[] = []
  const remote = () => {
    const channel = new MessageChannel()
    ports.push(channel)
    serveDatabase(channel.port1, database)
    return { asker: remoteDatabase(channel.port2, database.kind), channel }
  }
  const count = async () =>
    (await database.query<{ n: number }>('select count(*)::int as n from things'))[0]!.n

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tacit-remote-'))
    await copyEmptyDatabase(join(folder, 'data'))
    database = await openEmbedded(join(folder, 'data'))
    await database.script('create table things (id int primary key, at timestamptz default now())')
  })
  afterAll(async () => {
    for (const { port1 } of ports) port1.close()
    await database?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('answers with the same rows, and with the same codes of what fails', async () => {
    const { asker } = remote()
    const [row] = await asker.query<{ id: number; at: Date }>(
      'insert into things (id) values ($1) returning id, at',
      [1],
    )
    expect(row?.id).toBe(1)
    expect(row?.at).toBeInstanceOf(Date)
    await expect(asker.query('insert into things (id) values (1)')).rejects.toMatchObject({ code: '23505' })
  })

  it('does all of a transaction or nothing', async () => {
    const { asker } = remote()
    const before = await count()
    const failing = asker.transaction(async (sql) => {
      await sql.query('insert into things (id) values (10)')
      throw new Error('no further')
    })
    await expect(failing).rejects.toThrow('no further')
    expect(await count()).toBe(before)
    expect(
      await asker.transaction(async (sql) => {
        await sql.query('insert into things (id) values (11)')
        return 'done'
      }),
    ).toBe('done')
    expect(await count()).toBe(before + 1)
  })

  it('rolls back what an asker had begun that went away, and serves the next', async () => {
    const { asker, channel } = remote()
    const before = await count()
    const lost = asker.transaction(async (sql) => {
      await sql.query('insert into things (id) values (20)')
      // A thread that is killed closes its port.
      channel.port2.close()
      await new Promise(() => {})
    })
    lost.catch(() => {})
    await remote().asker.transaction((sql) => sql.query('insert into things (id) values (21)'))
    expect(await count()).toBe(before + 1)
  })
})

describe('the thread that reads books', () => {
  const reader = new BookReader('margin-16')
  const instance = MARGIN_INSTANCES['margin-16']
  const { instruments } = readMarket([{ name: 'market', text: JSON.stringify(marketAt(0)) }])
  const listing = JSON.stringify(Listing.empty.update(instruments, instance))
  afterAll(() => reader.close())

  it('finds what reading in this thread finds, and leaves the event loop to others meanwhile', async () => {
    await poseidonImage()
    const text = (count: number) => ({
      book: JSON.stringify(bookOf(count, 'thread')),
      listing,
      maxAccounts: 2_000,
    })
    const hasher = await poseidonHasher()
    expect(await reader.read(text(4))).toEqual(readBookText({ hasher, instance }, text(4)))
    const large = text(1_000)
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const started = performance.now()
    await reader.read(large)
    const milliseconds = performance.now() - started
    delay.disable()
    expect(delay.max / 1e6).toBeLessThan(milliseconds / 2)
  })

  it('names row, field and rule of what it refuses', async () => {
    const [first, second, ...rest] = bookOf(4, 'thread').accounts
    const book = JSON.stringify({
      ...bookOf(4, 'thread'),
      accounts: [first, { ...second, nonce: -1 }, ...rest],
    })
    await expect(reader.read({ book, listing, maxAccounts: 10 })).rejects.toMatchObject({
      location: { file: 'book', row: 2, field: 'nonce' },
    })
    const four = { book: JSON.stringify(bookOf(4, 'thread')), listing, maxAccounts: 3 }
    await expect(reader.read(four)).rejects.toMatchObject({ location: { field: 'book.accounts' } })
  })
})
