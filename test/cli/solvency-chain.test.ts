import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeBundleFile } from '../../src/bundle/write-file.ts'
import { referencesOf } from '../../src/chain/epochs.ts'
import { changed } from '../bundle/change.ts'
import { linesOfContent } from '../bundle/fixture.ts'
import { endsOfEpoch } from './solvency-ends.ts'
import { DEMAND_BOND_LOTS, openSolvencyChain, type SolvencyChain, VENUE_BOND_LOTS } from './solvency-world.ts'
import { Desk, lastJson, tacit } from './support.ts'
import { checkOf, headerLine, verifyWithChain } from './verified.ts'

/**
 * From a designated epoch to a final one, through the command line: a book of eight that was proven before (epoch 3), and
 * one of two that is proven here (epoch 4). The tests go in order, as the chain does.
 */
const desk = new Desk()
let world: SolvencyChain
let chainOptions: string[]
let venue: string[]
let stranger: string[]
let eight: string
let two: string

beforeAll(async () => {
  world = await openSolvencyChain(desk)
  chainOptions = ['--rpc', world.chain.url, '--deployment', desk.path('deployment.json'), '--json']
  venue = [...chainOptions, '--key', desk.path('venue.key')]
  stranger = [...chainOptions, '--key', desk.path('stranger.key')]
  const { content } = world.bundle
  eight = desk.path('eight.tacit.jsonl')
  const references = referencesOf(world.connection, { headSequence: 3 }, 1)
  await writeBundleFile(eight, { ...content, chain: { ...content.chain!, references } })
}, 900_000)
afterAll(async () => {
  await world?.chain.close()
  desk.clear()
})

const verify = (bundle: string, ...more: readonly string[]) =>
  verifyWithChain(
    bundle,
    { url: world.chain.url, asOfSeconds: world.bundle.snapshot.asOfSeconds + 30 },
    ...more,
  )
const epoch = (...argv: string[]) => tacit('epoch', ...argv)
const SMALL = ['--instance', 'margin-4', '--seed', '1']
const solvency = (...more: string[]) =>
  tacit('solvency', ...SMALL, ...chainOptions, '--out', desk.path('run'), ...more)

describe('tacit solvency with a deployment', () => {
  it('refuses what the chain has otherwise, before anything is proven', async () => {
    const book = ['--book', desk.path('two.json')]
    const cases: readonly (readonly [string[], number, RegExp])[] = [
      [[...book, '--liquidity', '5,5'], 2, /--liquidity.*comes from the chain/],
      [[...book, '--ledger', 'USD=1'], 2, /--ledger.*comes from the chain/],
      [[...book, '--policy', 'predicates'], 2, /--policy.*comes from the chain/],
      [[...book, '--epoch', '5'], 2, /has not designated epoch 5/],
      [[...book, '--epoch', '3'], 2, /--book.*seal the book as it was published/],
      [[...book, '--reserves', '1000000000'], 2, /that the fund holds/],
      [[...book, '--seed', '2'], 3, /RoundNotRecent|other risk roots/],
    ]
    for (const [options, code, reason] of cases) {
      const ran = await solvency(...options)
      expect(ran.stderr, options.join(' ')).toMatch(reason)
      expect(ran.code, options.join(' ')).toBe(code)
    }
    expect(desk.has('run')).toBe(false)
  })

  it('proves the newest epoch for ledger, liquidity, policy and reserves of the chain, and says where it is', async () => {
    const ran = await solvency('--book', desk.path('two.json'))
    expect(ran.stderr).not.toContain("THE BOOK'S OWN LEDGER")
    expect(ran.code).toBe(0)
    const { deployment } = world.connection
    expect(lastJson(ran)).toMatchObject({
      context: { chainId: '31337', seals: deployment.seals, epoch: '4' },
      policy: 'aggregates',
      belowMm: '0',
      references: { headSequence: 4, roundSequence: 1, posting: null },
    })
    two = lastJson(ran).bundle
    // Nothing was posted yet, so that the chain does not have it.
    expect((await verify(two)).failed).toEqual(['chain-seal', 'chain-final'])
  }, 300_000)
})

