import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { accessTable, ENDPOINTS, type Endpoint } from '../../src/service/api/access.ts'
import { ROLES, type Role } from '../../src/service/auth/principal.ts'
import { newChallenge, signIn } from '../../src/service/auth/sign-in.ts'
import { signInMessage } from '../../src/service/client/index.ts'
import { OWNERS, STRANGER, startWorld, type World } from './world.ts'

let world: World
const tokens = new Map<Role, string | undefined>()

beforeAll(async () => {
  world = await startWorld({ TACIT_PROVERS: '0' })
  await world.as('operator').addLiquidator(OWNERS[0]!.address)
  const sign = async (wallet: typeof STRANGER) => {
    const message = signInMessage(await world.client.challenge(), wallet.address)
    return (await world.client.signIn({ message, signature: await wallet.signMessage(message) })).token
  }
  tokens.set('public', undefined)
  tokens.set('owner', await sign(STRANGER))
  tokens.set('liquidator', await sign(OWNERS[0]!))
  for (const role of ['feeder', 'venue', 'operator'] as const) tokens.set(role, world.tokens[role])
})
afterAll(() => world?.close())

/** A stream has no end of its own. */
const atOnce = (id: string) => (id === 'followEvents' ? '?seconds=0' : '')
const inject = (method: string, url: string, headers: Record<string, string> = {}, payload?: string) =>
  world.service.app.inject({
    method: method as 'GET',
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  })
const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }
const filled = (path: string) => path.replaceAll(/:\w+/g, 'x')

/** What a role counts as. */
const ALSO: Readonly<Record<Role, readonly Role[]>> = {
  public: ['public'],
  owner: ['public', 'owner'],
  liquidator: ['public', 'owner', 'liquidator'],
  feeder: ['public', 'feeder'],
  venue: ['public', 'venue'],
  operator: ['public', 'operator'],
}

