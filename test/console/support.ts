import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { JsonRpcProvider, type Wallet } from 'ethers'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'

export interface OpenConsole {
  readonly page: Page
  /** Addresses asked for over a network. */
  readonly asked: string[]
  /** What the browser, and the page's own policy, complained about. */
  readonly complaints: string[]
  /** Texts of all answers to the page, by address. */
  readonly answers: Map<string, string>
}

/** A tab with everything written down that leaves it, comes to it, or goes wrong on it. */
export async function openConsolePage(
  browser: Browser,
  options: BrowserContextOptions = {},
  wallet?: StubWallet,
): Promise<OpenConsole> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const [asked, complaints, answers] = [[] as string[], [] as string[], new Map<string, string>()]
  context.on('request', (request) => {
    if (/^(https?|wss?|file):/.test(request.url())) asked.push(request.url())
  })
  context.on('response', async (response) => {
    if (response.headers()['content-type']?.startsWith('application/json')) {
      answers.set(response.url(), await response.text().catch(() => ''))
    }
  })
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  if (wallet !== undefined) await installWallet(page, wallet)
  return { page, asked, complaints, answers }
}

export async function goTo({ page }: OpenConsole, url: string, view: string): Promise<void> {
  await page.goto(`${url}/#/${view}`)
  await page.locator('main h1').waitFor()
  // Whatever the view loads is there, or says why it is not.
  // (Waiting for "main .loading" itself would fail at once where there are two of them.)
  await page.locator('main:not(:has(.loading)) h1').waitFor({ timeout: 30_000 })
}

const SHOTS = join(REPOSITORY_ROOT, 'build', 'console-shots')

export async function shoot({ page }: OpenConsole, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true })
}

/** A wallet of EIP-1193 whose keys are here, and whose chain is a real node or none. */
export interface StubWallet {
  readonly signer: Wallet
  chainId: number
  /** Refuses whatever it is asked to sign. */
  refuses: boolean
  /** Of a node; undefined: there is none. */
  readonly rpcUrl?: string
  /** Methods that it was asked for. */
  readonly calls: string[]
}

interface Call {
  readonly method: string
  readonly params?: readonly unknown[]
}

async function installWallet(page: Page, wallet: StubWallet): Promise<void> {
  const node = wallet.rpcUrl === undefined ? undefined : new JsonRpcProvider(wallet.rpcUrl)
  await page.exposeFunction('stubWallet', async (call: Call) => {
    wallet.calls.push(call.method)
    try {
      return { result: await answer(wallet, node, call) }
    } catch (error) {
      return { error: errorOf(error) }
    }
  })
  await page.addInitScript(PROVIDER)
}

/** In the page: a provider that hands everything on, announced as EIP-6963 has it. */
const PROVIDER = `{
  const request = async (call) => {
    const { result, error } = await globalThis.stubWallet(call)
    if (error === undefined) return result
    throw Object.assign(new Error(error.message), error)
  }
  const provider = { request, on() {}, removeListener() {} }
  const detail = Object.freeze({ info: { uuid: 'stub', name: 'Stub wallet' }, provider })
  const announce = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
  addEventListener('eip6963:requestProvider', announce)
  announce()
}`

/** As nodes and wallets give errors: code, message, and the bytes of a revert. */
function errorOf(error: unknown): { code: number; message: string; data?: unknown } {
  const { code, message, data, info } = error as Record<string, unknown> & {
    info?: { error?: { code: number; message: string; data?: unknown } }
  }
  if (info?.error !== undefined) return info.error
  return {
    code: typeof code === 'number' ? code : -32_603,
    message: String(message),
    ...(data ? { data } : {}),
  }
}

const REFUSED = { code: 4001, message: 'User rejected the request.' }

async function answer(
  wallet: StubWallet,
  node: JsonRpcProvider | undefined,
  { method, params = [] }: Call,
): Promise<unknown> {
  if (method === 'eth_accounts' || method === 'eth_requestAccounts')
    return [wallet.signer.address.toLowerCase()]
  if (method === 'eth_chainId') return `0x${wallet.chainId.toString(16)}`
  if (method === 'wallet_switchEthereumChain') {
    wallet.chainId = Number.parseInt((params[0] as { chainId: string }).chainId, 16)
    return null
  }
  if (method === 'personal_sign') {
    if (wallet.refuses) throw REFUSED
    return wallet.signer.signMessage(Buffer.from(String(params[0]).slice(2), 'hex'))
  }
  if (node === undefined) throw { code: 4900, message: 'no node' }
  if (method === 'eth_sendTransaction') {
    if (wallet.refuses) throw REFUSED
    const { to, data } = params[0] as { to: string; data: string }
    const sent = await wallet.signer.connect(node).sendTransaction({ to, data })
    return sent.hash
  }
  return node.send(method, [...params])
}

/** As a reader sees it: with the breaks between what stands apart. */
export async function shownIn(page: Page, selector: string): Promise<string> {
  return String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`))
}
