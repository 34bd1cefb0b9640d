import { expect, it } from 'vitest'
import { publishBook } from '../../src/chain/client.ts'
import { sendTo } from '../../src/chain/engine-client/connection.ts'
import {
  ANSWER_SECONDS,
  DEMAND_BOND_LOTS,
  DEMAND_SECONDS,
  postAgain,
  type SolvencyChain,
  UNLISTED_ID,
  VENUE_BOND_LOTS,
} from './solvency-world.ts'
import { lastJson, tacit } from './support.ts'
import { checkOf, type Verified } from './verified.ts'

/** Where solvency-chain.test.ts stands once both seals are posted. */
export interface Posted {
  readonly world: SolvencyChain
  /** Bundles of epochs 3 and 4. */
  readonly eight: string
  readonly two: string
  readonly chainOptions: readonly string[]
  readonly venue: readonly string[]
  readonly stranger: readonly string[]
  readonly verify: (bundle: string) => Promise<Verified>
}

const epoch = (...argv: readonly string[]) => tacit('epoch', ...argv)

/** All ends that an epoch can have, and what comes after: tests that go in order, as the chain does. */
export function endsOfEpoch(posted: () => Posted): void {
  const reject = (because: string, ...more: string[]) =>
    epoch('reject', '--because', because, '--epoch', '3', ...more, ...posted().stranger)
  const message = (ran: Awaited<ReturnType<typeof reject>>) => lastJson(ran).error.message as string

  it('is a rejection that pays the challenger, for a step without an answer', async () => {
    const { world, eight, chainOptions, venue, stranger, verify } = posted()
    const early = await epoch('finalize', ...stranger)
    expect(early.code).toBe(3)
    expect(message(early)).toMatch(/DemandsStillTaken/)
    for (const step of ['1', '4']) await epoch('demand', '--step', step, '--epoch', '3', ...stranger)
    await world.chain.advance(DEMAND_SECONDS + ANSWER_SECONDS)
    expect((await epoch('answer', eight, ...venue)).code).toBe(3)
    expect(lastJson(await epoch('status', ...chainOptions, '--epoch', '3')).next).toContain(
      'not answered in time',
    )
    expect((await reject('unanswered')).code).toBe(2)
    const other = ['reclaim', '--seal', '1', '--step', '4', ...stranger]
    expect(message(await epoch(...other))).toMatch(/SealNotRejected/)
    expect((await reject('unanswered', '--step', '1')).code).toBe(0)
    expect((await epoch('status', ...chainOptions, '--epoch', '3')).code).toBe(1)
    expect(lastJson(await epoch(...other))).toMatchObject({ seal: 1, step: 4 })
    expect((await epoch(...other)).code).toBe(3)
    expect(lastJson(await epoch('withdraw', ...stranger)).lots).toBe(
      `${VENUE_BOND_LOTS / 2n + 2n * DEMAND_BOND_LOTS}`,
    )
    const verified = await verify(eight)
    expect(verified.failed).toEqual(['chain-final'])
    expect(verified.code).toBe(1)
  })

  it('is a rejection when fewer tags were triggered than accounts are below maintenance margin', async () => {
    const { world, eight, chainOptions, venue, stranger } = posted()
    await postAgain(world, 2)
    expect(lastJson(await epoch('post', eight, ...venue))).toMatchObject({ epoch: 3, seal: '3' })
    expect(message(await reject('untriggered'))).toMatch(/DemandsStillTaken/)
    await world.chain.advance(DEMAND_SECONDS)
    const { next } = lastJson(await epoch('status', ...chainOptions, '--epoch', '3'))
    expect(next).toMatch(/tags are missing/)
    expect(lastJson(await reject('untriggered'))).toMatchObject({ epoch: 3, because: 'untriggered' })
    expect(lastJson(await epoch('withdraw', ...stranger)).lots).toBe(`${VENUE_BOND_LOTS / 2n}`)
  })

  it('is finality for a seal that nothing speaks against', async () => {
    const { world, eight, two, venue, stranger, verify } = posted()
    await postAgain(world, 3)
    expect((await epoch('post', eight, ...venue)).code).toBe(0)
    expect(lastJson(await epoch('tags', ...stranger)).shown).toBe(0)
    const ended = await epoch('finalize', '--epoch', '4', ...stranger)
    expect(lastJson(ended)).toMatchObject({ epoch: 4, status: 'final' })
    const ran = await verify(two)
    expect(ran.failed).toEqual([])
    expect(checkOf(ran, 'chain-final')).toMatchObject({ verdict: 'pass' })
    expect(lastJson(ran).words.at(-1)).toMatch(/this seal: seal 2 of epoch 4 is final/)
  })

  it('is a rejection when a collateral comes to light that the ledger left out', async () => {
    const { world, eight, verify } = posted()
    expect(message(await reject('ledger'))).toMatch(/LedgerStands/)
    await sendTo(world.connection, 'seals', 'listCollateral', [UNLISTED_ID], world.chain.signer(0))
    expect(lastJson(await reject('ledger'))).toMatchObject({ epoch: 3, because: 'ledger' })
    expect((await verify(eight)).failed).toEqual(['chain-final'])
  })

  it('is followed by the next, once the book has a newer head', async () => {
    const { world, chainOptions, venue, stranger } = posted()
    const designate = () => epoch('designate', ...venue)
    expect((await designate()).code).toBe(3)
    const head = { baseSequence: 4, treeRoot: 7n, count: 1, dataHash: `0x${'00'.repeat(32)}` }
    const signer = world.chain.signer(1)
    // The command line has sent with the same key.
    signer.reset()
    await publishBook(world.connection, signer, head)
    expect((await epoch('designate', ...stranger)).code).toBe(3)
    expect(lastJson(await designate())).toMatchObject({ epoch: 5, headSequence: 5 })
    expect(lastJson(await epoch('status', ...chainOptions))).toMatchObject({ epoch: 5, seal: null })
  })
}
