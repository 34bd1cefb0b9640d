import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { BatchVerifier, type Statement, unsafeKey } from '../../src/bundle/groth16/batch.ts'
import { keyHash, keyPointsOf } from '../../src/bundle/key-hash.ts'
import { statementOf, stepSignals } from '../../src/bundle/statement.ts'
import { verificationKeyHash } from '../../src/chain/generate-verifier.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import type { VerificationKey } from '../../src/prover/zkey.ts'
import { type BundleWorld, bundleWorld } from './fixture.ts'

let world: BundleWorld
let key: VerificationKey
let verifier: BatchVerifier
let good: Statement[]

beforeAll(async () => {
  world = await bundleWorld()
  key = (await marginArtifacts(MARGIN_INSTANCES['margin-4'])).verificationKey
  verifier = await BatchVerifier.create(keyPointsOf(key), world.options.randomBytes)
  const records = world.lines.map((line) => JSON.parse(line))
  const statement = statementOf(records[0])
  good = records
    .filter(({ record }) => record === 'step')
    .map((step) => ({ signals: stepSignals(statement, step), proof: step.proof }))
}, 600_000)

const withSignal = (statement: Statement, at: number, value: bigint): Statement => ({
  ...statement,
  signals: statement.signals.map((signal, index) => (index === at ? value : signal)),
})

describe('a batch', () => {
  it('of honest proofs holds, in any number', () => {
    for (const count of [0, 1, 2, 8]) expect(verifier.failures(good.slice(0, count))).toEqual([])
    const many = Array.from({ length: 600 }, (_, index) => good[index % good.length]!)
    expect(verifier.failures(many)).toEqual([])
  })

  it('names every false one among them, and no other', () => {
    const bad = [...good]
    bad[2] = withSignal(good[2]!, 7, good[2]!.signals[7]! + 1n)
    bad[6] = { ...good[6]!, proof: good[5]!.proof }
    expect(verifier.failures(bad)).toEqual([2, 6])
    expect(verifier.failures(bad.map((statement) => withSignal(statement, 0, 5n)))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ])
  })

  it('is not fooled by two errors that cancel: C moved up in one proof and down in another', () => {
    // Without weights the sums of C, and so the whole product, would stay as they are.
    const swapped = [...good]
    swapped[0] = { ...good[0]!, proof: { ...good[0]!.proof, c: good[1]!.proof.c } }
    swapped[1] = { ...good[1]!, proof: { ...good[1]!.proof, c: good[0]!.proof.c } }
    expect(verifier.failures(swapped)).toEqual([0, 1])
    const ones = () => Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? 1 : 0))
    return BatchVerifier.create(keyPointsOf(key), ones).then((careless) => {
      expect(careless.failures(swapped)).toEqual([])
    })
  })

  it('agrees with the prover on single proofs, honest and not', () => {
    for (const statement of [good[0]!, withSignal(good[0]!, 5, 1n), { ...good[0]!, proof: good[1]!.proof }]) {
      const { a, b, c } = statement.proof
      const proof = { pi_a: [...a, '1'], pi_b: [...b.map((x) => [...x]), ['1', '0']], pi_c: [...c, '1'] }
      const alone = verifyProof(key, statement.signals, { ...proof, protocol: 'groth16', curve: 'bn128' })
      expect(verifier.failures([statement]).length === 0).toBe(alone)
    }
  })

  it('takes no other name of a signal or a coordinate, and no wrong number of signals', () => {
    const base = 21888242871839275222246405745257275088696311157297823662689037894645226208583n
    const [first] = good as [Statement]
    expect(verifier.failures([withSignal(first, 2, first.signals[2]! + FIELD_MODULUS)])).toEqual([0])
    const [x, y] = first.proof.a
    const alias = { ...first, proof: { ...first.proof, a: [`${BigInt(x) + base}`, y] as [string, string] } }
    expect(verifier.failures([alias])).toEqual([0])
    expect(verifier.failures([{ ...first, signals: first.signals.slice(1) }])).toEqual([0])
    expect(verifier.failures([{ ...first, proof: { ...first.proof, a: ['0', '0'] } }])).toEqual([0])
    expect(verifier.failures([{ ...first, proof: { ...first.proof, a: ['1', '3'] } }])).toEqual([0])
  })

  it('takes no point of the curve that is outside the group', () => {
    // A small x whose y^2 = x^3 + 3 / (9 + u) has a root in Fq2: a point of the curve, and of another order.
    const outside = JSON.parse(readFileSync(new URL('./outside-g2.json', import.meta.url), 'utf8'))
    const [first] = good as [Statement]
    expect(verifier.failures([{ ...first, proof: { ...first.proof, b: outside } }])).toEqual([0])
  })
})

describe('a key', () => {
  it('has the hash that its verifier contract carries', () => {
    expect(keyHash(keyPointsOf(key))).toBe(verificationKeyHash(key))
  })

  it('that anyone can forge proofs for is unsafe, and so is one off the curve', async () => {
    const points = keyPointsOf(key)
    expect(await unsafeKey(points)).toBeUndefined()
    expect(await unsafeKey({ ...points, delta: points.gamma })).toContain('delta equals its gamma')
    expect(await unsafeKey({ ...points, alpha: ['1', '3'] })).toContain('alpha is not on the curve')
    const outside = JSON.parse(readFileSync(new URL('./outside-g2.json', import.meta.url), 'utf8'))
    expect(await unsafeKey({ ...points, delta: outside })).toContain('delta is not of the group')
  })
})
