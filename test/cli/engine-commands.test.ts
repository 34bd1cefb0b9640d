import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import type { Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { disclosureKeys, toHex } from '../../src/book/disclosure-keys.ts'
import type { BookEntry } from '../../src/book/entry.ts'
import { accountTag } from '../../src/book/leaf.ts'
import { writeJsonBook } from '../../src/book/write.ts'
import { writeDeployment } from '../../src/chain/deployment-file.ts'
import { listSubAccounts } from '../../src/chain/engine-client/case-list.ts'
import { sendTo } from '../../src/chain/engine-client/connection.ts'
import { emptySubAccount, liquidationCast, ROLES } from '../../src/cli/demo/liquidation/cast.ts'
import { DemoMarket } from '../../src/cli/demo/liquidation/market.ts'
import {
  endowMembers,
  liquidatorContext,
  openContext,
  publishCast,
  registerSubAccounts,
} from '../../src/cli/demo/liquidation/setting.ts'
import { feedRound, openStage, publishHead, type Stage } from '../../src/cli/demo/stage.ts'
import { Output } from '../../src/cli/output.ts'
import { openKeeperProvers } from '../../src/cli/prover.ts'
import { loadSession } from '../../src/cli/session.ts'
import { latestKnownRound } from '../../src/keeper/prove-claim.ts'
import { closeProvers, type KeeperProvers } from '../../src/keeper/provers.ts'
import { KnownRounds, knownRound } from '../../src/keeper/rounds.ts'
import { sealArtifacts } from '../../src/prover/seal-prover.ts'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { Desk, jsonBook, lastJson, tacit } from './support.ts'

/** The commands of the liquidation engine against a local chain, as a venue and a liquidator would call them. */
const MOVE = { spotBps: -1_500n, volBps: 3_500n }
const IO = { stdout: () => {}, stderr: () => {}, live: false, colour: false, environment: {} }
const VENUE_SECRET = new Uint8Array(32).fill(7)
const BOB_SUB_ID = 910_099
const desk = new Desk()
let stage: Stage
let provers: KeeperProvers
let market: DemoMarket
let sealedTag: bigint
let aliceSub: bigint
let common: string[]
let alice: string[]
let bob: string[]
let bobSub: bigint

/** A round of the chain and of the folder that the commands read. */
async function nextRound(): Promise<void> {
  // The command has sent under the keeper's key, too.
  stage.signer('keeper').reset()
  const { snapshot } = await market.priced(MOVE)
  await market.round(MOVE)
  desk.write(`rounds/${String(market.sequence).padStart(4, '0')}.json`, writeNativeMarket(snapshot))
}

beforeAll(async () => {
  const out = new Output(IO, true)
  // Nobody but the demo's four is in distress in this book, or the others would take the test's time.
  const bookFile = desk.write('start.json', jsonBook([{ instrument: 'USD', quantity: '1000' }]))
  const session = await loadSession({ instance: 'margin-4', seed: 1, book: bookFile }, out)
  provers = await openKeeperProvers(session.instance, {}, IO, out)
  stage = await openStage(session, { provers, seal: await sealArtifacts() }, {})
  mkdirSync(desk.path('rounds'))
  desk.write('rounds/0001.json', writeNativeMarket(session.snapshot))
  await feedRound(stage, 1, session)
  await publishHead(stage, session.book, 0)
  const rounds = new KnownRounds()
  rounds.add(knownRound(session.matrix, session.snapshot))
  market = new DemoMarket(session, stage, rounds, session.matrix, 1)
  await market.standStill()
  const { context, close } = await openContext(session, stage, provers, rounds)
  const liquidators = {
    alice: liquidatorContext(session, stage, 'alice', desk.folder),
    bob: liquidatorContext(session, stage, 'bob', desk.folder),
  }
  await endowMembers(stage, liquidators)
  const crash = await market.priced(MOVE, 60)
  const cast = liquidationCast(crash, knownRound(crash.matrix, crash.snapshot).risk, 1)
  // Empty, of Bob's, and registered by nobody yet.
  const unregistered = emptySubAccount(BOB_SUB_ID, BigInt(await stage.address('bob')), (1n << 220n) + 3n)
  context.venueBook.append(unregistered)
  bobSub = accountTag(session.hasher, unregistered.secret)
  const { subTags } = await publishCast({ stage, context }, cast, 1)
  await registerSubAccounts(
    { stage, context, liquidators, subTags },
    (await latestKnownRound(context)).proving,
  )
  close()
  aliceSub = subTags.aliceSealed
  sealedTag = accountTag(session.hasher, cast.sealed.account.secret)
  const names = new Map(ROLES.map((role) => [cast[role].account.accountId, cast[role].name]))
  const entries: BookEntry[] = context.venueBook.book.accounts.map((account) => ({
    account,
    name: names.get(account.accountId),
  }))
  desk.write('book.json', writeJsonBook(entries, session.matrix.listing))
  const venueKey = toHex(disclosureKeys(VENUE_SECRET).publicKey)
  desk.write('deployment.json', writeDeployment({ deployment: stage.deployment, fromBlock: 0, venueKey }))
  secretFile('venue.key', toHex(VENUE_SECRET))
  secretFile('keeper.key', keyOf('keeper'))
  for (const part of ['alice', 'bob'] as const) {
    secretFile(`${part}.key`, keyOf(part))
    secretFile(`${part}.x25519`, toHex(liquidators[part].disclosureSecretKey))
  }
  common = ['--rpc', stage.chain.url, '--deployment', desk.path('deployment.json'), '--json']
  alice = liquidator('alice')
  bob = liquidator('bob')
}, 400_000)
afterAll(async () => {
  await market?.close()
  await stage?.close()
  if (provers !== undefined) await closeProvers({ ...provers })
  desk.clear()
})

function secretFile(name: string, text: string): void {
  chmodSync(desk.write(name, `${text}\n`), 0o600)
}

function liquidator(part: 'alice' | 'bob'): string[] {
  return [
    ...common,
    ...['--instance', 'margin-4', '--key', desk.path(`${part}.key`)],
    ...['--disclosure-key', desk.path(`${part}.x25519`), '--bids', desk.path(`${part}.json`)],
  ]
}

function keyOf(part: 'keeper' | 'alice' | 'bob'): string {
  const { signer } = stage.signer(part)
  return (signer as unknown as Wallet).privateKey
}

function keeper(...more: string[]) {
  return tacit(
    'keeper',
    ...common,
    ...['--instance', 'margin-4', '--key', desk.path('keeper.key'), '--book', desk.path('book.json')],
    ...['--rounds', desk.path('rounds'), '--once', ...more],
  )
}

describe('from a crash to a sealed bid, by commands alone', () => {
  it('the keeper refuses a secret that others can read', async () => {
    chmodSync(desk.path('keeper.key'), 0o644)
    const { code, stderr } = await keeper()
    chmodSync(desk.path('keeper.key'), 0o600)
    expect(code).toBe(2)
    expect(stderr).toMatch(/keeper.key: can be read by others/)
  })

  it('a liquidator registers a sub-account with the receipt that the venue wrote of it', async () => {
    const receipt = desk.path('sub.json')
    const written = await tacit(
      'receipt',
      ...[
        '--instance',
        'margin-4',
        '--market',
        desk.path('rounds/0001.json'),
        '--book',
        desk.path('book.json'),
      ],
      ...['--account', `${BOB_SUB_ID}`, '--out', receipt, '--json'],
    )
    expect(written.code).toBe(0)
    const registered = await tacit(
      'liquidator',
      'register',
      ...bob,
      ...['--receipt', receipt, '--rounds', desk.path('rounds')],
    )
    expect(registered.stderr).not.toMatch(/tacit: /)
    expect(lastJson(registered).transactions).toHaveLength(1)
    const owner = await stage.address('bob')
    const subs = await listSubAccounts(stage.connection)
    expect(subs.find(({ tag }) => tag === bobSub)).toMatchObject({ owner, vouchedSequence: 0n })
    await sendTo(stage.connection, 'liquidators', 'vouch', [bobSub, owner], stage.signer('venue'))
    // Bob's nonce went on by the command's hand.
    stage.signer('bob').reset()
  }, 120_000)

  it('the keeper opens cases, and confirms and discloses them on the round that confirms', async () => {
    await market.wait(48)
    await nextRound()
    const opened = await keeper()
    expect(opened.stderr).not.toMatch(/tacit: /)
    expect(opened.code).toBe(0)
    const kinds = (ran: typeof opened) => lastJson(ran).reports.map(({ kind }: { kind: string }) => kind)
    expect(kinds(opened)).toContain('open')
    // A crash is three rounds: one print sells nothing.
    for (let round = 0; round < 2; round++) {
      await market.wait(48)
      await nextRound()
    }
    const disclosures = ['--disclosures', desk.path('packages'), '--venue-key', desk.path('venue.key')]
    const confirmed = await keeper(...disclosures)
    expect(confirmed.code).toBe(0)
    expect(kinds(confirmed)).toEqual(expect.arrayContaining(['confirm', 'disclose']))
  }, 180_000)

  it('anybody lists the cases, and the liquidator what is on sale', async () => {
    const all = lastJson(await tacit('cases', ...common)).cases
    const ours = all.find(({ tag }: { tag: string }) => BigInt(tag) === sealedTag)
    expect(ours).toMatchObject({ kind: 'full', stage: 'sealed', award: null })
    const onSale = lastJson(await tacit('liquidator', 'list', ...common)).cases
    expect(onSale.map(({ caseId }: { caseId: string }) => caseId)).toContain(ours.caseId)
  })

  it('the liquidator opens its package, seals a bid, and reveals it from the file', async () => {
    const all = lastJson(await tacit('cases', ...common)).cases
    const { caseId } = all.find(({ tag }: { tag: string }) => BigInt(tag) === sealedTag)
    const address = (await stage.address('alice')).toLowerCase()
    const folder = desk.path(`packages/${caseId}`)
    const file = readdirSync(folder).find((name) => name.startsWith(address))
    const named = ['--case', caseId, '--rounds', desk.path('rounds')]
    const opened = await tacit('liquidator', 'open', ...alice, ...named, '--package', `${folder}/${file}`)
    expect(opened.code).toBe(0)
    const { price, lot } = lastJson(opened)
    expect(lot.moved.length).toBeGreaterThan(0)
    expect(opened.stdout).not.toContain('salt')
    const bid = ['--case', caseId, '--discount', price.bidBps, '--sub', `0x${aliceSub.toString(16)}`]
    const sealed = await tacit('liquidator', 'bid', ...alice, ...bid)
    expect(lastJson(sealed)).toMatchObject({ case: caseId, outcome: 'sealed' })
    const early = await tacit('liquidator', 'reveal', ...alice, '--case', caseId)
    expect(early.code).toBe(3)
    expect(early.stderr).toMatch(/TooEarly: this begins at \d+ s of the engine's clock/)
    await market.wait(60)
    expect(lastJson(await tacit('liquidator', 'reveal', ...alice, '--case', caseId))).toMatchObject({
      outcome: 'revealed',
    })
  })

  it('nobody else bid: the public auction, a taker, the settlement, and the bond fetched', async () => {
    const all = lastJson(await tacit('cases', ...common)).cases
    const { caseId } = all.find(({ tag }: { tag: string }) => BigInt(tag) === sealedTag)
    const named = ['--case', caseId]
    const early = await tacit('liquidator', 'refund', ...alice, ...named)
    expect(early.code).toBe(3)
    expect(early.stderr).toMatch(/StillOnSale/)
    await market.wait(36)
    stage.signer('keeper').reset()
    expect((await keeper()).code).toBe(0)
    const sub = ['--sub', `0x${bobSub.toString(16)}`]
    const greedy = await tacit('liquidator', 'take', ...bob, ...named, ...sub, '--least', '9000')
    expect(greedy.code).toBe(3)
    expect(greedy.stderr).toMatch(/DiscountBelowAsked/)
    const taken = await tacit('liquidator', 'take', ...bob, ...named, ...sub)
    expect(lastJson(taken)).toMatchObject({ case: caseId, outcome: 'taken' })
    const settled = lastJson(await keeper()).reports
    expect(settled).toContainEqual(expect.objectContaining({ kind: 'settle', caseId, outcome: 'done' }))
    const refunded = await tacit('liquidator', 'refund', ...alice, ...named)
    expect(lastJson(refunded)).toMatchObject({ case: caseId, outcome: 'refunded' })
    const again = await tacit('liquidator', 'refund', ...alice, ...named)
    expect(again.stderr).toMatch(/NothingCommitted/)
  }, 180_000)

  it('a chain that does not answer is exit code 3', async () => {
    const ran = await tacit(
      'cases',
      '--rpc',
      'http://127.0.0.1:1',
      '--deployment',
      desk.path('deployment.json'),
    )
    expect(ran.code).toBe(3)
    expect(ran.stderr).toMatch(/nothing answers at/)
  })
})
