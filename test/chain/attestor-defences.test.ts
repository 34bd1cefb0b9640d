import { beforeAll, beforeEach, describe } from 'vitest'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { type Defence, itHolds, replaceVerifierWithoutFieldCheck, takeOut } from './fixtures/mutants.ts'
import { rerandomise } from './fixtures/toy-proofs.ts'
import {
  MAX_AGE_SECONDS,
  PARAMETERS,
  riskRootOf,
  STRANGER,
  type StatementOptions,
  TAG,
  World,
} from './fixtures/world.ts'

let world: World
beforeAll(async () => {
  world = await World.shared({ anyCodeSize: true })
}, 300_000)
beforeEach(() => world.reset())

const target = 'MarginAttestor' as const

/** A valid proof of what the options say, sent as an attestation. */
function attesting(options: StatementOptions): Defence['arrange'] {
  return async (w) => {
    const statement = await w.statement(options)
    return () => w.attest(statement)
  }
}

const SIGNALS: readonly Defence[] = [
  {
    target,
    rule: 'SignalOutOfField',
    attack: 'a signal plus the field modulus, which the same proof satisfies, would record another tag',
    alsoReplace: (w) => replaceVerifierWithoutFieldCheck(w, w.prover, w.connection.deployment.verifier),
    arrange: async (w) => {
      const honest = await w.statement()
      const aliased = { ...honest, signals: { ...honest.signals, tag: honest.signals.tag + FIELD_MODULUS } }
      return () => w.attest(aliased)
    },
  },
  {
    target,
    rule: 'BookRootUnknown',
    attack: 'a book that nobody published',
    alsoWithout: ['BookRootSuperseded'],
    arrange: attesting({ signals: { bookRoot: 5n } }),
  },
  {
    target,
    rule: 'BookRootSuperseded',
    attack: 'a book that a later publish replaced',
    arrange: async (w) => {
      await w.publish(2)
      return attesting({})(w)
    },
  },
  {
    target,
    rule: 'RoundNotRecent',
    attack: 'a risk matrix that no feeder signed',
    alsoWithout: ['RoundStale'],
    arrange: attesting({ signals: { riskRoot: 5n, parameters: 0n } }),
  },
  {
    target,
    rule: 'RoundNotRecent',
    attack: 'a genuine round before the last two, picked for its prices',
    alsoWithout: ['RoundStale'],
    arrange: async (w) => {
      await w.postRound(2)
      await w.postRound(3)
      return attesting({ signals: { parameters: 0n } })(w)
    },
  },
  {
    target,
    rule: 'RoundStale',
    attack: 'the latest round after the feeders fell silent',
    arrange: async (w) => {
      const call = await attesting({})(w)
      await w.chain.advance(MAX_AGE_SECONDS + 60)
      return call
    },
  },
  {
    target,
    rule: 'ParametersMismatch',
    attack: 'softer parameters than the round has',
    arrange: attesting({ signals: { parameters: PARAMETERS - 1n } }),
  },
  {
    target,
    rule: 'UnknownClaim',
    attack: 'a claim about a threshold that does not exist',
    arrange: attesting({ signals: { claim: 10n } }),
  },
  {
    target,
    rule: 'TagIsZero',
    attack: 'a statement about nobody',
    arrange: attesting({ signals: { tag: 0n } }),
  },
  {
    target,
    rule: 'ChainNotZero',
    attack: 'a step of the solvency chain, by its way in',
    arrange: attesting({ signals: { chainIn: 1n } }),
  },
  {
    target,
    rule: 'ChainNotZero',
    attack: 'a step of the solvency chain, by its way out',
    arrange: attesting({ signals: { chainOut: 1n } }),
  },
  {
    target,
    rule: 'ContextMismatch',
    attack: 'a copied proof sent for another beneficiary',
    arrange: async (w) => {
      const copied = { ...(await w.statement()), beneficiary: await w.address(STRANGER) }
      return () => w.attest(copied)
    },
  },
]

const RECORDS: readonly Defence[] = [
  {
    target,
    rule: 'NotAnAttestation',
    attack: 'a proof of being below, sent as an attestation',
    arrange: attesting({ below: true }),
  },
  {
    target,
    rule: 'NotATrigger',
    attack: 'a proof of being covered, sent as a trigger',
    arrange: async (w) => {
      const statement = await w.statement()
      return () => w.trigger(statement)
    },
  },
  {
    target,
    rule: 'AlreadyRecorded',
    attack: 'a recorded statement again, by a re-randomised proof',
    arrange: async (w) => {
      const statement = await w.statement()
      await w.attest(statement)
      const malleated = { ...statement, proof: await rerandomise(statement.proof, w.prover.key) }
      return () => w.attest(malleated)
    },
  },
  {
    target,
    rule: 'AlreadyRecorded',
    attack: 'a recorded trigger again, by a re-randomised proof',
    arrange: async (w) => {
      const statement = await w.statement({ below: true })
      await w.trigger(statement)
      const malleated = { ...statement, proof: await rerandomise(statement.proof, w.prover.key) }
      return () => w.trigger(malleated)
    },
  },
  {
    target,
    rule: 'NewerRecordExists',
    attack: 'a statement on the round before the recorded one',
    arrange: async (w) => {
      await w.postRound(2)
      await w.record('im', false, 2)
      return attesting({})(w)
    },
  },
  {
    target,
    rule: 'ContradictedByTrigger',
    attack: 'an attestation on an older round than a trigger at a looser threshold',
    arrange: async (w) => {
      await w.postRound(2)
      await w.record('mm', true, 2)
      return attesting({ threshold: 'im' })(w)
    },
  },
  {
    target,
    rule: 'ContradictedByAttestation',
    attack: 'a trigger on an older round than an attestation at a stricter threshold',
    arrange: async (w) => {
      await w.postRound(2)
      await w.record('soft', false, 2)
      const statement = await w.statement({ threshold: 'mm', below: true })
      return () => w.trigger(statement)
    },
  },
  {
    target,
    rule: 'InvalidProof',
    attack: 'a valid proof of one claim, sent with another',
    arrange: async (w) => {
      const [soft, im] = [await w.statement({ threshold: 'soft' }), await w.statement({ threshold: 'im' })]
      return () => w.attest({ ...im, proof: soft.proof })
    },
  },
  {
    target,
    rule: 'SequenceTooLarge',
    attack: 'a round whose sequence would spill into the next threshold’s record',
    arrange: async (w) => {
      await takeOut(w, { target: 'RiskOracle', rule: 'SequenceOutOfRange' })
      await w.postRound(2 ** 32 + 1)
      return attesting({ signals: { riskRoot: riskRootOf(2 ** 32 + 1), tag: TAG } })(w)
    },
  },
]

describe('what stands between a valid proof and the record', () => itHolds(SIGNALS, () => world))
describe('what stands between a true statement and the record', () => itHolds(RECORDS, () => world))
