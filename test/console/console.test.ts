import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openConsole } from '../../src/console/build.ts'
import type { TacitClient } from '../../src/service/client/index.ts'
import {
  BOOK,
  CASH,
  CRASHED,
  LIQUIDITY,
  MARKET,
  OWNERS,
  SECRETS,
  STRANGER,
  startWorld,
  type World,
} from '../service/world.ts'
import { findBrowserOrSay, launchBrowser } from '../support/browser.ts'
import { CASES, hash, NOW, storeChain, tell } from './chain-fixture.ts'
import { goTo, type OpenConsole, openConsolePage, type StubWallet, shoot, shownIn } from './support.ts'

const executablePath = findBrowserOrSay('the console in a browser')
const VIEWS = [
  'overview',
  'proofs',
  'cases',
  `cases/${CASES[0]!.caseId}`,
  'auctions',
  'oracle',
  'jobs',
  'account',
]
/** What nobody but its owner may see. */
const PRIVATE = [...SECRETS, ...CASH, 'very private client', ...OWNERS.map(({ address }) => address.slice(2))]

describe.skipIf(executablePath === undefined)('the console', () => {
  let browser: Browser
  let world: World
  let venue: TacitClient
  let open: OpenConsole
  let page: Page
  const orders = { riskRoot: '', bookRoot: '' }

  beforeAll(async () => {
    world = await startWorld({ TACIT_PROVERS: '1' }, await openConsole())
    venue = world.as('venue')
    orders.riskRoot = (await venue.addRound({ markets: [MARKET] })).riskRoot
    orders.bookRoot = (await venue.addBook({ riskRoot: orders.riskRoot, book: BOOK })).bookRoot
    const crashed = await venue.addRound({ markets: [CRASHED] })
    const hashes = new Map((await world.client.keys()).map((key) => [key.circuit, key.hash]))
    const keys = { margin: hashes.get('margin-4')!, seal: hashes.get('seal')! }
    await storeChain(world.service.foundation.store.database, [orders.riskRoot, crashed.riskRoot], keys)
    const claim = { ...orders, publish: true, threshold: 'mm' } as const
    const jobs = [
      await venue.attest({ ...claim, account: 90_001 }),
      await venue.trigger({ ...claim, riskRoot: crashed.riskRoot, account: 90_004 }),
      await venue.sealBook({ ...orders, liquidity: LIQUIDITY, policy: 'aggregates', reserves: '100000' }),
    ]
    browser = await launchBrowser(executablePath!)
    for (const { id } of jobs) expect((await venue.finished(id)).status).toBe('succeeded')
  }, 300_000)
  afterEach(() => open?.page.context().close())
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  async function start(
    view: string,
    options: Parameters<typeof openConsolePage>[1] = {},
    wallet?: StubWallet,
  ) {
    open = await openConsolePage(browser, options, wallet)
    page = open.page
    await goTo(open, world.service.url, view)
  }
  const text = () => shownIn(page, 'main')
  const walletOf = (signer: StubWallet['signer'], change: Partial<StubWallet> = {}): StubWallet => ({
    signer,
    chainId: 31_337,
    refuses: false,
    calls: [],
    ...change,
  })

  describe('as everybody sees it', () => {
    for (const [name, options] of Object.entries({
      light: { viewport: { width: 1_280, height: 900 }, colorScheme: 'light' },
      dark: { viewport: { width: 1_280, height: 900 }, colorScheme: 'dark' },
      phone: { viewport: { width: 360, height: 720 }, colorScheme: 'light', hasTouch: true },
    } as const)) {
      it(`shows every view without a complaint, a request elsewhere or a private text: ${name}`, async () => {
        await start(VIEWS[0]!, options)
        for (const view of VIEWS) {
          await goTo(open, world.service.url, view)
          const shown = await shownIn(page, 'body')
          expect(shown).not.toMatch(/undefined|NaN|\[object/)
          for (const hidden of PRIVATE) expect(shown.toLowerCase()).not.toContain(hidden.toLowerCase())
          expect(
            await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
            view,
          ).toBeLessThanOrEqual(0)
          await shoot(open, `${name}-${view.replace(/\/.*/, '-one')}`)
        }
        for (const [address, answer] of open.answers) {
          for (const hidden of PRIVATE)
            expect(answer.toLowerCase(), address).not.toContain(hidden.toLowerCase())
        }
        expect(open.asked.filter((address) => !address.startsWith(`${world.service.url}/`))).toEqual([])
        expect(open.complaints).toEqual([])
      })
    }

    it('tells gauge, tiers, solvency, cases and rounds as the interface has them', async () => {
      await start('overview')
      const shown = await text()
      expect(shown).toMatch(/BTC\s+6\d\.\d%/)
      expect(shown).toMatch(/Healthy\s+233\s+92\.5%/)
      expect(shown).toMatch(/Insurance fund\s+1,042,330\.12 USD/)
      expect(
        await page.getByRole('meter', { name: 'Stress gauge of BTC' }).getAttribute('aria-valuetext'),
      ).toMatch(/hedge liquidity/)
      await goTo(open, world.service.url, `cases/${CASES[0]!.caseId}`)
      const events = await page.locator('.timeline .what').allInnerTexts()
      expect(events[0]).toBe('Trigger recorded')
      expect(events.at(-1)).toBe('Case settled')
      await goTo(open, world.service.url, 'oracle/12')
      expect(await text()).toMatch(/Round 12, the newest[\s\S]*BTC spot[\s\S]*All 32 scenarios/)
    })

    it('shows what happens as it happens', async () => {
      await start('overview')
      await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
      await tell(world.service.foundation.store.database, {
        kind: 'settlement',
        event: 'CaseSettled',
        block: 1_001,
        atSeconds: NOW,
        transaction: hash(1),
        subject: `case:${CASES[1]!.caseId}`,
        tag: null,
        values: {},
      })
      await page.locator('.feed li', { hasText: 'Case settled' }).waitFor({ timeout: 10_000 })
    })

    it('says what is wrong when the service does not answer, and goes on when it does', async () => {
      await start('cases')
      const refuse = (route: Route) => route.abort()
      await page.route('**/v1/auctions', refuse)
      await page.goto(`${world.service.url}/#/auctions`)
      await page.getByRole('alert').filter({ hasText: 'The service does not answer.' }).waitFor()
      await page.unroute('**/v1/auctions', refuse)
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByText('Sealed sale of case').waitFor()
    })
  })

  describe('by keys alone', () => {
    it('is walked through in order: skip link, name, theme, views, contents', async () => {
      await start('overview', { viewport: { width: 1_280, height: 900 } })
      const seen: string[] = []
      for (let i = 0; i < 10; i++) {
        await page.keyboard.press('Tab')
        seen.push(
          String(
            await page.evaluate('document.activeElement.innerText || document.activeElement.tagName'),
          ).trim(),
        )
        expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).not.toBe('none')
      }
      expect(seen.slice(0, 5)).toEqual([
        'Skip to the contents',
        'Tacit\nverifiable margin',
        'Auto',
        'Overview',
        'Proofs',
      ])
      await page.getByRole('link', { name: 'Cases', exact: true }).focus()
      await page.keyboard.press('Enter')
      await page.waitForURL(/#\/cases$/)
      await page.locator('h1:focus').waitFor()
      expect(await shownIn(page, 'h1')).toBe('Cases')
    })

    it('reads a chart with the arrows, and as a table', async () => {
      await start('overview')
      const chart = page.getByRole('application', { name: /Gauge by epoch/ })
      await chart.focus()
      await page.keyboard.press('End')
      await page.getByText(/^Epoch 12: BTC 6\d\.\d% · ETH/).waitFor()
      await page.keyboard.press('ArrowLeft')
      await page.getByText(/^Epoch 11: BTC/).waitFor()
      await page.getByRole('button', { name: 'Show as table' }).first().press('Enter')
      // Eleven of twelve: a rejected seal is no history.
      expect(
        await page.getByRole('region', { name: 'Table: Gauge by epoch' }).locator('tbody tr').count(),
      ).toBe(11)
    })

    it('opens the menu of a phone', async () => {
      await start('overview', { viewport: { width: 360, height: 720 } })
      const menu = page.getByRole('button', { name: 'Menu' })
      expect(await page.getByRole('link', { name: 'Oracle', exact: true }).isVisible()).toBe(false)
      await menu.press('Enter')
      expect(await menu.getAttribute('aria-expanded')).toBe('true')
      await page.getByRole('link', { name: 'Oracle', exact: true }).press('Enter')
      await page.getByRole('heading', { name: 'Oracle' }).waitFor()
      expect(await menu.getAttribute('aria-expanded')).toBe('false')
    })

    it('changes the theme, and keeps it', async () => {
      await start('overview', { colorScheme: 'dark' })
      const theme = () => page.evaluate('document.documentElement.dataset.theme')
      expect(await theme()).toBe('dark')
      await page.getByRole('button', { name: /^Theme: Auto/ }).press('Enter')
      expect(await theme()).toBe('light')
      await page.reload()
      expect(await theme()).toBe('light')
      await page.getByRole('button', { name: /^Theme: Light/ }).press('Enter')
      expect(await theme()).toBe('dark')
    })
  })

  describe('verifying in the browser', () => {
    const verdict = () => page.locator('[data-verdict]')
    const verify = (name: RegExp) => page.getByRole('button', { name }).click()

    it('accepts an attestation, recomputes its round, and says whose keys it has', async () => {
      await start('proofs')
      await verify(/Verify.*Covered at maintenance margin/)
      await verdict().waitFor({ timeout: 60_000 })
      expect(await verdict().getAttribute('data-verdict')).toBe('warning')
      const shown = await shownIn(page, '[data-verdict]')
      expect(shown).toContain('Valid, with development keys')
      expect(shown).toContain('recomputed from the market: it is the same')
      // The chain is a stored one, and there is no wallet: who was asked is said, and who was not.
      expect(shown).toMatch(
        /as the service says\s*: Yes\s+verifier 0x\w{40} of chain 31337 \(margin proofs\) holds this key/,
      )
      expect(shown).toMatch(
        /as the node of your wallet says\s*: Not asked\s+not compared: no wallet is connected/,
      )
      expect(await page.locator('.checks .mark.bad').count()).toBe(0)
      await shoot(open, 'verified')
    })

    const swapped = (one: string, other: string) => (text: string) =>
      text
        .replaceAll(`"${one}"`, '"swap"')
        .replaceAll(`"${other}"`, `"${one}"`)
        .replaceAll('"swap"', `"${other}"`)
    type Change = readonly [address: string, change: (text: string) => string, evidence: string]
    const changes: Record<string, Change> = {
      'a changed proof': ['**/v1/proofs/*', swapped('pi_a', 'pi_c'), 'it does NOT verify'],
      'another claim': [
        '**/v1/proofs/*',
        (text) => text.replace(/"claim":"\d+"/, '"claim":"8"'),
        'it does NOT verify',
      ],
      'another market': [
        '**/v1/rounds/*/market',
        (text) => text.replace(/"spot":"[\d.]+"/, '"spot":"60001.5"'),
        'ANOTHER root',
      ],
      'a key that the chain does not take': [
        '**/v1/deployment',
        (text) => text.replace(/("proofs":"margin"[^}]*"hash":"0x)../, '$1ee'),
        'holds the key 0xee',
      ],
      'another key': ['**/v1/keys', swapped('vk_gamma_2', 'vk_delta_2'), 'made for the key'],
    }
    for (const [what, [address, change, evidence]] of Object.entries(changes)) {
      it(`refuses ${what}`, async () => {
        await start('proofs')
        await page.route(address, async (route) => {
          const response = await route.fetch()
          const before = await response.text()
          expect(change(before)).not.toBe(before)
          await route.fulfill({ response, body: change(before) })
        })
        await verify(/Verify.*Covered at maintenance margin/)
        await verdict().waitFor({ timeout: 60_000 })
        expect(await verdict().getAttribute('data-verdict')).toBe('bad')
        expect(await shownIn(page, '[data-verdict]')).toContain(evidence)
      })
    }

    it('accepts the seal of the whole book, and refuses it with one digit changed', async () => {
      await start('proofs')
      await verify(/Verify.*Seal of 4 accounts/)
      await verdict().waitFor({ timeout: 120_000 })
      const shown = await shownIn(page, '[data-verdict]')
      expect(shown).toContain('counts every account once and only once')
      expect(shown).toMatch(/\(margin proofs\) holds this key.*; verifier.*\(seal proofs\) holds this key/)
      await page.route('**/v1/epochs/*/bundle', async (route) => {
        const response = await route.fetch()
        const body = (await response.text())
          .replace(/"pi_a":\["(\d)/, (_, digit) => `"pi_a":["${(Number(digit) % 9) + 1}`)
          .replace(/"a":\["(\d)/, (_, digit) => `"a":["${(Number(digit) % 9) + 1}`)
        await route.fulfill({ response, body })
      })
      await verify(/Verify again.*Seal/)
      await page.locator('[data-verdict=bad]').waitFor({ timeout: 120_000 })
      expect(await shownIn(page, '[data-verdict]')).toMatch(/Not valid|Refused/)
    })
  })

  describe('for the venue', () => {
    it('shows and cancels jobs with a key that it keeps nowhere', async () => {
      await start('jobs')
      const key = page.getByLabel('API key')
      await key.fill('tk_nonsense')
      await page.getByRole('button', { name: 'Show jobs' }).click()
      await page.getByRole('alert').filter({ hasText: '401' }).waitFor()
      const job = await venue.sealBook({ ...orders, liquidity: LIQUIDITY, reserves: '5' })
      await key.fill(world.tokens.venue)
      await page.getByRole('button', { name: 'Show jobs' }).click()
      await page.getByRole('button', { name: 'Cancel Solvency' }).click()
      await page.locator('tr', { hasText: 'Cancelled' }).waitFor()
      expect((await venue.job(job.id)).status).toBe('cancelled')
      expect(await text()).toMatch(/Trigger[\s\S]*Attestation/)
      const kept = String(
        await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
      )
      expect(kept).not.toContain(world.tokens.venue)
      expect(await page.content()).not.toContain(world.tokens.venue)
      await page.reload()
      await key.waitFor()
    })
  })

  describe('for an owner', () => {
    const signIn = async () => {
      await page.getByRole('button', { name: 'Connect Stub wallet' }).click()
      await page.getByRole('button', { name: 'Sign in with Ethereum' }).click()
    }

    it("shows the signed-in owner's own positions and margin, and nobody else's", async () => {
      await start('account', {}, walletOf(OWNERS[0] as never))
      await signIn()
      await page.locator('[data-account="90001"]').waitFor({ timeout: 30_000 })
      const shown = await text()
      expect(shown).toMatch(/BTC-PERPETUAL\s+-0\.73/)
      expect(shown).toMatch(/USD\s+61234\.56/)
      expect(shown).toMatch(/Equity\s+[\d,.]+ USD/)
      await shoot(open, 'account')
      for (const hidden of [...CASH.slice(1), ...SECRETS]) expect(shown).not.toContain(hidden)
      for (const [address, answer] of open.answers) {
        for (const secret of SECRETS.slice(1)) expect(answer, address).not.toContain(`${BigInt(secret)}`)
      }
      expect(open.complaints).toEqual([])
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: 'Sign in with Ethereum' }).waitFor()
      expect(await page.content()).not.toContain('61234.56')
    })

    it('has nothing for a stranger', async () => {
      await start('account', {}, walletOf(STRANGER as never))
      await signIn()
      await page.getByText('This book has no account of yours').waitFor({ timeout: 30_000 })
    })

    it('says that the wallet refused', async () => {
      await start('account', {}, walletOf(STRANGER as never, { refuses: true }))
      await signIn()
      await page.getByRole('alert').filter({ hasText: 'You refused it in the wallet.' }).waitFor()
    })
  })

  describe('for a bidder', () => {
    it('sends nothing from a wallet on another chain, and offers to change it', async () => {
      const wallet = walletOf(STRANGER as never, { chainId: 1 })
      await start('auctions', {}, wallet)
      await page.getByRole('button', { name: 'Bid with a wallet' }).first().click()
      const desk = page.locator('[data-desk]')
      await desk.getByRole('button', { name: 'Connect Stub wallet' }).click()
      await desk.getByText('The wallet is on chain 1; the engine is on chain 31337.').waitFor()
      expect(await desk.locator('form').count()).toBe(0)
      await desk.getByRole('button', { name: 'Change the wallet to chain 31337' }).click()
      await expect.poll(() => wallet.chainId).toBe(31_337)
      expect(wallet.calls).not.toContain('eth_sendTransaction')
    })
  })
})
