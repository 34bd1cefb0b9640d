/**
 * What happens on the chain while it is followed: rounds, also out of order and late, attestations, triggers, cases, bids,
 * settlements, seals. Each is a call or a few, that the contracts may refuse: after a reorganisation an actor knows less than
 * it thinks. Boundary module: network.
 */
import { id } from 'ethers'
import { openCase, readAward } from '../../../src/chain/engine-client/cases.ts'
import { ContractRefusal } from '../../../src/chain/transactions.ts'
import { toField } from '../../../src/protocol/field.ts'
import { bothBid, commit } from '../../../test/chain/fixtures/engine-bids.ts'
import { ADMIN, ALICE, BOB, CAROL, KEEPER } from '../../../test/chain/fixtures/engine-chain.ts'
import { sealHead } from '../../../test/chain/fixtures/engine-seals.ts'
import { SUB_TAGS } from '../../../test/chain/fixtures/engine-toy-signals.ts'
import type { EngineToyWorld } from '../../../test/chain/fixtures/engine-toy-world.ts'
import { riskRootOf } from '../../../test/chain/fixtures/world.ts'
import type { Dice } from './dice.ts'

/** What the actors know; some of it may be undone. */
export interface Actors {
  readonly w: EngineToyWorld
  readonly dice: Dice
  /** Cases on sale, newest last. */
  readonly cases: { readonly caseId: string; readonly tag: bigint }[]
  /** What must not have been possible. */
  readonly wrong: string[]
  next: number
}

type Act = (actors: Actors) => Promise<unknown>

const freshTag = (actors: Actors) => toField(BigInt(id(`account ${actors.next++}`)))

/** The rules that a round out of order breaks. */
const OUT_OF_ORDER = /^(SequenceNotNewer|TimeNotNewer)$/

async function mustBeRefused({ wrong }: Actors, what: string, posting: Promise<unknown>): Promise<void> {
  const refusal = await posting.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (refusal instanceof ContractRefusal && OUT_OF_ORDER.test(refusal.rule ?? '')) return
  if (refusal !== undefined) throw refusal
  wrong.push(`${what} was taken`)
}

/** The round after the next one is posted first; then the one that it has overtaken arrives. */
async function roundsOutOfOrder(actors: Actors): Promise<void> {
  const { base } = actors.w
  const late = ++base.round
  const timeSeconds = await base.chain.now()
  const newest = await base.postRound()
  const overtaken = base.postRound({ sequence: late, riskRoot: riskRootOf(late), timeSeconds })
  await mustBeRefused(actors, `round ${late} after round ${newest}`, overtaken)
  base.round = newest
}

/** The newest round is delivered once more. */
async function roundAgain(actors: Actors): Promise<void> {
  const { base } = actors.w
  const newest = base.round
  const again = base.postRound({ sequence: newest, riskRoot: riskRootOf(newest) })
  await mustBeRefused(actors, `round ${newest} a second time`, again)
  base.round = newest
}

async function putOnSale(actors: Actors): Promise<void> {
  const { w, cases } = actors
  const tag = freshTag(actors)
  await w.record('mm', true, { tag })
  const { caseId } = await openCase(w.base.connection, w.base.signer(KEEPER), tag, 'full')
  await w.base.postRound()
  await w.confirm(caseId, { signals: { tag } })
  cases.push({ caseId, tag })
}

async function sellNewest({ w, cases, dice }: Actors): Promise<void> {
  const sold = cases.pop()
  if (sold === undefined) return
  await bothBid(w, sold.caseId, BigInt(dice.between(10, 40)), BigInt(dice.between(41, 60)))
  const { discountBps } = await readAward(w.base.connection, sold.caseId)
  await w.settle(sold.caseId, SUB_TAGS[ALICE]!, { discountBps, signals: { tagFrom: sold.tag } })
}

async function bidForNewest({ w, cases, dice }: Actors): Promise<void> {
  const newest = cases.at(-1)
  if (newest !== undefined) await commit(w, newest.caseId, BOB, BigInt(dice.between(41, 60)))
}

async function sealBook({ w }: Actors): Promise<void> {
  await w.deposit()
  await sealHead(w)
}

async function changeWhitelist({ w, dice }: Actors): Promise<void> {
  const method = dice.isIn(50) ? 'whitelist' : 'delist'
  await w.base.send('liquidators', method, [await w.base.address(CAROL)], ADMIN)
}

export const ACTS = {
  'a round': ({ w }) => w.base.postRound(),
  'rounds out of order': roundsOutOfOrder,
  'a round twice': roundAgain,
  'an attestation': (actors) => actors.w.record('im', false, { tag: freshTag(actors) }),
  'a trigger': (actors) => actors.w.record('soft', true, { tag: freshTag(actors) }),
  'a case': putOnSale,
  'a bid': bidForNewest,
  'a sale': sellNewest,
  'a seal': sealBook,
  'a liquidator': changeWhitelist,
  'empty blocks': ({ w, dice }) => w.base.mine(12 * dice.between(1, 12)),
} as const satisfies Readonly<Record<string, Act>>
export type ActName = keyof typeof ACTS

export const ACT_WEIGHTS: readonly (readonly [ActName, number])[] = [
  ['a round', 4],
  ['rounds out of order', 2],
  ['a round twice', 1],
  ['an attestation', 3],
  ['a trigger', 2],
  ['a case', 3],
  ['a bid', 3],
  ['a sale', 2],
  ['a seal', 2],
  ['a liquidator', 2],
  ['empty blocks', 4],
]
