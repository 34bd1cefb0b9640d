import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { ledgerWords, liquidityWord } from '../../src/book/ledger.ts'
import { sealsParameters } from '../../src/chain/deploy-seals.ts'
import { submitSeal } from '../../src/chain/seals.ts'
import { view } from '../../src/chain/transactions.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import type { SealSignals } from '../../src/protocol/seal-signals.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import {
  ANSWER_SECONDS,
  DEMAND_SECONDS,
  LEDGER,
  LINKS,
  LIQUIDITY,
  SealsWorld,
  state,
} from './fixtures/seals-world.ts'
import { COIN_ID, FINALITY, UNITS_PER_LOT } from './fixtures/vault-world.ts'
import { ADMIN, KEEPER, MAX_AGE_SECONDS, riskRootOf, STRANGER, TAG, VENUE } from './fixtures/world.ts'

let world: SealsWorld
beforeAll(async () => {
  world = await SealsWorld.start()
}, 900_000)
beforeEach(() => world.reset())
afterAll(() => world?.close())

type SealDefence = Defence<SealsWorld>
const target = 'EpochSeals' as const
const ROLE = { target, rule: 'AccessControlUnauthorizedAccount', alsoWithout: [/onlyRole\(\w+\)/g] }

const calling =
  (method: string, args: readonly unknown[], sender: number): SealDefence['arrange'] =>
  async (w) =>
  () =>
    w.send(method, args, sender)
/** A seal that states something else than the chain has, and is proven. */
const stating =
  (signals: Partial<SealSignals> | ((w: SealsWorld) => Partial<SealSignals>)): SealDefence['arrange'] =>
  (w) =>
    w.submitting({ signals: typeof signals === 'function' ? signals(w) : signals })
const words = (entries: readonly { instrumentId: number; lots: bigint }[]): Partial<SealSignals> => {
  const [ledger0, ledger1, ledger2] = ledgerWords(entries) as [bigint, bigint, bigint]
  return { ledger0, ledger1, ledger2 }
}
const [CASH_ENTRY, COIN_ENTRY] = [LEDGER[0]!, LEDGER[1]!]

const GOVERNANCE: readonly SealDefence[] = [
  {
    ...ROLE,
    attack: 'a stranger sets the bonds',
    arrange: calling('setParameters', [sealsParameters()], STRANGER),
  },
  {
    ...ROLE,
    attack: 'the venue chooses the liquidity of its own gauge',
    arrange: calling('setLiquidity', [liquidityWord([1n << 80n, 1n << 80n, 1n << 80n])], VENUE),
  },
  ...[
    { venueBondLots: 99_999n },
    { venueBondLots: 2n ** 37n + 1n },
    { demandBondLots: 99n },
    { demandBondLots: 1_000_001n },
    { demandSeconds: 3_599 },
    { demandSeconds: 604_801 },
    { answerSeconds: 599 },
    { answerSeconds: 86_401 },
  ].map(
    (changes): SealDefence => ({
      target,
      rule: 'SealParameterOutOfBounds',
      attack: `governance sets ${Object.entries(changes)}`,
      arrange: calling('setParameters', [sealsParameters(changes)], ADMIN),
    }),
  ),
  {
    target,
    rule: 'SealParameterOutOfBounds',
    attack: 'a policy that is none',
    arrange: calling('setParameters', [[...sealsParameters().slice(0, 4), 2]], ADMIN),
  },
  {
    target,
    rule: 'LiquidityTooLow',
    attack: 'a liquidity so low that the gauge overflows',
    arrange: calling(
      'setLiquidity',
      [(1n << 50n) | (((1n << 34n) - 1n) << 84n) | (1n << (168n + 34n))],
      ADMIN,
    ),
  },
  {
    target,
    rule: 'LiquidityHasStrayBits',
    attack: 'a liquidity that no seal can name',
    arrange: calling('setLiquidity', [liquidityWord(LIQUIDITY) | (1n << 252n)], ADMIN),
  },
  {
    target,
    rule: 'NotACollateral',
    attack: 'an instrument that the vault does not know',
    arrange: calling('listCollateral', [99], STRANGER),
  },
  {
    target,
    rule: 'CollateralListedAlready',
    attack: 'a collateral counted twice',
    arrange: calling('listCollateral', [COIN_ID], STRANGER),
  },
  {
    target,
    rule: 'LedgerLotsTooMany',
    attack: 'a ledger that spills into the instrument’s id',
    arrange: async (w) => {
      const { token, vault } = w.vaultWorld.contracts
      const units = 2n ** 48n * UNITS_PER_LOT
      await w.vaultWorld.send(token, 'mint', [await w.vaultWorld.address(VENUE), units], VENUE)
      await w.vaultWorld.send(token, 'approve', [vault.target, units], VENUE)
      await w.vaultWorld.send(vault, 'bringIn', [CASH_ID, 2n ** 48n], VENUE)
      return () => view(w.seals, 'ledgerWordsAt', [1], w.connection.errors)
    },
  },
]

