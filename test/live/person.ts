import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import {
  goTo,
  type OpenConsole,
  openConsolePage,
  type StubWallet,
  shoot,
  shownIn,
} from '../console/support.ts'
import { launchBrowser } from '../support/browser.ts'

/** The sample bidders ask for more, so this one wins. */
const DISCOUNT_PERCENT = '0.01'

interface VisitorFile {
  readonly privateKey: string
  readonly rpcUrl: string
  readonly disclosureSecretKey: string
}

/** Who looks at the sample venue in a browser and bids by hand, with the keys that the venue leaves for a visitor. */
export class Person {
  readonly #browser: Browser
  readonly #open: OpenConsole
  readonly #wallet: StubWallet
  readonly #visitor: VisitorFile
  /** Of the service. */
  readonly #url: string

  private constructor(
    browser: Browser,
    open: OpenConsole,
    wallet: StubWallet,
    { visitor, url }: { readonly visitor: VisitorFile; readonly url: string },
  ) {
    this.#browser = browser
    this.#open = open
    this.#wallet = wallet
    this.#visitor = visitor
    this.#url = url
  }

  /** @param folder of the sample venue */
  static async open(executablePath: string, folder: string, url: string): Promise<Person> {
    const visitor = JSON.parse(readFileSync(join(folder, 'visitor.json'), 'utf8')) as VisitorFile
    const signer = new Wallet(visitor.privateKey)
    const wallet = { signer, chainId: 31_337, refuses: false, rpcUrl: visitor.rpcUrl, calls: [] }
    const browser = await launchBrowser(executablePath)
    const open = await openConsolePage(browser, { viewport: { width: 1_280, height: 900 } }, wallet)
    open.page.setDefaultTimeout(120_000)
    return new Person(browser, open, wallet, { visitor, url })
  }

  get #page(): Page {
    return this.#open.page
  }

  async seesFirstSeal(): Promise<void> {
    await goTo(this.#open, this.#url, 'overview')
    await this.#page.getByRole('table', { name: 'Seals, newest first' }).getByText('Pending').waitFor()
    await this.#page.getByRole('meter', { name: 'Stress gauge of BTC' }).waitFor()
    await shoot(this.#open, 'live-overview')
  }

  async seesTrigger(): Promise<void> {
    await this.#page
      .locator('.feed li', { hasText: /trigger/i })
      .first()
      .waitFor()
  }

  /**
   * Seals a bid in the first lot on sale, looks at its legs, and opens the bid.
   * @param endCommitting is called when the bid is sealed: from then on bids are opened
   * @returns the case
   */
  async bids(endCommitting: () => Promise<void>): Promise<string> {
    await goTo(this.#open, this.#url, 'auctions')
    const onSale = this.#page
      .locator('section.card', { hasText: 'Sealed sale of case' })
      .filter({ hasText: 'Sealing bids' })
      .first()
    await onSale.getByRole('button', { name: 'Bid with a wallet' }).click()
    const caseId = (await this.#page.locator('[data-desk]').getAttribute('data-desk'))!
    // By its case: what it is at changes under way.
    const card = this.#page
      .locator('section.card')
      .filter({ has: this.#page.locator(`[data-desk="${caseId}"]`) })
    await card.getByRole('button', { name: 'Connect Stub wallet' }).click()
    await card.getByText('Active', { exact: true }).waitFor()
    await card.getByLabel('Discount that you ask, %').fill('99')
    await card.getByRole('button', { name: 'Seal the bid' }).click()
    await card.getByRole('alert').filter({ hasText: 'that is the reserve price' }).waitFor()
    expect(this.#wallet.calls).not.toContain('eth_sendTransaction')
    await card.getByLabel('Discount that you ask, %').fill(DISCOUNT_PERCENT)
    await card.getByRole('button', { name: 'Seal the bid' }).click()
    await card.getByText('Your bid: 0.01%, sealed').waitFor()
    // The salt is kept: another tab of the same browser could open the bid too.
    expect(String(await this.#page.evaluate("localStorage.getItem('tacit-bids')"))).toContain('"tacit.bids"')
    await card.getByText("See the lot's legs").click()
    await card.getByLabel('Your disclosure key (X25519, secret)').fill(this.#visitor.disclosureSecretKey)
    await card.getByRole('button', { name: 'Fetch and open' }).click()
    await card.getByText('its commitment is the one on the chain').waitFor()
    await endCommitting()
    await card.getByRole('button', { name: 'Open the bid' }).click()
    await card.getByText('Your bid: 0.01%, opened').waitFor()
    await shoot(this.#open, 'live-bid')
    return caseId
  }

  async seesSettled(caseId: string): Promise<void> {
    await goTo(this.#open, this.#url, `cases/${caseId}`)
    await this.#page.locator('.timeline .what', { hasText: /settled/i }).waitFor()
    const shown = await shownIn(this.#page, 'main')
    expect(shown).toMatch(/Won/)
    expect(shown.toLowerCase()).toContain(this.#wallet.signer.address.toLowerCase().slice(0, 6))
    expect(await this.#page.locator('.timeline .what').first().textContent()).toMatch(/trigger/i)
    await shoot(this.#open, 'live-settled')
  }

  /** A proof, whose key is the one that the contracts hold: by the service's word, and by the node of the wallet. */
  async verifies(): Promise<void> {
    await goTo(this.#open, this.#url, 'proofs')
    await this.#page
      .getByRole('button', { name: /Verify.*Covered/ })
      .first()
      .click()
    await this.#page.locator('[data-verdict=warning]').waitFor()
    const shown = await shownIn(this.#page, '[data-verdict]')
    for (const who of ['the service', 'the node of your wallet']) {
      expect(shown).toMatch(
        new RegExp(`as ${who} says\\s*: Yes\\s+verifier 0x\\w{40} of chain 31337 .* holds this key`),
      )
    }
    expect(await this.#page.locator('.checks .mark.bad').count()).toBe(0)
  }

  /** No complaint, no request elsewhere, and none of these secrets in any answer or on the page. */
  async sawNothingPrivate(secrets: readonly bigint[]): Promise<void> {
    const { complaints, asked, answers } = this.#open
    expect(complaints).toEqual([])
    expect(asked.filter((address) => !address.startsWith(`${this.#url}/`))).toEqual([])
    const everything = [...answers.values(), await this.#page.content()].join('\n')
    for (const secret of secrets) {
      expect(everything).not.toContain(`${secret}`)
      expect(everything).not.toContain(secret.toString(16))
    }
  }

  close(): Promise<void> {
    return this.#browser.close()
  }
}
