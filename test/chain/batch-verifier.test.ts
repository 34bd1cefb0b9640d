import { Contract, Interface } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Artifact, buildVerifier } from '../../src/chain/build.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { BASE_FIELD_MODULUS, toSolidityProof } from '../../src/chain/generate-verifier.ts'
import { type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { MAX_BATCH } from '../../src/chain/verifier-batch-template.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { MARGIN_SIGNALS } from '../../src/protocol/signals.ts'
import { type BatchMutant, batchMutants, challengesOf, type Words } from './fixtures/batch-challenges.ts'
import {
  forgeFromNothing,
  moveC,
  moveSignals,
  pointOutsideSubgroup,
  proofOf,
} from './fixtures/batch-forgeries.ts'
import { rerandomise, type ToyProver, toyProver } from './fixtures/toy-proofs.ts'

/** Several proofs in one product of pairings: the same answers as one by one, and nothing that cancels out. */

let prover: ToyProver
/** Of another setup of the same circuit. */
let other: ToyProver
let chain: LocalChain
let verifier: Contract
/** Eight valid proofs of eight statements. */
let valid: readonly Words[]
let mutants: Readonly<Record<BatchMutant, Artifact>>

beforeAll(async () => {
  prover = await toyProver()
  other = await toyProver(MARGIN_SIGNALS, 'other')
  chain = await startLocalChain()
  verifier = await deployed(await buildVerifier(prover.key, { kind: 'development', circuit: 'signals-only' }))
  const proven: Words[] = []
  for (let index = 0n; index < 8n; index++) {
    // Some signals differ between statements, some are the same, one is zero.
    const values = [11n, 12n, 13n, 14n + index, FIELD_MODULUS - 1n - index, 0n, index, 15n]
    const signals = Object.fromEntries(MARGIN_SIGNALS.map((name, i) => [name, values[i]!]))
    proven.push({ proof: toSolidityProof(await prover.prove(signals)), signals: values })
  }
  valid = proven
  mutants = await batchMutants(prover.key)
}, 600_000)
afterAll(() => chain?.close())

async function deployed(artifact: Artifact): Promise<Contract> {
  const address = await deployContract(artifact, [], chain.signer(0))
  return new Contract(address, Interface.from(artifact.abi as never), chain.provider)
}

function verifyBatch(batch: readonly Words[], on = verifier): Promise<boolean> {
  return on.getFunction('verifyBatch').staticCall(batch.map(({ proof, signals }) => [proof, signals]))
}

function verify({ proof, signals }: Words, on = verifier): Promise<boolean> {
  return on.getFunction('verify').staticCall(proof, signals)
}

/** Both statements of a forgery are refused alone, so whatever takes them together takes what is not proven. */
async function expectInvalid(batch: readonly Words[], on = verifier): Promise<void> {
  for (const one of batch) expect(await verify(one, on)).toBe(false)
}

const negatedA = ({ proof, signals }: Words): Words => ({
  proof: proof.with(1, BASE_FIELD_MODULUS - proof[1]!),
  signals,
})

describe('a batch', () => {
  it.each([1, 2, 5, 8, MAX_BATCH])('of %i valid proofs is valid', async (size) => {
    const batch = Array.from({ length: size }, (_, index) => valid[index % valid.length]!)
    expect(await verifyBatch(batch)).toBe(true)
  })

  it('agrees with the single verifier on each of its proofs, in any order, re-randomised or not', async () => {
    for (const one of valid) expect(await verify(one)).toBe(true)
    expect(await verifyBatch(valid.toReversed())).toBe(true)
    const again = await rerandomise(proofOf(valid[0]!.proof), prover.key)
    expect(await verifyBatch([valid[1]!, { ...valid[0]!, proof: toSolidityProof(again) }])).toBe(true)
  })

  it('of none, or of one more than the limit, is refused', async () => {
    for (const size of [0, MAX_BATCH + 1]) {
      const call = verifyBatch(Array.from({ length: size }, () => valid[0]!))
      await expect(call).rejects.toMatchObject({
        revert: { name: 'BatchSizeOutOfRange', args: [BigInt(size), BigInt(MAX_BATCH)] },
      })
    }
  })

  it('of none would be valid without that limit', async () => {
    expect(await verifyBatch([], await deployed(mutants.AnySize))).toBe(true)
  })

  it('that claims more proofs than the call holds is refused', async () => {
    const data = verifier.interface.encodeFunctionData('verifyBatch', [
      valid.slice(0, 2).map(({ proof, signals }) => [proof, signals]),
    ])
    const to = String(verifier.target)
    await expect(chain.provider.call({ to, data })).resolves.toMatch(/1$/)
    await expect(chain.provider.call({ to, data: data.slice(0, -64) })).rejects.toThrow()
  })

  it('is not valid with any one signal changed', async () => {
    const batch = valid.slice(0, 2)
    for (const [place, one] of batch.entries()) {
      for (const [index, signal] of one.signals.entries()) {
        const changed = { ...one, signals: one.signals.with(index, (signal + 1n) % FIELD_MODULUS) }
        expect(await verifyBatch(batch.with(place, changed)), `${place}, signal ${index}`).toBe(false)
      }
    }
  })

  it('is not valid with one proof of another key, negated, or at infinity, wherever it stands', async () => {
    const batch = valid.slice(0, 3)
    const signals = Object.fromEntries(MARGIN_SIGNALS.map((name, i) => [name, valid[0]!.signals[i]!]))
    const foreign = toSolidityProof(await other.prove(signals))
    for (const [place, one] of batch.entries()) {
      const nothing = { ...one, proof: new Array<bigint>(8).fill(0n) }
      for (const bad of [negatedA(one), nothing, { ...valid[0]!, proof: foreign }]) {
        expect(await verifyBatch(batch.with(place, bad))).toBe(false)
      }
    }
  })

  it('is not valid with two proofs swapped, or with A negated in two', async () => {
    const [first, second, third] = valid as [Words, Words, Words]
    const swapped = [
      { ...first, proof: second.proof },
      { ...second, proof: first.proof },
    ]
    expect(await verifyBatch([...swapped, third])).toBe(false)
    expect(await verifyBatch([negatedA(first), negatedA(second), third])).toBe(false)
  })
})

describe('a malformed proof or signal in a batch', () => {
  it('reverts for every signal and coordinate at or above its modulus', async () => {
    const [first, second] = valid as [Words, Words]
    for (const [index, signal] of second.signals.entries()) {
      const bad = { ...second, signals: second.signals.with(index, signal + FIELD_MODULUS) }
      await expect(verifyBatch([first, bad])).rejects.toMatchObject({ revert: { name: 'SignalNotInField' } })
    }
    for (const [index, word] of second.proof.entries()) {
      const bad = { ...second, proof: second.proof.with(index, word + BASE_FIELD_MODULUS) }
      await expect(verifyBatch([first, bad])).rejects.toMatchObject({
        revert: { name: 'CoordinateNotInField' },
      })
    }
  })

  it('a signal plus its modulus would pass for the signal without that check', async () => {
    const [first, second] = valid as [Words, Words]
    const aliased = { ...second, signals: second.signals.with(4, second.signals[4]! + FIELD_MODULUS) }
    expect(await verifyBatch([first, aliased], await deployed(mutants.AnySignal))).toBe(true)
  })

  it('reverts for a point off its curve', async () => {
    const [first, second] = valid as [Words, Words]
    for (const [index, word] of second.proof.entries()) {
      const bad = { ...second, proof: second.proof.with(index, (word + 1n) % BASE_FIELD_MODULUS) }
      await expect(verifyBatch([first, bad])).rejects.toMatchObject({
        revert: { name: 'CurveOperationFailed' },
      })
    }
  })

  it('reverts for a B on its curve but outside the subgroup, here and alone', async () => {
    const [first, second] = valid as [Words, Words]
    const proof = [...second.proof.slice(0, 2), ...pointOutsideSubgroup(), ...second.proof.slice(6)]
    const refusal = { revert: { name: 'CurveOperationFailed' } }
    await expect(verify({ ...second, proof })).rejects.toMatchObject(refusal)
    await expect(verifyBatch([first, { ...second, proof }])).rejects.toMatchObject(refusal)
  })
})

describe('errors that would cancel out', () => {
  const VICTIM = 0x5ec2e7n
  const TAG_AT = MARGIN_SIGNALS.indexOf('tag')
  const wanted = (): [readonly bigint[], readonly bigint[]] => [
    valid[0]!.signals.with(TAG_AT, VICTIM),
    valid[1]!.signals.with(TAG_AT, VICTIM + 1n),
  ]
  const blank = (proof: readonly bigint[], ...kept: readonly number[]) =>
    proof.map((word, index) => (kept.includes(index) ? word : 0n))

  /** Taken by the mutant, so the forgery is a real one; refused by the contract itself. */
  async function expectOnlyMutant(mutant: BatchMutant, forged: readonly Words[]): Promise<void> {
    const lax = await deployed(mutants[mutant])
    await expectInvalid(forged)
    await expectInvalid(forged, lax)
    expect(await verifyBatch(forged, lax), 'without the defence').toBe(true)
    expect(await verifyBatch(forged)).toBe(false)
  }

  it.each(['Constant', 'Equal'] as const)(
    '%s challenges: two made-up proofs of any statements, and two swapped ones',
    async (mutant) => {
      await expectOnlyMutant(mutant, await forgeFromNothing(prover.key, wanted(), [1n, 1n]))
      const [first, second] = valid as [Words, Words]
      await expectOnlyMutant(mutant, [
        { ...first, proof: second.proof },
        { ...second, proof: first.proof },
      ])
    },
  )

  it.each(['WithoutProofs', 'WithoutAAndB'] as const)(
    'challenges %s: two made-up proofs of any statements',
    async (mutant) => {
      const signals = wanted()
      const transcript = signals.map((one) => ({ proof: new Array<bigint>(8).fill(0n), signals: one }))
      const challenges = challengesOf(prover.key, transcript)
      await expectOnlyMutant(mutant, await forgeFromNothing(prover.key, signals, challenges))
    },
  )

  it('challenges without C: two valid statements whose C are off', async () => {
    const pair = valid.slice(0, 2) as [Words, Words]
    const transcript = pair.map((one) => ({ ...one, proof: blank(one.proof, 0, 1, 2, 3, 4, 5) }))
    await expectOnlyMutant('WithoutC', await moveC(prover.key, pair, challengesOf(prover.key, transcript)))
  })

  it('challenges without signals: one’s own two proofs state whatever one likes of another', async () => {
    const pair = valid.slice(0, 2) as [Words, Words]
    const transcript = pair.map((one) => ({ ...one, signals: new Array<bigint>(8).fill(0n) }))
    const challenges = challengesOf(prover.key, transcript)
    await expectOnlyMutant('WithoutSignals', moveSignals(pair, TAG_AT, VICTIM, challenges))
  })

  it('the same attacks with the contract’s own challenges of what came before do not catch up with it', async () => {
    const pair = valid.slice(0, 2) as [Words, Words]
    const challenges = challengesOf(prover.key, pair)
    expect(await verifyBatch(await forgeFromNothing(prover.key, wanted(), challenges))).toBe(false)
    expect(await verifyBatch(await moveC(prover.key, pair, challenges))).toBe(false)
    expect(await verifyBatch(moveSignals(pair, TAG_AT, VICTIM, challenges))).toBe(false)
  })
})
