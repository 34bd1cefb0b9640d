import { beforeAll, beforeEach, describe } from 'vitest'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { CASE, DISPUTE_SECONDS, OWNER, VaultWorld, type WithdrawalOptions } from './fixtures/vault-world.ts'
import { MAX_AGE_SECONDS, PARAMETERS, riskRootOf, STRANGER, TAG, VENUE } from './fixtures/world.ts'

let world: VaultWorld
beforeAll(async () => {
  world = await VaultWorld.shared()
  // What the accounts of the first book bring in.
  await world.send(world.contracts.vault, 'bringIn', [BigInt(CASH_ID), 1_000], VENUE)
  await world.base.mark()
}, 600_000)
beforeEach(() => world.reset())

type VaultDefence = Defence<VaultWorld>
const target = 'CollateralVault' as const

/** A valid proof of what the options say, sent as a withdrawal. */
function withdrawing(
  options: (w: VaultWorld) => WithdrawalOptions | Promise<WithdrawalOptions>,
): VaultDefence['arrange'] {
  return async (w) => w.withdrawing(await options(w))
}

const OWNERS: readonly VaultDefence[] = [
  {
    target,
    rule: 'NotTheOwner',
    attack: 'a thief with the account’s opening withdraws to itself',
    arrange: withdrawing(async (w) => ({
      sender: STRANGER,
      terms: { recipient: await w.address(STRANGER) },
    })),
  },
  {
    target,
    rule: 'NotTheOwner',
    attack: 'a thief who signs in the owner’s place',
    arrange: withdrawing(async (w) => {
      const terms = await w.terms({ recipient: await w.address(STRANGER) })
      const message = { tag: TAG, instrumentId: BigInt(CASH_ID), lots: 400n, ...terms }
      return { sender: STRANGER, terms, signature: await w.signWithdrawal(STRANGER, message) }
    }),
  },
  ...(['lots', 'tag', 'instrumentId', 'recipient'] as const).map(
    (field): VaultDefence => ({
      target,
      rule: 'NotTheOwner',
      attack: `the owner’s signature over another ${field}`,
      arrange: withdrawing(async (w) => {
        const terms = await w.terms()
        const signed = { tag: TAG, instrumentId: BigInt(CASH_ID), lots: 400n, ...terms }
        const other = field === 'recipient' ? await w.address(STRANGER) : signed[field] + 1n
        const signature = await w.signWithdrawal(OWNER, { ...signed, [field]: other })
        return { sender: STRANGER, terms, signature }
      }),
    }),
  ),
  {
    target,
    rule: 'ContextMismatch',
    attack: 'the owner’s proof, copied before it was mined, for a recipient of the copier’s',
    alsoWithout: ['NotTheOwner'],
    arrange: withdrawing(async (w) => {
      const terms = await w.terms()
      const context = await w.view<bigint>(w.contracts.vault, 'withdrawalContext', [
        terms.recipient,
        terms.nonce,
        terms.deadline,
      ])
      return { terms: { ...terms, recipient: await w.address(STRANGER) }, signals: { context } }
    }),
  },
  {
    target,
    rule: 'InvalidAccountNonce',
    attack: 'the owner’s signature, used again',
    arrange: async (w) => {
      const terms = await w.terms()
      const message = { tag: TAG, instrumentId: BigInt(CASH_ID), lots: 400n, ...terms }
      const signature = await w.signWithdrawal(OWNER, message)
      await w.withdraw({ terms, signature, sender: STRANGER })
      await w.chain.advance(60)
      return w.withdrawing({ terms, signature, sender: STRANGER })
    },
  },
  {
    target,
    rule: 'AuthorizationExpired',
    attack: 'a signature of long ago',
    arrange: withdrawing(async (w) => ({ terms: { deadline: BigInt(await w.chain.now()) - 1n } })),
  },
  {
    target,
    rule: 'OwnerOutOfRange',
    attack: 'an account that belongs to nobody',
    alsoWithout: ['NotTheOwner'],
    arrange: withdrawing(() => ({ signals: { owner: 0n } })),
  },
  {
    target,
    rule: 'OwnerOutOfRange',
    attack: 'an owner with bits beyond an address',
    arrange: withdrawing(async (w) => ({
      signals: { owner: BigInt(await w.address(OWNER)) + (1n << 160n) },
    })),
  },
  {
    target,
    rule: 'RecipientIsZero',
    attack: 'money that goes nowhere',
    arrange: withdrawing(() => ({ terms: { recipient: `0x${'00'.repeat(20)}` } })),
  },
  {
    target,
    rule: 'OwnershipTaken',
    attack: 'a second account of the same secret takes a registered tag over',
    arrange: async (w) => {
      await w.withdraw({ lots: 0n })
      await w.chain.advance(60)
      const second = await w.address(STRANGER)
      return w.withdrawing({
        lots: 0n,
        sender: STRANGER,
        terms: { recipient: second, nonce: 0n },
        signals: { owner: BigInt(second) },
      })
    },
  },
]

