import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseProofFile } from '../../src/bundle/claim/proof-file.ts'
import { marginSignalsToArray } from '../../src/protocol/signals.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import type { BookInfo, Job, Round, ServiceError } from '../../src/service/client/index.ts'
import { Keyring, parseKeys } from '../../src/service/keyring.ts'
import { rotateKeys } from '../../src/service/rotate.ts'
import { readOpenings, readOwnOpenings } from '../../src/service/storage/books.ts'
import { openJob } from '../../src/service/storage/jobs.ts'
import { acceptJob } from '../../src/service/work/accept.ts'
import { tacit } from '../cli/support.ts'
import {
  BOOK,
  CASH,
  CRASHED,
  KEY,
  LIQUIDITY,
  MARKET,
  NEXT_KEY,
  OWNERS,
  SECRETS,
  STRANGER,
  startWorld,
  type World,
} from './world.ts'

let world: World
let round: Round
let later: Round
let book: BookInfo
let folder: string
/** Everything that anybody but owner and venue was ever told. */
const told: string[] = []

const CASE = `0x${'ab'.repeat(32)}`
const refused = (work: Promise<unknown>): Promise<ServiceError> =>
  work.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: ServiceError) => {
      told.push(error.message, JSON.stringify(error.fields))
      return error
    },
  )
