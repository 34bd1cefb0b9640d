import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../src/cli/run.ts'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command line in this process, as a user without a terminal would run it. */
export async function tacit(...argv: string[]): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const code = await run(argv, {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    live: false,
    colour: false,
    environment: {},
  })
  return { code, stdout, stderr }
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever the command printed
export function lastJson({ stdout }: Ran): any {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!)
}

/** A temporary folder. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'tacit-cli-'))

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text)
    return this.path(name)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  has(name: string): boolean {
    return existsSync(this.path(name))
  }

  /** Names of all files, so that a test sees drafts left behind. */
  names(): string[] {
    return readdirSync(this.folder).sort()
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export const SMALL_MARKET = () => writeNativeMarket(sampleMarket({ seed: 1, size: 'small' }))

export const OWNER = `0x${'11'.repeat(20)}`
export const SECRET = `0x${'5a'.repeat(31)}`

export interface BookRow {
  readonly instrument: string
  readonly quantity: unknown
}

/** A book of two accounts in JSON; the second holds what a test puts there. */
export function jsonBook(positions: readonly BookRow[]): string {
  const account = (accountId: number, secret: string, held: readonly BookRow[]) => ({
    accountId,
    name: `account ${accountId}`,
    owner: OWNER,
    secret,
    nonce: 0,
    positions: held,
  })
  const accounts = [
    account(1, SECRET, [{ instrument: 'USD', quantity: '1000' }]),
    account(2, `0x${'6b'.repeat(31)}`, positions),
  ]
  return JSON.stringify({ format: 'tacit.book', version: 1, accounts })
}
