import { Contract, Interface } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Artifact, buildVerifier } from '../../src/chain/build.ts'
import { deploy, deployContract } from '../../src/chain/deploy.ts'
import {
  BASE_FIELD_MODULUS,
  type Groth16Proof,
  solidityVerifier,
  toSolidityProof,
  verificationKeyHash,
} from '../../src/chain/generate-verifier.ts'
import { type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { type MarginSignals, marginSignalsToArray } from '../../src/protocol/signals.ts'
import { type SnarkjsProver, snarkjsProver } from './fixtures/snarkjs-proofs.ts'
import { rerandomise } from './fixtures/toy-proofs.ts'

const SIGNALS: MarginSignals = {
  bookRoot: 11n,
  riskRoot: 12n,
  parameters: 13n,
  claim: 14n,
  tag: 15n,
  chainIn: 0n,
  chainOut: 0n,
  context: FIELD_MODULUS - 1n,
}

let prover: SnarkjsProver
let chain: LocalChain
let artifact: Artifact
let verifier: Contract
let proof: Groth16Proof

beforeAll(async () => {
  ;[prover, chain] = await Promise.all([snarkjsProver(), startLocalChain()])
  artifact = await buildVerifier(prover.key, { kind: 'development', circuit: 'signals-only' })
  verifier = await deployed(artifact)
  proof = await prover.prove(SIGNALS)
}, 300_000)
afterAll(async () => {
  await chain?.close()
  await prover?.close()
})

async function deployed(given: Artifact): Promise<Contract> {
  const address = await deployContract(given, [], chain.signer(0))
  return new Contract(address, Interface.from(given.abi as never), chain.provider)
}

function verify(
  words: readonly bigint[],
  signals = marginSignalsToArray(SIGNALS),
  on = verifier,
): Promise<boolean> {
  return on.getFunction('verify').staticCall(words, signals)
}

/** Words with the word at `index` replaced. */
function replaced(words: readonly bigint[], index: number, word: bigint): bigint[] {
  return words.map((old, i) => (i === index ? word : old))
}

describe('the generated verifier', () => {
  it('accepts a proof, and a re-randomised one of the same statement', async () => {
    expect(await verify(toSolidityProof(proof))).toBe(true)
    const other = toSolidityProof(await rerandomise(proof, prover.key))
    expect(other).not.toEqual(toSolidityProof(proof))
    expect(await verify(other)).toBe(true)
  })

  it('accepts signals that are not zero anywhere, and signals that are zero everywhere', async () => {
    for (const value of [0n, 7n]) {
      const signals = Object.fromEntries(
        Object.keys(SIGNALS).map((name) => [name, value]),
      ) as unknown as MarginSignals
      const words = toSolidityProof(await prover.prove(signals))
      expect(await verify(words, marginSignalsToArray(signals))).toBe(true)
    }
  })

  it('refuses every single changed signal', async () => {
    const honest = marginSignalsToArray(SIGNALS)
    for (const index of honest.keys()) {
      const signals = replaced(honest, index, (honest[index]! + 1n) % FIELD_MODULUS)
      expect(await verify(toSolidityProof(proof), signals), `signal ${index}`).toBe(false)
    }
  })

  it('reverts for every signal at or above the field modulus', async () => {
    const honest = marginSignalsToArray(SIGNALS)
    for (const [index, signal] of honest.entries()) {
      const call = verify(toSolidityProof(proof), replaced(honest, index, signal + FIELD_MODULUS))
      await expect(call).rejects.toMatchObject({ revert: { name: 'SignalNotInField' } })
    }
    const edge = verify(toSolidityProof(proof), replaced(honest, 0, FIELD_MODULUS))
    await expect(edge).rejects.toMatchObject({ revert: { name: 'SignalNotInField' } })
  })

  it('reverts for every coordinate at or above the base field modulus', async () => {
    const words = toSolidityProof(proof)
    for (const [index, word] of words.entries()) {
      const call = verify(replaced(words, index, word + BASE_FIELD_MODULUS))
      await expect(call).rejects.toMatchObject({ revert: { name: 'CoordinateNotInField' } })
    }
  })

  it('reverts for a point off its curve', async () => {
    const words = toSolidityProof(proof)
    for (const index of words.keys()) {
      const call = verify(replaced(words, index, (words[index]! + 1n) % BASE_FIELD_MODULUS))
      await expect(call).rejects.toMatchObject({ revert: { name: 'CurveOperationFailed' } })
    }
  })

  it('refuses a G2 point whose coordinates are swapped', async () => {
    const [ax, ay, x1, x0, y1, y0, cx, cy] = toSolidityProof(proof) as [
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
    ]
    const call = verify([ax, ay, x0, x1, y0, y1, cx, cy])
    await expect(call).rejects.toMatchObject({ revert: { name: 'CurveOperationFailed' } })
  })

  it('refuses the points at infinity in place of a proof', async () => {
    expect(await verify(new Array<bigint>(8).fill(0n))).toBe(false)
  })

  it('refuses a negated A, and a proof under another key', async () => {
    const words = toSolidityProof(proof)
    expect(await verify(replaced(words, 1, BASE_FIELD_MODULUS - words[1]!))).toBe(false)
    expect(await verify(toSolidityProof(await prover.proveWithOtherKey(SIGNALS)))).toBe(false)
    const other = await deployed(
      await buildVerifier(prover.otherKey, { kind: 'test', circuit: 'signals-only' }),
    )
    expect(await verify(words, marginSignalsToArray(SIGNALS), other)).toBe(false)
    expect(await verify(toSolidityProof(await prover.proveWithOtherKey(SIGNALS)), undefined, other)).toBe(
      true,
    )
  })

  it('a key whose G2 points are swapped verifies nothing', async () => {
    const swap = (point: readonly (readonly string[])[]) => point.map(([a, b]) => [b!, a!])
    const { key } = prover
    const wrong = { ...key, vk_delta_2: swap(key.vk_delta_2) }
    const contract = await deployed(await buildVerifier(wrong, { kind: 'test', circuit: 'signals-only' }))
    const call = verify(toSolidityProof(proof), undefined, contract)
    await expect(call).rejects.toMatchObject({ revert: { name: 'CurveOperationFailed' } })
  })

  it('carries the hash of its key', async () => {
    expect(await verifier.getFunction('VERIFICATION_KEY_HASH').staticCall()).toBe(
      verificationKeyHash(prover.key),
    )
    expect(verificationKeyHash(prover.otherKey)).not.toBe(verificationKeyHash(prover.key))
  })
})

describe('keys that may not be', () => {
  const provenance = { kind: 'production', circuit: 'signals-only' } as const

  it('refuses delta = gamma', () => {
    const make = () => solidityVerifier('V', prover.keyWithoutPhase2, provenance)
    expect(make).toThrow(expect.objectContaining({ code: 'SETUP_REFUSED' }))
  })

  it('refuses another curve, a missing point, a point off the curve', () => {
    const { key } = prover
    const bad = [
      { ...key, curve: 'bls12381' },
      { ...key, IC: key.IC.slice(1) },
      { ...key, vk_alpha_1: ['1', '3', '1'] },
      { ...key, vk_alpha_1: [String(BASE_FIELD_MODULUS + 1n), '2', '1'] },
    ]
    for (const one of bad) {
      expect(() => solidityVerifier('V', one, provenance)).toThrow(
        expect.objectContaining({ code: 'SETUP_INVALID' }),
      )
    }
  })
})

describe('a development key on chain 1', () => {
  let foreign: LocalChain
  beforeAll(async () => {
    foreign = await startLocalChain({ chainId: 1n })
  })
  afterAll(() => foreign?.close())

  const options = async (kind: 'development' | 'test' | 'production') => ({
    deployer: foreign.signer(0),
    key: prover.key,
    provenance: { kind, circuit: 'signals-only' },
    admin: await foreign.signer(0).getAddress(),
    venue: await foreign.signer(1).getAddress(),
    feeders: [await foreign.signer(2).getAddress()],
    quorum: 1,
    maxAgeSeconds: 60,
    challenge: {
      instance: MARGIN_INSTANCES['margin-4'],
      challengeSeconds: 60,
      bondWei: 1n,
      rewardBps: 5_000,
      treasury: await foreign.signer(0).getAddress(),
    },
  })

  it.each(['development', 'test'] as const)('a %s key is refused before anything is sent', async (kind) => {
    await expect(deploy(await options(kind))).rejects.toMatchObject({ code: 'SETUP_REFUSED' })
    expect(await foreign.provider.getBlockNumber()).toBe(0)
  })

  it('is refused by the contract itself, whoever deploys it', async () => {
    const call = deployContract(artifact, [], foreign.signer(0))
    await expect(call).rejects.toMatchObject({ rule: 'DevelopmentKeyOnForeignChain', values: [1n] })
  })

  it('as is an oracle whose rounds nobody can challenge', async () => {
    const plain = { ...(await options('production')), challenge: 'plain' as const }
    await expect(deploy(plain)).rejects.toMatchObject({ code: 'SETUP_REFUSED' })
    expect(await foreign.provider.getBlockNumber()).toBe(0)
  })

  it('but a production key is not', async () => {
    const { verifier: address } = await deploy(await options('production'))
    const made = new Contract(address, Interface.from(artifact.abi as never), foreign.provider)
    expect(await made.getFunction('DEVELOPMENT_KEY').staticCall()).toBe(false)
  })
})