const STATE: readonly VaultDefence[] = [
  {
    target,
    rule: 'AccountInCase',
    attack: 'an account in a case empties itself',
    arrange: async (w) => {
      await w.send(w.contracts.cases, 'set', [TAG, CASE], VENUE)
      return w.withdrawing()
    },
  },
  {
    target,
    rule: 'NotAWithdrawal',
    attack: 'a deposit’s proof, which leaves the account with more, sent as a withdrawal',
    arrange: withdrawing(async (w) => ({
      kind: 'deposit',
      signals: { owner: BigInt(await w.address(OWNER)) },
    })),
  },
  {
    target,
    rule: 'RoundNotRecent',
    attack: 'a risk matrix that no feeder signed',
    alsoWithout: ['RoundStale'],
    arrange: withdrawing(() => ({ signals: { riskRoot: 5n, parameters: 0n } })),
  },
  {
    target,
    rule: 'RoundNotRecent',
    attack: 'a genuine round before the last two, picked for its prices',
    alsoWithout: ['RoundStale'],
    arrange: async (w) => {
      await w.base.postRound(2)
      await w.base.postRound(3)
      return w.withdrawing({ signals: { parameters: 0n } })
    },
  },
  {
    target,
    rule: 'RoundStale',
    attack: 'the latest round after the feeders fell silent',
    arrange: async (w) => {
      await w.chain.advance(MAX_AGE_SECONDS + 60)
      return w.withdrawing()
    },
  },
  {
    target,
    rule: 'ParametersMismatch',
    attack: 'softer parameters than the round has',
    arrange: withdrawing(() => ({ signals: { parameters: PARAMETERS - 1n } })),
  },
  {
    target,
    rule: 'BelowOnNewerRound',
    attack: 'the round before the crash, after a trigger on the crash round',
    arrange: async (w) => {
      await w.base.postRound(2)
      await w.base.record('im', true, 2)
      return w.withdrawing({ signals: { riskRoot: riskRootOf(1) } })
    },
  },
  {
    target,
    rule: 'AdjustTooSoon',
    attack: 'an owner who keeps every proof about it out of date with a withdrawal per block',
    arrange: async (w) => {
      await w.withdraw({ lots: 0n })
      return w.withdrawing({ lots: 0n })
    },
  },
  {
    target: 'BookRegistry',
    rule: 'BaseRootIsNotHead',
    attack: 'the same money withdrawn twice, both proven on one head',
    arrange: async (w) => {
      const owner = await w.address(OWNER)
      const first = await w.withdrawing()
      const nonce = (await w.view<bigint>(w.contracts.vault, 'nonces', [owner])) + 1n
      const second = await w.withdrawing({ terms: { nonce } })
      await first()
      await w.chain.advance(60)
      return second
    },
  },
  {
    target,
    rule: 'DisputeDelayRuns',
    attack: 'a payout before anybody could look at the head',
    arrange: async (w) => {
      await w.withdraw()
      await w.finalise()
      return () => w.send(w.contracts.vault, 'claim', [1], STRANGER)
    },
  },
  {
    target,
    rule: 'DebitNotFinal',
    attack: 'a payout on a pending root, which may yet be thrown away',
    arrange: async (w) => {
      await w.finalise()
      await w.withdraw()
      await w.chain.advance(DISPUTE_SECONDS)
      return () => w.send(w.contracts.vault, 'claim', [1], STRANGER)
    },
  },
]

describe('what stands between an opening and the money', () => itHolds(OWNERS, () => world))
describe('what stands between an owner and the money', () => itHolds(STATE, () => world))