const read = async (path: string) => {
  const response = await fetch(`${world.service.url}${path}`)
  const text = await response.text()
  told.push(text)
  response.headers.forEach((value) => {
    told.push(value)
  })
  return text
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tacit-service-test-'))
  world = await startWorld({ TACIT_PROVERS: '1' })
  round = await world.as('feeder').addRound({ markets: [MARKET] })
  book = await world.as('venue').addBook({ riskRoot: round.riskRoot, book: BOOK })
  later = await world.as('feeder').addRound({ markets: [CRASHED] })
})
afterAll(async () => {
  await world?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('rounds and books', () => {
  it('gives the same round for the same market, and refuses one that is older', async () => {
    expect(await world.as('venue').addRound({ markets: [CRASHED] })).toEqual(later)
    const error = await refused(world.as('feeder').addRound({ markets: [MARKET] }))
    expect(error).toMatchObject({ status: 409, fields: [{ field: 'markets.asOf' }] })
    expect((await world.client.rounds()).map(({ seq }) => seq)).toEqual([2, 1])
    expect(await world.client.market(round.riskRoot)).toMatchObject({ market: { format: 'tacit.market' } })
  })

  it('shows roots, counts and leaves of a book, and takes the same book once', async () => {
    expect(await world.as('venue').addBook({ riskRoot: round.riskRoot, book: BOOK })).toEqual(book)
    expect(await world.client.books()).toEqual([book])
    const { leaves, count } = await world.client.leaves(book.bookRoot, 1, 2)
    expect([count, leaves.length]).toEqual([4, 2])
  })

  it('names row, field and rule of a book that it refuses, and quotes no secret', async () => {
    const [first, ...rest] = BOOK.accounts
    const broken = { ...BOOK, accounts: [{ ...first!, secret: `${SECRETS[0]}ffff` }, ...rest] }
    const error = await refused(world.as('venue').addBook({ riskRoot: round.riskRoot, book: broken }))
    expect(error).toMatchObject({ status: 400, fields: [{ field: 'book, row 1, secret' }] })
  })

  it('gives an owner their own openings and nobody else any', async () => {
    const owner = await world.signIn(OWNERS[3]!)
    const [receipt, ...others] = await owner.receipts(book.bookRoot)
    expect(others).toEqual([])
    expect(receipt).toMatchObject({ format: 'tacit.receipt', index: 3, account: { accountId: 90_004 } })
    expect(BigInt(SECRETS[3]!)).toBe(BigInt((receipt as { account: { secret: string } }).account.secret))
    expect(await (await world.signIn(STRANGER)).receipts(book.bookRoot)).toEqual([])
  })
})

describe('proofs as jobs', () => {
  it('proves an attestation that tacit can check, and publishes it when asked to', async () => {
    const venue = world.as('venue')
    const order = {
      riskRoot: round.riskRoot,
      bookRoot: book.bookRoot,
      account: 90_001,
      threshold: 'mm' as const,
    }
    const job = await venue.attest({ ...order, publish: true })
    expect(await venue.finished(job.id)).toMatchObject({ status: 'succeeded', done: 1, total: 1 })
    const file = parseProofFile({ name: 'proof', text: await read(`/v1/proofs/${job.id}`) })
    const { step } = world.service.foundation.artifacts
    expect(verifyProof(step.verificationKey, marginSignalsToArray(file.signals), file.proof as never)).toBe(
      true,
    )
    expect((await world.client.keys())[0]).toMatchObject({
      circuit: 'margin-4',
      hash: file.verificationKeyHash,
    })
  })

  it('proves a trigger after a crash, and keeps it to the venue unless it is published', async () => {
    const venue = world.as('venue')
    const order = {
      riskRoot: later.riskRoot,
      bookRoot: book.bookRoot,
      account: 90_004,
      threshold: 'mm' as const,
    }
    const job = await venue.trigger(order)
    expect(await venue.finished(job.id)).toMatchObject({ status: 'succeeded' })
    expect(await refused(world.client.proof(job.id))).toMatchObject({
      status: 404,
      fields: [{ field: 'id' }],
    })
    expect((await venue.proofs()).map(({ kind, published }) => `${kind} ${published}`)).toEqual([
      'trigger false',
      'attestation true',
    ])
    expect((await world.client.proofs()).map(({ kind }) => kind)).toEqual(['attestation'])
  })

  it('fails a false claim with the reason, told to the venue alone', async () => {
    const venue = world.as('venue')
    const order = {
      riskRoot: round.riskRoot,
      bookRoot: book.bookRoot,
      account: 90_001,
      threshold: 'mm' as const,
    }
    const job = await venue.finished((await venue.trigger(order)).id)
    expect(job).toMatchObject({ status: 'failed', error: { code: 'WITNESS_INVALID' } })
    expect(job.error?.message).toMatch(/not below the MM threshold/)
  })

  it('proves a whole book with progress, into a bundle that tacit verifies', async () => {
    const venue = world.as('venue')
    const order = { riskRoot: round.riskRoot, bookRoot: book.bookRoot, liquidity: LIQUIDITY }
    const seen: Job[] = []
    for await (const job of venue.follow((await venue.sealBook(order)).id)) seen.push(job)
    expect(seen.at(-1)).toMatchObject({ status: 'succeeded', done: 5, total: 5 })
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort())
    const id = seen.at(-1)!.id
    expect(await world.client.epoch(id)).toMatchObject({ accounts: 4, policy: 'predicates', published: true })
    const path = join(folder, 'epoch.tacit.jsonl')
    writeFileSync(path, await read(`/v1/epochs/${id}/bundle`))
    const pins = (await world.client.keys()).flatMap(({ hash }) => ['--key-hash', hash])
    const ran = await tacit('verify', path, '--as-of', `${round.asOfSeconds}`, ...pins)
    expect(ran.stdout).toMatch(/^VALID, DEVELOPMENT KEYS\n/)
    const receipt = join(folder, 'receipt.json')
    const [own] = await (await world.signIn(OWNERS[1]!)).receipts(book.bookRoot)
    writeFileSync(receipt, JSON.stringify(own))
    const checked = await tacit('check-receipt', receipt, path, '--as-of', `${round.asOfSeconds}`, ...pins)
    expect(checked.stdout).toMatch(/counted/i)
  })

  it('stops a job that is cancelled, and never starts it again', async () => {
    const venue = world.as('venue')
    const order = { riskRoot: round.riskRoot, bookRoot: book.bookRoot, liquidity: LIQUIDITY }
    const { id } = await venue.sealBook(order)
    expect(await venue.cancel(id)).toMatchObject({ status: 'cancelled' })
    expect(await venue.cancel(id)).toMatchObject({ status: 'cancelled' })
    const { queue } = world.service.foundation
    const isIdle = async () => Object.values(await queue.depth()).every((count) => count === 0)
    while (!(await isIdle())) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await venue.job(id)).toMatchObject({ status: 'cancelled' })
    expect(await refused(world.client.epoch(id))).toMatchObject({ status: 404 })
  })

  it('stands by an idempotency key: one job for one request, and no other request under it', async () => {
    const venue = world.as('venue')
    const order = {
      riskRoot: round.riskRoot,
      bookRoot: book.bookRoot,
      account: 90_002,
      threshold: 'im' as const,
    }
    const [first, again] = await Promise.all([
      venue.attest(order, { idempotencyKey: 'a' }),
      venue.attest(order, { idempotencyKey: 'a' }),
    ])
    expect(again.id).toBe(first.id)
    await venue.cancel(first.id)
    expect(await venue.attest(order, { idempotencyKey: 'a' })).toMatchObject({
      id: first.id,
      status: 'cancelled',
    })
    const other = await refused(venue.attest({ ...order, threshold: 'mm' }, { idempotencyKey: 'a' }))
    expect(other).toMatchObject({ status: 409, fields: [{ field: 'idempotency-key' }] })
  })

  it('refuses a context of another chain, and names the field', async () => {
    const context = { chainId: '1', attestor: STRANGER.address, beneficiary: STRANGER.address }
    const order = {
      riskRoot: round.riskRoot,
      bookRoot: book.bookRoot,
      account: 90_001,
      threshold: 'mm' as const,
    }
    const error = await refused(world.as('venue').attest({ ...order, context }))
    expect(error).toMatchObject({ status: 409, fields: [{ field: 'context.chainId' }] })
  })
})

