/**
 * A real browser for tests and measurements: finds one on this machine, bundles sources for it, serves them on
 * 127.0.0.1 and opens pages. Nothing here downloads a browser.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { type Browser, chromium, type Page } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * The browser that TACIT_BROWSER names, or the first of Chromium's family on PATH; undefined where there is none.
 * @throws Error when TACIT_BROWSER names what cannot be run
 */
export function findBrowser(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { TACIT_BROWSER: named, PATH = '' } = environment
  if (named !== undefined && named !== '') {
    if (!runs(named)) throw new Error(`TACIT_BROWSER names ${named}, which cannot be run`)
    return named
  }
  const folders = PATH.split(delimiter).filter((folder) => folder !== '')
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(runs)
}

/** Some systems have a script by that name which only says how to install the browser. */
function runs(path: string): boolean {
  return existsSync(path) && spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0
}

/** As findBrowser, and says on standard error what is left out where there is no browser. */
export function findBrowserOrSay(what: string): string | undefined {
  const found = findBrowser()
  if (found === undefined) {
    process.stderr.write(`SKIPPED ${what}: no browser found (install chromium, or set TACIT_BROWSER)\n`)
  }
  return found
}

export interface BrowserOptions {
  /** More command-line switches. */
  readonly args?: readonly string[]
}

export function launchBrowser(executablePath: string, { args = [] }: BrowserOptions = {}): Promise<Browser> {
  // Chromium's sandbox refuses to start for root, who is who runs tests in containers.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({
    executablePath,
    args: [...sandbox, '--disable-dev-shm-usage', ...args],
    timeout: 60_000,
  })
}

export interface Bundle {
  /** By name, which ends in .js. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly metafile: Metafile
}

/** Bundles entry files into one module each, named after the keys: { page: 'src/page.ts' } gives page.js. */
export async function bundleForBrowser(entries: Readonly<Record<string, string>>): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: { ...entries },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: '/',
    write: false,
    metafile: true,
    logLevel: 'silent',
    // Imported where threads are Node's only, which is nowhere in a browser.
    external: ['node:worker_threads'],
  })
  return { files: new Map(outputFiles.map(({ path, contents }) => [path.slice(1), contents])), metafile }
}

export type ServedFile = Uint8Array | string

export interface ServerOptions {
  /** With the headers that let workers share memory. */
  readonly isolated: boolean
}

export interface StaticServer {
  /** http://127.0.0.1:PORT/ */
  readonly url: string
  close(): Promise<void>
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
}

const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

/** Serves files from memory by their names; an empty page as index.html unless there is one. */
export async function serveFiles(
  files: ReadonlyMap<string, ServedFile>,
  { isolated }: ServerOptions,
): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1) || 'index.html'
    const body = files.get(name) ?? (name === 'index.html' ? '<!doctype html><title>test</title>' : undefined)
    const type = TYPES[name.split('.').at(-1)!] ?? 'application/octet-stream'
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': type,
      'cache-control': 'no-store',
      ...(isolated ? ISOLATION : {}),
    })
    response.end(body)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Opens an address with a module script of the same server, and waits until that has run. */
export async function openPage(browser: Browser, url: string, script: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(url)
  await page.addScriptTag({ type: 'module', content: `import '/${script}'; globalThis.scriptDone = true` })
  await page.waitForFunction('globalThis.scriptDone === true', undefined, { timeout: 30_000 })
  return page
}
