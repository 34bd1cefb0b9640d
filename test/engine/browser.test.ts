import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import * as snarkjs from 'snarkjs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import {
  type Bundle,
  bundleForBrowser,
  findBrowserOrSay,
  launchBrowser,
  openPage,
  type ServedFile,
  type StaticServer,
  serveFiles,
} from '../support/browser.ts'
import type { EnginePage, PageOutcome, PageProof } from '../support/engine-page.ts'
import { type MarginFiles, marginFiles } from './margin-witness.ts'

const executablePath = findBrowserOrSay('the engine in a browser')
const ENTRIES = {
  page: join(REPOSITORY_ROOT, 'test/support/engine-page.ts'),
  worker: join(REPOSITORY_ROOT, 'src/prover/engine/browser/worker.ts'),
}

/** For the worker that starts the threads: the one that is given the fifth job is ended as it starts on it. */
const KILL_AT_FIFTH_JOB = `
  let jobs = 0
  Worker = class extends Worker {
    postMessage(message) {
      super.postMessage(message)
      if (message.kind === 'job' && ++jobs === 5) this.terminate()
    }
  }
  undefined`

let bundle: Bundle

beforeAll(async () => {
  bundle = await bundleForBrowser(ENTRIES)
})

describe('the bundle', () => {
  it('is one file for the page and one for its workers, without any module of Node', () => {
    expect([...bundle.files.keys()].sort()).toEqual(['page.js', 'worker.js'])
    const imports = Object.values(bundle.metafile.outputs).flatMap((output) => output.imports)
    // The one that is left is asked for only where there is no browser.
    expect(new Set(imports.map(({ path, kind }) => `${kind} ${path}`))).toEqual(
      new Set(['dynamic-import node:worker_threads']),
    )
  })
})

