/** How long the bundle of a book takes to verify, on one core: by the command, and in the page. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { findBrowser, launchBrowser, serveFiles } from '../../test/support/browser.ts'
import { buildPage } from '../page/build.ts'
import { timed } from './measure.ts'
import type { Say } from './part.ts'

const TSX = createRequire(import.meta.url).resolve('tsx/cli')
const MAIN = join(REPOSITORY_ROOT, 'src', 'cli', 'main.ts')
/** What a sound bundle of development keys gives: anything else, and its time means nothing. */
const VERDICT = 'valid-development-keys'
const EXIT_CODE = 5
const PATIENCE_MS = 600_000

export interface VerifyTimes {
  /** False where there is no taskset: the work is one thread's all the same, but its helpers may go elsewhere. */
  readonly pinned: boolean
  /** The whole command, start of Node included. */
  readonly commandSeconds: number
  /** From the drop to the verdict; null where there is no browser. */
  readonly pageSeconds: number | null
}

/** @throws Error when the bundle does not hold */
export async function verifyTimes(bundle: string, say: Say): Promise<VerifyTimes> {
  const pinned = spawnSync('taskset', ['-c', '0', 'true'], { stdio: 'ignore' }).status === 0
  say('verifying the bundle: command')
  const commandSeconds = await byCommand(bundle, pinned)
  say('verifying the bundle: page')
  return { pinned, commandSeconds, pageSeconds: await inPage(bundle, pinned) }
}

async function byCommand(bundle: string, pinned: boolean): Promise<number> {
  const command = [process.execPath, TSX, MAIN, 'verify', bundle, '--json']
  const [file, ...args] = pinned ? ['taskset', '-c', '0', ...command] : command
  const { seconds } = await timed(
    () =>
      new Promise<void>((resolve, reject) => {
        execFile(file!, args, { timeout: PATIENCE_MS }, (error, stdout) => {
          if (error?.code === EXIT_CODE && stdout.includes(`"verdict":"${VERDICT}"`)) resolve()
          else reject(new Error(`the bundle does not verify: ${stdout}`, { cause: error }))
        })
      }),
  )
  return seconds
}

async function inPage(bundle: string, pinned: boolean): Promise<number | null> {
  const executablePath = findBrowser()
  if (executablePath === undefined) return null
  const folder = await mkdtemp(join(tmpdir(), 'tacit-bench-page-'))
  const launcher = join(folder, 'browser')
  const prefix = pinned ? 'taskset -c 0 ' : ''
  await writeFile(launcher, `#!/bin/sh\nexec ${prefix}'${executablePath}' "$@"\n`, { mode: 0o755 })
  const server = await serveFiles(new Map([['index.html', await buildPage()]]), { isolated: false })
  const browser = await launchBrowser(launcher)
  try {
    const page = await browser.newPage()
    await page.goto(server.url)
    const verdict = page.locator('section.verdict[data-verdict]')
    const { seconds } = await timed(async () => {
      await page.locator('#files:not([disabled])').setInputFiles(bundle)
      await verdict.waitFor({ timeout: PATIENCE_MS })
    })
    const said = await verdict.getAttribute('data-verdict')
    if (said !== VERDICT) throw new Error(`the bundle does not verify in the page: ${said}`)
    return seconds
  } finally {
    await browser.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}
