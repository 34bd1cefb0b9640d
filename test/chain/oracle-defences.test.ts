import { beforeAll, beforeEach, describe } from 'vitest'
import { approveParameters, postRound, type Round, signRound } from '../../src/chain/client.ts'
import { send } from '../../src/chain/transactions.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { packMarginParameters, unpackMarginParameters } from '../../src/protocol/parameters.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { ADMIN, CONFIGURATION_HASH, FEEDERS, KEEPER, PARAMETERS, STRANGER, World } from './fixtures/world.ts'

let world: World
beforeAll(async () => {
  world = await World.shared({ anyCodeSize: true })
}, 300_000)
beforeEach(() => world.reset())

const target = 'RiskOracle' as const

/** A round with these changes, signed by these accounts. */
function posting(
  sequence: number,
  changes: (w: World) => Promise<Partial<Round>> | Partial<Round> = () => ({}),
  signers: readonly number[] = FEEDERS,
): Defence['arrange'] {
  return async (w) => {
    const round = await w.round(sequence, await changes(w))
    const signatures = await Promise.all(
      signers.map((index) => signRound(w.connection.deployment, w.signer(index), round)),
    )
    return () => postRound(w.connection, w.signer(KEEPER), round, signatures)
  }
}

function approving(parameters: bigint, sender = ADMIN): Defence['arrange'] {
  return async (w) => () => approveParameters(w.connection, w.signer(sender), parameters, CONFIGURATION_HASH)
}

function settingQuorum(quorum: number, sender = ADMIN): Defence['arrange'] {
  return async (w) => () =>
    send(w.connection.oracle, 'setQuorum', [quorum], w.signer(sender), w.connection.errors)
}

/** A word that packMarginParameters itself refuses to make. */
function wordWith(field: 'mmFactorBps' | 'softShareBps', value: bigint): bigint {
  const [offset, bits] = field === 'mmFactorBps' ? [0n, 16n] : [32n, 14n]
  const word = packMarginParameters(unpackMarginParameters(PARAMETERS))
  return (word & ~(((1n << bits) - 1n) << offset)) | (value << offset)
}

const ROUNDS: readonly Defence[] = [
  { target, rule: 'SequenceNotNewer', attack: 'a round of the past, replayed', arrange: posting(1) },
  {
    target,
    rule: 'SequenceOutOfRange',
    attack: 'a sequence that consumers cannot pack',
    arrange: posting(2 ** 32),
  },
  {
    target,
    rule: 'TimeNotNewer',
    attack: 'a reordered round: newer sequence, older prices',
    arrange: posting(2, async (w) => {
      const time = (await w.contractAt('RiskOracle', w.connection.deployment.oracle)).getFunction('roundTime')
      return { timeSeconds: Number(await time.staticCall(1)) }
    }),
  },
  {
    target,
    rule: 'TimeInFuture',
    attack: 'a round that would stay fresh for longer than it may',
    arrange: posting(2, async (w) => ({ timeSeconds: (await w.chain.now()) + 100 })),
  },
  {
    target,
    rule: 'RiskRootOutOfRange',
    attack: 'a risk root that aliases another',
    arrange: posting(2, () => ({ riskRoot: FIELD_MODULUS + 5n })),
  },
  {
    target,
    rule: 'RiskRootOutOfRange',
    attack: 'the risk root of an empty place',
    arrange: posting(2, () => ({ riskRoot: 0n })),
  },
  {
    target,
    rule: 'ParametersNotApproved',
    attack: 'feeders who change the parameters',
    arrange: posting(2, () => ({ parameters: PARAMETERS - 1n })),
  },
  {
    target,
    rule: 'ParametersNotApproved',
    attack: 'feeders who change the configuration',
    arrange: posting(2, () => ({ configurationHash: `0x${'11'.repeat(32)}` })),
  },
  {
    target,
    rule: 'TooFewSignatures',
    attack: 'a quorum of one',
    arrange: posting(2, () => ({}), [FEEDERS[0]]),
  },
  {
    target,
    rule: 'SignersNotAscending',
    attack: 'one feeder who signs twice',
    arrange: posting(2, () => ({}), [FEEDERS[0], FEEDERS[0]]),
  },
  {
    target,
    rule: 'NotAFeeder',
    attack: 'a stranger beside one feeder',
    arrange: posting(2, () => ({}), [FEEDERS[0], STRANGER]),
  },
]

const GOVERNANCE: readonly Defence[] = [
  {
    target,
    rule: 'ParametersHaveStrayBits',
    attack: 'a word with bits beyond its last field',
    arrange: approving(PARAMETERS | (1n << 99n)),
  },
  {
    target,
    rule: 'InitialFactorBelowMaintenance',
    attack: 'an initial requirement below the maintenance requirement',
    arrange: approving(wordWith('mmFactorBps', 10_001n)),
  },
  {
    target,
    rule: 'SoftShareAboveOne',
    attack: 'soft liquidation beyond the initial requirement',
    arrange: approving(wordWith('softShareBps', 10_001n)),
  },
  {
    target,
    rule: 'AccessControlUnauthorizedAccount',
    attack: 'a stranger approves parameters',
    arrange: approving(PARAMETERS, STRANGER),
  },
  {
    target,
    rule: 'AccessControlUnauthorizedAccount',
    attack: 'a stranger lowers the quorum',
    arrange: settingQuorum(1, STRANGER),
  },
  { target, rule: 'QuorumOutOfRange', attack: 'a quorum of nobody', arrange: settingQuorum(0) },
  { target, rule: 'QuorumOutOfRange', attack: 'a quorum beyond the feeders', arrange: settingQuorum(4) },
  {
    target,
    rule: 'QuorumOutOfRange',
    attack: 'fewer feeders than the quorum',
    arrange: async (w) => {
      const { oracle, errors } = w.connection
      const role = await oracle.getFunction('FEEDER_ROLE').staticCall()
      const revoke = async (index: number) =>
        send(oracle, 'revokeRole', [role, await w.address(index)], w.signer(ADMIN), errors)
      await revoke(FEEDERS[0])
      return () => revoke(FEEDERS[1])
    },
  },
]

describe('what stands between a round and the chain', () => itHolds(ROUNDS, () => world))
describe('what binds governance', () => itHolds(GOVERNANCE, () => world))
