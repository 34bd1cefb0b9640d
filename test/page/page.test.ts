import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Browser, FileChooser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildPage } from '../../scripts/page/build.ts'
import { receiptOf, writeReceipt } from '../../src/bundle/receipt.ts'
import { CHECK_IDS } from '../../src/bundle/verify/check.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { changed, lineOf } from '../bundle/change.ts'
import { type BundleWorld, bundleWorld } from '../bundle/fixture.ts'
import { Desk, lastJson, tacit } from '../cli/support.ts'
import { findBrowserOrSay, launchBrowser, type StaticServer, serveFiles } from '../support/browser.ts'
import { type OpenPage, openBuilt, shotPath, timeless, writeLines } from './support.ts'

const executablePath = findBrowserOrSay("the regulator's page in a browser")
const desk = new Desk()
let html: string

beforeAll(async () => {
  html = await buildPage()
}, 120_000)
afterAll(() => desk.clear())

describe('the built page', () => {
  it('is one file that names no address and forbids everything that it does not hold', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)![1]!
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-\S+' 'wasm-unsafe-eval'; style-src 'sha256-\S+'; /,
    )
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|connect-src|https?:|\*/)
    expect(html).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)="(?!data:,)/)
    // Scripts end where they end: no text of a bundled module closes one early.
    expect(html.match(/<\/script/gi)).toHaveLength(1)
    expect(html).not.toContain('<!--')
  })

  it('is the same file whenever it is built', async () => {
    expect(await buildPage()).toBe(html)
  })
})

