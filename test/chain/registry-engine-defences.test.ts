import { id } from 'ethers'
import { beforeAll, beforeEach, describe } from 'vitest'
import { type ProvenKept, publishBook } from '../../src/chain/client.ts'
import type { KeptSignals } from '../../src/protocol/engine-signals.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { KEPT_PLACES } from '../../src/protocol/liquidation.ts'
import { packWord } from '../../src/protocol/packed-word.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { CASE, ENGINE, FINALITY, NO_CASE, VaultWorld } from './fixtures/vault-world.ts'
import { ADMIN, STRANGER, TAG, treeRootOf, VENUE } from './fixtures/world.ts'

let world: VaultWorld
beforeAll(async () => {
  world = await VaultWorld.shared()
}, 600_000)
beforeEach(() => world.reset())

type RegistryDefence = Defence<VaultWorld>
const target = 'BookRegistry' as const
const ROLE = { target, rule: 'AccessControlUnauthorizedAccount' }
const OTHER_CASE = id('case 2')
const LEAF = 77n
const PLACE = 3n

function calling(method: string, args: readonly unknown[], sender: number): RegistryDefence['arrange'] {
  return async (w) => () => w.send(w.registry, method, args, sender)
}

/** A move of the head to another root, by the engine unless told otherwise. */
function moving(
  changes: { caseId?: string; baseRoot?: bigint; nextRoot?: bigint; leaves?: readonly unknown[] } = {},
  sender = ENGINE,
): RegistryDefence['arrange'] {
  return async (w) => {
    const head = await w.view<bigint>(w.registry, 'headRoot')
    const { caseId = NO_CASE, baseRoot = head, nextRoot = 12_345n, leaves = [[TAG, PLACE, LEAF]] } = changes
    return () => w.send(w.registry, 'move', [caseId, baseRoot, nextRoot, leaves], sender)
  }
}

async function reserved(w: VaultWorld, caseId: string): Promise<void> {
  await w.send(w.registry, 'reserve', [caseId, (await w.chain.now()) + 200], ENGINE)
}

/** A publish of the next head with these proofs of held leaves. */
function publishing(kept: (w: VaultWorld) => Promise<readonly ProvenKept[]>): RegistryDefence['arrange'] {
  return async (w) => {
    await w.send(w.registry, 'hold', [TAG, PLACE, LEAF], ENGINE)
    const update = { baseSequence: 1, treeRoot: treeRootOf(2), count: 5, dataHash: id('leaves') }
    const proofs = await kept(w)
    return () => publishBook(w.base.connection, w.signer(VENUE), { ...update, kept: proofs })
  }
}

/** A valid proof that four leaves stand in head 2, the held one first, unless the changes say otherwise. */
async function shown(w: VaultWorld, changes: Partial<KeptSignals> = {}): Promise<ProvenKept> {
  const signals: KeptSignals = {
    bookRoot: await w.base.bookRoot(2),
    places: packWord(KEPT_PLACES, { place0: PLACE, place1: 1n, place2: 2n, place3: 4n }),
    leaf0: LEAF,
    leaf1: 5n,
    leaf2: 6n,
    leaf3: 7n,
    ...changes,
  }
  return { proof: await w.kept.prove(signals), signals }
}

const MOVES: readonly RegistryDefence[] = [
  { ...ROLE, attack: 'a stranger moves the head', arrange: moving({}, STRANGER) },
  {
    target,
    rule: 'BaseRootIsNotHead',
    attack: 'a move proven on another book',
    arrange: moving({ baseRoot: 5n }),
  },
  {
    target,
    rule: 'BookRootOutOfRange',
    attack: 'the head under another encoding of its root',
    arrange: moving({ nextRoot: FIELD_MODULUS + 5n }),
  },
  {
    target,
    rule: 'RootRecurs',
    attack: 'a move back to a state that was',
    arrange: async (w) => {
      const first = await w.view<bigint>(w.registry, 'headRoot')
      await (await moving()(w))()
      return moving({ nextRoot: first })(w)
    },
  },
  { target, rule: 'NothingChanges', attack: 'a move that touches nobody', arrange: moving({ leaves: [] }) },
  {
    target,
    rule: 'HeadReserved',
    attack: 'an account that changes just before an awarded lot is settled',
    arrange: async (w) => {
      await reserved(w, CASE)
      return moving()(w)
    },
  },
  {
    target,
    rule: 'HeadReserved',
    attack: 'another case that moves a reserved head',
    arrange: async (w) => {
      await reserved(w, CASE)
      return moving({ caseId: OTHER_CASE })(w)
    },
  },
  {
    target,
    rule: 'HeadReserved',
    attack: 'a venue that publishes away an awarded settlement',
    arrange: async (w) => {
      await reserved(w, CASE)
      return () => w.base.publish(2)
    },
  },
  {
    target,
    rule: 'HeadReserved',
    attack: 'a second reservation over the first',
    arrange: async (w) => {
      await reserved(w, CASE)
      return () =>
        w.send(w.registry, 'reserve', [OTHER_CASE, 2n ** 40n], ENGINE).catch(async (error) => {
          // Only the far end is refused once the first is: then a fair one is asked for.
          if ((error as { rule?: string }).rule !== 'ReservationOutOfRange') throw error
          return w.send(w.registry, 'reserve', [OTHER_CASE, (await w.chain.now()) + 100], ENGINE)
        })
    },
  },
  {
    target,
    rule: 'ReservationOutOfRange',
    attack: 'a head reserved for good',
    arrange: async (w) => calling('reserve', [CASE, (await w.chain.now()) + 1_000], ENGINE)(w),
  },
  {
    ...ROLE,
    attack: 'a stranger reserves the head',
    arrange: async (w) => calling('reserve', [CASE, (await w.chain.now()) + 100], STRANGER)(w),
  },
  {
    target,
    rule: 'CaseIsZero',
    attack: 'a reservation for everybody',
    arrange: async (w) => calling('reserve', [NO_CASE, (await w.chain.now()) + 100], ENGINE)(w),
  },
  {
    target,
    rule: 'NotReserved',
    attack: 'one case frees the head of another',
    arrange: async (w) => {
      await reserved(w, CASE)
      return calling('free', [OTHER_CASE], ENGINE)(w)
    },
  },
  {
    ...ROLE,
    attack: 'a stranger frees a reserved head',
    arrange: async (w) => {
      await reserved(w, CASE)
      return calling('free', [CASE], STRANGER)(w)
    },
  },
]

