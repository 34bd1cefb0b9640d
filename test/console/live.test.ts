import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConsole } from '../../src/console/build.ts'
import { type LiveVenue, startLive } from '../../src/live/live.ts'
import { copyEmptyDatabase } from '../service/world.ts'
import { findBrowserOrSay, launchBrowser } from '../support/browser.ts'
import { goTo, type OpenConsole, openConsolePage, type StubWallet, shoot, shownIn } from './support.ts'

const executablePath = findBrowserOrSay('the console over the sample venue')
const PATH = { calm: 3, slide: 1, crash: 3, recovery: 1, longestCrash: 1_000 }
/** Engine seconds: for a person of this test, who fills in a form. */
const CLOCKS = {
  softWindow: 10n,
  commitWindow: 60n,
  revealWindow: 40n,
  dutchDuration: 120n,
  dutchMaxRestarts: 0n,
  houseWindow: 30n,
}
/** The sample bidders ask for more, so this one wins. */
const DISCOUNT_PERCENT = '0.01'

/** The whole story as a person sees it: a seal, a crash, a trigger, a bid of theirs, the settlement. */
describe.skipIf(executablePath === undefined)('the sample venue, seen in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-console-'))
  const told: string[] = []
  let live: LiveVenue
  let browser: Browser
  let open: OpenConsole
  let page: Page
  let wallet: StubWallet
  let visitor: { privateKey: string; rpcUrl: string; disclosureSecretKey: string }

  beforeAll(async () => {
    live = await startLive({
      environment: { TACIT_PORT: '0', TACIT_LOG: 'error', TACIT_DATA: folder },
      folder: join(folder, 'sample-venue'),
      teller: { task: (_, work) => work(() => {}), line: (text) => void told.push(text) },
      ...{ path: PATH, clocks: CLOCKS, roundSeconds: 5, attestSeconds: 3, epochRounds: 1_000, chainPort: 0 },
      emptyDatabase: copyEmptyDatabase,
      consoleFiles: await openConsole(),
    })
    visitor = JSON.parse(readFileSync(join(folder, 'sample-venue', 'visitor.json'), 'utf8'))
    const { privateKey, rpcUrl } = visitor
    wallet = { signer: new Wallet(privateKey), chainId: 31_337, refuses: false, rpcUrl, calls: [] }
    browser = await launchBrowser(executablePath!)
    open = await openConsolePage(browser, { viewport: { width: 1_280, height: 900 } }, wallet)
    page = open.page
    page.setDefaultTimeout(240_000)
  }, 600_000)
  afterAll(async () => {
    await browser?.close()
    await live?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('shows the first seal, from the service and from the chain', async () => {
    await goTo(open, live.url, 'overview')
    await page.getByRole('table', { name: 'Seals, newest first' }).getByText('Pending').waitFor()
    await page.getByRole('meter', { name: 'Stress gauge of BTC' }).waitFor()
    await shoot(open, 'live-overview')
  }, 300_000)

  it('shows the crash: a trigger, a case, a lot on sale; and takes a bid of a person', async () => {
    live.crashNow()
    await page
      .locator('.feed li', { hasText: /trigger/i })
      .first()
      .waitFor()
    await goTo(open, live.url, 'auctions')
    const onSale = page
      .locator('section.card', { hasText: 'Sealed sale of case' })
      .filter({ hasText: 'Sealing bids' })
      .first()
    await onSale.getByRole('button', { name: 'Bid with a wallet' }).click()
    const caseId = (await page.locator('[data-desk]').getAttribute('data-desk'))!
    // By its case: what it is at changes under way.
    const card = page.locator('section.card').filter({ has: page.locator(`[data-desk="${caseId}"]`) })
    await card.getByRole('button', { name: 'Connect Stub wallet' }).click()
    await card.getByText('Active', { exact: true }).waitFor()
    await card.getByLabel('Discount that you ask, %').fill('99')
    await card.getByRole('button', { name: 'Seal the bid' }).click()
    await card.getByRole('alert').filter({ hasText: 'that is the reserve price' }).waitFor()
    expect(wallet.calls).not.toContain('eth_sendTransaction')
    await card.getByLabel('Discount that you ask, %').fill(DISCOUNT_PERCENT)
    await card.getByRole('button', { name: 'Seal the bid' }).click()
    await card.getByText('Your bid: 0.01%, sealed').waitFor()
    // The salt is kept: another tab of the same browser could open the bid too.
    expect(String(await page.evaluate("localStorage.getItem('tacit-bids')"))).toContain('"tacit.bids"')
    await card.getByText("See the lot's legs").click()
    await card.getByLabel('Your disclosure key (X25519, secret)').fill(visitor.disclosureSecretKey)
    await card.getByRole('button', { name: 'Fetch and open' }).click()
    await card.getByText('its commitment is the one on the chain').waitFor()
    await card.getByRole('button', { name: 'Open the bid' }).click()
    await card.getByText('Your bid: 0.01%, opened').waitFor()
    await shoot(open, 'live-bid')
    await goTo(open, live.url, `cases/${caseId}`)
    await page.locator('.timeline .what', { hasText: /settled/i }).waitFor()
    const shown = await shownIn(page, 'main')
    expect(shown).toMatch(/Won/)
    expect(shown.toLowerCase()).toContain(wallet.signer.address.toLowerCase().slice(0, 6))
    expect(await page.locator('.timeline .what').first().textContent()).toMatch(/trigger/i)
    await shoot(open, 'live-settled')
  }, 600_000)

  it('made no complaint, no request elsewhere, and showed no secret', async () => {
    expect(open.complaints).toEqual([])
    expect(open.asked.filter((address) => !address.startsWith(`${live.url}/`))).toEqual([])
    const everything = [...open.answers.values(), await page.content()].join('\n')
    for (const { secret } of live.world.context.venueBook.book.accounts) {
      expect(everything).not.toContain(`${secret}`)
      expect(everything).not.toContain(secret.toString(16))
    }
  })
})
