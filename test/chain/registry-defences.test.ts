import { id } from 'ethers'
import { beforeAll, beforeEach, describe } from 'vitest'
import { type BookUpdate, designateEpoch, publishBook } from '../../src/chain/client.ts'
import { send } from '../../src/chain/transactions.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { COUNT_BITS } from '../../src/protocol/ranges.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { ADMIN, KEEPER, STRANGER, TAG, treeRootOf, VENUE, World } from './fixtures/world.ts'

let world: World
beforeAll(async () => {
  world = await World.shared({ anyCodeSize: true })
}, 300_000)
beforeEach(() => world.reset())

const target = 'BookRegistry' as const
const NEXT: BookUpdate = { baseSequence: 1, treeRoot: treeRootOf(2), count: 5, dataHash: id('leaves') }

function publishing(changes: Partial<BookUpdate>, sender = VENUE): Defence['arrange'] {
  return async (w) => () => publishBook(w.connection, w.signer(sender), { ...NEXT, ...changes })
}

const DEFENCES: readonly Defence[] = [
  {
    target,
    rule: 'BaseIsNotHead',
    attack: 'an update made from an older head, which would lose the newer one',
    arrange: publishing({ baseSequence: 0 }),
  },
  {
    target,
    rule: 'BaseIsNotHead',
    attack: 'an update made from a head that is not there yet',
    arrange: publishing({ baseSequence: 2 }),
  },
  {
    target,
    rule: 'TreeRootOutOfRange',
    attack: 'the tree of head 1 under another encoding of its root',
    alsoWithout: ['RootRecurs'],
    // bookRootOf is asked after the publish, and hashes the alias as well.
    arrange: publishing({ treeRoot: treeRootOf(1) + FIELD_MODULUS }),
  },
  { target, rule: 'CountOutOfRange', attack: 'a book of nobody', arrange: publishing({ count: 0 }) },
  {
    target,
    rule: 'CountOutOfRange',
    attack: 'more accounts than the circuits count',
    arrange: publishing({ count: 2 ** COUNT_BITS }),
  },
  {
    target,
    rule: 'RootRecurs',
    attack: 'a state that comes back',
    arrange: publishing({ treeRoot: treeRootOf(1) }),
  },
  ...(['setPublishGuard', 'setKeptVerifier'] as const).map((method) => ({
    target,
    rule: 'NoContractAt',
    attack: `nobody at the address of ${method}: the book would stand still`,
    arrange: async (w: World) => () =>
      send(w.connection.registry, method, [`0x${'a1'.repeat(20)}`], w.signer(ADMIN), w.connection.errors),
  })),
  {
    target,
    rule: 'AccessControlUnauthorizedAccount',
    attack: 'a stranger publishes a book',
    arrange: publishing({}, STRANGER),
  },
  {
    target,
    rule: 'AccessControlUnauthorizedAccount',
    attack: 'a stranger chooses the head to be sealed',
    arrange: async (w) => () => designateEpoch(w.connection, w.signer(STRANGER)),
  },
  {
    target,
    rule: 'EpochHeadNotNewer',
    attack: 'two epochs over one head',
    arrange: async (w) => {
      await designateEpoch(w.connection, w.signer(VENUE))
      return () => designateEpoch(w.connection, w.signer(VENUE))
    },
  },
  {
    target,
    rule: 'KeptVerifierNotSet',
    attack: 'a leaf held before anybody can show it: no publish ever again',
    arrange: async (w) => {
      const { registry, errors } = w.connection
      const call = (method: string, args: readonly unknown[], by: number) =>
        send(registry, method, args, w.signer(by), errors)
      await call('grantRole', [id('ENGINE_ROLE'), await w.address(KEEPER)], ADMIN)
      return () => call('hold', [TAG, 1, 2], KEEPER)
    },
  },
]

describe('what stands between an update and the book', () => itHolds(DEFENCES, () => world))
