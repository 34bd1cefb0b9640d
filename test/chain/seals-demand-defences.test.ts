import { beforeAll, beforeEach, describe } from 'vitest'
import { itHolds } from './fixtures/mutants.ts'
import { type SealDefence, sealed, target } from './fixtures/seals-attacks.ts'
import { ANSWER_SECONDS, DEMAND_SECONDS, LINKS, SealsWorld, state } from './fixtures/seals-world.ts'
import { riskRootOf, STRANGER, TAG } from './fixtures/world.ts'

/** Demands of steps and their answers: each defence, and the attack without it. */
let world: SealsWorld
beforeAll(async () => {
  world = await SealsWorld.shared()
}, 900_000)
beforeEach(() => world.reset())

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

describe('demands and answers', () => itHolds(DEMANDS, () => world))
