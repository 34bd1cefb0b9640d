import { beforeAll, beforeEach, describe } from 'vitest'
import { lotCosts } from '../../src/book/liquidation/costs.ts'
import { confirmCase, settleCase } from '../../src/chain/engine-client/cases.ts'
import { takeLot } from '../../src/chain/engine-client/liquidator.ts'
import { readCostParameters } from '../../src/chain/engine-client/parameters.ts'
import { LOT_TERMS, TRANSFER_PLACES } from '../../src/protocol/liquidation.ts'
import { packWord } from '../../src/protocol/packed-word.ts'
import { ALICE, CAROL, KEEPER, VENUE } from './fixtures/engine-chain.ts'
import { honest } from './fixtures/engine-sales.ts'
import {
  type LotOptions,
  PLACE,
  SUB_TAGS,
  shareFields,
  summaryOf,
  type TransferOptions,
} from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { PARAMETERS, riskRootOf } from './fixtures/world.ts'

/** Every public signal of a lot and of a transfer is compared: what each comparison keeps out. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

type EngineDefence = Defence<EngineToyWorld>
const target = 'CaseProofs' as const
const SUB = SUB_TAGS[CAROL]!

/** The most that the sale of a toy lot can cost. */
async function mostCostBps(w: EngineToyWorld, mode: 'slice' | 'soft' = 'slice'): Promise<bigint> {
  const parameters = await readCostParameters(w.base.connection)
  return lotCosts(mode, { health: 32n, insolvent: false }, parameters).costBps
}

function confirming(
  options: LotOptions | ((w: EngineToyWorld) => Promise<LotOptions>),
): EngineDefence['arrange'] {
  return async (w) => {
    const caseId = await w.open()
    await w.base.postRound()
    const given = typeof options === 'function' ? await options(w) : options
    const lot = await w.lot(caseId, given)
    return () => confirmCase(w.base.connection, w.base.signer(VENUE), caseId, lot, false)
  }
}

/** A lot sold to Carol in the first second of the public auction: discount 0, escrow as the lot says. */
async function sold(w: EngineToyWorld): Promise<string> {
  const caseId = await w.onSale()
  await w.base.passes(100)
  await w.base.send('sealed', 'finish', [caseId], KEEPER)
  await takeLot(w.base.connection, w.base.signer(CAROL), caseId, SUB)
  return caseId
}

function settling(
  options: TransferOptions | ((w: EngineToyWorld) => Promise<TransferOptions>),
  add: Partial<Record<'discountBps' | 'feeBps', bigint>> = {},
): EngineDefence['arrange'] {
  return async (w) => {
    const caseId = await sold(w)
    const terms = await honest(w, caseId)
    const given = typeof options === 'function' ? await options(w) : options
    const transfer = await w.transfer(caseId, SUB, {
      ...terms,
      ...given,
      discountBps: (given.discountBps ?? terms.discountBps!) + (add.discountBps ?? 0n),
      feeBps: (given.feeBps ?? terms.feeBps!) + (add.feeBps ?? 0n),
    })
    return () => settleCase(w.base.connection, w.base.signer(VENUE), caseId, transfer)
  }
}

const LOTS: readonly EngineDefence[] = [
  {
    target,
    rule: 'CaseTagMismatch',
    attack: 'the lot of another account',
    arrange: confirming({ signals: { tag: 9n } }),
  },
  {
    target,
    rule: 'ContextMismatch',
    attack: 'a lot proven for another case',
    arrange: confirming({ signals: { context: 9n } }),
  },
  {
    target,
    rule: 'BookRootUnknown',
    attack: 'a lot of a book that nobody published',
    alsoWithout: ['BookRootSuperseded', 'TagTouchedSince'],
    arrange: confirming({ signals: { bookRoot: 5n } }),
  },
  {
    target,
    rule: 'TagTouchedSince',
    attack: 'a lot of the account as it was before it changed',
    arrange: confirming(async (w) => {
      const bookRoot = await w.headRoot()
      await w.deposit()
      return { signals: { bookRoot } }
    }),
  },
  {
    target,
    rule: 'ParametersMismatch',
    attack: 'a lot under softer parameters',
    arrange: confirming({ signals: { parameters: PARAMETERS - 1n } }),
  },
  {
    target,
    rule: 'LotTermsMismatch',
    attack: 'a lot in the mode of a deleveraging',
    arrange: confirming(async (w) => {
      const terms = shareFields({ mode: 'deleverage', percent: 40n, costBps: await mostCostBps(w) })
      return { signals: { terms: packWord(LOT_TERMS, terms) } }
    }),
  },
  {
    target: 'CaseConfirmation',
    rule: 'LotCostMismatch',
    attack: 'a lot that is too large, as if its sale could cost more',
    arrange: confirming(async (w) => ({ costBps: (await mostCostBps(w)) + 1n })),
  },
  {
    target: 'CaseConfirmation',
    rule: 'LotCostMismatch',
    attack: 'a lot that is too small, as if its sale could cost less',
    arrange: confirming(async (w) => ({ costBps: (await mostCostBps(w)) - 1n })),
  },
  {
    target: 'CaseConfirmation',
    rule: 'LotCostMismatch',
    attack: 'a hedge of a full case measured with the costs of a slice',
    arrange: confirming(async (w) => ({ mode: 'soft', costBps: await mostCostBps(w) })),
  },
  {
    target,
    rule: 'SummaryHasStrayBits',
    attack: 'a summary with bits beyond its fields',
    arrange: confirming({
      signals: { summary: summaryOf({}, { health: 32n, insolvent: false }) | (1n << 200n) },
    }),
  },
  {
    target,
    rule: 'InvalidProof',
    attack: 'the proof of another lot',
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.postRound()
      const [lot, other] = [await w.lot(caseId), await w.lot(caseId, { percent: 50n })]
      const mixed = { proof: lot.proof, signals: other.signals }
      return () => confirmCase(w.base.connection, w.base.signer(VENUE), caseId, mixed, false)
    },
  },
]

