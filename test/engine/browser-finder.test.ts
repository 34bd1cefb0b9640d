import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBrowser, serveFiles } from '../support/browser.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tacit-browser-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function program(folder: string, name: string, exitCode: number): string {
  const path = join(root, folder, name)
  mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(path, `#!/bin/sh\nexit ${exitCode}\n`)
  chmodSync(path, 0o755)
  return path
}

describe('the search for a browser', () => {
  const path = (...folders: string[]) => folders.map((folder) => join(root, folder)).join(delimiter)

  it('takes one that runs, by its name on PATH, and passes over one that does not', () => {
    program('stub', 'chromium', 1)
    const chrome = program('chrome', 'google-chrome', 0)
    expect(findBrowser({ PATH: path('none', 'stub') })).toBeUndefined()
    expect(findBrowser({ PATH: path('stub', 'chrome') })).toBe(chrome)
    const chromium = program('chromium', 'chromium', 0)
    expect(findBrowser({ PATH: path('stub', 'chrome', 'chromium') })).toBe(chromium)
    expect(findBrowser({})).toBeUndefined()
  })

  it('takes what TACIT_BROWSER names before all others, and refuses a name that is wrong', () => {
    const named = program('named', 'my-browser', 0)
    const PATH = path('chromium')
    expect(findBrowser({ PATH, TACIT_BROWSER: named })).toBe(named)
    const missing = join(root, 'missing')
    expect(() => findBrowser({ PATH, TACIT_BROWSER: missing })).toThrow(missing)
  })
})

describe('the server', () => {
  it('serves what it was given, with the headers of isolation only where they are asked for', async () => {
    const files = new Map([['a.js', 'export {}']])
    for (const isolated of [true, false]) {
      const server = await serveFiles(files, { isolated })
      const response = await fetch(`${server.url}a.js`)
      expect(await response.text()).toBe('export {}')
      expect(response.headers.get('cross-origin-embedder-policy')).toBe(isolated ? 'require-corp' : null)
      expect(response.headers.get('cross-origin-opener-policy')).toBe(isolated ? 'same-origin' : null)
      expect((await fetch(`${server.url}other.js`)).status).toBe(404)
      await server.close()
    }
  })
})
