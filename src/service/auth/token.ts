/**
 * Bearer tokens: a kind, an id that finds the row, and a secret of 256 random bits of which only the hash is stored. Such
 * a secret cannot be guessed, so its plain sha256 is enough. Boundary module: randomness.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** tk: an API key. ts: a session. */
export type TokenKind = 'tk' | 'ts'

export interface Token {
  readonly kind: TokenKind
  readonly id: string
  readonly secret: string
}

const FORM = /^(tk|ts)_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

export function newToken(kind: TokenKind): Token & { readonly text: string; readonly hash: string } {
  const id = randomBytes(8).toString('hex')
  const secret = randomBytes(32).toString('base64url')
  return { kind, id, secret, text: `${kind}_${id}_${secret}`, hash: tokenHash(secret) }
}

export function parseToken(text: string): Token | undefined {
  const match = FORM.exec(text)
  return match === null ? undefined : { kind: match[1] as TokenKind, id: match[2]!, secret: match[3]! }
}

export function tokenHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** In constant time. A token whose id is unknown is compared too, with a hash that nothing has. */
export function tokenMatches(token: Token, storedHash: string | undefined): boolean {
  const stored = Buffer.from(storedHash ?? '0'.repeat(64), 'hex')
  return timingSafeEqual(Buffer.from(tokenHash(token.secret), 'hex'), stored) && storedHash !== undefined
}
