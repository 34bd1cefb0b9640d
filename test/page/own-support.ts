import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { receiptOf, writeReceipt } from '../../src/bundle/receipt.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import type { BundleWorld } from '../bundle/fixture.ts'
import { type Desk, tacit } from '../cli/support.ts'

/** What an owner has on their desk, as files. */
export async function packFile(desk: Desk): Promise<string> {
  const path = desk.path('margin-4.tacit.pack')
  const { code, stderr } = await tacit('setup', '--instance', 'margin-4', '--pack', path)
  expect(code, stderr).toBe(0)
  return path
}

export function receiptFile(desk: Desk, world: BundleWorld, index: number): string {
  const receipt = receiptOf(MARGIN_INSTANCES['margin-4'], world.book.opening(index))
  return desk.write(`receipt-${index}.json`, writeReceipt(receipt))
}

/** Lays files on the page and waits for the panel of the counted account. */
export async function layDown(page: Page, files: readonly string[]): Promise<void> {
  await page.locator('#files').setInputFiles([...files])
  await page.locator('#own').waitFor({ timeout: 120_000 })
}

/** Presses the button, and gives the kind of the answer: made or refused. */
export async function prove(page: Page, threshold?: string): Promise<string | null> {
  if (threshold !== undefined) await page.locator(`#own input[value=${threshold}]`).check()
  await page.locator('#prove:not([disabled])').click({ timeout: 60_000 })
  await page.locator('[data-proof]').waitFor({ timeout: 120_000 })
  return page.locator('[data-proof]').getAttribute('data-proof')
}

export async function savedProof(page: Page): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#save-proof').click()])
  expect(download.suggestedFilename()).toBe('coverage.json')
  return readFileSync(await download.path(), 'utf8')
}
