import type { Sql } from '../storage/database.ts'
import { newToken, parseToken, type TokenKind, tokenMatches } from './token.ts'

/** Roles of API keys, and what each is for. */
export const KEY_ROLES = {
  feeder: 'posts rounds',
  venue: 'posts rounds, books, cases and packages; asks for proofs',
  operator: 'runs the service: keys, liquidators, metrics',
} as const
export type KeyRole = keyof typeof KEY_ROLES

/**
 * Everything a request can be: nobody in particular, somebody signed in with an Ethereum key (owner), such a one on the
 * list of liquidators as well, or a program with a key.
 */
export const ROLES = ['public', 'owner', 'liquidator', 'feeder', 'venue', 'operator'] as const
export type Role = (typeof ROLES)[number]

export interface Principal {
  /** Whoever it is counts as each of these. */
  readonly roles: readonly Role[]
  /** Names it in the store: the id of a key or of a session. */
  readonly id: string
  /** Of a session: the address that signed in, 0x and 40 hex digits in lower case. */
  readonly address?: string
}

export const NOBODY: Principal = { roles: ['public'], id: 'public' }

/** Whether the address of a session is a liquidator's: on the operator's list, or on the registry's that the chain has. */
const LISTED = `(exists (select 1 from liquidators l where l.address = s.address) or exists (
  select 1 from chain_records r where r.kind = 'liquidator' and r.id = s.address and r.is_open))`

export async function isLiquidator(sql: Sql, address: string): Promise<boolean> {
  const rows = await sql.query<{ listed: boolean }>(
    `select ${LISTED} as listed from (select $1::text as address) s`,
    [address],
  )
  return rows[0]!.listed
}

/** Whoever holds this token; undefined when nobody does, or not any more. */
export async function principalOf(sql: Sql, text: string, nowMs: number): Promise<Principal | undefined> {
  const token = parseToken(text)
  if (token === undefined) return undefined
  return token.kind === 'tk' ? keyPrincipal(sql, token) : sessionPrincipal(sql, token, nowMs)
}

type Parsed = NonNullable<ReturnType<typeof parseToken>>

async function keyPrincipal(sql: Sql, token: Parsed): Promise<Principal | undefined> {
  const [row] = await sql.query<{ role: KeyRole; hash: string }>(
    'select role, hash from api_keys where id = $1 and revoked_at is null',
    [token.id],
  )
  if (!tokenMatches(token, row?.hash)) return undefined
  return { roles: ['public', row!.role], id: token.id }
}

async function sessionPrincipal(sql: Sql, token: Parsed, nowMs: number): Promise<Principal | undefined> {
  const [row] = await sql.query<{ address: string; hash: string; listed: boolean }>(
    `select s.address, s.hash, ${LISTED} as listed from sessions s where s.id = $1 and s.expires_at > $2`,
    [token.id, new Date(nowMs)],
  )
  if (!tokenMatches(token, row?.hash)) return undefined
  const roles: Role[] = row!.listed ? ['public', 'owner', 'liquidator'] : ['public', 'owner']
  return { roles, id: token.id, address: row!.address }
}

export interface ApiKey {
  readonly id: string
  readonly role: KeyRole
  readonly label: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** Makes a key. The token is shown this once and never again. */
export async function createApiKey(
  sql: Sql,
  role: KeyRole,
  label: string,
): Promise<{ id: string; token: string }> {
  const { id, text, hash } = newToken('tk')
  await sql.query('insert into api_keys (id, role, label, hash) values ($1, $2, $3, $4)', [
    id,
    role,
    label,
    hash,
  ])
  return { id, token: text }
}

/** False when there is no such key, or it was revoked before. */
export async function revokeApiKey(sql: Sql, id: string): Promise<boolean> {
  const rows = await sql.query(
    'update api_keys set revoked_at = now() where id = $1 and revoked_at is null returning id',
    [id],
  )
  return rows.length > 0
}

export function listApiKeys(sql: Sql): Promise<ApiKey[]> {
  return sql.query<ApiKey>(
    `select id, role, label, created_at as "createdAt", revoked_at as "revokedAt" from api_keys order by created_at, id`,
  )
}

export async function createSession(
  sql: Sql,
  address: string,
  expiresAt: Date,
): Promise<{ kind: TokenKind; text: string }> {
  const { id, text, hash, kind } = newToken('ts')
  await sql.query('insert into sessions (id, address, hash, expires_at) values ($1, $2, $3, $4)', [
    id,
    address,
    hash,
    expiresAt,
  ])
  return { kind, text }
}

export async function endSession(sql: Sql, id: string): Promise<void> {
  await sql.query('delete from sessions where id = $1', [id])
}
