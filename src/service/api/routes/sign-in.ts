import type { z } from 'zod'
import {
  createApiKey,
  createSession,
  endSession,
  isLiquidator,
  listApiKeys,
  revokeApiKey,
} from '../../auth/principal.ts'
import { newChallenge, signIn } from '../../auth/sign-in.ts'
import { Refusal } from '../../refusal.ts'
import type { ApiContext } from '../context.ts'
import {
  AddressParameter,
  ApiKeyBody,
  ApiKeyId,
  ApiKeyInfo,
  Challenge,
  Empty,
  Liquidators,
  listOf,
  NewApiKey,
  Session,
  SignInRequest,
} from '../schemas.ts'

/** Signing in costs a signature check, and guessing should cost more. */
const SIGN_INS_PER_MINUTE = 60

export function signInRoutes({ route, store, signInTerms, limits }: ApiContext): void {
  const { database, keyring } = store
  const options = { perMinute: SIGN_INS_PER_MINUTE, bodyLimit: 8_192 }
  route(
    'challenge',
    { answers: { 200: Challenge } },
    async () => newChallenge(keyring, signInTerms(), Date.now()),
    options,
  )
  route(
    'signIn',
    { body: SignInRequest, answers: { 201: Session } },
    async ({ body, reply }) => {
      const address = await signIn(database, keyring, signInTerms(), body, Date.now())
      const expiresAt = new Date(Date.now() + limits.sessionSeconds * 1_000)
      const { text } = await createSession(database, address, expiresAt)
      await database.query('delete from sessions where expires_at < now()')
      const roles = (await isLiquidator(database, address)) ? ['owner', 'liquidator'] : ['owner']
      reply.code(201)
      return { token: text, address, roles, expiresAt: expiresAt.toISOString() }
    },
    options,
  )
  route('signOut', { answers: { 200: Empty } }, async ({ principal }) => {
    await endSession(database, principal.id)
    return {}
  })
}

/** Keys of programs, and the list of liquidators. */
export function operatorRoutes({ route, store: { database }, log }: ApiContext): void {
  route('listApiKeys', { answers: { 200: listOf('apiKeys', ApiKeyInfo) } }, async () => ({
    apiKeys: (await listApiKeys(database)).map((key) => ({
      ...key,
      createdAt: key.createdAt.toISOString(),
      revokedAt: key.revokedAt?.toISOString() ?? null,
    })),
  }))
  route(
    'addApiKey',
    { body: ApiKeyBody, answers: { 201: NewApiKey } },
    async ({ body, reply, principal }) => {
      const made = await createApiKey(database, body.role, body.label)
      log.info({ keyId: made.id, role: body.role, by: principal.id }, 'API key made')
      reply.code(201)
      return made
    },
  )
  route('revokeApiKey', { params: ApiKeyId, answers: { 200: Empty } }, async ({ params, principal }) => {
    if (!(await revokeApiKey(database, params.id)))
      throw new Refusal('NOT_FOUND', 'id', 'no such key is valid')
    log.info({ keyId: params.id, by: principal.id }, 'API key revoked')
    return {}
  })
  route('listLiquidators', { answers: { 200: Liquidators } }, async () => {
    const rows = await database.query<{ address: string }>(`select address from liquidators
       union select id from chain_records where kind = 'liquidator' and is_open order by address`)
    return { liquidators: rows.map(({ address }) => address) }
  })
  route('addLiquidator', { params: AddressParameter, answers: { 200: Empty } }, async ({ params }) => {
    await database.query('insert into liquidators (address) values ($1) on conflict do nothing', [
      params.address.toLowerCase(),
    ])
    return {}
  })
  route('removeLiquidator', { params: AddressParameter, answers: { 200: Empty } }, async ({ params }) => {
    await database.query('delete from liquidators where address = $1', [params.address.toLowerCase()])
    return {}
  })
}

export type SessionBody = z.output<typeof Session>
