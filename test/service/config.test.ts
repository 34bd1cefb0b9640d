import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { type Environment, type Part, readConfig, refuseKeys, VARIABLES } from '../../src/service/config.ts'
import { KEY, NEXT_KEY } from './world.ts'

const SERVER = 'postgres://tacit:hunter2@127.0.0.1/tacit'
const FAR = 'postgres://tacit:hunter2@db.example/tacit'

describe('a service that is asked to start in an unsafe way', () => {
  const cases: [what: string, environment: Environment, part: Part, field: string, rule: RegExp][] = [
    [
      'listens on the network without TLS',
      { TACIT_HOST: '0.0.0.0', TACIT_ENCRYPTION_KEYS: KEY },
      'service',
      'TACIT_HOST',
      /TACIT_TLS_PROXY=1/,
    ],
    [
      'has no name for its sign-ins',
      { TACIT_HOST: '0.0.0.0', TACIT_TLS_PROXY: '1', TACIT_ENCRYPTION_KEYS: KEY },
      'service',
      'TACIT_PUBLIC_URL',
      /must be set/,
    ],
    [
      'is known by a plain address',
      { TACIT_PUBLIC_URL: 'http://tacit.example' },
      'service',
      'TACIT_PUBLIC_URL',
      /https/,
    ],
    [
      'is known by a path',
      { TACIT_PUBLIC_URL: 'https://tacit.example/path' },
      'service',
      'TACIT_PUBLIC_URL',
      /alone/,
    ],
    [
      'has a server for its data and no key',
      { DATABASE_URL: SERVER },
      'service',
      'TACIT_ENCRYPTION_KEYS',
      /must be set/,
    ],
    [
      'sends rows over the network in the clear',
      { DATABASE_URL: FAR, TACIT_ENCRYPTION_KEYS: KEY },
      'service',
      'DATABASE_URL',
      /sslmode/,
    ],
    [
      'sends rows to another machine that only a parameter names',
      { DATABASE_URL: `${SERVER}?host=db.example`, TACIT_ENCRYPTION_KEYS: KEY },
      'service',
      'DATABASE_URL',
      /sslmode/,
    ],
    [
      'takes the last of two modes, as the driver does',
      { DATABASE_URL: `${FAR}?sslmode=verify-full&sslmode=disable`, TACIT_ENCRYPTION_KEYS: KEY },
      'service',
      'DATABASE_URL',
      /sslmode/,
    ],
    [
      'speaks TLS with whoever answers',
      { DATABASE_URL: `${FAR}?sslmode=require&uselibpqcompat=true`, TACIT_ENCRYPTION_KEYS: KEY },
      'service',
      'DATABASE_URL',
      /sslmode/,
    ],
    [
      'has a database of another kind',
      { DATABASE_URL: 'mysql://127.0.0.1/x', TACIT_ENCRYPTION_KEYS: KEY },
      'service',
      'DATABASE_URL',
      /postgres/,
    ],
    [
      'has a key of zeros',
      { TACIT_ENCRYPTION_KEYS: `a:${'0'.repeat(64)}` },
      'service',
      'TACIT_ENCRYPTION_KEYS',
      /no random key/,
    ],
    [
      'has a key that counts',
      { TACIT_ENCRYPTION_KEYS: `a:${Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('hex')}` },
      'service',
      'TACIT_ENCRYPTION_KEYS',
      /no random key/,
    ],
    [
      'has a key that is a sentence',
      { TACIT_ENCRYPTION_KEYS: `a:${Buffer.from('the quick brown fox jumps over d').toString('hex')}` },
      'service',
      'TACIT_ENCRYPTION_KEYS',
      /no random key/,
    ],
    ['has a short key', { TACIT_ENCRYPTION_KEYS: 'a:00ff' }, 'service', 'TACIT_ENCRYPTION_KEYS', /64 hex/],
    [
      'has a key twice',
      { TACIT_ENCRYPTION_KEYS: `${KEY},${KEY}` },
      'service',
      'TACIT_ENCRYPTION_KEYS',
      /twice/,
    ],
    [
      'has a misspelt variable',
      { TACIT_ENCRYPTION_KEY: KEY },
      'service',
      'TACIT_ENCRYPTION_KEY',
      /no variable/,
    ],
    ['has a real chain and no keys', { TACIT_CHAIN_ID: '1' }, 'service', 'TACIT_KEYS', /no local one/],
    [
      'has a real chain and no keys of the seal',
      { TACIT_CHAIN_ID: '1', TACIT_KEYS: 'keys/margin-16' },
      'service',
      'TACIT_SEAL_KEYS',
      /no local one/,
    ],
    [
      'is a worker of a real chain with development keys',
      { DATABASE_URL: SERVER, TACIT_ENCRYPTION_KEYS: KEY, TACIT_CHAIN_ID: '1' },
      'worker',
      'TACIT_KEYS',
      /no local one/,
    ],
    ['has no number for a port', { TACIT_PORT: '80a' }, 'service', 'TACIT_PORT', /whole number/],
    ['has no such circuit', { TACIT_INSTANCE: 'margin-5' }, 'service', 'TACIT_INSTANCE', /margin-16/],
    ['is a worker without a server', { TACIT_ENCRYPTION_KEYS: KEY }, 'worker', 'DATABASE_URL', /one process/],
    ['is a worker without keys', { DATABASE_URL: SERVER }, 'worker', 'TACIT_ENCRYPTION_KEYS', /must be set/],
    [
      'is a worker that does not work',
      { DATABASE_URL: SERVER, TACIT_ENCRYPTION_KEYS: KEY, TACIT_PROVERS: '0' },
      'worker',
      'TACIT_PROVERS',
      /at least 1/,
    ],
  ]
  for (const [what, environment, part, field, rule] of cases) {
    it(`${what}: says so`, () => {
      expect(() => readConfig(environment, part)).toThrow(rule)
      try {
        readConfig(environment, part)
      } catch (error) {
        expect((error as Error).message).toContain(`"${field}"`)
        // Neither keys nor passwords.
        expect((error as Error).message).not.toMatch(/hunter2|[0-9a-f]{40}/)
      }
    })
  }

  it('refuses development keys on a chain that is real', () => {
    expect(() => refuseKeys(1, { 'margin-16': 'production', seal: 'development' })).toThrow(
      /seal are development keys/,
    )
    expect(() => refuseKeys(1, { 'margin-16': 'production', seal: 'production' })).not.toThrow()
    expect(() => refuseKeys(31_337, { 'margin-16': 'development' })).not.toThrow()
  })
})

