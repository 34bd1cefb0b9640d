import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account } from '../../src/book/account.ts'
import { bookRootOf } from '../../src/book/book.ts'
import { netLots } from '../../src/book/ledger.ts'
import { bookHead } from '../../src/chain/client.ts'
import { listCases } from '../../src/chain/engine-client/case-list.ts'
import { readParameters } from '../../src/chain/engine-client/parameters.ts'
import { sealState, sealsOf } from '../../src/chain/seals.ts'
import { readFlows, readMoney } from '../../src/cli/demo/liquidation/read-money.ts'
import { conservationChecks } from '../../src/cli/demo/liquidation/tally.ts'
import { run } from '../../src/cli/run.ts'
import { openConsole } from '../../src/console/build.ts'
import { type LiveVenue, startLive } from '../../src/live/live.ts'
import { OctaryTree } from '../../src/protocol/octary-tree.ts'
import { TacitClient } from '../../src/service/client/index.ts'
import { copyEmptyDatabase } from '../service/world.ts'
import { findBrowserOrSay } from '../support/browser.ts'
import { Person } from './person.ts'

const executablePath = findBrowserOrSay('the console over the sample venue')
/**
 * The sample venue from nothing to a seal that is final, with the windows that people have and a clock that goes on when
 * the programs have nothing left to do: nobody waits, and a busy machine changes nothing. A person looks on in a browser and
 * bids by hand; while they do, the clock stands.
 */
const PATH = { calm: 3, slide: 1, crash: 3, recovery: 1, longestCrash: 1_000 }
const PERSONS = ['admin', 'venue', 'keeper', 'alice', 'bob', 'visitor'] as const

const folder = mkdtempSync(join(tmpdir(), 'tacit-live-'))
const told: string[] = []
let live: LiveVenue
let person: Person | undefined
/** Lets the clock go on; undefined while it goes. */
let release: (() => void) | undefined
let opening: { accounts: readonly Account[]; block: number }

async function until(what: string, reached: () => boolean | Promise<boolean>, seconds = 240): Promise<void> {
  for (const end = Date.now() + seconds * 1_000; !(await reached()); await sleep(100)) {
    if (Date.now() > end) throw new Error(`${what} did not come; the venue said:\n${told.join('\n')}`)
  }
}

function tell(text: string): void {
  told.push(text)
  // The first sealed bid of a program: from here on there is time for the person's.
  if (person === undefined || release !== undefined || !/seals a bid$/.test(text)) return
  void live.world.rounds.hold(() => new Promise<void>((resolve) => (release = resolve)))
}

/** No round comes meanwhile, so the venue's own clock goes on by its blocks alone. */
async function advance(seconds: number): Promise<void> {
  const { provider } = live.stage.chain
  await provider.send('evm_setNextBlockTimestamp', [(await live.stage.chain.now()) + seconds])
  await provider.send('evm_mine', [])
}