const SUBMISSION: readonly SealDefence[] = [
  { ...ROLE, attack: 'a stranger seals', arrange: (w) => w.submitting({}, STRANGER) },
  {
    target,
    rule: 'SealStands',
    attack: 'a second seal over the first, which stands',
    arrange: async (w) => {
      await w.submit()
      return w.submitting()
    },
  },
  {
    target,
    rule: 'EpochOvertaken',
    attack: 'a seal of a head that is final already',
    arrange: async (w) => {
      await w.vaultWorld.send(w.vaultWorld.registry, 'markFinal', [1], FINALITY)
      return w.submitting()
    },
  },
  {
    target,
    rule: 'SealBookMismatch',
    attack: 'a book that never was a head',
    arrange: stating({ bookRoot: 5n }),
  },
  {
    target,
    rule: 'RoundNotRecent',
    attack: 'a risk matrix of the venue’s own',
    alsoWithout: ['RoundStale', 'ParametersMismatch'],
    arrange: stating({ riskRoot: 5n }),
  },
  {
    target,
    rule: 'RoundNotRecent',
    attack: 'a round before the last two',
    alsoWithout: ['RoundStale', 'ParametersMismatch'],
    arrange: async (w) => {
      for (const sequence of [2, 3]) await w.vaultWorld.base.postRound(sequence)
      return w.submitting()
    },
  },
  {
    target,
    rule: 'RoundStale',
    attack: 'yesterday’s prices',
    arrange: async (w) => {
      const submit = await w.submitting()
      await w.chain.advance(MAX_AGE_SECONDS + 60)
      return submit
    },
  },
  {
    target,
    rule: 'ParametersMismatch',
    attack: 'softer margin parameters than the round’s',
    arrange: stating({ parameters: 5n }),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a lot more cash than the vault counts',
    arrange: stating(words([{ ...CASH_ENTRY, lots: CASH_ENTRY.lots + 1n }, COIN_ENTRY])),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a lot less cash than the vault counts: somebody’s is left out',
    arrange: stating(words([{ ...CASH_ENTRY, lots: CASH_ENTRY.lots - 1n }, COIN_ENTRY])),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a collateral left out',
    arrange: stating(words([CASH_ENTRY])),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a collateral that the vault does not have, in the second word',
    arrange: stating({ ledger1: 1n }),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a collateral that the vault does not have, in the last word',
    arrange: stating({ ledger2: 1n }),
  },
  {
    target,
    rule: 'ReservesNotHeld',
    attack: 'a nano-dollar more than the fund holds',
    arrange: async (w) => {
      const { reserves } = await w.signals()
      return w.submitting({ signals: { reserves: reserves + 1n } })
    },
  },
  {
    target,
    rule: 'LiquidityMismatch',
    attack: 'a deeper market than governance has published',
    arrange: stating({ liquidity: liquidityWord([1n << 51n, 1n << 45n, 1n << 34n]) }),
  },
  { target, rule: 'PolicyMismatch', attack: 'another policy', arrange: stating({ policy: 1n }) },
  {
    target,
    rule: 'EpochContextMismatch',
    attack: 'the seal of another epoch of the same book',
    arrange: stating((w) => ({ context: w.context(2) })),
  },
  {
    target,
    rule: 'InvalidSeal',
    attack: 'a valid seal, with fewer accounts below maintenance margin',
    arrange: async (w) => {
      const honest = await w.signals({ signals: { belowMm: 2n } })
      const proof = await w.prover.prove(honest)
      const signals = { ...honest, belowMm: 0n }
      const submission = { epoch: 1, proof: proof as never, signals, stepsRoot: `0x${'11'.repeat(32)}` }
      return () => submitSeal(w.connection, w.vaultWorld.signer(VENUE), submission)
    },
  },
]

/** A pending seal, and a call after it. */
const sealed =
  (
    call: (w: SealsWorld) => Promise<() => Promise<unknown>>,
    options: Parameters<SealsWorld['submit']>[0] = {},
  ): SealDefence['arrange'] =>
  async (w) => {
    await w.submit(options)
    return call(w)
  }
const demanding = (step: number) => async (w: SealsWorld) => () => w.demand(step)
/** The answer to a demand of the step. */
const answered = (
  step: number,
  changes: Parameters<SealsWorld['answering']>[1] = {},
  submitted: Parameters<SealsWorld['submit']>[0] = {},
): SealDefence['arrange'] =>
  sealed(async (w) => {
    await w.demand(step)
    return w.answering(step, changes)
  }, submitted)