describe('tacit epoch', () => {
  it('posts the seal with the bond, and writes the transaction into the bundle', async () => {
    for (const [bundle, number] of [
      [eight, 3],
      [two, 4],
    ] as const) {
      const ran = await epoch('post', bundle, ...venue)
      expect(ran.stderr).toContain('wrote the transaction')
      expect(ran.code).toBe(0)
      expect(lastJson(ran)).toMatchObject({ epoch: number, bondLots: `${VENUE_BOND_LOTS}` })
    }
    const again = await epoch('post', eight, ...venue)
    expect(again.code).toBe(3)
    expect(lastJson(again).error.message).toMatch(/SealStands/)
    const thief = await epoch('post', two, ...stranger)
    expect(thief.code).toBe(3)
    const other = desk.write('x.json', JSON.stringify({}))
    expect((await epoch('post', other, ...venue)).code).toBe(2)
    expect((await epoch('post', desk.path('none'), ...venue)).code).toBe(2)
  })

  it('says where a seal stands', async () => {
    const ran = await epoch('status', ...chainOptions, '--epoch', '3')
    expect(ran.code).toBe(0)
    expect(lastJson(ran)).toMatchObject({ epoch: 3, headSequence: 3, count: 8, seal: { status: 'pending' } })
    const words = await epoch('status', ...chainOptions.slice(0, -1))
    expect(words.stdout).toMatch(/epoch 4 is head 4, a book of 2 accounts/)
    expect(words.stdout).toMatch(/Steps may be demanded/)
    expect((await epoch('status', ...chainOptions, '--epoch', '9')).code).toBe(2)
  })

  it('lets anybody demand a step, and answers from the bundle', async () => {
    for (const step of ['6', '2']) {
      const ran = await epoch('demand', '--step', step, '--epoch', '3', ...stranger)
      expect(lastJson(ran)).toMatchObject({ epoch: 3, step: Number(step), bondLots: `${DEMAND_BOND_LOTS}` })
    }
    const open = lastJson(await epoch('status', ...chainOptions, '--epoch', '3'))
    expect(open.demands.map(({ step }: { step: number }) => step)).toEqual([2, 6])
    expect(open.next).toContain('tacit epoch answer')
    expect((await epoch('answer', eight, '--step', '5', ...venue)).code).toBe(2)
    const one = await epoch('answer', eight, '--step', '6', ...venue)
    expect(lastJson(one).answered).toMatchObject([{ step: 6 }])
    const rest = await epoch('answer', eight, ...venue)
    expect(lastJson(rest).answered).toMatchObject([{ step: 2 }])
    expect(lastJson(await epoch('answer', eight, ...venue)).answered).toEqual([])
    const paid = await epoch('withdraw', ...venue)
    expect(lastJson(paid).lots).toBe(`${2n * DEMAND_BOND_LOTS}`)
    expect(lastJson(await epoch('withdraw', ...venue)).lots).toBe('0')
  })
})

