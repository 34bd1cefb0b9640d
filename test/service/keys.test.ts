import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Keyring, parseKeys } from '../../src/service/keyring.ts'
import { newLogger } from '../../src/service/log.ts'
import { type OwnKey, ownKey } from '../../src/service/own-key.ts'
import type { Database } from '../../src/service/storage/database.ts'
import { addJob } from '../../src/service/storage/jobs.ts'
import { checkKeys } from '../../src/service/storage/key-checks.ts'
import { migrate } from '../../src/service/storage/migrate.ts'
import { openEmbedded } from '../../src/service/storage/pglite.ts'
import { copyEmptyDatabase, KEY, NEXT_KEY } from './world.ts'

const folder = mkdtempSync(join(tmpdir(), 'tacit-keys-'))
const log = newLogger('silent')

let database: Database
const first = new Keyring(parseKeys(KEY))
beforeAll(async () => {
  await copyEmptyDatabase(join(folder, 'data'))
  database = await openEmbedded(join(folder, 'data'))
  await migrate(database)
  await checkKeys(database, first)
})
afterAll(async () => {
  await database?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the keys of a database', () => {
  const impostor = new Keyring(parseKeys(NEXT_KEY.replace('k2', 'k1')))

  it('are the same for every process: another one under the same id is refused at the start', async () => {
    await checkKeys(database, first)
    await expect(checkKeys(database, impostor)).rejects.toThrow(
      /"TACIT_ENCRYPTION_KEYS".*another key under the id "k1"/,
    )
  })

  it('are all there that rows are sealed with', async () => {
    const next = new Keyring(parseKeys(NEXT_KEY))
    await checkKeys(database, next)
    const root = `0x${'00'.repeat(32)}`
    const job = {
      kind: 'trigger',
      principal: 'x',
      riskRoot: root,
      bookRoot: root,
      publish: false,
      total: 1,
    } as const
    await addJob(database, first, { ...job, id: '11111111-2222-4333-8444-555555555555', request: '{}' })
    await expect(checkKeys(database, next)).rejects.toThrow(/lacks the key "k1".*--rotate/)
    await checkKeys(database, new Keyring([...parseKeys(NEXT_KEY), ...parseKeys(KEY)]))
  })
})

describe('a key that the service made itself', () => {
  const place = (name: string) => join(folder, name)

  it('is made once, whole, for its owner alone', () => {
    const made = ownKey(place('own'), log)
    expect(ownKey(place('own'), log).keys).toEqual(made.keys)
    const path = join(place('own'), 'encryption.key')
    chmodSync(path, 0o644)
    expect(() => ownKey(place('own'), log)).toThrow(/encryption\.key.*chmod 600/)
    chmodSync(path, 0o600)
    writeFileSync(path, '')
    expect(() => ownKey(place('own'), log)).toThrow(/encryption\.key.*must be "id:key"/)
  })

  it('is not made again in silence where the database knows another', async () => {
    const path = join(place('lost'), 'encryption.key')
    const check = ({ keys }: OwnKey) => checkKeys(database, new Keyring([...keys, ...parseKeys(KEY)]))
    await check(ownKey(place('lost'), log))
    const saved = readFileSync(path)
    rmSync(path)
    const other = ownKey(place('lost'), log)
    await expect(check(other).catch(other.refused)).rejects.toThrow(
      /encryption\.key.*is missing.*put it back/,
    )
    expect(existsSync(path)).toBe(false)
    writeFileSync(path, saved, { mode: 0o600 })
    await check(ownKey(place('lost'), log))
  })

  it('names the file where it cannot be written', () => {
    mkdirSync(place('full'))
    writeFileSync(join(place('full'), 'file'), '')
    expect(() => ownKey(join(place('full'), 'file'), log)).toThrow(/encryption\.key.*cannot be written/)
  })
})