describe('who may do what', () => {
  for (const [id, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    it(`${id}: ${endpoint.roles.join(', ')}`, async () => {
      for (const role of ROLES) {
        // Signing out ends the token of the test.
        if (id === 'signOut' && (role === 'owner' || role === 'liquidator')) continue
        const { statusCode } = await inject(
          endpoint.method,
          `${filled(endpoint.path)}${atOnce(id)}`,
          bearer(tokens.get(role)),
        )
        const may = ALSO[role].some((each) => endpoint.roles.includes(each))
        const expected = may ? [200, 201, 400, 404, 415] : role === 'public' ? [401] : [403]
        expect(expected, `${role} on ${id} got ${statusCode}`).toContain(statusCode)
      }
    })
  }

  it('serves what the table has and nothing else', () => {
    const served = world.service.app.printRoutes({ includeHooks: false, commonPrefix: false })
    const paths = [...new Set([...served.matchAll(/(\/\S*) \(/g)].map((match) => match[1]))]
    expect(served).not.toMatch(/PATCH|OPTIONS/)
    expect(paths.length).toBeGreaterThan(0)
    const document = world.service.app.swagger() as { paths: Record<string, object> }
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    )
    const table = Object.values(ENDPOINTS).map(({ method, path }) => `${method} ${path}`)
    expect([...described, 'GET /openapi.json'].sort()).toEqual(table.sort())
  })

  it('is told in docs/service.md as it is in the code', () => {
    expect(readFileSync(join(REPOSITORY_ROOT, 'docs', 'service.md'), 'utf8')).toContain(accessTable())
  })
})

describe('tokens', () => {
  it('must be whole, of a known id, and not revoked; a wrong one is refused even where nobody is asked', async () => {
    const token = world.tokens.venue
    for (const wrong of [
      `${token.slice(0, -1)}_`,
      token.replace(/^tk_./, (start) => (start === 'tk_f' ? 'tk_e' : 'tk_f')),
      'nonsense',
      token.replace('tk', 'ts'),
    ]) {
      const { statusCode, json } = await inject('GET', '/v1/rounds', bearer(wrong))
      expect(statusCode).toBe(401)
      expect(json().error.fields[0].field).toBe('authorization')
    }
    const made = await world.as('operator').addApiKey({ role: 'venue', label: 'to be revoked' })
    expect((await inject('GET', '/v1/jobs', bearer(made.token))).statusCode).toBe(200)
    await world.as('operator').revokeApiKey(made.id)
    expect((await inject('GET', '/v1/jobs', bearer(made.token))).statusCode).toBe(401)
  })

  it('are stored as hashes', async () => {
    const { database } = world.service.foundation.store
    const rows = JSON.stringify([
      ...(await database.query('select * from api_keys')),
      ...(await database.query('select * from sessions')),
    ])
    // The secret may hold an underscore itself.
    for (const token of tokens.values())
      if (token !== undefined) expect(rows).not.toContain(token.slice(token.indexOf('_', 3) + 1))
  })

  it('end when a session ends', async () => {
    const session = await world.signIn(OWNERS[1]!)
    await session.signOut()
    await expect(session.receipts(`0x${'00'.repeat(32)}`)).rejects.toMatchObject({ status: 401 })
    const late = await world.signIn(OWNERS[3]!)
    await world.service.foundation.store.database.query(
      `update sessions set expires_at = now() - interval '1 second' where address = $1`,
      [OWNERS[3]!.address.toLowerCase()],
    )
    await expect(late.receipts(`0x${'00'.repeat(32)}`)).rejects.toMatchObject({ status: 401 })
  })
})

describe('a browser that is tricked', () => {
  it('has no cookie to send, and gets none', async () => {
    const cookie = { cookie: `token=${world.tokens.venue}; authorization=Bearer ${world.tokens.venue}` }
    const answer = await inject('GET', '/v1/jobs', cookie)
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('cannot post a form, and sees strict headers', async () => {
    const form = { ...bearer(world.tokens.venue), 'content-type': 'application/x-www-form-urlencoded' }
    expect((await inject('POST', '/v1/books', form, 'a=b')).statusCode).toBe(415)
    expect(
      (await inject('POST', '/v1/books', { ...form, 'content-type': 'text/plain' }, '{}')).statusCode,
    ).toBe(415)
    expect((await inject('GET', '/health')).headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
  })
})

describe('limits', () => {
  it('refuses a body that is too large before it is read, and a flood of sign-ins', async () => {
    const headers = {
      ...bearer(world.tokens.venue),
      'content-type': 'application/json',
      'idempotency-key': 'x',
    }
    const large = await inject('POST', '/v1/attestations', headers, JSON.stringify({ x: 'x'.repeat(70_000) }))
    expect(large.statusCode).toBe(413)
    expect(large.json().error.fields).toEqual([{ field: 'body', rule: 'is larger than this endpoint takes' }])
    let last = 200
    for (let i = 0; i < 70 && last !== 429; i++) {
      last = (
        await world.service.app.inject({
          method: 'POST',
          url: '/v1/sign-in/challenge',
          remoteAddress: '10.0.0.9',
        })
      ).statusCode
    }
    expect(last).toBe(429)
  })
})

describe('limits of a service that is asked too often, or in no HTTP', () => {
  let small: World
  beforeAll(async () => {
    small = await startWorld({ TACIT_PROVERS: '0', TACIT_RATE_PER_MINUTE: '5' })
  })
  afterAll(() => small?.close())

  const statuses = async (remoteAddress: string, url: string, headers: Record<string, string>) => {
    const found: number[] = []
    for (let i = 0; i < 7; i++) {
      const { statusCode } = await small.service.app.inject({ method: 'GET', url, headers, remoteAddress })
      found.push(statusCode)
    }
    return found
  }

  it('counts what it refuses: guesses of tokens, and of paths', async () => {
    const guess = { authorization: `Bearer tk_${'0'.repeat(16)}_${'A'.repeat(43)}` }
    expect(await statuses('10.1.0.1', '/v1/rounds', guess)).toEqual([401, 401, 401, 401, 401, 429, 429])
    expect(await statuses('10.1.0.2', '/v1/jobs', {})).toEqual([401, 401, 401, 401, 401, 429, 429])
    expect(await statuses('10.1.0.3', '/wp-admin', {})).toEqual([404, 404, 404, 404, 404, 429, 429])
  })

  it('says in its own shape why what is no request is refused', async () => {
    const ask = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(small.service.url).port), '127.0.0.1')
        let answer = ''
        socket.setEncoding('utf8')
        socket.on('data', (chunk) => {
          answer += chunk
        })
        socket.on('end', () => resolve(answer)).on('error', reject)
        socket.end(text)
      })
    const headers = await ask(`GET /health HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(headers).toMatch(/^HTTP\/1\.1 431 /)
    expect(headers).toContain('"fields":[{"field":"headers","rule":"have more than 16 KiB in all"}]')
    // Two lengths of one body: the way to smuggle a request through a proxy.
    const twice =
      'POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    for (const text of ['nonsense\r\n\r\n', twice]) {
      expect(await ask(text)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"fields":\[\{"field":"request"/)
    }
  })

  it('is not ready while its database is silent, and says so at once', async () => {
    const { queue } = small.service.foundation
    const depth = queue.depth
    queue.depth = () => new Promise(() => {})
    const answer = await small.service.app.inject({ url: '/ready', remoteAddress: '10.1.0.4' })
    queue.depth = depth
    expect(answer.statusCode).toBe(503)
    expect(answer.json().error.fields).toEqual([{ field: 'database', rule: 'does not answer' }])
  })
})

describe('signing in', () => {
  const wallet = OWNERS[2]!
  const attempt = async (change: (message: string) => string, signer = wallet) => {
    const message = change(signInMessage(await world.client.challenge(), wallet.address))
    return world.client.signIn({ message, signature: await signer.signMessage(message) })
  }
  const cases: Record<string, (message: string) => string> = {
    domain: (message) => message.replace(/^\S+/, 'evil.example'),
    uri: (message) => message.replace(/URI: \S+/, 'URI: https://evil.example'),
    chainId: (message) => message.replace('Chain ID: 31337', 'Chain ID: 1'),
    nonce: (message) => message.replace(/Nonce: ./, (text) => (text.endsWith('0') ? 'Nonce: 1' : 'Nonce: 0')),
    issuedAt: (message) => message.replace(/Issued At: \d{4}/, 'Issued At: 2020'),
    expirationTime: (message) => message.replace(/Expiration Time: \d{4}/, 'Expiration Time: 2020'),
  }
  for (const [field, change] of Object.entries(cases)) {
    it(`refuses another ${field}, signed or not`, async () => {
      await expect(attempt(change)).rejects.toMatchObject({
        status: 401,
        fields: [{ field: `message.${field}` }],
      })
    })
  }

  it('refuses a message without an end, a signature by another key, and a message that is none', async () => {
    const endless = (message: string) => message.replace(/\nExpiration Time.*/, '')
    await expect(attempt(endless)).rejects.toMatchObject({ fields: [{ field: 'message.expirationTime' }] })
    await expect(attempt((message) => message, STRANGER)).rejects.toMatchObject({
      fields: [{ field: 'message.signature' }],
    })
    await expect(attempt(() => 'hello')).rejects.toMatchObject({
      status: 400,
      fields: [{ field: 'message' }],
    })
  })

  it('refuses a nonce that is too old, however new the message is', async () => {
    const { keyring } = world.service.foundation.store
    const { domain, uri, chainId } = await world.client.challenge()
    const old = newChallenge(keyring, { domain, uri, chainId }, Date.now() - 301_000)
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    const message = signInMessage({ ...old, expiresAt }, wallet.address)
    const signed = { message, signature: await wallet.signMessage(message) }
    await expect(world.client.signIn(signed)).rejects.toMatchObject({
      fields: [{ field: 'message.nonce', rule: 'has expired: ask for another challenge' }],
    })
  })

  it('knows a used nonce after its end, should the clock be set back', async () => {
    const { keyring, database } = world.service.foundation.store
    const { domain, uri, chainId } = await world.client.challenge()
    const terms = { domain, uri, chainId }
    const now = Date.now()
    const signed = async (atMs: number) => {
      const message = signInMessage(newChallenge(keyring, terms, atMs), wallet.address, new Date(atMs))
      return { message, signature: await wallet.signMessage(message) }
    }
    const first = await signed(now)
    await signIn(database, keyring, terms, first, now)
    const hour = now + 3_600_000
    await signIn(database, keyring, terms, await signed(hour), hour)
    await expect(signIn(database, keyring, terms, first, now)).rejects.toThrow(/was used before/)
  })

  it('takes a nonce once', async () => {
    const message = signInMessage(await world.client.challenge(), wallet.address)
    const signed = { message, signature: await wallet.signMessage(message) }
    const results = await Promise.allSettled([world.client.signIn(signed), world.client.signIn(signed)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(world.client.signIn(signed)).rejects.toMatchObject({ fields: [{ field: 'message.nonce' }] })
  })
})