const withLink = (index: number, changes: { chainIn?: bigint; chainOut?: bigint }) =>
  LINKS.map((link) => (link.index === index ? { ...link, ...changes } : link))

const DEMANDS: readonly SealDefence[] = [
  {
    target,
    rule: 'DemandsOver',
    attack: 'a demand after the window, which would hold finality up for ever',
    arrange: sealed(async (w) => {
      await w.chain.advance(DEMAND_SECONDS)
      return demanding(1)(w)
    }),
  },
  {
    target,
    rule: 'StepOutOfRange',
    attack: 'a step beyond the book, which nobody can answer',
    arrange: sealed(demanding(5)),
  },
  {
    target,
    rule: 'StepDemandedBefore',
    attack: 'the same step again and again',
    arrange: sealed(async (w) => {
      await w.demand(1)
      return demanding(1)(w)
    }),
  },
  {
    target,
    rule: 'StepDemandedBefore',
    attack: 'a step that was answered',
    arrange: sealed(async (w) => {
      await w.demand(1)
      await (await w.answering(1))()
      return demanding(1)(w)
    }),
  },
  {
    target,
    rule: 'AnswerTooLate',
    attack: 'an answer after its time',
    arrange: sealed(async (w) => {
      await w.demand(1)
      const answer = await w.answering(1)
      await w.chain.advance(ANSWER_SECONDS + 1)
      return answer
    }),
  },
  {
    target,
    rule: 'AnswerStillDue',
    attack: 'a rejection while the venue may still answer',
    arrange: sealed(async (w) => {
      await w.demand(1)
      return () => w.send('rejectUnanswered', [1, 1], STRANGER)
    }),
  },
  {
    target,
    rule: 'StepNotInDigest',
    attack: 'another step than the venue has committed to',
    // The first step, whose link to a step before is not asked for.
    arrange: answered(0, { links: withLink(0, { chainOut: 99n }) }),
  },
  {
    target,
    rule: 'LinkBroken',
    attack: 'a step that begins where none has ended: a leaf left out',
    arrange: answered(2, { links: withLink(2, { chainIn: 99n }) }, { links: withLink(2, { chainIn: 99n }) }),
  },
  {
    target,
    rule: 'FirstStateMismatch',
    attack: 'a chain that begins elsewhere than in the empty state',
    arrange: answered(0, { links: withLink(0, { chainIn: 99n }) }, { links: withLink(0, { chainIn: 99n }) }),
  },
  {
    target,
    rule: 'LastStateMismatch',
    attack: 'a chain that ends elsewhere than the seal opens',
    arrange: answered(
      4,
      { links: withLink(4, { chainOut: 99n }) },
      { links: withLink(4, { chainOut: 99n }) },
    ),
  },
  ...[
    { attack: 'a step of another round', signals: { riskRoot: riskRootOf(2) } },
    { attack: 'a step under other parameters', signals: { parameters: 5n } },
    { attack: 'a step of another book', signals: { bookRoot: 5n } },
    { attack: 'a step of another epoch', signals: { context: 5n } },
    { attack: 'a statement of one account in place of a step', signals: { claim: 8n, tag: TAG } },
    { attack: 'a step from another state', signals: { chainIn: state(0) } },
  ].map(
    ({ attack, signals }): SealDefence => ({
      target,
      rule: 'InvalidStep',
      attack,
      arrange: answered(3, { signals: signals as Record<string, bigint> }),
    }),
  ),
  {
    target,
    rule: 'SealNotRejected',
    attack: 'a challenger takes its bond back and leaves the demand',
    arrange: sealed(async (w) => {
      await w.demand(1)
      return () => w.send('reclaim', [1, 1], STRANGER)
    }),
  },
  {
    target,
    rule: 'StepNotDemanded',
    attack: 'the bond of one demand, twice',
    arrange: sealed(async (w) => {
      for (const step of [1, 2]) await w.demand(step)
      await w.chain.advance(ANSWER_SECONDS + 10)
      await w.send('rejectUnanswered', [1, 1], STRANGER)
      await w.send('reclaim', [1, 2], STRANGER)
      return () => w.send('reclaim', [1, 2], STRANGER)
    }),
  },
]

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

describe('what binds governance', () => itHolds(GOVERNANCE, () => world))
describe('what a seal is compared with', () => itHolds(SUBMISSION, () => world))
describe('demands and answers', () => itHolds(DEMANDS, () => world))
describe('finality and rejection', () => itHolds(ENDS, () => world))