beforeAll(async () => {
  live = await startLive({
    environment: { TACIT_PORT: '0', TACIT_LOG: 'error', TACIT_DATA: folder },
    folder: join(folder, 'sample-venue'),
    teller: { task: (_, work) => work(() => {}), line: tell },
    ...{ path: PATH, pace: 'programs', attestSeconds: 5, epochRounds: 1_000, chainPort: 0 },
    emptyDatabase: copyEmptyDatabase,
    ...(executablePath !== undefined && { consoleFiles: await openConsole() }),
  })
  const { stage, world } = live
  opening = {
    accounts: [...world.context.venueBook.book.accounts],
    block: (await stage.chain.provider.getBlockNumber()) + 1,
  }
})
afterAll(async () => {
  release?.()
  await person?.close()
  await live?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the sample venue', () => {
  it('attests accounts and seals its book, through the service', async () => {
    await until('an attestation', () => live.counts.attestations > 0)
    await until('a seal', () => live.counts.epochs > 0)
    const client = new TacitClient({ url: live.url })
    expect((await client.proofs()).every(({ published, kind }) => published && kind === 'attestation')).toBe(
      true,
    )
    const [epoch] = await client.epochs()
    expect(epoch).toMatchObject({ accounts: opening.accounts.length, context: { epoch: '1' } })
    expect((await sealState(sealsOf(live.stage.connection), 1))?.status).toBe('pending')
  }, 300_000)

  it.skipIf(executablePath === undefined)(
    'shows a person its first seal, from the service and from the chain',
    async () => {
      person = await Person.open(executablePath!, join(folder, 'sample-venue'), live.url)
      await person.seesFirstSeal()
    },
    300_000,
  )

  it('crashes when an operator says so', async () => {
    const output = { stdout: () => {}, stderr: () => {}, live: false, colour: false }
    expect(await run(['live', 'crash'], { ...output, environment: { TACIT_DATA: folder } })).toBe(0)
    await until('a trigger', () => live.counts.triggers > 0)
  }, 250_000)

  it.skipIf(executablePath === undefined)(
    'takes a bid of a person, who seals it, sees the lot, opens the bid and wins',
    async () => {
      await person!.seesTrigger()
      await until('a sealed sale', () => release !== undefined)
      const { commitWindow } = await readParameters(live.stage.connection)
      const caseId = await person!.bids(() => advance(Number(commitWindow)))
      release!()
      await person!.seesSettled(caseId)
      await person!.verifies()
      const book = live.world.context.venueBook.book.accounts
      await person!.sawNothingPrivate(book.map(({ secret }) => secret))
      await person!.close()
    },
    600_000,
  )

  it('goes on by triggers, sealed bids and settlements of the programs alone', async () => {
    await until('three settlements', () => live.counts.settlements >= 3)
    expect(live.counts.triggers).toBeGreaterThanOrEqual(3)
    const cases = await listCases(live.stage.connection)
    expect(new Set(cases.map(({ award }) => award.soldIn))).toEqual(new Set(['soft', 'sealed']))
  }, 250_000)

  it('outlasts a chain that stands still', async () => {
    const { pid } = live.stage.chain
    const { rounds } = live.counts
    process.kill(pid, 'SIGSTOP')
    await sleep(5_000)
    process.kill(pid, 'SIGCONT')
    await until('the next rounds', () => live.counts.rounds > rounds + 1)
  }, 250_000)

  it('recovers, begins a new day, and makes the seal final', async () => {
    await until('a new day', () => live.counts.renewals > 0)
    const { chain, connection } = live.stage
    // Steps may be demanded for an hour. The venue's own clock goes on beside this one, by its steps.
    for (const end = (await chain.now()) + 4_000; (await chain.now()) < end; ) {
      await chain.provider.send('evm_setNextBlockTimestamp', [end])
      await chain.provider.send('evm_mine', [])
    }
    const status = async () => (await sealState(sealsOf(connection), 1))?.status
    await until('finality', async () => (await status()) !== 'pending')
    expect(await status()).toBe('final')
  }, 300_000)

  it('has conserved value, and its book is what the public record says', async () => {
    await live.world.turns.take(async () => {
      const { stage, world } = live
      const { book } = world.context.venueBook
      const persons = await Promise.all(PERSONS.map((part) => stage.address(part)))
      const money = await readMoney(stage, [...persons, stage.deployment.seals])
      const flows = await readFlows(stage, opening.block)
      const { unitsPerLot } = stage.deployment
      const checks = conservationChecks(opening.accounts, book.accounts, money, flows, unitsPerLot)
      expect(checks.filter(({ holds }) => !holds)).toEqual([])
      const { 1: _cash, ...derivatives } = Object.fromEntries(netLots(book.accounts))
      expect(Object.values(derivatives).filter((lots) => lots !== 0n)).toEqual([])
      expect(await replayedRoot()).toBe((await bookHead(stage.connection))!.bookRoot)
      expect(book.root).toBe((await bookHead(stage.connection))!.bookRoot)
    })
    expect(told.filter((line) => / could not |tried again/.test(line))).toEqual([])
  })

  it('puts everything down in order', async () => {
    const { url } = live.stage.chain
    await live.close()
    await expect(fetch(url)).rejects.toThrow()
    await expect(fetch(live.url)).rejects.toThrow()
    const log = readFileSync(join(folder, 'sample-venue', 'service.log'), 'utf8')
    expect(log).not.toContain('"level":"error"')
  })
})

/** Every head since the opening, made again from the leaves that the service shows and the moves that the registry tells. */
async function replayedRoot(): Promise<bigint> {
  const { stage, world } = live
  const { registry } = stage.connection
  const { hasher, venueBook } = world.context
  const events = async (name: string) => (await registry.queryFilter(name)) as EventLog[]
  const [published, moved, heads] = [
    await events('Published'),
    await events('LeafMoved'),
    await events('HeadMoved'),
  ]
  const client = new TacitClient({ url: live.url })
  let leaves: bigint[] = []
  let root = 0n
  const shape = { domain: 'BOOK_NODE', levels: venueBook.instance.accountLevels } as const
  const last = Number(await registry.getFunction('headSequence').staticCall())
  for (let sequence = 1n; sequence <= BigInt(last); sequence++) {
    const of = ({ args }: EventLog) => args.sequence === sequence
    const publication = published.find(of)
    if (publication !== undefined) {
      const bookRoot = `0x${(publication.args.bookRoot as bigint).toString(16).padStart(64, '0')}`
      leaves = (await client.leaves(bookRoot)).leaves.map(BigInt)
    }
    for (const { args } of moved.filter(of)) leaves[Number(args.place)] = args.leaf as bigint
    root = bookRootOf(hasher, OctaryTree.of(hasher, shape, leaves).root, leaves.length)
    expect((publication ?? heads.find(of)!).args.bookRoot).toBe(root)
  }
  return root
}
