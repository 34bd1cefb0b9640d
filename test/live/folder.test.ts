import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startLocalChain } from '../../src/chain/local-chain.ts'
import { run } from '../../src/cli/run.ts'
import { isLive } from '../../src/cli/serve-live.ts'
import { Closers } from '../../src/live/closers.ts'
import { forgetPids, keepAddress, keepChainPid, prepareFolder, SERVICE_FILE } from '../../src/live/folder.ts'

const root = mkdtempSync(join(tmpdir(), 'tacit-live-folder-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('the folder of a sample venue', () => {
  it('is never one that holds something else', () => {
    const folder = join(root, 'other')
    mkdirSync(folder)
    writeFileSync(join(folder, 'thesis.txt'), 'years of work')
    expect(() => prepareFolder(folder)).toThrow(/no folder of a sample venue/)
    expect(existsSync(join(folder, 'thesis.txt'))).toBe(true)
  })

  it('begins anew after a run that was killed, and ends the chain that it left', async () => {
    const folder = join(root, 'killed')
    expect(prepareFolder(folder)).toBe(false)
    const chain = await startLocalChain()
    try {
      keepChainPid(folder, chain.pid)
      keepAddress(folder, 'http://127.0.0.1:1')
      expect(prepareFolder(folder)).toBe(true)
      expect(existsSync(join(folder, SERVICE_FILE))).toBe(false)
      await expect(chain.now()).rejects.toThrow()
    } finally {
      await chain.close()
    }
  })

  it('is not taken from a venue that runs, nor does it end a process that is no chain', () => {
    const folder = join(root, 'running')
    prepareFolder(folder)
    // This process is no anvil: it would be the first to know.
    keepChainPid(folder, process.pid)
    expect(prepareFolder(folder)).toBe(true)
    writeFileSync(join(folder, 'service.pid'), `${process.ppid}\n`)
    expect(() => prepareFolder(folder)).toThrow(/in use by process/)
    forgetPids(folder)
    expect(prepareFolder(folder)).toBe(true)
  })
})

describe('who asks something of a sample venue', () => {
  const crash = async (folder: string) => {
    let stderr = ''
    const code = await run(['live', 'crash'], {
      stdout: () => {},
      stderr: (text) => {
        stderr += text
      },
      live: false,
      colour: false,
      environment: { TACIT_DATA: folder },
    })
    return `${code} ${stderr}`
  }

  it('is told when there is none, and when it was killed', async () => {
    const data = join(root, 'asked')
    expect(await crash(data)).toMatch(/^2 .*asked.*has no sample venue that runs: npm start/)
    const folder = join(data, 'sample-venue')
    mkdirSync(data)
    prepareFolder(folder)
    keepAddress(folder, 'http://127.0.0.1:9')
    writeFileSync(join(folder, 'api-keys.json'), '{"operator":"tk_none"}')
    expect(await crash(data)).toMatch(/^2 .*does not answer at http:\/\/127\.0\.0\.1:9: npm start/)
  })
})

describe('what was started', () => {
  it('is put down in order, all of it, once', async () => {
    const order: string[] = []
    const closers = new Closers()
    closers.add(async () => order.push('chain'))
    closers.add(async () => {
      order.push('service')
      throw new Error('it hangs')
    })
    closers.add(async () => order.push('programs'))
    await expect(closers.close()).rejects.toThrow('it hangs')
    await expect(closers.close()).rejects.toThrow('it hangs')
    expect(order).toEqual(['programs', 'service', 'chain'])
  })
})

describe('whether the sample venue comes with the service', () => {
  const cases: [string, boolean, Record<string, string>, boolean][] = [
    ['nothing is set', true, {}, true],
    ['a port is set', true, { TACIT_PORT: '1234' }, true],
    ['the command says no', false, {}, false],
    ['the environment says no', true, { TACIT_LIVE: '0' }, false],
    ['a chain is named', true, { TACIT_RPC_URL: 'https://node.example' }, false],
    ['a key of what is private is there', true, { TACIT_ENCRYPTION_KEYS: 'a:00' }, false],
    ['people know it by a name', true, { TACIT_PUBLIC_URL: 'https://venue.example' }, false],
    ['a database is named', true, { DATABASE_URL: 'postgres://127.0.0.1/x' }, false],
    ['what is set to nothing is not set', true, { DATABASE_URL: '' }, true],
  ]
  it.each(cases)('%s', (_, live, environment, expected) => {
    expect(isLive({ live }, environment)).toBe(expected)
  })

  it('is refused beside what belongs to a real one', () => {
    expect(() => isLive({ live: true }, { TACIT_LIVE: '1', TACIT_RPC_URL: 'https://node.example' })).toThrow(
      /TACIT_LIVE.*goes without TACIT_RPC_URL/,
    )
  })
})
