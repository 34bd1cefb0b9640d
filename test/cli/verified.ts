import { readFileSync } from 'node:fs'
import { lastJson, type Ran, tacit } from './support.ts'

/** `tacit verify BUNDLE --rpc` as a test looks at it. */
export interface CheckView {
  readonly id: string
  readonly verdict: string
  readonly evidence: string
}

export interface Verified extends Ran {
  readonly checks: readonly CheckView[]
  readonly failed: readonly string[]
}

/** @param asOfSeconds the time that the round is held against */
export async function verifyWithChain(
  bundle: string,
  { url, asOfSeconds }: { readonly url: string; readonly asOfSeconds: number },
  ...more: readonly string[]
): Promise<Verified> {
  const ran = await tacit('verify', bundle, '--as-of', `${asOfSeconds}`, '--rpc', url, '--json', ...more)
  const { checks } = lastJson(ran) as { checks: CheckView[] }
  return { ...ran, checks, failed: checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id) }
}

export function checkOf({ checks }: Pick<Verified, 'checks'>, id: string): CheckView {
  return checks.find((check) => check.id === id)!
}

/** The header of a bundle on disk. */
export function headerLine(path: string): string {
  return readFileSync(path, 'utf8').split('\n')[0]!
}
