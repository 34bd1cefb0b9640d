import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { DEFAULT_INSTANCE } from '../../../src/protocol/instances.ts'
import { REPOSITORY_ROOT } from '../../../src/prover/cache.ts'
import { Groth16Engine } from '../../../src/prover/engine/index.ts'
import { verifyProof } from '../../../src/prover/verify.ts'
import { WitnessCalculator } from '../../../src/prover/witness.ts'
import {
  bundleForBrowser,
  findBrowser,
  launchBrowser,
  openPage,
  type ServedFile,
  serveFiles,
} from '../../../test/support/browser.ts'
import type { EnginePage, PageOutcome, PageProof } from '../../../test/support/engine-page.ts'
import { median, rounded, timed } from '../measure.ts'
import { type BenchPart, type PartReport, type Say, showCount, showSeconds } from '../part.ts'
import { benchArtifacts, benchWorld, fullestOf, witnessOf } from '../world.ts'

const THREADS = 2
const FILES = { zkey: 'key.zkey', wtns: 'claim.wtns' }

/**
 * The engine in headless Chromium beside the same engine in Node: same key, same witness, in turn, both warm. The
 * page's times are taken in the page, around the call that a page makes. Each proof is verified here.
 */
export const browserPart: BenchPart = {
  name: 'browser',
  summary:
    'a margin-16 proof in headless Chromium, with threads and without, against the same engine in Node',
  async run({ proofs }, say) {
    const executablePath = findBrowser()
    if (executablePath === undefined) return skipped(say)
    const proving = await prepare(say)
    const browser = await launchBrowser(executablePath)
    try {
      const threads = await compare(browser, proving, { threads: THREADS, isolated: true }, proofs, say)
      const single = await compare(browser, proving, { threads: 0, isolated: false }, proofs, say)
      return report(proving, browser.version(), threads, single)
    } finally {
      await browser.close()
    }
  },
}

function skipped(say: Say): PartReport {
  const reason = 'no browser found (install chromium, or set TACIT_BROWSER)'
  say(`skipped: ${reason}`)
  return {
    figures: { skipped: reason },
    rows: [{ measure: 'proof in headless Chromium', figure: 'not measured: no browser' }],
  }
}

interface Proving {
  readonly name: string
  readonly constraints: number
  readonly zkey: Uint8Array
  readonly wtns: Uint8Array
  readonly files: ReadonlyMap<string, ServedFile>
  /** @throws Error for a proof that does not verify: its time means nothing */
  check(where: string, proof: PageProof['proof'], publicSignals: readonly bigint[]): void
}

async function prepare(say: Say): Promise<Proving> {
  const artifacts = await benchArtifacts(say)
  say('the sample book')
  const world = await benchWorld(DEFAULT_INSTANCE)
  const claim = { threshold: 'im', below: false } as const
  const { inputs } = witnessOf(world, fullestOf(world, 'healthy'), claim, 1n)
  const wtns = await (await WitnessCalculator.create(artifacts.wasmPath)).calculate(inputs)
  const zkey = new Uint8Array(await readFile(artifacts.zkeyPath))
  const bundle = await bundleForBrowser({
    page: join(REPOSITORY_ROOT, 'test/support/engine-page.ts'),
    worker: join(REPOSITORY_ROOT, 'src/prover/engine/browser/worker.ts'),
  })
  return {
    name: artifacts.name,
    constraints: artifacts.constraints,
    zkey,
    wtns,
    files: new Map<string, ServedFile>([...bundle.files, [FILES.zkey, zkey], [FILES.wtns, wtns]]),
    check: (where, proof, publicSignals) => {
      if (!verifyProof(artifacts.verificationKey, publicSignals, proof)) {
        throw new Error(`a proof made in ${where} does not verify`)
      }
    },
  }
}

interface Setting {
  readonly threads: number
  readonly isolated: boolean
}

interface Compared {
  readonly mode: string
  readonly browserSeconds: number
  readonly nodeSeconds: number
  /** In the browser: worker and threads started, key fetched and converted, first proof made. */
  readonly browserFirstSeconds: number
}

async function compare(
  browser: Browser,
  proving: Proving,
  { threads, isolated }: Setting,
  proofs: number,
  say: Say,
): Promise<Compared> {
  const server = await serveFiles(proving.files, { isolated })
  const page = await openPage(browser, server.url, 'page.js')
  const call = <M extends keyof EnginePage>(method: M, ...args: Parameters<EnginePage[M]>) =>
    page.evaluate(`enginePage.${method}(...${JSON.stringify(args)})`) as Promise<
      Awaited<ReturnType<EnginePage[M]>>
    >
  const proveInPage = async (): Promise<number> => {
    const { proof, publicSignals, milliseconds } = succeeded(await call('prove', FILES.wtns))
    proving.check('the browser', proof, publicSignals.map(BigInt))
    return milliseconds / 1_000
  }
  const engine = await Groth16Engine.create({ threads })
  try {
    const first = await timed(async () => {
      const { mode } = succeeded(await call('open', 'worker', { threads }))
      succeeded(await call('loadKey', FILES.zkey))
      await proveInPage()
      return mode
    })
    const key = await engine.loadKey(proving.zkey)
    const proveInNode = async (): Promise<number> => {
      const { value, seconds } = await timed(() => engine.prove(key, proving.wtns))
      proving.check('Node', value.proof, value.publicSignals)
      return seconds
    }
    await proveInNode()
    const times: { browser: number; node: number }[] = []
    for (let run = 1; run <= proofs; run++) {
      say(`${first.value}: proof ${run} of ${proofs}`)
      times.push({ browser: await proveInPage(), node: await proveInNode() })
    }
    return {
      mode: first.value,
      browserSeconds: median(times.map((one) => one.browser)),
      nodeSeconds: median(times.map((one) => one.node)),
      browserFirstSeconds: first.seconds,
    }
  } finally {
    await engine.close()
    await page.close()
    await server.close()
  }
}

function succeeded<T>(outcome: PageOutcome<T>): T {
  if ('failure' in outcome)
    throw new Error(`in the browser: ${outcome.failure.code}: ${outcome.failure.message}`)
  return outcome.value
}

function report(
  { name, constraints }: Proving,
  version: string,
  threads: Compared,
  single: Compared,
): PartReport {
  const what = `proof of ${name}, ${showCount(constraints)} constraints, in headless Chromium`
  const figures = ({ mode, browserSeconds, nodeSeconds, browserFirstSeconds }: Compared) => ({
    mode,
    browserSeconds: rounded(browserSeconds),
    nodeSeconds: rounded(nodeSeconds),
    ratio: rounded(browserSeconds / nodeSeconds),
    browserFirstSeconds: rounded(browserFirstSeconds),
  })
  const row = (measure: string, { browserSeconds, nodeSeconds }: Compared) => {
    const ratio = (browserSeconds / nodeSeconds).toFixed(2)
    return { measure, figure: `${showSeconds(browserSeconds)} (${ratio} times its time in Node)` }
  }
  return {
    figures: {
      circuit: name,
      constraints,
      chromium: version,
      threads: { count: THREADS, ...figures(threads) },
      single: figures(single),
    },
    rows: [
      row(`${what}, ${THREADS} threads, warm`, threads),
      row('the same in a page that is not cross-origin isolated, one worker, warm', single),
      {
        measure: 'first proof in a page: key fetched and converted, threads started',
        figure: showSeconds(threads.browserFirstSeconds),
      },
    ],
  }
}