describe.skipIf(executablePath === undefined)('in a browser', () => {
  let browser: Browser
  let server: StaticServer
  let world: BundleWorld
  let bundle: string
  let open: OpenPage

  beforeAll(async () => {
    world = await bundleWorld()
    bundle = writeLines(desk.path('epoch.tacit.jsonl'), world.lines)
    server = await serveFiles(new Map([['index.html', html]]), { isolated: false })
    browser = await launchBrowser(executablePath!)
  }, 600_000)

  afterEach(async () => {
    await open?.page.context().close()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  const asOf = () => String(world.snapshot.asOfSeconds + 30)
  const hashes = () => world.pins.map(({ hash }) => hash)

  async function start(options: Parameters<typeof openBuilt>[2] = {}): Promise<Page> {
    open = await openBuilt(browser, server.url, options)
    return open.page
  }

  async function drop(page: Page, files: string | string[]): Promise<void> {
    await page.locator('#files').setInputFiles(files)
    await page.locator('section.verdict[data-verdict]').waitFor({ timeout: 60_000 })
  }

  async function savedReport(page: Page): Promise<unknown> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('a[download]').click()])
    return JSON.parse(readFileSync(await download.path(), 'utf8'))
  }

  /** The chooser of the focused file input. A browser under load may miss a key, so Enter and Space take turns. */
  async function chooserByKeyboard(page: Page): Promise<FileChooser> {
    const choosers: FileChooser[] = []
    page.on('filechooser', (chooser) => choosers.push(chooser))
    // An answer of the page's: by now the browser hands choosers over in place of showing them.
    await page.evaluate('document.activeElement.id')
    for (const key of ['Enter', 'Space', 'Enter', 'Space']) {
      await page.keyboard.press(key)
      const arrived = () => choosers.length > 0
      await expect
        .poll(arrived, { timeout: 8_000 })
        .toBe(true)
        .catch(() => {})
      if (choosers[0] !== undefined) return choosers[0]
    }
    throw new Error('neither Enter nor Space opened the file chooser')
  }

  const verdictOf = (page: Page) => page.locator('section.verdict[data-verdict]').getAttribute('data-verdict')

  it('comes to the verdict of tacit verify, check by check, and asks nobody for anything', async () => {
    const page = await start()
    const atLoad = [...open.asked]
    expect(atLoad).toEqual([server.url])
    await page.locator('#options > summary').click()
    await page.locator('#key-hashes').fill(hashes().join('\n'))
    await page.locator('#max-age').fill('60')
    await page.locator('#as-of').fill(asOf())
    await drop(page, bundle)
    const pins = hashes().flatMap((hash) => ['--key-hash', hash])
    const ran = await tacit('verify', bundle, '--as-of', asOf(), '--max-age', '60', ...pins, '--json')
    const expected = lastJson(ran)
    expect(timeless(await savedReport(page))).toEqual(timeless(expected))
    expect(await verdictOf(page)).toBe('valid-development-keys')
    const shown = await page.locator('details[data-check]').evaluateAll((items) =>
      items.map((item) => ({
        id: item.getAttribute('data-check'),
        verdict: item.getAttribute('data-verdict'),
        title: item.querySelector('.title')!.textContent,
        evidence: item.querySelector('.evidence')!.textContent,
      })),
    )
    expect(shown).toEqual(
      expected.checks.map(({ id, title, verdict, evidence }: Record<string, string>) => ({
        id,
        title,
        verdict,
        evidence,
      })),
    )
    expect(shown.map(({ id }) => id)).toEqual([...CHECK_IDS])
    expect(open.asked).toEqual(atLoad)
    expect(open.complaints).toEqual([])
  })

  it('says in plain words that development keys prove nothing, and so does the check of the setup', async () => {
    const page = await start()
    await drop(page, bundle)
    expect(await page.locator('#verdict-title').textContent()).toContain('Valid, development keys')
    expect(await page.locator('.alarm').textContent()).toMatch(/anyone could have forged/)
    expect(await page.locator('[data-check=setup] .answer').textContent()).toBe('Warning')
    expect(await page.locator('[data-check=pins] .answer').textContent()).toBe('Not checked')
    expect(await page.locator('[data-check=steps] .answer').textContent()).toBe('Passed')
    expect(await page.locator('#state').textContent()).toBe('Done: Valid, development keys.')
  })

  it('says no to a changed bundle, with the reason open and no figures', async () => {
    const at = lineOf(world.lines, 'step', 3)
    const { proof } = JSON.parse(world.lines[at + 1]!)
    const path = writeLines(
      desk.path('forged.tacit.jsonl'),
      changed(world.lines, at, (record) => ({ ...record, proof })),
    )
    const page = await start()
    await drop(page, path)
    expect(await verdictOf(page)).toBe('invalid')
    const steps = page.locator('details[data-check=steps]')
    expect(await steps.getAttribute('open')).not.toBeNull()
    expect(await steps.textContent()).toMatch(/Failed[\s\S]*step 3/)
    expect(await page.getByRole('heading', { name: 'Figures' }).count()).toBe(0)
    // With the digest left as it was, it is not even a whole file.
    const raw = world.lines.map((line, index) =>
      index === at ? line.replace('"index":3', '"index":4') : line,
    )
    await page.locator('#files').setInputFiles(writeLines(desk.path('raw.tacit.jsonl'), raw))
    await page.locator('section.verdict[data-verdict=refused]').waitFor()
  })

  it('refuses quickly what is cut short, too large, or no bundle', async () => {
    const page = await start()
    const huge = desk.path('huge.tacit.jsonl')
    const file = openSync(huge, 'w')
    const block = Buffer.alloc(1 << 20, 0x61)
    for (let megabyte = 0; megabyte < 256; megabyte++) writeSync(file, block)
    closeSync(file)
    const leaf = world.lines[lineOf(world.lines, 'leaf')]!
    const last = lineOf(world.lines, 'leaf', 7)
    const many = [...world.lines.slice(0, last + 1), leaf, ...world.lines.slice(last + 1)]
    const cases: [path: string, reason: RegExp][] = [
      [writeLines(desk.path('cut.tacit.jsonl'), world.lines.slice(0, -1)), /truncated/],
      [huge, /is longer than 262144 bytes/],
      [writeLines(desk.path('many.tacit.jsonl'), many), /out of order, or one too many|must/],
      [writeLines(desk.path('odd.tacit.jsonl'), ['<img src=x onerror=alert(1)>']), /./],
      [desk.write('empty.tacit.jsonl', ''), /truncated/],
    ]
    for (const [path, reason] of cases) {
      const started = performance.now()
      await drop(page, path)
      await page.locator('section.verdict .file', { hasText: path.split('/').at(-1)! }).waitFor()
      expect(await verdictOf(page), path).toBe('refused')
      expect(await page.locator('section.verdict').textContent()).toMatch(reason)
      // A whole second is a lot for a file that is stopped at its first fault; the machine may be busy.
      if (path === huge) expect(performance.now() - started).toBeLessThan(10_000)
    }
    expect(open.complaints).toEqual([])
  })

  it('checks a receipt that is dropped beside the bundle, or after it', async () => {
    const opening = world.book.opening(1)
    const receipt = receiptOf(MARGIN_INSTANCES['margin-4'], opening)
    const path = desk.write('receipt.json', writeReceipt(receipt))
    const page = await start()
    await page.locator('#files').setInputFiles(path)
    await page.getByText('Now drop the bundle of its book').waitFor()
    await drop(page, bundle)
    expect(await page.locator('[data-receipt]').getAttribute('data-receipt')).toBe('counted')
    expect(await page.locator('[data-receipt] table').textContent()).toMatch(
      /USD9000001\.00 USD900,000\.00 USD/,
    )
    const other = { ...receipt, account: { ...receipt.account, nonce: receipt.account.nonce + 1n } }
    await page.locator('#files').setInputFiles(desk.write('other.json', writeReceipt(other)))
    await page.locator('[data-receipt=not-counted]').waitFor()
    await page.locator('#files').setInputFiles(desk.write('broken.json', '{"format":"tacit.receipt"}'))
    await page.locator('[data-receipt=refused]').waitFor()
    expect(await verdictOf(page)).toBe('valid-development-keys')
    await drop(page, [bundle, path])
    await page.locator('[data-receipt=counted]').waitFor()
    expect(open.asked).toEqual([server.url])
  })

  it('refuses options that it cannot read in place of a verdict', async () => {
    const page = await start()
    await drop(page, bundle)
    await page.locator('#options > summary').click()
    await page.locator('#key-hashes').fill('0x12')
    await page.locator('#again').click()
    await page.getByText('A key hash must be 0x and 64 hex digits').waitFor()
    expect(await page.locator('section.verdict').count()).toBe(0)
    await page.locator('#key-hashes').fill(`0x${'00'.repeat(32)}`)
    await page.locator('#again').click()
    await page.locator('section.verdict[data-verdict=invalid]').waitFor()
    expect(await page.locator('details[data-check=pins]').textContent()).toContain(
      'none of those that you named',
    )
  })

  it('gives no verdict when the check itself breaks down', async () => {
    const page = await start()
    const path = writeLines(desk.path('moving.tacit.jsonl'), world.lines)
    await drop(page, path)
    writeLines(path, world.lines.slice(0, -1))
    await page.locator('#options > summary').click()
    await page.locator('#again').click()
    await page.getByText('The check broke down, and there is no verdict').waitFor()
    expect(await page.locator('section.verdict').count()).toBe(0)
  })

  it('cannot reach anybody, not even from its worker or its own host', async () => {
    const page = await start()
    const tried = await page.evaluate(`(async () => {
      const refused = (work) => work.then(() => 'reached', () => 'refused')
      const inWorker = new Promise((resolve) => {
        const source = "fetch('" + location.href + "').then(() => postMessage('reached'), () => postMessage('refused'))"
        const worker = new Worker(URL.createObjectURL(new Blob([source])))
        worker.onmessage = ({ data }) => resolve(data)
      })
      return [await refused(fetch(location.href)), await inWorker]
    })()`)
    expect(tried).toEqual(['refused', 'refused'])
    expect(open.asked).toEqual([server.url])
  })

  it('works from a disk, without any host', async () => {
    open = await openBuilt(browser, pathToFileURL(desk.write('index.html', html)).href)
    await drop(open.page, bundle)
    expect(await verdictOf(open.page)).toBe('valid-development-keys')
    expect(open.complaints).toEqual([])
  })

  it('can be used with the keyboard alone', async () => {
    const page = await start()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.id')).toBe('files')
    const chooser = await chooserByKeyboard(page)
    await chooser.setFiles(bundle)
    await page.locator('section.verdict[data-verdict]').waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe('verdict-title')
    await page.keyboard.press('Tab')
    expect(await page.evaluate("document.activeElement.closest('[data-check]').dataset.check")).toBe('format')
    await page.keyboard.press('Enter')
    expect(await page.locator('details[data-check=format]').getAttribute('open')).not.toBeNull()
  })

  it.each([
    ['light', 'light', 1100],
    ['dark', 'dark', 1100],
    ['phone', 'light', 360],
    ['phone-dark', 'dark', 360],
  ] as const)('fits its window (%s)', async (name, colorScheme, width) => {
    const page = await start({ colorScheme, viewport: { width, height: 800 } })
    await page.screenshot({ path: shotPath(`${name}-empty.png`) })
    const receipt = receiptOf(MARGIN_INSTANCES['margin-4'], world.book.opening(1))
    await drop(page, [bundle, desk.write('receipt.json', writeReceipt(receipt))])
    await page.locator('details[data-check=market] > summary').click()
    await page.screenshot({ path: shotPath(`${name}.png`), fullPage: true })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })
})
