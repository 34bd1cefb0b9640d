/** What the service's tests share: a market, a book of four accounts with secrets to look for, and a running service. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Wallet } from 'ethers'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { sampleMarket, shiftMarket } from '../../src/risk/market/sample.ts'
import { createApiKey, type KeyRole } from '../../src/service/auth/principal.ts'
import { signInMessage, TacitClient } from '../../src/service/client/index.ts'
import { type Environment, readConfig } from '../../src/service/config.ts'
import type { ConsoleFiles } from '../../src/service/console-files.ts'
import { newLogger } from '../../src/service/log.ts'
import { type RunningService, startService } from '../../src/service/service.ts'

export const MARKET = JSON.parse(writeNativeMarket(sampleMarket({ seed: 1, size: 'small' })))
/** An hour later and 20% lower. */
export const CRASHED = JSON.parse(
  writeNativeMarket(
    shiftMarket(sampleMarket({ seed: 1, size: 'small' }), {
      spotBps: -2_000n,
      volBps: 3_000n,
      secondsLater: 3_600,
    }),
  ),
)
export const LIQUIDITY = { BTC: '2000000', ETH: '1000000' }
export const KEY = 'k1:7d1f6b0c9a3e52848f2b67c1d05e93ab41c8f7260d9b3e5a17f46c82d05b9e3f'
export const NEXT_KEY = 'k2:0a94c3d7e18f562b4b7e2f9d6c05a138e7d29b60f41c83557fd60e2b91a4c8d6'

export const OWNERS = [1, 2, 3, 4].map((n) => new Wallet(`0x${n.toString(16).padStart(64, '5c')}`))
export const STRANGER = new Wallet(`0x${'77'.repeat(32)}`)

/** Private texts of every kind: none of them may ever leave by a log, a metric, an error or a public answer. */
export const SECRETS = OWNERS.map((_, i) => `0x${`c0ffee${i}`.repeat(9).slice(0, 62)}`)
const QUANTITY = '0.73'
export const CASH = ['61234.56', '51234.57', '41234.58', '-34000.59']

/** Derivatives net to zero: what the first is short of, the fourth is long of. */
export const BOOK = {
  format: 'tacit.book',
  version: 1,
  accounts: OWNERS.map((owner, i) => ({
    accountId: 90_001 + i,
    name: `very private client ${i}`,
    owner: owner.address,
    secret: SECRETS[i]!,
    nonce: 0,
    positions: [
      { instrument: 'USD', quantity: CASH[i]! },
      ...(i === 0 ? [{ instrument: 'BTC-PERPETUAL', quantity: `-${QUANTITY}` }] : []),
      ...(i === 3 ? [{ instrument: 'BTC-PERPETUAL', quantity: QUANTITY }] : []),
    ],
  })),
}

export interface World {
  readonly service: RunningService
  readonly client: TacitClient
  readonly tokens: Readonly<Record<KeyRole, string>>
  /** Every line of the log. */
  readonly lines: string[]
  signIn(wallet: Wallet): Promise<TacitClient>
  as(role: KeyRole): TacitClient
  close(): Promise<void>
}

/** A service of the small instance on this machine, on any free port. @param consoleFiles what it shows under / */
export async function startWorld(environment: Environment = {}, consoleFiles?: ConsoleFiles): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-service-'))
  if (environment.DATABASE_URL === undefined) await copyEmptyDatabase(join(folder, 'data'))
  const lines: string[] = []
  const config = readConfig(
    serviceEnvironment({ TACIT_DATA: join(folder, 'data'), ...environment }),
    'service',
  )
  const log = newLogger('debug', { write: (line) => void lines.push(line) })
  const service = await startService(config, log, () => {}, { consoleFiles })
  const { database } = service.foundation.store
  const key = async (role: KeyRole) => (await createApiKey(database, role, 'test')).token
  const tokens = { feeder: await key('feeder'), venue: await key('venue'), operator: await key('operator') }
  const client = new TacitClient({ url: service.url })
  return {
    service,
    client,
    tokens,
    lines,
    as: (role) => client.as(tokens[role]),
    signIn: async (wallet) => {
      const message = signInMessage(await client.challenge(), wallet.address)
      const { token } = await client.signIn({ message, signature: await wallet.signMessage(message) })
      return client.as(token)
    },
    close: async () => {
      await service.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function serviceEnvironment(more: Environment): Environment {
  return {
    TACIT_PORT: '0',
    TACIT_INSTANCE: 'margin-4',
    TACIT_ENCRYPTION_KEYS: KEY,
    TACIT_POLL_MS: '50',
    TACIT_LEASE_SECONDS: '2',
    TACIT_RATE_PER_MINUTE: '100000',
    TACIT_LOG: 'debug',
    ...more,
  }
}

/** Making an empty database takes seconds: one is made for all tests and copied. */
export async function copyEmptyDatabase(folder: string): Promise<void> {
  const template = join(REPOSITORY_ROOT, 'build', 'cache', 'empty-pglite-0.5.16')
  if (!existsSync(template)) {
    mkdirSync(join(REPOSITORY_ROOT, 'build', 'cache'), { recursive: true })
    const draft = mkdtempSync(join(REPOSITORY_ROOT, 'build', 'cache', '.empty-pglite-'))
    const pglite = await PGlite.create(join(draft, 'database'))
    await pglite.close()
    try {
      renameSync(draft, template)
    } catch {
      rmSync(draft, { recursive: true, force: true })
    }
  }
  cpSync(template, folder, { recursive: true })
}
