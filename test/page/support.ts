import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'

/** Where screenshots of a run go, for whoever wants to look. */
export const SHOTS = join(REPOSITORY_ROOT, 'build', 'page-shots')

export interface OpenPage {
  readonly page: Page
  /** Addresses asked for over a network, in order. */
  readonly asked: readonly string[]
  /** What the console and the page's own policy complained about. */
  readonly complaints: readonly string[]
}

/** The page with everything written down that leaves it or goes wrong on it. */
export async function openBuilt(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const asked: string[] = []
  const complaints: string[] = []
  context.on('request', (request) => {
    if (/^(https?|wss?|file):/.test(request.url())) asked.push(request.url())
  })
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(url)
  // No condition in JavaScript: the page's policy refuses to evaluate one.
  await page.locator('#files:not([disabled])').waitFor({ state: 'attached' })
  return { page, asked, complaints }
}

export function shotPath(name: string): string {
  mkdirSync(SHOTS, { recursive: true })
  return join(SHOTS, name)
}

/** Milliseconds that checks take, which no two runs share. */
// biome-ignore lint/suspicious/noExplicitAny: a report as JSON
export function timeless(report: any): unknown {
  return JSON.parse(JSON.stringify(report), (key, value) => (key === 'milliseconds' ? 0 : value))
}

export function writeLines(path: string, lines: readonly string[]): string {
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}
