import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseRoute } from '../../src/console/app/route.ts'
import { openConsole } from '../../src/console/build.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import type { ConsoleFiles } from '../../src/service/console-files.ts'
import { startWorld, type World } from '../service/world.ts'

let world: World
let without: World
let files: ConsoleFiles

beforeAll(async () => {
  files = await openConsole()
  world = await startWorld({ TACIT_PROVERS: '0' }, files)
  without = await startWorld({ TACIT_PROVERS: '0' })
})
afterAll(async () => {
  await world?.close()
  await without?.close()
})

const get = (url: string, headers: Record<string, string> = {}) =>
  world.service.app.inject({ method: 'GET', url, headers })

describe('the page as it is served', () => {
  it('has a policy of its own that lets nothing in from elsewhere, and no inline code', async () => {
    const { headers, body, statusCode } = await get('/')
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'/,
    )
    expect(policy).toMatch(
      /base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'/,
    )
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/)
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    expect(body).not.toMatch(/<script(?![^>]*src=)|\sstyle=|\son\w+=|https?:\/\//)
    for (const [, name] of body.matchAll(/\/console\/([\w.-]+)/g)) expect(files.files.has(name!)).toBe(true)
  })

  it('is asked for anew, and costs nothing when it has not changed', async () => {
    const { headers } = await get('/')
    expect(headers['cache-control']).toBe('no-cache')
    const again = await get('/', { 'if-none-match': String(headers.etag) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
    expect((await get('/', { 'if-none-match': '"other"' })).statusCode).toBe(200)
  })

  it('has files that are named by their contents and stay', async () => {
    for (const [name, file] of files.files) {
      const { headers, rawPayload, statusCode } = await get(`/console/${name}`, {
        'accept-encoding': 'gzip, br',
      })
      expect(statusCode).toBe(200)
      expect(name).toMatch(/^[a-z]+-[A-Z0-9]{8}\.(js|css)$/)
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-encoding': 'gzip',
        vary: 'accept-encoding',
      })
      expect(gunzipSync(rawPayload).equals(file.body)).toBe(true)
    }
    expect((await get('/console/console-AAAAAAAA.js')).statusCode).toBe(404)
    expect((await get('/console/..%2f..%2fpackage.json')).statusCode).toBe(404)
  })

  it('is small enough for a phone until something is verified or bid', () => {
    const sizes = [...files.files]
      .filter(([name]) => !/^(worker|engine)/.test(name))
      .map(([, { gzip }]) => gzip.length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000)
  })

  it('is built once for the same sources', async () => {
    const again = await openConsole()
    expect([...again.files.keys()].sort()).toEqual([...files.files.keys()].sort())
  })

  it('is not there in a service without one, which says so', async () => {
    const { statusCode, body } = await without.service.app.inject({ method: 'GET', url: '/' })
    expect(statusCode).toBe(404)
    expect(JSON.parse(body).error.fields[0].rule).toBe('this service was started without a console')
  })
})

/** WCAG 2.2: relative luminance and contrast. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) => {
    const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    const [red, green, blue] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
  }
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

describe('its colours', () => {
  const css = readFileSync(join(REPOSITORY_ROOT, 'src/console/style/tokens.css'), 'utf8')
  for (const theme of ['light', 'dark']) {
    const block = css.slice(css.indexOf(`[data-theme="${theme}"]`)).split('}')[0]!
    const token = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(block)![1]!
    it(`can be read in the ${theme} theme`, () => {
      const texts = [
        ...['ink', 'soft', 'accent', 'bad', 'good', 'warning'].map((name) => [name, 'card']),
        ...['ink', 'soft'].flatMap((name) => [
          [name, 'page'],
          [name, 'raised'],
        ]),
        ...['good', 'warning', 'bad', 'accent'].map((name) => [name, `${name}-wash`]),
        ...['good-wash', 'warning-wash', 'bad-wash'].map((wash) => ['ink', wash]),
        ['accent-ink', 'accent'],
      ] as const
      for (const [name, on] of texts) {
        expect(contrast(token(name!), token(on!)), `${name} on ${on}`).toBeGreaterThanOrEqual(4.5)
      }
      const lines = ['edge', ...Array.from({ length: 8 }, (_, index) => `series-${index + 1}`)]
      for (const name of lines) expect(contrast(token(name), token('card')), name).toBeGreaterThanOrEqual(3)
    })
  }
})

describe('small things', () => {
  it('reads addresses of views, and takes anything else for the overview', () => {
    expect(parseRoute('#/cases/0xab')).toEqual({ view: 'cases', id: '0xab' })
    expect(parseRoute('#/oracle/')).toEqual({ view: 'oracle', id: undefined })
    for (const odd of ['', '#', '#/nonsense', '#/constructor', '#/__proto__/x']) {
      expect(parseRoute(odd)).toEqual({ view: 'overview', id: undefined })
    }
  })
})
