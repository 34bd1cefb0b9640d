/**
 * Signing in with an Ethereum key (EIP-4361). The nonce is authenticated, so that giving it out costs no row, and is
 * written down when it is used, so that it is used once. Boundary module: randomness.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { ParsedMessage } from '@spruceid/siwe-parser'
import { getAddress, verifyMessage } from 'ethers'
import type { Keyring } from '../keyring.ts'
import { Refusal } from '../refusal.ts'
import type { Sql } from '../storage/database.ts'

export const NONCE_SECONDS = 300
/** So long after its end a used nonce is still known: a clock that is set back, or another machine's, takes none again. */
const KEPT_MS = 24 * 3_600_000
/** What a person reads before signing. */
export const STATEMENT = 'Sign in to Tacit to read what is yours. This costs nothing and moves nothing.'

export interface SignInTerms {
  /** Host, and port where there is one, of the page that people sign in on. */
  readonly domain: string
  /** Origin of that page. */
  readonly uri: string
  readonly chainId: number
}

export interface Challenge extends SignInTerms {
  readonly nonce: string
  readonly statement: string
  readonly expiresAt: string
}

/** Thirty-two hex digits of chance, eight of when it ends, thirty-two of authentication. */
export function newChallenge(keyring: Keyring, terms: SignInTerms, nowMs: number): Challenge {
  const endSeconds = Math.floor(nowMs / 1_000) + NONCE_SECONDS
  const body = `${randomBytes(16).toString('hex')}${endSeconds.toString(16).padStart(8, '0')}`
  const expiresAt = new Date(endSeconds * 1_000).toISOString()
  return { ...terms, nonce: `${body}${keyring.mac(body)}`, statement: STATEMENT, expiresAt }
}

/**
 * The address that signed a message, in lower case, once everything about the message is as it must be: ours, for this
 * chain, in time, and never used before. Throws Refusal naming the field at fault.
 */
export async function signIn(
  sql: Sql,
  keyring: Keyring,
  terms: SignInTerms,
  signed: { readonly message: string; readonly signature: string },
  nowMs: number,
): Promise<string> {
  const message = parse(signed.message)
  const expected = { version: '1', domain: terms.domain, chainId: terms.chainId }
  for (const [field, value] of Object.entries(expected)) {
    if (message[field as keyof typeof expected] !== value) refuse(field, `must be ${value}`)
  }
  if (originOf(message.uri) !== terms.uri) refuse('uri', `must be of ${terms.uri}`)
  checkTimes(message, nowMs)
  const endsAt = nonceEnd(keyring, message.nonce)
  if (endsAt === undefined) refuse('nonce', 'is none of this service')
  if (endsAt! <= nowMs) refuse('nonce', 'has expired: ask for another challenge')
  if (signerOf(signed) !== message.address) refuse('signature', 'is not by the address of the message')
  const fresh = await sql.query(
    'insert into used_nonces (nonce, expires_at) values ($1, $2) on conflict do nothing returning nonce',
    [message.nonce, new Date(endsAt!)],
  )
  if (fresh.length === 0) refuse('nonce', 'was used before: ask for another challenge')
  await sql.query('delete from used_nonces where expires_at < $1', [new Date(nowMs - KEPT_MS)])
  return message.address.toLowerCase()
}

function refuse(field: string, rule: string): never {
  throw new Refusal('UNAUTHENTICATED', `message.${field}`, rule)
}

function parse(text: string): ParsedMessage {
  try {
    const message = new ParsedMessage(text)
    // The parser takes addresses without a right checksum; a wallet writes it.
    if (getAddress(message.address) !== message.address) throw new Error('checksum')
    return message
  } catch {
    throw new Refusal('INPUT_INVALID', 'message', 'is no message of EIP-4361 with a checksummed address')
  }
}

function originOf(uri: string): string | undefined {
  try {
    return new URL(uri).origin
  } catch {
    return undefined
  }
}

function checkTimes({ issuedAt, expirationTime, notBefore }: ParsedMessage, nowMs: number): void {
  const issued = Date.parse(issuedAt ?? '')
  // A minute for clocks that differ.
  if (!(issued <= nowMs + 60_000)) refuse('issuedAt', 'must be a time that is not in the future')
  if (!(nowMs - issued <= NONCE_SECONDS * 1_000)) refuse('issuedAt', 'is too long ago: sign a new message')
  if (expirationTime === undefined || expirationTime === null) refuse('expirationTime', 'must be given')
  if (!(Date.parse(expirationTime!) > nowMs)) refuse('expirationTime', 'has passed')
  if (notBefore && !(Date.parse(notBefore) <= nowMs)) refuse('notBefore', 'is not yet')
}

/** Milliseconds; undefined for a nonce that this service did not give out. */
function nonceEnd(keyring: Keyring, nonce: string): number | undefined {
  if (!/^[0-9a-f]{72}$/.test(nonce)) return undefined
  const body = nonce.slice(0, 40)
  const given = Buffer.from(nonce.slice(40))
  const isOurs = keyring.macs(body).some((mac) => timingSafeEqual(Buffer.from(mac), given))
  return isOurs ? Number.parseInt(body.slice(32), 16) * 1_000 : undefined
}

function signerOf({ message, signature }: { message: string; signature: string }): string | undefined {
  try {
    return verifyMessage(message, signature)
  } catch {
    return undefined
  }
}