describe('cases and lots', () => {
  it('shows a case to everybody and a package to the liquidator that it is for, while that one is listed', async () => {
    const venue = world.as('venue')
    const transaction = `0x${'cd'.repeat(32)}`
    const timeline = [{ event: 'Opened', block: 7, transaction, atSeconds: later.asOfSeconds }]
    await venue.writeCase(CASE, {
      tag: `0x${'01'.repeat(32)}`,
      kind: 'full',
      stage: 'sealed bids',
      round: 2,
      timeline,
    })
    await venue.writePackage(CASE, OWNERS[0]!.address, { round: 2, package: 'for the first' })
    await venue.writePackage(CASE, OWNERS[1]!.address, { round: 2, package: 'for the second' })
    expect(await world.client.case(CASE)).toMatchObject({ stage: 'sealed bids', timeline })
    const buyer = await world.signIn(OWNERS[0]!)
    expect(await refused(buyer.packages(CASE))).toMatchObject({ status: 403 })
    await world.as('operator').addLiquidator(OWNERS[0]!.address)
    expect(await buyer.packages(CASE)).toEqual([{ round: 2, package: 'for the first' }])
    await world.as('operator').removeLiquidator(OWNERS[0]!.address)
    expect(await refused(buyer.packages(CASE))).toMatchObject({ status: 403 })
  })
})