const TRANSFERS: readonly EngineDefence[] = [
  {
    target,
    rule: 'CaseRoundMismatch',
    attack: 'a settlement on another round',
    arrange: settling(async (w) => ({ signals: { riskRoot: riskRootOf(w.base.round - 1) } })),
  },
  {
    target,
    rule: 'ParametersMismatch',
    attack: 'a settlement under other parameters',
    arrange: settling({ signals: { parameters: PARAMETERS - 1n } }),
  },
  {
    target,
    rule: 'CaseTagMismatch',
    attack: 'a settlement out of another account',
    arrange: settling({ signals: { tagFrom: 9n } }),
  },
  {
    target,
    rule: 'ContextMismatch',
    attack: 'a settlement proven for another case',
    arrange: settling({ signals: { context: 9n } }),
  },
  {
    target,
    rule: 'CasePlaceMismatch',
    attack: 'a settlement out of another leaf of the same tag',
    arrange: settling(async (w) => {
      const ownerTo = BigInt(await w.base.address(CAROL))
      return { signals: { places: packWord(TRANSFER_PLACES, { from: PLACE + 1n, to: 6n, ownerTo }) } }
    }),
  },
  {
    target,
    rule: 'ReceiverOwnerMismatch',
    attack: 'a settlement into an account of the venue’s friend with the secret of the winner’s',
    arrange: settling(async (w) => ({ ownerTo: BigInt(await w.base.address(ALICE)) })),
  },
  {
    target,
    rule: 'ReceiverOwnerMismatch',
    attack: 'a settlement into an account of nobody',
    arrange: settling({ ownerTo: 0n }),
  },
  {
    target,
    rule: 'PlacesHaveStrayBits',
    attack: 'places with bits beyond their fields',
    arrange: settling(async (w) => {
      const ownerTo = BigInt(await w.base.address(CAROL))
      const places = packWord(TRANSFER_PLACES, { from: PLACE, to: 6n, ownerTo })
      return { signals: { places: places | (1n << 202n) } }
    }),
  },
  {
    target,
    rule: 'TransferTermsMismatch',
    attack: 'another percent than was sold',
    arrange: settling({ percent: 41n }),
  },
  {
    target,
    rule: 'TransferTermsMismatch',
    attack: 'another discount than was bid',
    arrange: settling({}, { discountBps: 1n }),
  },
  {
    target,
    rule: 'TransferTermsMismatch',
    attack: 'a settlement measured with another cost than the lot',
    arrange: settling(async (w) => ({ costBps: (await mostCostBps(w)) + 1n })),
  },
  { target, rule: 'TransferTermsMismatch', attack: 'another fee', arrange: settling({}, { feeBps: 1n }) },
  {
    target,
    rule: 'TransferTermsMismatch',
    attack: 'another escrow than was paid',
    arrange: settling({ escrowLots: 40_001n }),
  },
  { target, rule: 'TransferTermsMismatch', attack: 'another mode', arrange: settling({ mode: 'soft' }) },
  {
    target,
    rule: 'TransferTermsMismatch',
    attack: 'levels of a deleveraging',
    arrange: settling({ cutoffBps: 5n }),
  },
  {
    target: 'CaseSettlement',
    rule: 'SubAccountMismatch',
    attack: 'a settlement into an account that did not win',
    arrange: settling({ signals: { tagTo: SUB_TAGS[ALICE]! } }),
  },
  {
    target: 'CaseSettlement',
    rule: 'SliceMismatch',
    attack: 'a settlement of another lot',
    arrange: settling({ signals: { slice: 9n } }),
  },
  {
    target,
    rule: 'InvalidProof',
    attack: 'the proof of another settlement',
    arrange: async (w) => {
      const caseId = await sold(w)
      const terms = await honest(w, caseId)
      const transfer = await w.transfer(caseId, SUB, terms)
      const other = await w.transfer(caseId, SUB, { ...terms, feeLots: 1n })
      const mixed = { proof: transfer.proof, signals: other.signals }
      return () => settleCase(w.base.connection, w.base.signer(VENUE), caseId, mixed)
    },
  },
]

describe('what stands between a proof and the lot of a case', () => itHolds(LOTS, () => world))
describe('what stands between a proof and a settlement', () => itHolds(TRANSFERS, () => world))
