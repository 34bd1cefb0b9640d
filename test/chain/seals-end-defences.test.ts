import { beforeAll, beforeEach, describe } from 'vitest'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { itHolds } from './fixtures/mutants.ts'
import { calling, type SealDefence, sealed, target } from './fixtures/seals-attacks.ts'
import { DEMAND_SECONDS, SealsWorld } from './fixtures/seals-world.ts'
import { KEEPER, STRANGER, TAG, VENUE } from './fixtures/world.ts'

/** How a seal ends, and the tags that it waits for: each defence, and the attack without it. */
let world: SealsWorld
beforeAll(async () => {
  world = await SealsWorld.shared()
}, 900_000)
beforeEach(() => world.reset())

const over = async (w: SealsWorld) => void (await w.chain.advance(DEMAND_SECONDS))
const ending = (method: string) => async (w: SealsWorld) => {
  await over(w)
  return () => w.send(method, [1], KEEPER)
}
const below = (belowMm: bigint) => ({ signals: { belowMm } })
/** What each of these is called with, besides epoch 1: the round. */
const tags =
  (shown: readonly bigint[], round = 1) =>
  async (w: SealsWorld) =>
  () =>
    w.send('proveTags', [1, round, shown], KEEPER)

const ENDS: readonly SealDefence[] = [
  {
    target,
    rule: 'DemandsStillTaken',
    attack: 'finality before anybody could look',
    arrange: sealed(async (w) => () => w.send('finalize', [1], VENUE)),
  },
  {
    target,
    rule: 'DemandsStillTaken',
    attack: 'a rejection before the triggers could be shown',
    arrange: sealed(async (w) => () => w.send('rejectUntriggered', [1], STRANGER), below(1n)),
  },
  {
    target,
    rule: 'StepsUnanswered',
    attack: 'finality over an open demand',
    arrange: sealed(async (w) => {
      await w.chain.advance(DEMAND_SECONDS - 100)
      await w.demand(1)
      await w.chain.advance(100)
      return () => w.send('finalize', [1], VENUE)
    }),
  },
  {
    target,
    rule: 'TagsTooFew',
    attack: 'a friend below maintenance margin is spared',
    arrange: sealed(async (w) => {
      await w.vaultWorld.base.record('mm', true)
      await w.proveTags([TAG])
      return ending('finalize')(w)
    }, below(2n)),
  },
  {
    target,
    rule: 'TagsSuffice',
    attack: 'a rejection of a seal whose every account was triggered',
    arrange: sealed(async (w) => {
      await w.vaultWorld.base.record('zero', true)
      await w.proveTags([TAG])
      return ending('rejectUntriggered')(w)
    }, below(1n)),
  },
  {
    target,
    rule: 'LedgerOfSealOutdated',
    attack: 'finality of a seal whose ledger is no longer the vault’s',
    arrange: sealed(async (w) => {
      await w.vaultWorld.send(w.vaultWorld.contracts.vault, 'bringIn', [CASH_ID, 10], VENUE)
      return ending('finalize')(w)
    }),
  },
  {
    target,
    rule: 'LedgerStands',
    attack: 'a rejection of a seal whose ledger is the vault’s',
    arrange: sealed(ending('rejectLedger')),
  },
  {
    target,
    rule: 'SealNotPending',
    attack: 'the bond of a seal, twice',
    arrange: sealed(async (w) => {
      const end = await ending('finalize')(w)
      await end()
      return end
    }),
  },
  {
    target,
    rule: 'EpochNotDesignated',
    attack: 'tags counted for an epoch that has no book yet',
    arrange: async (w) => () => w.send('proveTags', [2, 1, []], KEEPER),
  },
  {
    target,
    rule: 'TagsNotAscending',
    attack: 'one tag for two accounts',
    arrange: async (w) => {
      await w.vaultWorld.base.record('mm', true)
      return tags([TAG, TAG])(w)
    },
  },
  {
    target,
    rule: 'TagsNotAscending',
    attack: 'one tag in two batches',
    arrange: async (w) => {
      await w.vaultWorld.base.record('mm', true)
      await w.proveTags([TAG])
      return tags([TAG])(w)
    },
  },
  {
    target,
    rule: 'TagNotTriggered',
    attack: 'a tag that nobody has triggered',
    arrange: tags([TAG + 1n]),
  },
  {
    target,
    rule: 'TagNotTriggered',
    attack: 'a tag below a looser line only',
    arrange: async (w) => {
      await w.vaultWorld.base.record('soft', true)
      return tags([TAG])(w)
    },
  },
  {
    target,
    rule: 'TagNotTriggered',
    attack: 'a tag that was triggered on another round',
    arrange: async (w) => {
      await w.vaultWorld.base.postRound(2)
      await w.vaultWorld.base.record('mm', true, 2)
      return tags([TAG])(w)
    },
  },
  {
    target,
    rule: 'TagNotTriggered',
    attack: 'a tag that was triggered in another book: it stands in for a friend in this one',
    arrange: async (w) => {
      await w.vaultWorld.base.publish(2)
      await w.vaultWorld.base.record('mm', true, 1, 2)
      return tags([TAG])(w)
    },
  },
  {
    target,
    rule: 'LotsIsZero',
    attack: 'a withdrawal of nothing',
    arrange: calling('withdraw', [0], STRANGER),
  },
]

describe('finality and rejection', () => itHolds(ENDS, () => world))
