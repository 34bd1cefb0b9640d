import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HDNodeWallet, Wallet } from 'ethers'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { greekUnitsWord } from '../../src/book/liquidation/greek-units.ts'
import { readAward, readCase } from '../../src/chain/engine-client/cases.ts'
import { openConsole } from '../../src/console/build.ts'
import type { Job } from '../../src/service/client/index.ts'
import { commit, finish, reveal, toEnd, toReveal } from '../chain/fixtures/engine-bids.ts'
import { ALICE, BOB, CAROL, KEEPER } from '../chain/fixtures/engine-chain.ts'
import { honest, inDutch } from '../chain/fixtures/engine-sales.ts'
import { CARRY_LOTS, SUB_TAGS } from '../chain/fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from '../chain/fixtures/engine-toy-world.ts'
import { deploymentFile } from '../service/chain-world.ts'
import { BOOK, MARKET, startWorld, type World } from '../service/world.ts'
import { findBrowserOrSay, launchBrowser } from '../support/browser.ts'
import { goTo, type OpenConsole, openConsolePage, type StubWallet, shoot, shownIn } from './support.ts'

const executablePath = findBrowserOrSay("a bidder's desk over real contracts")
const MNEMONIC = 'test test test test test test test test test test test junk'
const LOOKS = {
  light: { viewport: { width: 1_280, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1_280, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 800 }, colorScheme: 'dark', hasTouch: true },
} as const