describe('tacit verify --rpc', () => {
  it('finds round, head, keys, seal and transaction on the chain, and says that it is not final yet', async () => {
    const ran = await verify(eight)
    expect(ran.failed).toEqual([])
    expect(ran.code).toBe(5)
    const chainChecks = ran.checks.filter(({ id }) => id.startsWith('chain-'))
    expect(chainChecks.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['chain-id', 'pass'],
      ['chain-contract', 'skipped'],
      ['chain-attestor', 'pass'],
      ['chain-key', 'pass'],
      ['chain-round', 'pass'],
      ['chain-head', 'pass'],
      ['chain-seal-key', 'pass'],
      ['chain-seal', 'pass'],
      ['chain-posting', 'pass'],
      ['chain-final', 'skipped'],
    ])
    expect(checkOf(ran, 'chain-posting').evidence).toContain('exactly these 16 public signals')
    expect(lastJson(ran).words.at(-1)).toMatch(/this seal: seal 1 of epoch 3 is not final yet/)
  })

  it('takes contracts for the venue’s only when the reader names them: anybody can deploy others', async () => {
    expect(lastJson(await verify(eight)).words.at(-1)).toContain('name its EpochSeals (--seals)')
    const { seals, oracle } = world.connection.deployment
    const named = await verify(eight, '--seals', seals)
    expect(checkOf(named, 'chain-contract')).toMatchObject({ verdict: 'pass' })
    expect(lastJson(named).words.at(-1)).not.toContain('--seals')
    const other = await verify(eight, '--seals', oracle)
    expect(other.failed).toEqual(['chain-contract'])
    expect(other.code).toBe(1)
    expect((await tacit('verify', eight, '--seals', seals)).stderr).toContain('goes with --rpc')
    expect((await tacit('verify', eight, '--seals', 'x', '--rpc', world.chain.url)).code).toBe(2)
  })

  it('is what a report says, too', async () => {
    const argv = ['report', eight, '--rpc', world.chain.url, '--out', desk.path('report.html'), '--json']
    const asOf = ['--as-of', `${world.bundle.snapshot.asOfSeconds}`]
    const ran = await tacit(...argv, ...asOf, '--seals', world.connection.deployment.seals)
    expect(ran.code).toBe(5)
    expect(desk.read('report.html')).toMatch(/data-check="chain-final"[\s\S]*is not final yet/)
    const other = await tacit(...argv, ...asOf, '--seals', `0x${'0a'.repeat(20)}`)
    expect(lastJson(other)).toMatchObject({ verdict: 'invalid' })
    expect(other.code).toBe(1)
    expect(desk.read('report.html')).toContain('does not agree with the chain')
  })

  it('refuses a bundle that disagrees in any fact that it refers to, and names it', async () => {
    const lines = desk.read('eight.tacit.jsonl').trimEnd().split('\n')
    const { posting } = JSON.parse(lines[0]!).chain.references
    const elsewhere = JSON.parse(headerLine(two)).chain.references.posting
    const address = `0x${'0a'.repeat(20)}`
    const cases: readonly (readonly [string, object, string[]])[] = [
      ['oracle', { oracle: address }, ['chain-attestor', 'chain-round']],
      ['registry', { registry: address }, ['chain-attestor', 'chain-head']],
      ['attestor', { attestor: address }, ['chain-attestor', 'chain-key', 'chain-seal-key']],
      ['round', { roundSequence: 2 }, ['chain-round', 'chain-seal']],
      ['head', { headSequence: 2 }, ['chain-head', 'chain-seal']],
      ['block', { posting: { ...posting, blockNumber: posting.blockNumber + 1 } }, ['chain-posting']],
      ['transaction', { posting: { ...posting, transaction: `0x${'7b'.repeat(32)}` } }, ['chain-posting']],
      ['transaction of another epoch', { posting: elsewhere }, ['chain-posting']],
    ]
    for (const [name, references, failed] of cases) {
      const other = changed(lines, 0, (header) => ({
        ...header,
        chain: { ...header.chain, references: { ...header.chain.references, ...references } },
      }))
      const ran = await verify(desk.write('other.tacit.jsonl', `${other.join('\n')}\n`))
      expect(ran.failed, name).toEqual(failed)
      expect(ran.code, name).toBe(1)
    }
    // What the context of every proof is made of fails without a chain, too.
    const places: readonly (readonly [object, string])[] = [
      [{ chainId: '1' }, 'chain-id'],
      [{ seals: address }, 'chain-seal-key'],
      [{ epoch: '4' }, 'chain-head'],
    ]
    for (const [place, id] of places) {
      const other = changed(lines, 0, (header) => ({ ...header, chain: { ...header.chain, ...place } }))
      const ran = await verify(desk.write('other.tacit.jsonl', `${other.join('\n')}\n`))
      expect(ran.failed).toEqual(expect.arrayContaining(['context', id]))
    }
  }, 300_000)

  it('refuses a bundle whose seal was posted with another statement', async () => {
    // Everything that the contract keeps agrees: only the transaction tells that the reserves were others.
    const { content } = world.bundle
    const lines = await linesOfContent({
      ...content,
      signals: { ...content.signals, reserves: content.signals.reserves - 1n },
      chain: { ...content.chain!, references: JSON.parse(headerLine(eight)).chain.references },
    })
    const ran = await verify(desk.write('other.tacit.jsonl', `${lines.join('\n')}\n`))
    expect(ran.failed).toContain('chain-posting')
    expect(ran.failed).not.toContain('chain-seal')
    expect(checkOf(ran, 'chain-posting').evidence).toContain('with other reserves')
  })
})

describe('the end of an epoch', () =>
  endsOfEpoch(() => ({ world, eight, two, chainOptions, venue, stranger, verify })))