describe('what is private', () => {
  const isPrivate = (text: string) =>
    [
      ...SECRETS,
      ...SECRETS.map((secret) => `${BigInt(secret)}`),
      ...OWNERS.map(({ address }) => address.slice(2)),
      ...OWNERS.map(({ address }) => `${BigInt(address)}`),
      ...CASH.map((cash) => cash.replace('-', '')),
      ...CASH.map((cash) => cash.replace('-', '').replace('.', '')),
      'very private',
      KEY.split(':')[1]!,
      ...Object.values(world.tokens).map((token) => token.split('_').slice(2).join('_')),
    ].filter((secret) => holds(text, secret))

  // An amount of cents is a number of its own: seven digits in a row occur in any thousand points of proofs.
  const holds = (text: string, secret: string) =>
    /^\d{1,9}$/.test(secret)
      ? new RegExp(`(?<!\\d)${secret}(?!\\d)`).test(text)
      : text.toLowerCase().includes(secret.toLowerCase())

  it('is in no log, metric, refusal or public answer', async () => {
    const { bookRoot } = book
    for (const path of [
      '/v1/rounds',
      '/v1/books',
      `/v1/books/${bookRoot}/leaves`,
      '/v1/proofs',
      '/v1/epochs',
      '/v1/keys',
    ]) {
      await read(path)
    }
    await refused(world.as('venue').addBook({ riskRoot: round.riskRoot, book: { ...BOOK, version: 2 } }))
    await refused(world.client.as(world.tokens.venue.replace(/.$/, '_')).jobs())
    const metrics = await fetch(`${world.service.url}/metrics`, {
      headers: { authorization: `Bearer ${world.tokens.operator}` },
    })
    const measured = await metrics.text()
    expect(measured).toMatch(/tacit_jobs{kind="solvency",status="succeeded"} 1/)
    expect(measured).toMatch(/tacit_task_seconds_count{kind="step"} \d/)
    expect(world.lines.length).toBeGreaterThan(20)
    expect(isPrivate(SECRETS[0]!)).toEqual([SECRETS[0]])
    expect(isPrivate([...told, ...world.lines, measured].join('\n'))).toEqual([])
  })

  it('is in no row of the database in the clear', async () => {
    const { database } = world.service.foundation.store
    const tables = await database.query<{ name: string }>(
      `select table_schema || '.' || table_name as name from information_schema.tables
       where table_schema in ('public', 'tacit_queue') and table_type = 'BASE TABLE'`,
    )
    let dump = ''
    for (const { name } of tables) dump += JSON.stringify(await database.query(`select * from ${name}`))
    expect(dump).toContain(book.bookRoot)
    // A liquidator is on a list, and whoever signs in has a session: addresses of those are known.
    const sessions = new Set([0, 1, 3].flatMap((i) => [OWNERS[i]!.address.slice(2)]))
    expect(isPrivate(dump).filter((found) => !sessions.has(found))).toEqual([])
  })

  it('opens only where it was put, and rotates to a new key without the old one', async () => {
    const { database, keyring } = world.service.foundation.store
    const sealed = keyring.seal('text', 'here')
    expect(keyring.open(sealed, 'here')).toBe('text')
    expect(() => keyring.open(sealed, 'there')).toThrow(/does not open/)
    const flipped = Buffer.from(sealed.text, 'base64')
    flipped[14]! ^= 1
    expect(() => keyring.open({ ...sealed, text: flipped.toString('base64') }, 'here')).toThrow(
      /does not open/,
    )

    const before = await readOpenings(database, keyring, book.bookRoot)
    const [job] = await database.query<{ id: string }>('select id from jobs limit 1')
    const request = await openJob(database, keyring, job!.id, 'request')
    await rotateKeys(database, new Keyring([...parseKeys(NEXT_KEY), ...parseKeys(KEY)]))
    const alone = new Keyring(parseKeys(NEXT_KEY))
    expect(await readOpenings(database, alone, book.bookRoot)).toEqual(before)
    expect(await openJob(database, alone, job!.id, 'request')).toBe(request)
    const owner = OWNERS[2]!.address.toLowerCase()
    expect(await readOwnOpenings(database, alone, book.bookRoot, owner)).toHaveLength(1)
    await expect(readOpenings(database, keyring, book.bookRoot)).rejects.toThrow(/"k2", which is not in/)
    await rotateKeys(database, new Keyring([...parseKeys(KEY), ...parseKeys(NEXT_KEY)]))
  })

  it('knows the order of an idempotency key after a rotation, without the old key', async () => {
    const { store, queue, artifacts } = world.service.foundation
    const { riskRoot } = round
    const { bookRoot } = book
    const request = { account: 90_003, threshold: 'mm' } as const
    const job = await world.as('venue').attest({ riskRoot, bookRoot, ...request }, { idempotencyKey: 'kept' })
    await world.as('venue').cancel(job.id)
    await rotateKeys(store.database, new Keyring([...parseKeys(NEXT_KEY), ...parseKeys(KEY)]))
    const acceptance = {
      store: { ...store, keyring: new Keyring(parseKeys(NEXT_KEY)) },
      queue,
      artifacts,
      chainId: 31_337,
    }
    const order = { kind: 'attestation', riskRoot, bookRoot, publish: false, request } as const
    const venue = { roles: ['venue'], id: world.tokens.venue.split('_')[1]! } as const
    const again = await acceptJob(acceptance, venue, 'kept', order)
    expect(again).toMatchObject({ isNew: false, job: { id: job.id } })
    await rotateKeys(store.database, new Keyring([...parseKeys(KEY), ...parseKeys(NEXT_KEY)]))
  })
})