/** Every contract is the real one; the proofs behind the cases are of circuits that state anything, and the page verifies none. */
describe.skipIf(executablePath === undefined)('a bidder with a wallet', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-bidding-'))
  let w: EngineToyWorld
  let world: World
  let browser: Browser
  let open: OpenConsole
  let page: Page
  let wallet: StubWallet
  let job: Job

  beforeAll(async () => {
    w = await EngineToyWorld.start()
    const target = { url: w.chain.url, deployment: w.base.connection.deployment }
    const environment = {
      TACIT_PROVERS: '1',
      TACIT_RPC_URL: w.chain.url,
      TACIT_DEPLOYMENT: deploymentFile(folder, target),
      TACIT_CHAIN_POLL_MS: '100',
    }
    world = await startWorld(environment, await openConsole())
    const venue = world.as('venue')
    const { riskRoot } = await venue.addRound({ markets: [MARKET] })
    const { bookRoot } = await venue.addBook({ riskRoot, book: BOOK })
    job = await venue.attest({ riskRoot, bookRoot, account: 90_001, publish: true, threshold: 'mm' })
    browser = await launchBrowser(executablePath!)
  }, 300_000)
  afterEach(async () => {
    await open?.page.context().close()
    // The page has sent in their names.
    for (const bidder of [ALICE, CAROL]) w.base.signer(bidder).reset()
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
    await w?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The auctions as this bidder sees them, the wallet not connected yet. */
  async function start(bidder: number, look: keyof typeof LOOKS): Promise<void> {
    const { privateKey } = HDNodeWallet.fromPhrase(MNEMONIC, '', `m/44'/60'/0'/0/${bidder}`)
    const signer = new Wallet(privateKey)
    wallet = { signer, chainId: 31_337, refuses: false, rpcUrl: w.chain.url, calls: [] }
    open = await openConsolePage(browser, LOOKS[look], wallet)
    page = open.page
    page.setDefaultTimeout(60_000)
    await goTo(open, world.service.url, 'auctions')
  }
  const cardOf = (caseId: string): Locator =>
    page.locator('section.card', { has: page.locator(`a[href$="${caseId}"]`) }).first()
  /** The desk of a case, with the wallet connected. */
  async function deskOf(caseId: string): Promise<Locator> {
    await cardOf(caseId).getByRole('button', { name: 'with a wallet' }).click()
    const desk = page.locator(`[data-desk="${caseId}"]`)
    await desk.getByRole('button', { name: 'Connect Stub wallet' }).click()
    return desk
  }
  const heldOf = (caseId: string) => page.locator(`[data-held="${caseId}"]`)
  const sent = () => wallet.calls.filter((method) => method === 'eth_sendTransaction').length
  const winner = async (caseId: string) => (await readAward(w.base.connection, caseId)).winner
  const stage = async (caseId: string) => (await readCase(w.base.connection, caseId)).stage
  /** Nobody has complained, and nothing was asked for elsewhere. */
  function expectClean(): void {
    expect(open.complaints).toEqual([])
    expect(open.asked.filter((address) => !address.startsWith(`${world.service.url}/`))).toEqual([])
  }

  it('takes a lot from the public auction, without being on any list, and for no less than asked', async () => {
    const caseId = await inDutch(w)
    await w.base.passes(450)
    await start(CAROL, 'light')
    const desk = await deskOf(caseId)
    await desk.getByText('Free escrow').waitFor()
    const card = cardOf(caseId)
    await card.getByText('Public: the discount rises').waitFor()
    // Governance has not listed Carol, and nobody asks.
    expect(await desk.getByText('A bid would be refused').count()).toBe(0)
    const least = desk.getByLabel('Least discount, %')
    const proposed = async () => Number(await least.inputValue())
    await expect.poll(proposed, { timeout: 60_000 }).toBeGreaterThan(1)
    const shown = await card.locator('dt:text-is("Discount now") + dd').textContent()
    expect(await proposed()).toBeCloseTo(Number.parseFloat(shown!), 0)
    const { capBps } = await readCase(w.base.connection, caseId)
    await least.fill(`${Number(capBps) / 100}`)
    await desk.getByRole('button', { name: 'Take the lot' }).click()
    await desk.getByRole('alert').filter({ hasText: 'The contract refuses: the discount is' }).waitFor()
    expect(sent()).toBe(0)
    await shoot(open, 'bidding-public')

    await least.fill('1')
    wallet.refuses = true
    await desk.getByRole('button', { name: 'Take the lot' }).click()
    await desk.getByRole('alert').filter({ hasText: 'You refused it in the wallet.' }).waitFor()
    expect(await stage(caseId)).toBe('dutch')
    wallet.refuses = false
    await desk.getByRole('button', { name: 'Take the lot' }).click()
    await card.getByText('Awarded, to be settled').waitFor()
    await desk.getByText('Done.').waitFor()
    expect(await winner(caseId)).toBe(wallet.signer.address)
    expect(await shownIn(page, 'main')).toMatch(/Sold to 0x\w{4}…\w{4} at a discount of \d/)
    expectClean()
    await shoot(open, 'bidding-public-taken')
    await w.settle(caseId, SUB_TAGS[CAROL]!, await honest(w, caseId))
  })

  it('makes an offer for a hedge once, and fetches its escrow back when another one won', async () => {
    const free = await w.base.freeLots(ALICE)
    // Nothing is listed in the third slot, and the lot has nothing there.
    const greeks = greekUnitsWord([-12n, -31n, -20n, 3n, -4n, -2n, 0n, 0n, 0n])
    const caseId = await w.onSale('soft', { signals: { greeks } })
    await start(ALICE, 'phone')
    const desk = await deskOf(caseId)
    await desk.getByText('Active', { exact: true }).waitFor()
    const underlyings = cardOf(caseId)
      .getByRole('table', { name: /P&L of the lot/ })
      .locator('tbody td:first-child')
    expect(await underlyings.allInnerTexts()).toEqual(['BTC', 'ETH'])
    const ask = desk.getByLabel('Penalty that you ask, %')
    await ask.fill('nonsense')
    await desk.getByRole('button', { name: 'Offer', exact: true }).click()
    await desk.getByRole('alert').filter({ hasText: 'must be a percentage' }).waitFor()
    await ask.fill('0.8')
    await desk.getByRole('button', { name: 'Offer', exact: true }).click()
    await desk.getByText('Your offer of 0.8% holds 400 USD of escrow.').waitFor()
    await desk.getByText('It stays locked: the sale is not over yet.').waitFor()
    // One offer for each case: there is no form for another.
    expect(await desk.locator('form.panel-form [name=discount]').count()).toBe(0)
    expect(await desk.getByText('A bid would be refused').count()).toBe(0)
    expect(await w.base.freeLots(ALICE)).toBe(free - CARRY_LOTS)
    expect(sent()).toBe(1)
    await shoot(open, 'bidding-offer')

    await w.base.send('soft', 'offer', [caseId, 50n, SUB_TAGS[BOB]], BOB)
    await w.base.passes(61)
    await w.base.send('soft', 'finish', [caseId], KEEPER)
    await desk.getByRole('button', { name: 'Fetch it back' }).click()
    await expect.poll(() => w.base.freeLots(ALICE), { timeout: 60_000 }).toBe(free)
    await desk.getByText('Done.').waitFor()
    await expect.poll(() => desk.getByText('Your offer of').count(), { timeout: 60_000 }).toBe(0)
    expect(await winner(caseId)).toBe(await w.base.address(BOB))
    expectClean()
    await w.settle(caseId, SUB_TAGS[BOB]!, { mode: 'soft', percent: 100n, discountBps: 50n })
    await w.vouch(BOB)
  })

  it('fetches bond and escrow of a sealed bid after its case has left the board', async () => {
    const free = await w.base.freeLots(ALICE)
    const caseId = await w.onSale()
    await start(ALICE, 'dark')
    const desk = await deskOf(caseId)
    await desk.getByLabel('Discount that you ask, %').fill('7')
    await desk.getByRole('button', { name: 'Seal the bid' }).click()
    await desk.getByText('Your bid: 7%, sealed').waitFor()
    await commit(w, caseId, BOB, 300n)
    await toReveal(w)
    await reveal(w, caseId, BOB, 300n)
    await desk.getByRole('button', { name: 'Open the bid' }).click()
    await desk.getByText('Your bid: 7%, opened').waitFor()
    await toEnd(w)
    await finish(w, caseId)
    await w.settle(caseId, SUB_TAGS[BOB]!, await honest(w, caseId))
    await w.vouch(BOB)
    expect(await stage(caseId)).toBe('closed')
    await page.getByText('Nothing is on sale').waitFor()
    const held = heldOf(caseId)
    await held.getByText('Your sealed bid of 7% holds 1,000 USD of bond and 400 USD of escrow.').waitFor()
    expect(await w.base.freeLots(ALICE)).toBe(free - 100_000n - CARRY_LOTS)
    await shoot(open, 'bidding-held')
    await held.getByRole('button', { name: 'Fetch it back' }).press('Enter')
    await page.getByText('No bid of this wallet holds anything').waitFor()
    expect(await w.base.freeLots(ALICE)).toBe(free)
    expectClean()
  })

  it('is told that a bid which was not opened in time has lost its bond, and is offered nothing to fetch', async () => {
    const caseId = await w.onSale()
    await commit(w, caseId, ALICE, 300n)
    await commit(w, caseId, BOB, 400n)
    await toReveal(w)
    await reveal(w, caseId, BOB, 400n)
    await toEnd(w)
    await finish(w, caseId)
    await start(ALICE, 'phone')
    await cardOf(caseId).waitFor()
    await goTo(open, world.service.url, `cases/${caseId}`)
    await page.getByRole('button', { name: 'Connect Stub wallet' }).click()
    const held = heldOf(caseId)
    await held.getByText('Your sealed bid holds 1,000 USD of bond.').waitFor()
    await held.getByText('a bid that was not revealed loses its bond').waitFor()
    expect(await held.getByRole('button', { name: 'Fetch it back' }).count()).toBe(0)
    expectClean()
    await shoot(open, 'bidding-lost')
  })

  it('sees by its own node that the contracts take no proofs for a key, whatever the service says', async () => {
    expect((await world.as('venue').finished(job.id)).status).toBe('succeeded')
    const { hash } = (await world.client.keys()).find(({ circuit }) => circuit === 'margin-4')!
    const { verifyingKeys } = await world.client.deployment()
    // The contracts of this world hold the key of another circuit.
    expect(verifyingKeys.map(({ proofs }) => proofs)).toEqual(['margin', 'seal'])
    expect(verifyingKeys.map((key) => key.hash)).not.toContain(hash)
    await start(CAROL, 'light')
    await page.route('**/v1/deployment', async (route) => {
      const response = await route.fetch()
      const text = await response.text()
      await route.fulfill({ response, body: text.replace(verifyingKeys[0]!.hash, hash) })
    })
    await goTo(open, world.service.url, 'proofs')
    await page.getByRole('button', { name: 'Connect Stub wallet' }).click()
    await page.getByText("its node is asked for the chain's keys").waitFor()
    await page.getByRole('button', { name: /Verify.*Covered at maintenance margin/ }).click()
    await page.locator('[data-verdict=bad]').waitFor()
    const shown = await shownIn(page, '[data-verdict]')
    expect(shown).toMatch(/as the service says\s*: Yes\s+verifier 0x\w{40} of chain 31337 .* holds this key/)
    expect(shown).toMatch(
      /as the node of your wallet says\s*: No\s+verifier 0x\w{40} of chain 31337 .* and not 0x/,
    )
    await shoot(open, 'verified-other-key')
  })
})