describe.skipIf(executablePath === undefined)('in a browser', () => {
  let margin: MarginFiles
  let browser: Browser
  let isolated: StaticServer
  let plain: StaticServer
  const pages: Page[] = []

  beforeAll(async () => {
    margin = await marginFiles(MARGIN_INSTANCES['margin-4'])
    const files = new Map<string, ServedFile>([
      ...bundle.files,
      ['key.zkey', margin.zkey],
      ['foreign.zkey', margin.zkey.subarray(0, margin.zkey.length - 1_000)],
      ['good.wtns', margin.wtns],
      ['short.wtns', margin.wtns.subarray(0, margin.wtns.length - 32)],
      ['beyond.wtns', withValueBeyondTheField(margin.wtns)],
      ['false.wtns', withOtherValue(margin.wtns)],
    ])
    isolated = await serveFiles(files, { isolated: true })
    plain = await serveFiles(files, { isolated: false })
    browser = await launchBrowser(executablePath!)
  }, 300_000)

  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close()
  })

  afterAll(async () => {
    await browser?.close()
    await isolated?.close()
    await plain?.close()
    await closeSnarkjs()
  })

  async function open(server: StaticServer, inBrowser = browser) {
    const page = await openPage(inBrowser, server.url, 'page.js')
    pages.push(page)
    return <M extends keyof EnginePage>(method: M, ...args: Parameters<EnginePage[M]>) =>
      page.evaluate(`enginePage.${method}(...${JSON.stringify(args)})`) as Promise<
        Awaited<ReturnType<EnginePage[M]>>
      >
  }

  async function expectProof(outcome: PageOutcome<PageProof>): Promise<void> {
    const { proof, publicSignals } = succeeded(outcome)
    const { verificationKey } = margin.artifacts
    const signals = publicSignals.map(BigInt)
    expect(verifyProof(verificationKey, signals, proof)).toBe(true)
    expect(await snarkjs.groth16.verify(verificationKey, [...publicSignals], proof)).toBe(true)
    expect(verifyProof(verificationKey, [signals[0]! ^ 1n, ...signals.slice(1)], proof)).toBe(false)
  }

  it.each([
    ['worker', 'threads', 'an isolated page', { mode: 'threads', threads: 2, isolated: true }],
    ['worker', 'no threads', 'any other page', { mode: 'worker', threads: 0, isolated: false }],
    ['page', 'threads', 'an isolated page', { mode: 'threads', threads: 2, isolated: true }],
    ['page', 'no threads', 'any other page', { mode: 'inline', threads: 0, isolated: false }],
  ] as const)('proves margin-4 in a %s with %s in %s', async (place, _threads, _page, expected) => {
    const call = await open(expected.isolated ? isolated : plain)
    expect(await call('open', place)).toEqual({ value: expected })
    const { vk_alpha_1: alpha, vk_delta_2: delta, IC: ic } = margin.artifacts.verificationKey
    expect(await call('loadKey', 'key.zkey')).toMatchObject({
      value: { domainSize: 16_384, points: { alpha, delta, ic } },
    })
    await expectProof(await call('prove', 'good.wtns'))
    // Once more with the same key, whose memory the first proof has written to.
    await expectProof(await call('prove', 'good.wtns'))
    expect(await call('close')).toEqual({ value: undefined })
    expect(await call('prove', 'good.wtns')).toMatchObject({ failure: { code: 'CLOSED' } })
  })

  it.each(['worker', 'page'] as const)('starts its workers from a blob in a %s', async (place) => {
    const call = await open(isolated)
    expect(await call('open', place, { workerUrl: 'blob:' })).toMatchObject({ value: { mode: 'threads' } })
    await call('loadKey', 'key.zkey')
    await expectProof(await call('prove', 'good.wtns'))
  })

  it.each(['worker', 'page'] as const)('refuses damaged files in a %s and goes on', async (place) => {
    const call = await open(isolated)
    await call('open', place)
    expect(await call('loadKey', 'foreign.zkey')).toMatchObject({ failure: { code: 'KEY' } })
    await call('loadKey', 'key.zkey')
    for (const file of ['short.wtns', 'beyond.wtns']) {
      expect(await call('prove', file), file).toMatchObject({ failure: { code: 'WITNESS' } })
    }
    expect(await call('prove', 'false.wtns')).toMatchObject({ failure: { code: 'PROOF' } })
    await expectProof(await call('prove', 'good.wtns'))
  })

  it('notices a thread that is killed in the middle of a proof, and the next proof starts others', async () => {
    const call = await open(isolated)
    await call('open', 'page')
    await call('loadKey', 'key.zkey')
    await call('prove', 'good.wtns')
    expect(await call('proveAndKill', 'good.wtns', 30)).toEqual({
      failure: { code: 'WORKER', message: 'a worker thread died' },
    })
    expect(await call('keyLoaded')).toBe(true)
    await expectProof(await call('prove', 'good.wtns'))
  })

  it.each([true, false])(
    'notices that its own worker is killed (isolated page: %s), and loads the key into another',
    async (isolatedPage) => {
      const call = await open(isolatedPage ? isolated : plain)
      await call('open', 'worker')
      await call('loadKey', 'key.zkey')
      expect(await call('proveAndKill', 'good.wtns', 30)).toEqual({
        failure: { code: 'WORKER', message: "the engine's worker died: the worker ended" },
      })
      expect(await call('keyLoaded')).toBe(false)
      expect(await call('prove', 'good.wtns')).toMatchObject({ failure: { code: 'CLOSED' } })
      await call('loadKey', 'key.zkey')
      await expectProof(await call('prove', 'good.wtns'))
    },
  )

  it('notices that a thread of its worker is killed, and keeps the key', async () => {
    const call = await open(isolated)
    await call('open', 'worker')
    await pages[0]!.workers()[0]!.evaluate(KILL_AT_FIFTH_JOB)
    await call('loadKey', 'key.zkey')
    expect(await call('prove', 'good.wtns')).toEqual({
      failure: { code: 'WORKER', message: 'a worker thread died' },
    })
    expect(await call('keyLoaded')).toBe(true)
    await expectProof(await call('prove', 'good.wtns'))
  })

  it.each(['worker', 'page'] as const)('in a %s, can be interrupted', async (place) => {
    const call = await open(isolated)
    await call('open', place)
    await call('loadKey', 'key.zkey')
    expect(await call('proveAndInterrupt', 'good.wtns', 30)).toMatchObject({ failure: { code: 'WORKER' } })
    if (place === 'worker') await call('loadKey', 'key.zkey')
    await expectProof(await call('prove', 'good.wtns'))
  })

  it('says so when the worker script is not there, in place of waiting for it', async () => {
    const call = await open(isolated)
    const workerUrl = '/missing.js'
    const failure = { code: 'WORKER', message: expect.stringContaining('missing.js') }
    expect(await call('open', 'worker', { workerUrl })).toEqual({ failure })
    await call('open', 'page', { workerUrl })
    await call('loadKey', 'key.zkey')
    expect(await call('prove', 'good.wtns')).toMatchObject({ failure: { code: 'WORKER' } })
  })

  it('refuses a browser without SIMD, and names the reason', async () => {
    // Chromium has WebAssembly SIMD where the processor has SSE 4.1.
    const old = await launchBrowser(executablePath!, { args: ['--js-flags=--no-enable-sse4-1'] })
    try {
      const call = await open(isolated, old)
      for (const place of ['worker', 'page'] as const) {
        expect(await call('open', place)).toEqual({
          failure: { code: 'UNSUPPORTED', message: expect.stringContaining('no WebAssembly SIMD') },
        })
      }
    } finally {
      pages.splice(0)
      await old.close()
    }
  })
})

function succeeded<T>(outcome: PageOutcome<T>): T {
  if ('failure' in outcome) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`)
  return outcome.value
}

/** The last value of the witness becomes 2^256 - 1. */
function withValueBeyondTheField(wtns: Uint8Array): Uint8Array {
  const damaged = wtns.slice()
  damaged.fill(0xff, damaged.length - 32)
  return damaged
}

/** The last value of the witness becomes another one: a constraint breaks. */
function withOtherValue(wtns: Uint8Array): Uint8Array {
  const damaged = wtns.slice()
  damaged[damaged.length - 32]! ^= 1
  return damaged
}
