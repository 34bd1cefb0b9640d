import { setTimeout as sleep } from 'node:timers/promises'
import { SourceError } from '../protocol/errors.ts'

/** JSON over HTTP from somebody else's server, which may be slow, busy, or broken. Boundary module: network, time and chance. */
export interface FetchRules {
  /** Of one try, until the whole body is there. */
  readonly timeoutMs: number
  readonly tries: number
  /** Before try n + 1 it waits a random time below min(longestDelayMs, firstDelayMs * 2^n). */
  readonly firstDelayMs: number
  readonly longestDelayMs: number
  readonly mostBytes: number
}

export const DEFAULT_FETCH_RULES: FetchRules = {
  timeoutMs: 10_000,
  tries: 5,
  firstDelayMs: 500,
  longestDelayMs: 15_000,
  mostBytes: 16 * 1_048_576,
}

/** What the network, the clock and chance are; tests hand in their own. */
export interface FetchHands {
  readonly sleep: (milliseconds: number) => Promise<unknown>
  /** From 0 to 1. */
  readonly random: () => number
}

const MACHINE_HANDS: FetchHands = { sleep, random: Math.random }

export interface JsonRequest {
  readonly url: string
  /** A value to POST as JSON; without one it is a GET. */
  readonly body?: unknown
  /** Answers that may be different the next time though the server has answered, e.g. an error of a busy venue. */
  readonly isBusy?: (value: unknown) => string | undefined
}

/** An answer: its status, and what its body says. */
export interface JsonAnswer {
  readonly status: number
  readonly value: unknown
}

/**
 * Tries until an answer below 500 comes that is JSON, is not 408, 425 or 429, and that the request does not call busy. Waits with full
 * jitter between tries (M. Brooker, "Exponential backoff and jitter", 2015), so that feeders that failed together do not come
 * back together; a Retry-After is honoured up to the longest delay.
 * @throws SourceError telling every try's failure in short
 */
export async function fetchJson(
  request: JsonRequest,
  rules: FetchRules = DEFAULT_FETCH_RULES,
  hands: FetchHands = MACHINE_HANDS,
): Promise<JsonAnswer> {
  const failures: string[] = []
  for (let attempt = 0; attempt < rules.tries; attempt++) {
    const outcome = await tryOnce(request, rules)
    if ('value' in outcome) return outcome
    failures.push(outcome.failure)
    if (attempt + 1 === rules.tries) break
    const most = Math.min(rules.longestDelayMs, rules.firstDelayMs * 2 ** attempt)
    const asked = Math.min(rules.longestDelayMs, outcome.afterMs ?? 0)
    await hands.sleep(Math.max(asked, hands.random() * most))
  }
  const told = failures.filter((failure, index) => failures.indexOf(failure) === index).join('; ')
  throw new SourceError(`${request.url} did not answer in ${rules.tries} tries: ${told}`)
}

type Outcome = JsonAnswer | { readonly failure: string; readonly afterMs?: number | undefined }

async function tryOnce({ url, body, isBusy }: JsonRequest, rules: FetchRules): Promise<Outcome> {
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  let response: Response
  let text: string | undefined
  try {
    const signal = AbortSignal.timeout(rules.timeoutMs)
    response = await fetch(url, { ...(body === undefined ? {} : post), signal, redirect: 'error' })
    text = await readText(response, rules.mostBytes)
  } catch (error) {
    return { failure: failureOf(error, rules) }
  }
  if (text === undefined) return { failure: `its answer has more than ${rules.mostBytes} bytes` }
  const { status } = response
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return { failure: `status ${status}`, afterMs: retryAfterMs(response) }
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { failure: `status ${status}, and its answer is not JSON` }
  }
  const busy = isBusy?.(value)
  return busy === undefined ? { status, value } : { failure: busy }
}

/** @returns undefined for a longer body, of which no more is read */
async function readText(response: Response, mostBytes: number): Promise<string | undefined> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > mostBytes) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function failureOf(error: unknown, { timeoutMs }: FetchRules): string {
  const { name, message, cause } = error as Error
  if (name === 'TimeoutError' || name === 'AbortError') return `no whole answer within ${timeoutMs} ms`
  const reason = (cause as { code?: string } | undefined)?.code ?? message
  return `the connection failed (${reason})`
}

/** Seconds; the other form, a date, is not used by whoever limits rates. */
function retryAfterMs(response: Response): number | undefined {
  const header = response.headers.get('retry-after')
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined
}
