import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Queue, RETRIES, type Task } from '../../src/service/queue/queue.ts'
import type { Database } from '../../src/service/storage/database.ts'
import { migrate } from '../../src/service/storage/migrate.ts'
import { openEmbedded } from '../../src/service/storage/pglite.ts'
import { Lease } from '../../src/service/work/lease.ts'
import { copyEmptyDatabase } from './world.ts'

const JOB = '11111111-2222-4333-8444-555555555555'
let folder: string
let database: Database
let queue: Queue

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tacit-queue-'))
  await copyEmptyDatabase(join(folder, 'data'))
  database = await openEmbedded(join(folder, 'data'))
  await migrate(database)
  queue = await Queue.open(database, (error) => {
    throw error
  })
})
afterAll(async () => {
  await queue?.close()
  await database?.close()
  rmSync(folder, { recursive: true, force: true })
})

const add = (...tasks: Task[]) => database.transaction((sql) => queue.add(sql, tasks))
const finish = (held: { id: string; task: Task } | undefined) =>
  database.transaction((sql) => queue.finish(sql, held!))
const task = (kind: 'claim' | 'plan' | 'seal'): Task => ({ kind, jobId: JOB })
const step = (index: number): Task => ({ kind: 'step', jobId: JOB, index })

describe('the queue of tasks', () => {
  it('refuses a second process in the folder of an embedded database', async () => {
    await expect(openEmbedded(join(folder, 'data'))).rejects.toThrow(/is at work in this folder/)
  })

  it('hands out what is short before what is long, each to one worker', async () => {
    await add(step(0), step(1), task('plan'), task('seal'), task('claim'))
    const taken = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((worker) => queue.take(worker)))
    expect(taken.map((held) => held?.task.kind)).toEqual(['claim', 'seal', 'plan', 'step', 'step', undefined])
    expect(await queue.depth()).toEqual({ waiting: 0, held: 5 })
    for (const held of taken.slice(0, 5)) await finish(held)
    expect(await queue.depth()).toEqual({ waiting: 0, held: 0 })
  })

  it('queues a task with the transaction that makes it, or not at all', async () => {
    const failing = database.transaction(async (sql) => {
      await queue.add(sql, [step(7)])
      throw new Error('the result could not be written')
    })
    await expect(failing).rejects.toThrow('could not be written')
    expect(await queue.take('a')).toBeUndefined()
  })

  it('takes back what a silent worker holds, and leaves what a living one holds', async () => {
    await queue.beat('living')
    await queue.beat('silent')
    await add(step(1), step(2))
    const held = await queue.take('living')
    const lost = await queue.take('silent')
    expect(await queue.reclaim(5)).toBe(0)
    await database.query(`update workers set seen_at = now() - interval '6 seconds' where id = 'silent'`)
    expect(await queue.reclaim(5)).toBe(1)
    const again = await queue.take('other')
    expect(again).toEqual(lost)
    // The silent worker comes to itself: what it held is no more its to give back.
    expect(await queue.giveBack(lost!.id, 'silent')).toBe(false)
    expect(await queue.depth()).toEqual({ waiting: 0, held: 2 })
    await finish(again)
    await finish(held)
  })

  it('gives back what a worker holds that ends in order', async () => {
    await add(step(3))
    const held = await queue.take('ending')
    await queue.leave('ending')
    expect(await queue.take('next')).toEqual(held)
    await finish(held)
  })

  it('goes on after upkeep that failed in the middle of its transaction', async () => {
    await expect(database.script('begin; select 1 / 0; commit')).rejects.toThrow(/division by zero/)
    expect(await queue.depth()).toEqual({ waiting: 0, held: 0 })
    expect(await database.transaction((sql) => sql.query('select 1 as one'))).toEqual([{ one: 1 }])
  })

  it('does not leave a task with a worker that lives and has none in hand', async () => {
    const lease = new Lease(queue, 'living on')
    await add(step(5), step(6), step(7))
    const inHand = await lease.take()
    const dropped = await lease.take()
    // The database went away before it could be given back, and with the answer to another taking.
    lease.drop(dropped!)
    const unheard = await queue.take('living on')
    expect(await lease.renew()).toBe(0)
    expect(await queue.take('other')).toBeUndefined()
    expect(await lease.renew()).toBe(2)
    const again = [await queue.take('other'), await queue.take('other')]
    expect(again.map((held) => held?.id).sort()).toEqual([dropped!.id, unheard!.id].sort())
    expect(await lease.renew()).toBe(0)
    for (const held of [inHand, ...again]) await finish(held)
    expect(await queue.depth()).toEqual({ waiting: 0, held: 0 })
  })

  it('gives a task up after so many workers, and says so once', async () => {
    await add(step(4))
    for (let attempt = 0; attempt <= RETRIES; attempt++) {
      const held = await queue.take(`unlucky ${attempt}`)
      expect(held?.task).toEqual(step(4))
      await queue.giveBack(held!.id, `unlucky ${attempt}`)
    }
    expect(await queue.take('lucky')).toBeUndefined()
    const buried: Task[] = []
    const bury = async (_sql: unknown, dead: Task) => void buried.push(dead)
    await queue.buryDead(bury)
    await queue.buryDead(bury)
    expect(buried).toEqual([step(4)])
  })
})
