import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildPage } from '../../scripts/page/build.ts'
import { accountTag } from '../../src/book/leaf.ts'
import { packHeaderLine } from '../../src/bundle/claim/pack.ts'
import { parseProofFile } from '../../src/bundle/claim/proof-file.ts'
import { decodeClaim } from '../../src/protocol/claims.ts'
import { readSections, section } from '../../src/prover/binary.ts'
import { marginOf, type Tier } from '../../src/risk/margin.ts'
import { changed, lineOf } from '../bundle/change.ts'
import { type BundleWorld, bundleWorld, CHAIN } from '../bundle/fixture.ts'
import { Desk, lastJson, tacit } from '../cli/support.ts'
import { findBrowserOrSay, launchBrowser, type StaticServer, serveFiles } from '../support/browser.ts'
import { layDown, packFile, prove, receiptFile, savedProof } from './own-support.ts'
import { type OpenPage, openBuilt, shotPath, writeLines } from './support.ts'

const executablePath = findBrowserOrSay("an owner's proof in a browser")
const desk = new Desk()
const BENEFICIARY = `0x${'be'.repeat(20)}`

describe.skipIf(executablePath === undefined)('an owner, in a browser', () => {
  let browser: Browser
  let plain: StaticServer
  let isolated: StaticServer
  let world: BundleWorld
  let html: string
  let bundle: string
  let pack: string
  let open: OpenPage

  beforeAll(async () => {
    html = await buildPage()
    world = await bundleWorld()
    bundle = writeLines(desk.path('epoch.tacit.jsonl'), world.lines)
    pack = await packFile(desk)
    const files = new Map([['index.html', html]])
    plain = await serveFiles(files, { isolated: false })
    isolated = await serveFiles(files, { isolated: true })
    browser = await launchBrowser(executablePath!)
  }, 600_000)

  afterEach(async () => {
    await open?.page.context().close()
  })
  afterAll(async () => {
    await browser?.close()
    await plain?.close()
    await isolated?.close()
    desk.clear()
  })

  async function start(url = plain.url, options: Parameters<typeof openBuilt>[2] = {}): Promise<Page> {
    open = await openBuilt(browser, url, options)
    return open.page
  }

  function indexOf(tier: Tier): number {
    return world.book.accounts.findIndex(
      ({ positions }) => marginOf(positions, world.matrix.vectors, world.matrix.parameters).tier === tier,
    )
  }

  const receipt = (index: number) => receiptFile(desk, world, index)

  it('proves coverage of their account, and tacit verify accepts the file that they save', async () => {
    const page = await start()
    const index = indexOf('healthy')
    await layDown(page, [bundle, receipt(index), pack])
    expect(await page.locator('[data-receipt]').textContent()).toMatch(
      /Equity[\d,.]+ USDInitial margin \(IM\)[\d,.]+ USDSoft-liquidation level \(SOFT\)[\d,.]+ USDMaintenance margin \(MM\)[\d,.]+ USDHealth \(equity \/ MM\)[\d,]+%/,
    )
    expect(await page.locator('#own input[name=threshold]:checked').getAttribute('value')).toBe('im')
    // The page goes on drawing while its worker proves.
    await page.evaluate(
      'globalThis.frames = 0; (function draw() { globalThis.frames++; requestAnimationFrame(draw) })()',
    )
    expect(await prove(page)).toBe('made')
    expect(await page.evaluate('globalThis.frames')).toBeGreaterThan(10)
    expect(await page.locator('[data-proof]').textContent()).toContain('by one worker')
    const path = desk.write('coverage.json', await savedProof(page))
    const ran = await tacit('verify', path, '--sample', '--json')
    expect(ran.code, ran.stderr).toBe(0)
    expect(lastJson(ran)).toMatchObject({
      valid: true,
      statement: 'equity is at or above its initial margin (IM)',
      instance: 'margin-4',
    })
    const file = parseProofFile({ name: 'coverage.json', text: desk.read('coverage.json') })
    expect(file.signals).toMatchObject({
      bookRoot: world.book.root,
      riskRoot: world.matrix.root,
      tag: accountTag(world.hasher, world.book.account(index).secret),
      context: 0n,
    })
    // Nothing of the account but its tag.
    const { owner, secret, accountId } = world.book.account(index)
    for (const hidden of [owner, secret]) expect(desk.read('coverage.json')).not.toContain(`"${hidden}"`)
    expect(JSON.parse(desk.read('coverage.json'))).not.toHaveProperty('accountId', accountId)
    expect(open.asked).toEqual([plain.url])
    expect(open.complaints).toEqual([])
  })

  it('proves on threads in an isolated page, for one contract and one address, one claim after the other', async () => {
    const page = await start(isolated.url)
    await layDown(page, [bundle, receipt(indexOf('healthy')), pack])
    await page.getByText('For a contract, which takes it').click()
    expect(await page.locator('#own-attestor').inputValue()).toBe(CHAIN.references!.attestor)
    await page.locator('#own-beneficiary').fill('somebody')
    expect(await prove(page, 'mm')).toBe('refused')
    expect(await page.locator('[data-proof]').textContent()).toContain('is no address')
    await page.locator('#own-beneficiary').fill(BENEFICIARY)
    for (const threshold of ['mm', 'zero']) {
      await page.locator(`#own input[value=${threshold}]`).check()
      await page.locator('#prove').click()
      await page.locator('[data-proof=made]').waitFor({ timeout: 120_000 })
      expect(await page.locator('[data-proof]').textContent()).toMatch(/by [1-4] threads/)
      const path = desk.write(`${threshold}.json`, await savedProof(page))
      const ran = await tacit('verify', path, '--json')
      expect(ran.code, ran.stderr).toBe(0)
      const context = lastJson(ran).checks.find(({ name }: { name: string }) => name === 'context')
      expect(context.detail).toMatch(/^good for 0x[bB][eE]/)
      const { signals } = parseProofFile({ name: path, text: readFileSync(path, 'utf8') })
      expect(decodeClaim(signals.claim)).toEqual({ threshold, below: false })
    }
    // These keys anyone can forge proofs for: they serve on local chains only.
    await page.locator('#own-chain-id').fill('1')
    expect(await prove(page, 'im')).toBe('refused')
    expect(await page.locator('[data-proof]').textContent()).toContain('is refused on chain 1')
    expect(open.asked).toEqual([isolated.url])
    expect(open.complaints).toEqual([])
  })

  it('is told in words that a false claim has no proof, and gets no file', async () => {
    const page = await start()
    const index = indexOf('insolvent')
    await layDown(page, [bundle, receipt(index), pack])
    for (const threshold of ['im', 'soft', 'mm', 'zero']) {
      expect(await prove(page, threshold)).toBe('refused')
      const text = await page.locator('[data-proof]').textContent()
      expect(text).toMatch(/Your account has an equity of -[\d,.]+ USD, which is below/)
      expect(text).toContain('So there is no such proof.')
      expect(await page.locator('#save-proof').count()).toBe(0)
    }
    expect(await page.locator('#own .answer').allTextContents()).toEqual(Array(4).fill('it is below'))
    expect(open.complaints).toEqual([])
  })

  it('is told why a changed or foreign pack is refused, and can go on with a good one', async () => {
    const page = await start()
    const bytes = readFileSync(pack)
    const header = bytes.subarray(0, bytes.indexOf(0x0a) + 1).toString()
    const withHeader = (change: (text: string) => string) =>
      Buffer.concat([Buffer.from(change(header)), bytes.subarray(header.length)])
    const flipped = (at: number) => {
      const copy = Buffer.from(bytes)
      copy[at]! ^= 1
      return copy
    }
    const write = (name: string, content: Buffer) => {
      writeFileSync(desk.path(name), content)
      return desk.path(name)
    }
    await layDown(page, [bundle, receipt(indexOf('healthy'))])
    expect(await page.locator('#prove').isDisabled()).toBe(true)
    const atOnce: [path: string, reason: RegExp][] = [
      [write('cut.tacit.pack', bytes.subarray(0, -1)), /is cut short/],
      [
        write(
          '16.tacit.pack',
          withHeader((text) => text.replace('margin-4', 'margin-16')),
        ),
        /for margin-16/,
      ],
      [
        write(
          'key.tacit.pack',
          withHeader((text) => text.replace(/0x[0-9a-f]{64}/, `0x${'ab'.repeat(32)}`)),
        ),
        /for the key 0xabab/,
      ],
    ]
    for (const [path, reason] of atOnce) {
      await page.locator('#files').setInputFiles(path)
      await page.locator('[data-proof=refused]', { hasText: reason }).waitFor()
      expect(await page.locator('#prove').isDisabled()).toBe(true)
    }
    // Chosen in the panel itself: whatever that is, it is taken for a pack.
    await page.locator('#own-pack').setInputFiles(bundle)
    await page.locator('[data-proof=refused]', { hasText: 'field "format"' }).waitFor()
    for (const at of [header.length + 1_000, bytes.length - 1_000]) {
      await page.locator('#own-pack').setInputFiles(write('damaged.tacit.pack', flipped(at)))
      expect(await prove(page)).toBe('refused')
      expect(await page.locator('[data-proof]').textContent()).toMatch(/is damaged: its .* has the sha256/)
      expect(await page.locator('#save-proof').count()).toBe(0)
    }
    await page.locator('#own-pack').setInputFiles(pack)
    expect(await prove(page)).toBe('made')
    expect(open.complaints).toEqual([])
  })

  it('is told so when the proving key of a pack is not that of the bundle, whatever both files say', async () => {
    const bytes = readFileSync(pack)
    const header = JSON.parse(bytes.subarray(0, bytes.indexOf(0x0a)).toString())
    const first = bytes.indexOf(0x0a) + 1
    const program = bytes.subarray(first, first + header.program.bytes)
    const provingKey = Buffer.from(bytes.subarray(first + header.program.bytes))
    // Another alpha, which is a point of the curve too: beta.
    section(readSections(provingKey, 'zkey', 'key'), 2, 'key').copyWithin(84, 148, 212)
    const line = packHeaderLine('margin-4', header.keyHash, { program, provingKey })
    writeFileSync(desk.path('alpha.tacit.pack'), Buffer.concat([Buffer.from(line), program, provingKey]))
    // How a key was made is bound by no proof: the bundle holds with this hash as well.
    const zkeyHash = JSON.parse(line).provingKey.sha256
    const lines = changed(world.lines, lineOf(world.lines, 'key'), (record) => ({
      ...record,
      setup: { ...record.setup, zkeyHash },
    }))
    const page = await start()
    const odd = writeLines(desk.path('odd.tacit.jsonl'), lines)
    await layDown(page, [odd, receipt(indexOf('healthy')), desk.path('alpha.tacit.pack')])
    expect(await prove(page)).toBe('refused')
    expect(await page.locator('[data-proof]').textContent()).toContain('another verification key')
  })

  it('is told so when there is no memory for the proof', async () => {
    const page = await start()
    await layDown(page, [bundle, receipt(indexOf('healthy')), pack])
    await page.locator('#prove:not([disabled])').waitFor({ timeout: 60_000 })
    // As browsers say it; the account was checked before.
    await page
      .workers()[0]!
      .evaluate(
        "WebAssembly.Memory = class { constructor() { throw new RangeError('could not allocate memory') } }; undefined",
      )
    expect(await prove(page)).toBe('refused')
    expect(await page.locator('[data-proof]').textContent()).toContain('gives too little memory')
    expect(await page.locator('#save-proof').count()).toBe(0)
  })

  it('works from a disk', async () => {
    const page = await start(pathToFileURL(desk.write('index.html', html)).href)
    await layDown(page, [bundle, receipt(indexOf('healthy')), pack])
    expect(await prove(page)).toBe('made')
    expect(open.asked).toEqual([page.url()])
    expect(open.complaints).toEqual([])
  })

  it('has nothing to prove with a receipt of another book', async () => {
    const page = await start()
    const text = readFileSync(receipt(indexOf('healthy')), 'utf8')
    const other = desk.write(
      'other.json',
      text.replace(/"bookRoot": "(\d+)\d"/, (_, digits) => `"bookRoot": "${digits}"`),
    )
    await page.locator('#files').setInputFiles([bundle, other, pack])
    await page.locator('[data-receipt=not-counted]').waitFor({ timeout: 120_000 })
    expect(await page.locator('[data-receipt]').textContent()).toContain('ask for a new receipt')
    expect(await page.locator('#own').count()).toBe(0)
  })

  it('reads well in a window, in the dark and on a phone', async () => {
    const page = await start()
    await layDown(page, [bundle, receipt(indexOf('healthy')), pack])
    await page.getByText('For a contract, which takes it').click()
    await page.locator('#own').screenshot({ path: shotPath('own-form.png') })
    await page.getByText('For anybody who gets the file').click()
    expect(await prove(page)).toBe('made')
    for (const [name, colorScheme, width] of [
      ['own-light', 'light', 1100],
      ['own-dark', 'dark', 1100],
      ['own-phone', 'light', 360],
    ] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      await page.locator('#own').screenshot({ path: shotPath(`${name}.png`) })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    }
  })
})
