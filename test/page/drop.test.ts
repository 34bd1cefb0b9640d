import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildPage } from '../../scripts/page/build.ts'
import { type BundleWorld, bundleWorld } from '../bundle/fixture.ts'
import { Desk } from '../cli/support.ts'
import { findBrowserOrSay, launchBrowser } from '../support/browser.ts'
import { packFile, receiptFile } from './own-support.ts'
import { type OpenPage, openBuilt, writeLines } from './support.ts'

const executablePath = findBrowserOrSay('dropping files on the page')
const desk = new Desk()

/** Files under the mouse, as the browser itself has them: what a page can see of them is what any drag shows it. */
async function dragged(page: Page, files: readonly string[], at: { x: number; y: number }) {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [...files], dragOperationsMask: 1 }
  const send = (type: 'dragEnter' | 'dragOver' | 'drop') =>
    session.send('Input.dispatchDragEvent', { type, ...at, data })
  await send('dragEnter')
  await send('dragOver')
  return () => send('drop')
}

describe.skipIf(executablePath === undefined)('files dropped on the page', () => {
  let browser: Browser
  let world: BundleWorld
  let address: string
  let bundle: string
  let open: OpenPage

  beforeAll(async () => {
    world = await bundleWorld()
    bundle = writeLines(desk.path('epoch.tacit.jsonl'), world.lines)
    address = pathToFileURL(desk.write('index.html', await buildPage())).href
    browser = await launchBrowser(executablePath!)
  }, 600_000)

  afterEach(async () => {
    await open?.page.context().close()
  })
  afterAll(async () => {
    await browser?.close()
    desk.clear()
  })

  async function start(): Promise<Page> {
    open = await openBuilt(browser, address)
    return open.page
  }

  async function middleOf(page: Page, selector: string) {
    const { x, y, width, height } = (await page.locator(selector).boundingBox())!
    return { x: x + width / 2, y: y + height / 2 }
  }

  it('are checked where the zone is, which lights up while they hover', async () => {
    const page = await start()
    const drop = await dragged(page, [bundle], await middleOf(page, '#zone'))
    await page.locator('#zone.over').waitFor()
    await drop()
    await page.locator('section.verdict[data-verdict=valid-development-keys]').waitFor({ timeout: 120_000 })
    expect(await page.locator('#zone.over').count()).toBe(0)
    expect(await page.locator('section.verdict .file').textContent()).toContain('epoch.tacit.jsonl')
    expect(open.complaints).toEqual([])
  })

  it('are checked beside the zone too, all three of an owner at once, and the page stays', async () => {
    const page = await start()
    const files = [await packFile(desk), receiptFile(desk, world, 0), bundle]
    const drop = await dragged(page, files, await middleOf(page, 'h1'))
    await drop()
    await page.locator('#own').waitFor({ timeout: 120_000 })
    await page.locator('#own-pack-state', { hasText: 'margin-4.tacit.pack, ' }).waitFor()
    expect(await page.locator('#prove').isEnabled()).toBe(true)
    expect(page.url()).toBe(address)
    expect(open.asked).toEqual([address])
  })

  it('are refused with a sentence when they cannot be taken together', async () => {
    const page = await start()
    const other = writeLines(desk.path('other.tacit.jsonl'), world.lines)
    const drop = await dragged(page, [bundle, other], await middleOf(page, '#zone'))
    await drop()
    await page.getByText('Drop one bundle at a time').waitFor()
    expect(await page.locator('section.verdict').count()).toBe(0)
  })
})
