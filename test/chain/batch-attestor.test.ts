import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { attestBatch, invalidAmong, triggerBatch, verifyTogether } from '../../src/chain/batch.ts'
import { isBelow, isCovered, type ProvenStatement } from '../../src/chain/client.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { toSolidityProof } from '../../src/chain/generate-verifier.ts'
import { type Sent, send } from '../../src/chain/transactions.ts'
import type { Threshold } from '../../src/protocol/claims.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { marginSignalsToArray } from '../../src/protocol/signals.ts'
import { batchMutants } from './fixtures/batch-challenges.ts'
import { forgeFromNothing, proofOf } from './fixtures/batch-forgeries.ts'
import { type Defence, itHolds } from './fixtures/mutants.ts'
import { rerandomise } from './fixtures/toy-proofs.ts'
import {
  ADMIN,
  KEEPER,
  PARAMETERS,
  riskRootOf,
  STRANGER,
  type StatementOptions,
  TAG,
  World,
} from './fixtures/world.ts'

/** Several statements in one transaction: the rules of each are those of a single one, and one bad one undoes all. */

let world: World
beforeAll(async () => {
  world = await World.shared()
}, 300_000)
beforeEach(() => world.reset())

const attests = (statements: readonly ProvenStatement[]): Promise<Sent> =>
  attestBatch(world.connection, world.signer(KEEPER), statements)
const triggers = (statements: readonly ProvenStatement[]): Promise<Sent> =>
  triggerBatch(world.connection, world.signer(KEEPER), statements)

/** Covered at im, of account number n. */
function of(n: bigint, options: StatementOptions = {}): Promise<ProvenStatement> {
  return world.statement({ ...options, signals: { tag: TAG - n, ...options.signals } })
}

async function coveredTags(threshold: Threshold = 'im'): Promise<bigint[]> {
  const all = [0n, 1n, 2n]
  const covered = await Promise.all(all.map((n) => isCovered(world.connection, TAG - n, threshold, 300)))
  return all.filter((_, index) => covered[index])
}

async function events(transaction: string): Promise<unknown[][]> {
  const receipt = await world.chain.provider.getTransactionReceipt(transaction)
  return receipt!.logs.map((log) => {
    const event = world.connection.attestor.interface.parseLog(log)!
    return [event.name, ...event.args]
  })
}

describe('a batch of statements', () => {
  it('records attestations of several accounts and beneficiaries, and tells each', async () => {
    const [keeper, stranger] = [await world.address(KEEPER), await world.address(STRANGER)]
    const batch = [await of(0n), await of(1n, { beneficiary: stranger }), await of(2n, { threshold: 'mm' })]
    const sent = await attests(batch)
    expect(await events(sent.transaction)).toEqual([
      ['Attested', TAG, 4n, keeper, 1n, 1n],
      ['Attested', TAG - 1n, 4n, stranger, 1n, 1n],
      ['Attested', TAG - 2n, 2n, keeper, 1n, 1n],
    ])
    expect(await coveredTags()).toEqual([0n, 1n])
    expect(await coveredTags('mm')).toEqual([0n, 1n, 2n])
  })

  it('records triggers, and more than one threshold of an account', async () => {
    const below = { below: true } as const
    const batch = [
      await of(0n, { ...below, threshold: 'soft' }),
      await of(0n, { ...below, threshold: 'mm' }),
      await of(1n, { ...below, threshold: 'mm' }),
    ]
    const names = (await events((await triggers(batch)).transaction)).map(([name]) => name)
    expect(names).toEqual(['Triggered', 'Triggered', 'Triggered'])
    for (const tag of [TAG, TAG - 1n]) expect(await isBelow(world.connection, tag, 'mm', 300)).toBe(true)
  })

  it('of one is as good as a single one, and of none is refused', async () => {
    await attests([await of(0n)])
    expect(await coveredTags()).toEqual([0n])
    await expect(attests([])).rejects.toMatchObject({ rule: 'BatchSizeOutOfRange', values: [0n, 32n] })
    await expect(triggers([])).rejects.toMatchObject({ rule: 'BatchSizeOutOfRange' })
  })

  it('takes an account’s statements in their order: rounds must rise within a batch too', async () => {
    await world.postRound(2)
    const [older, newer] = [await of(0n), await of(0n, { signals: { riskRoot: riskRootOf(2) } })]
    await expect(attests([newer, older])).rejects.toMatchObject({ rule: 'NewerRecordExists' })
    const sent = await attests([older, newer])
    expect((await events(sent.transaction)).map(([, , , , round]) => round)).toEqual([1n, 2n])
  })

  it('with one proof that does not verify records nothing, and the bad one can be found', async () => {
    const [first, second, third] = [await of(0n), await of(1n), await of(2n)]
    const bad = { ...second, proof: third.proof }
    const malformed = { ...second, proof: { ...second.proof, pi_a: ['1', '1', '1'] } }
    await expect(attests([first, bad, third])).rejects.toMatchObject({
      rule: 'InvalidBatch',
      values: [3n],
      message: expect.stringContaining('at least one does not verify'),
    })
    await expect(attests([first, malformed])).rejects.toMatchObject({ rule: 'CurveOperationFailed' })
    expect(await coveredTags()).toEqual([])
    expect(await invalidAmong(world.connection, [first, bad, third, malformed])).toEqual([1, 3])
    expect(await verifyTogether(world.connection, [first, bad, third])).toBe(false)
    expect(await verifyTogether(world.connection, [first, second, third])).toBe(true)
  })
})

