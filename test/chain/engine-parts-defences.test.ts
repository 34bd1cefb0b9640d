import { ZeroHash } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deployContract } from '../../src/chain/deploy.ts'
import { confirmCase, readCase, settleCase } from '../../src/chain/engine-client/cases.ts'
import type { ENGINE_CONTRACTS } from '../../src/chain/engine-client/connection.ts'
import { reclaimBid, revealBid, setDisclosureKey } from '../../src/chain/engine-client/liquidator.ts'
import { send } from '../../src/chain/transactions.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { bid, commit, toReveal } from './fixtures/engine-bids.ts'
import { ADMIN, ALICE, BOB, CAROL, KEEPER, VENUE } from './fixtures/engine-chain.ts'
import { expectRefused } from './fixtures/engine-refusals.ts'
import { honest, inDutch, OTHER, SUB, sold, step } from './fixtures/engine-sales.ts'
import { SUB_TAGS } from './fixtures/engine-toy-signals.ts'
import { EngineToyWorld } from './fixtures/engine-toy-world.ts'
import { impersonated } from './fixtures/impersonate.ts'
import { type Defence, itHolds, replaceVerifierWithoutFieldCheck, takeOut } from './fixtures/mutants.ts'
import { switchedContracts, without } from './fixtures/switches.ts'

/** Rules between the parts of the engine, its bidders and its governance, and what comes through without each. */

let world: EngineToyWorld
beforeAll(async () => {
  world = await EngineToyWorld.shared()
}, 600_000)
beforeEach(() => world.base.reset())

type EngineDefence = Defence<EngineToyWorld>

/** A call by a contract of the engine itself. */
function calling(
  contract: keyof typeof ENGINE_CONTRACTS,
  method: string,
  args: readonly unknown[],
  by: 'timelock' | 'dutch' | 'liquidators' = 'timelock',
): EngineDefence['arrange'] {
  return async (w) => {
    const { connection, chain } = w.base
    const caller = await impersonated(chain, connection.deployment[by])
    return () => send(connection.contracts[contract], method, args, caller, connection.errors)
  }
}

const [DUTCH_DURATION, ADL_START, ADL_END] = [12, 16, 17] as const

const PROOFS: readonly EngineDefence[] = [
  {
    target: 'CaseProofs',
    rule: 'EngineSignalOutOfField',
    attack: 'a lot with a signal plus the field modulus, which the same proof satisfies',
    alsoReplace: (w) =>
      replaceVerifierWithoutFieldCheck(w, w.provers.lot, w.base.connection.deployment.verifiers.lot),
    arrange: async (w) => {
      const caseId = await w.open()
      await w.base.postRound()
      const { proof, signals } = await w.lot(caseId)
      const aliased = { proof, signals: { ...signals, greeks: signals.greeks + FIELD_MODULUS } }
      return () => confirmCase(w.base.connection, w.base.signer(VENUE), caseId, aliased, false)
    },
  },
  {
    target: 'CaseProofs',
    rule: 'EngineSignalOutOfField',
    attack: 'a transfer with a signal plus the field modulus',
    alsoReplace: (w) =>
      replaceVerifierWithoutFieldCheck(
        w,
        w.provers.transfer,
        w.base.connection.deployment.verifiers.transfer,
      ),
    arrange: async (w) => {
      const caseId = await sold(w)
      const small = await w.transfer(caseId, SUB, { ...(await honest(w, caseId)), signals: { leafTo: 7n } })
      const signals = { ...small.signals, leafTo: small.signals.leafTo + FIELD_MODULUS }
      return () =>
        settleCase(w.base.connection, w.base.signer(VENUE), caseId, { proof: small.proof, signals })
    },
  },
  {
    target: 'CaseProofs',
    rule: 'BookRootIsNotHead',
    attack: 'a transfer from a book that changed since: the change would be undone',
    alsoReplace: (w) => takeOut(w, { target: 'BookRegistry', rule: 'BaseRootIsNotHead' }),
    arrange: async (w) => {
      const bookRoot = await w.headRoot()
      await w.deposit(OTHER)
      const caseId = await sold(w)
      const terms = await honest(w, caseId)
      const transfer = await w.transfer(caseId, SUB, { ...terms, signals: { bookRoot } })
      return () => settleCase(w.base.connection, w.base.signer(VENUE), caseId, transfer)
    },
  },
]

const PARTS: readonly EngineDefence[] = [
  {
    target: 'CaseSettlement',
    rule: 'DiscountAboveCap',
    attack: 'a stage that gives a lot away for next to nothing',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      const { capBps } = await readCase(w.base.connection, caseId)
      const args = [caseId, await w.base.address(CAROL), SUB, capBps + 1n]
      return calling('engine', 'award', args, 'dutch')(w)
    },
  },
  {
    target: 'CaseSettlement',
    rule: 'HeadStillReserved',
    attack: 'the head taken from the case that is being settled',
    alsoReplace: (w) => takeOut(w, { target: 'BookRegistry', rule: 'HeadReserved' }),
    arrange: async (w) => {
      await sold(w)
      const second = await inDutch(w, OTHER)
      await w.base.send('dutch', 'take', [second, SUB_TAGS[ALICE], 0], ALICE)
      return () => step(w, 'startSettlement', second)
    },
  },
  {
    target: 'Escrow',
    rule: 'LockedLotsTooFew',
    attack: 'a part that frees more than it locked',
    alsoWithout: ['behind locked'],
    arrange: async (w) =>
      calling('escrow', 'unlock', [await w.base.address(ALICE), 1_000_001n], 'liquidators')(w),
  },
  {
    target: 'LiquidationEngine',
    rule: 'StagesAlreadySet',
    attack: 'governance that puts a stage of its own in the place of an auction',
    arrange: async (w) => calling('engine', 'setStages', Array(5).fill(await w.base.address(BOB)))(w),
  },
  {
    target: 'LiquidationEngine',
    rule: 'NotTheVenue',
    attack: 'the venue’s money put under bond by somebody else',
    arrange: async (w) => () => w.base.send('engine', 'postVenueBond', [1_000n], CAROL),
  },
]

