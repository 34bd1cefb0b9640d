import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cached } from '../../src/prover/cache.ts'

let root: string
let builds: number

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tacit-cache-'))
  builds = 0
})
afterEach(() => rm(root, { recursive: true, force: true }))

const request = (key: string, more: Partial<Parameters<typeof cached>[0]> = {}) =>
  cached({
    root,
    name: 'thing',
    key: [key],
    build: async (folder) => {
      builds++
      await writeFile(join(folder, 'file'), `made of ${key}`)
    },
    ...more,
  })

describe('the cache', () => {
  it('builds an entry once and finds it again', async () => {
    const folder = await request('a')
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('made of a')
    expect(await request('a')).toBe(folder)
    expect(await request('b')).not.toBe(folder)
    expect(builds).toBe(2)
  })

  it('builds once for callers at the same time', async () => {
    const folders = await Promise.all([request('a'), request('a'), request('a')])
    expect(new Set(folders).size).toBe(1)
    expect(builds).toBe(1)
  })

  it('rebuilds a damaged entry, with a notice', async () => {
    const damages: ((folder: string) => Promise<void>)[] = [
      (folder) => writeFile(join(folder, 'file'), 'made of A'),
      (folder) => rm(join(folder, 'file')),
      (folder) => rm(join(folder, 'manifest.json')),
      (folder) => writeFile(join(folder, 'extra'), ''),
    ]
    for (const damage of damages) {
      await damage(await request('a'))
      const notices: string[] = []
      const folder = await request('a', { notice: (message) => notices.push(message) })
      expect(notices).toEqual([expect.stringMatching(/damaged and is built again/)])
      expect(await readFile(join(folder, 'file'), 'utf8')).toBe('made of a')
    }
  })

  it('leaves nothing behind when a build fails, and throws what the build threw', async () => {
    const failure = new Error('no')
    const failing = request('a', {
      build: async (folder) => {
        await writeFile(join(folder, 'half'), '')
        throw failure
      },
    })
    await expect(failing).rejects.toBe(failure)
    expect(await readdir(root)).toEqual([])
    await request('a')
    expect(builds).toBe(1)
  })

  it('takes over the lock and clears the draft of a process that is dead', async () => {
    const folder = await request('a')
    await rm(folder, { recursive: true })
    const dead = await deadProcess()
    await writeFile(`${folder}.lock`, `${dead} 0123`)
    await writeFile(join(root, `.draft-${dead}-0123`), '')
    await request('a')
    expect(builds).toBe(2)
    expect((await readdir(root)).length).toBe(1)
  })

  it('waits for a process that is alive', async () => {
    const folder = await request('a')
    await rm(folder, { recursive: true })
    await writeFile(`${folder}.lock`, `${process.ppid} 0123`)
    const waiting = request('a')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(builds).toBe(1)
    await rm(`${folder}.lock`)
    await waiting
    expect(builds).toBe(2)
  })
})

function deadProcess(): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', ''])
    child.on('close', () => resolve(child.pid!))
  })
}