const HOLDS: readonly RegistryDefence[] = [
  {
    ...ROLE,
    attack: 'a stranger burdens the venue with holds',
    arrange: calling('hold', [TAG, 1, 2], STRANGER),
  },
  {
    ...ROLE,
    attack: 'a stranger releases the leaf of a case',
    arrange: async (w) => {
      await w.send(w.registry, 'hold', [TAG, PLACE, LEAF], ENGINE)
      return calling('release', [TAG], STRANGER)(w)
    },
  },
  {
    target,
    rule: 'AlreadyHeld',
    attack: 'a second hold that hides the first',
    arrange: async (w) => {
      await w.send(w.registry, 'hold', [TAG, PLACE, LEAF], ENGINE)
      return calling('hold', [TAG, 1, 2], ENGINE)(w)
    },
  },
  {
    target,
    rule: 'TooManyHeld',
    attack: 'more holds than a publish can show',
    arrange: async (w) => {
      for (let tag = 1; tag <= 64; tag++) await w.send(w.registry, 'hold', [tag, tag, 2], ENGINE)
      return calling('hold', [65, 65, 2], ENGINE)(w)
    },
  },
  {
    target,
    rule: 'HeldLeafNotShown',
    attack: 'a venue that lets a friend’s account trade while it is on sale: another leaf in its place',
    arrange: publishing(async (w) => [await shown(w, { leaf0: LEAF + 1n })]),
  },
  {
    target,
    rule: 'HeldLeafNotShown',
    attack: 'the held leaf at another place, where no settlement finds it',
    arrange: publishing(async (w) => [
      await shown(w, {
        places: packWord(KEPT_PLACES, { place0: 4n, place1: PLACE, place2: PLACE, place3: PLACE }),
      }),
    ]),
  },
  {
    target,
    rule: 'KeptProofOfOtherBook',
    attack: 'a proof about the book before, where the leaf still stood',
    arrange: publishing(async (w) => [await shown(w, { bookRoot: await w.base.bookRoot(1) })]),
  },
  {
    target,
    rule: 'InvalidKeptProof',
    attack: 'a valid proof of other leaves, sent with the held one',
    arrange: publishing(async (w) => {
      const { proof } = await shown(w, { leaf0: 9n })
      return [{ ...(await shown(w)), proof }]
    }),
  },
  {
    target,
    rule: 'KeptProofCount',
    attack: 'proofs that nobody looks at',
    arrange: publishing(async (w) => [await shown(w), await shown(w, { bookRoot: 5n })]),
  },
  {
    target,
    rule: 'KeptVerifierAlreadySet',
    attack: 'another verifier, under which any leaf may go',
    arrange: async (w) => calling('setKeptVerifier', [w.contracts.cases.target], ADMIN)(w),
  },
]

const FINALS: readonly RegistryDefence[] = [
  { ...ROLE, attack: 'a stranger calls a head final', arrange: calling('markFinal', [1], STRANGER) },
  {
    target,
    rule: 'FinalNotNewer',
    attack: 'a final head that goes back',
    arrange: async (w) => {
      await w.finalise()
      return calling('markFinal', [1], FINALITY)(w)
    },
  },
  {
    target,
    rule: 'UnknownHead',
    attack: 'a final head that is not there yet, and would pay every debit before it',
    arrange: calling('markFinal', [9], FINALITY),
  },
  {
    ...ROLE,
    attack: 'a stranger decides when the venue may publish',
    arrange: async (w) => calling('setPublishGuard', [w.contracts.cases.target], STRANGER)(w),
  },
]

const TOUCHED: readonly RegistryDefence[] = [
  {
    target: 'MarginAttestor',
    rule: 'TagTouchedSince',
    attack: 'coverage proven on the head before the account gave its collateral away',
    arrange: async (w) => {
      const statement = await w.base.statement()
      await w.deposit()
      return () => w.base.attest(statement)
    },
  },
  {
    target: 'MarginAttestor',
    rule: 'TagTouchedSince',
    attack: 'a trigger on the head before the account was cured',
    arrange: async (w) => {
      const statement = await w.base.statement({ threshold: 'mm', below: true })
      await w.deposit()
      return () => w.base.trigger(statement)
    },
  },
]

describe('what stands between the engine and the head', () => itHolds(MOVES, () => world))
describe('what keeps the leaves of open cases', () => itHolds(HOLDS, () => world))
describe('what binds finality', () => itHolds(FINALS, () => world))
describe('what an old head says of a changed account', () => itHolds(TOUCHED, () => world))