const GOVERNANCE: readonly EngineDefence[] = [
  {
    target: 'EngineParameters',
    rule: 'EngineParameterOutOfBounds',
    attack: 'a public auction of a second',
    arrange: calling('parameters', 'set', [DUTCH_DURATION, 1]),
  },
  {
    target: 'EngineParameters',
    rule: 'AdlLevelsDoNotFall',
    attack: 'a level of deleveraging that never falls, so that it takes nobody',
    arrange: async (w) => {
      await w.base.governed('parameters', 'set', [ADL_END, 4_000])
      return calling('parameters', 'set', [ADL_START, 4_000])(w)
    },
  },
]

const BIDDERS: readonly EngineDefence[] = [
  {
    target: 'LiquidatorRegistry',
    rule: 'NotUnbonding',
    attack: 'a bond that leaves at once, unasked for',
    arrange: async (w) => () => w.base.send('liquidators', 'unbond', [], BOB),
  },
  {
    target: 'LiquidatorRegistry',
    rule: 'NotWhitelisted',
    attack: 'slices disclosed to the key of a stranger',
    arrange: async (w) => () =>
      setDisclosureKey(w.base.connection, w.base.signer(CAROL), `0x${'ab'.repeat(32)}`),
  },
  {
    target: 'LiquidatorRegistry',
    rule: 'DisclosureKeyIsZero',
    attack: 'slices disclosed to a key that everybody has',
    arrange: async (w) => () => setDisclosureKey(w.base.connection, w.base.signer(ALICE), ZeroHash),
  },
  {
    target: 'LiquidatorRegistry',
    rule: 'SubAccountInUse',
    attack: 'the word for a sub-account taken back once a lot is on its way into it',
    arrange: async (w) => {
      await sold(w)
      return () => w.base.send('liquidators', 'refuse', [SUB], CAROL)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'CommitmentIsZero',
    attack: 'a bond and a place in the order of bids for no bid',
    arrange: async (w) => {
      const caseId = await w.onSale()
      return () => w.base.send('sealed', 'commit', [caseId, ZeroHash], ALICE)
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'NothingCommitted',
    attack: 'a bid that was never sealed, made after the others were opened',
    alsoWithout: ['CommitmentMismatch'],
    arrange: async (w) => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 300n)
      await toReveal(w)
      return () => revealBid(w.base.connection, w.base.signer(BOB), caseId, bid(BOB, 299n))
    },
  },
  {
    target: 'SealedBidAuction',
    rule: 'NotInStage',
    attack: 'a sealed bid of a lot that is in the public auction already',
    arrange: async (w) => {
      const caseId = await inDutch(w)
      return () => commit(w, caseId, ALICE, 300n)
    },
  },
  {
    target: 'SoftOffers',
    rule: 'NothingOffered',
    attack: 'a lock opened by somebody who has none',
    arrange: async (w) => {
      const caseId = await w.onSale('soft')
      await w.base.passes(31)
      await w.base.send('soft', 'finish', [caseId], KEEPER)
      return () => reclaimBid(w.base.connection, w.base.signer(ALICE), 'soft', caseId)
    },
  },
]

describe('what stands between a proof and the book', () => itHolds(PROOFS, () => world))
describe('what stands between the parts of the engine', () => itHolds(PARTS, () => world))
describe('what binds governance', () => itHolds(GOVERNANCE, () => world))
describe('what binds bidders', () => itHolds(BIDDERS, () => world))

describe('a contract that is not deployed', () => {
  const deployments = [
    ['EngineTimelock', 'DelayOutOfRange', () => [86_399, []]],
    [
      'EngineClock',
      'SecondsPerBlockOutOfRange',
      (oracle: string) => [ALICE_ADDRESS, ALICE_ADDRESS, oracle, 0],
    ],
    [
      'EngineClock',
      'SecondsPerBlockOutOfRange',
      (oracle: string) => [ALICE_ADDRESS, ALICE_ADDRESS, oracle, 601],
    ],
  ] as const
  const ALICE_ADDRESS = `0x${'a1'.repeat(20)}`

  it.each(deployments)('%s: %s', async (name, rule, args) => {
    const given = args(world.base.connection.deployment.oracle)
    const artifact = (await switchedContracts())[name]!
    const deploying = (code: typeof artifact) => deployContract(code, given, world.base.signer(ADMIN))
    await expectRefused(deploying(artifact), rule)
    await expect(deploying(without(artifact, [rule])), 'without the defence').resolves.toBeDefined()
  })
})

describe('a case that nobody opened', () => {
  const NOBODYS = `0x${'77'.repeat(32)}`
  // Behind it every call names the stages that it takes, and no case is in none of them.
  it.each(['noticeRound', 'lapse', 'cancel', 'escalate', 'startSettlement', 'fail'])('%s', async (method) => {
    await expectRefused(world.base.send('engine', method, [NOBODYS], KEEPER), 'UnknownCase')
  })
})