/** Statements that a single entry refuses for what they say. */
const REFUSED: readonly (readonly [rule: string, options: StatementOptions])[] = [
  ['SignalOutOfField', {}],
  ['BookRootUnknown', { signals: { bookRoot: 5n } }],
  ['RoundNotRecent', { signals: { riskRoot: 5n } }],
  ['ParametersMismatch', { signals: { parameters: PARAMETERS - 1n } }],
  ['UnknownClaim', { signals: { claim: 10n } }],
  ['TagIsZero', { signals: { tag: 0n } }],
  ['ChainNotZero', { signals: { chainOut: 1n } }],
  ['ContextMismatch', { signals: { context: 1n } }],
]

describe('every rule of a single statement', () => {
  it.each(REFUSED)('%s holds for each of a batch', async (rule, options) => {
    const [good, bad] = [await of(0n), await of(1n, options)]
    const aliased = { ...bad, signals: { ...bad.signals, tag: bad.signals.tag + FIELD_MODULUS } }
    const sent = rule === 'SignalOutOfField' ? aliased : bad
    await expect(attests([good, sent])).rejects.toMatchObject({ rule })
    await expect(attests([sent, good])).rejects.toMatchObject({ rule })
    expect(await coveredTags()).toEqual([])
  })

  it('NotAnAttestation and NotATrigger: a batch is of one kind', async () => {
    const [covered, below] = [await of(0n), await of(1n, { threshold: 'mm', below: true })]
    await expect(attests([covered, below])).rejects.toMatchObject({ rule: 'NotAnAttestation' })
    await expect(triggers([below, covered])).rejects.toMatchObject({ rule: 'NotATrigger' })
  })

  it('one beneficiary for each proof', async () => {
    const { attestor, errors } = world.connection
    const { proof, signals, beneficiary } = await of(0n)
    const batch = [[toSolidityProof(proof), marginSignalsToArray(signals)]]
    for (const method of ['attestBatch', 'triggerBatch']) {
      for (const beneficiaries of [[], [beneficiary, beneficiary]]) {
        const call = send(attestor, method, [batch, beneficiaries], world.signer(KEEPER), errors)
        const values = [1n, BigInt(beneficiaries.length)]
        await expect(call).rejects.toMatchObject({ rule: 'BeneficiariesMismatch', values })
      }
    }
  })

  it('contradictions and freshness', async () => {
    await world.record('mm', true)
    await expect(attests([await of(1n), await of(0n)])).rejects.toMatchObject({
      rule: 'ContradictedByTrigger',
    })
    await world.postRound(2)
    await world.record('soft', false, 2)
    const below = await of(0n, { threshold: 'soft', below: true })
    await expect(triggers([below])).rejects.toMatchObject({ rule: 'ContradictedByAttestation' })
    const waiting = await of(1n)
    await world.publish(2)
    await expect(attests([waiting])).rejects.toMatchObject({ rule: 'BookRootSuperseded' })
  })
})

const DEFENCES: readonly Defence[] = [
  {
    target: 'MarginAttestor',
    rule: 'AlreadyRecorded',
    attack: 'one attestation twice in a batch, by a re-randomised proof',
    arrange: async (w) => {
      const one = await w.statement()
      const again = { ...one, proof: await rerandomise(one.proof, w.prover.key) }
      return () => attests([one, again])
    },
  },
  {
    target: 'MarginAttestor',
    rule: 'AlreadyRecorded',
    attack: 'one trigger twice in a batch',
    arrange: async (w) => {
      const one = await w.statement({ below: true })
      return () => triggers([one, one])
    },
  },
  {
    target: 'MarginAttestor',
    rule: 'InvalidBatch',
    attack: 'attestations with their proofs swapped',
    arrange: async () => {
      const [first, second] = [await of(0n), await of(1n)]
      return () =>
        attests([
          { ...first, proof: second.proof },
          { ...second, proof: first.proof },
        ])
    },
  },
]

describe('proofs made up without a witness', () => {
  it('would record what they like of two accounts if challenges were known beforehand', async () => {
    const { key } = world.prover
    const [first, second] = [await of(1n), await of(2n)]
    const signals = [marginSignalsToArray(first.signals), marginSignalsToArray(second.signals)] as const
    const forged = await forgeFromNothing(key, [...signals], [1n, 1n])
    const batch = [first, second].map((one, i) => ({ ...one, proof: proofOf(forged[i]!.proof) }))
    await expect(attests(batch)).rejects.toMatchObject({ rule: 'InvalidBatch' })
    const copy = await deployContract((await batchMutants(key)).Constant, [], world.signer(ADMIN))
    const { provider } = world.chain
    const code = await provider.getCode(copy)
    await provider.send('anvil_setCode', [world.connection.deployment.verifier, code])
    await attests(batch)
    expect(await coveredTags(), 'without the defence').toEqual([1n, 2n])
  })
})

describe('what stands between a batch and the record', () => itHolds(DEFENCES, () => world))