describe('a service that is asked to start in a safe way', () => {
  it('takes nothing at all, a proxy with TLS, and a server far away', () => {
    expect(readConfig({}, 'service')).toMatchObject({
      TACIT_HOST: '127.0.0.1',
      TACIT_PROVERS: 2,
      TACIT_PROXIES: 0,
    })
    const open = { TACIT_HOST: '0.0.0.0', TACIT_TLS_PROXY: '1', TACIT_PUBLIC_URL: 'https://tacit.example' }
    const keys = { TACIT_ENCRYPTION_KEYS: `${KEY},${NEXT_KEY}` }
    const far = { DATABASE_URL: `${FAR}?sslmode=verify-full` }
    expect(readConfig({ ...open, ...keys, ...far }, 'service')).toMatchObject({
      TACIT_PROVERS: 0,
      TACIT_PROXIES: 1,
    })
    expect(readConfig({ ...keys, ...far }, 'worker').TACIT_PROVERS).toBe(2)
  })

  it('has every variable in docs/service.md', () => {
    const docs = readFileSync(join(REPOSITORY_ROOT, 'docs', 'service.md'), 'utf8')
    for (const [name, [, what]] of Object.entries(VARIABLES))
      expect(docs).toContain(`| \`${name}\` | ${what} |`)
  })
})
