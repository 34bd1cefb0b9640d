import { beforeAll, describe, expect, it } from 'vitest'
import { countAccount } from '../../src/bundle/check-receipt.ts'
import { checkProof } from '../../src/bundle/claim/check-proof.ts'
import type { ProofContext } from '../../src/bundle/claim/context.ts'
import {
  type CountedAccount,
  type OwnClaim,
  ownProofFile,
  ownProofHolds,
  ownWitness,
} from '../../src/bundle/claim/counted.ts'
import { parseProofFile, writeProofFile } from '../../src/bundle/claim/proof-file.ts'
import { receiptOf } from '../../src/bundle/receipt.ts'
import { contextFor } from '../../src/chain/context.ts'
import type { Threshold } from '../../src/protocol/claims.ts'
import { WitnessError } from '../../src/protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { MarginProver } from '../../src/prover/margin-prover.ts'
import type { Proof } from '../../src/prover/verify.ts'
import type { VerificationKey } from '../../src/prover/zkey.ts'
import { type BundleWorld, bundleWorld, bytesOf } from './fixture.ts'

const INSTANCE = MARGIN_INSTANCES['margin-4']
const CONTEXT: ProofContext = {
  chainId: 31_337n,
  attestor: `0x${'0c'.repeat(20)}`,
  beneficiary: `0x${'be'.repeat(20)}`,
}

let world: BundleWorld
let counted: CountedAccount
let proof: Proof
let key: VerificationKey
beforeAll(async () => {
  world = await bundleWorld()
  counted = await countedAt(0)
  const prover = await MarginProver.open(INSTANCE)
  try {
    const made = await prover.prove(witness(own('mm', CONTEXT)))
    proof = made.proof
    key = prover.artifacts.verificationKey
  } finally {
    await prover.close()
  }
}, 600_000)

async function countedAt(index: number): Promise<CountedAccount> {
  const receipt = receiptOf(INSTANCE, world.book.opening(index))
  const found = await countAccount(receipt, bytesOf(world.lines), world.options)
  return found.counted!
}

const own = (threshold: Threshold, context?: ProofContext): OwnClaim => ({
  claim: { threshold, below: false },
  context,
})
const witness = (claim: OwnClaim, account = counted) =>
  ownWitness(account, claim, (_, { threshold }) => `below ${threshold}, in words`)
const holds = (claim: OwnClaim, of = proof) =>
  ownProofHolds(counted, witness(claim), of, world.options.randomBytes)

describe("an owner's claim about their own account", () => {
  it('is that of the bundle: its roots, its parameters, and the context of the contract', () => {
    const { signals } = witness(own('mm', CONTEXT))
    expect(signals).toMatchObject({
      bookRoot: world.book.root,
      riskRoot: world.matrix.root,
      parameters: world.matrix.parametersWord,
      context: contextFor(CONTEXT.chainId, CONTEXT.attestor, CONTEXT.beneficiary),
    })
    expect(witness(own('mm')).signals.context).toBe(0n)
  })

  it('has no witness when it is false, and says so in the words that were asked for', async () => {
    const poor = await countedAt(2)
    for (const threshold of ['im', 'soft', 'mm', 'zero'] as const) {
      expect(() => witness(own(threshold), poor)).toThrow(WitnessError)
      expect(() => witness(own(threshold), poor)).toThrow(`below ${threshold}, in words`)
    }
  })

  it('goes to no chain but a local one with keys that anyone can forge proofs for', () => {
    expect(() => witness(own('mm', { ...CONTEXT, chainId: 1n }))).toThrow(
      expect.objectContaining({ code: 'SETUP_REFUSED' }),
    )
  })

  it('is shown by its own proof and by no other', async () => {
    expect(await holds(own('mm', CONTEXT))).toBe(true)
    expect(await holds(own('mm'))).toBe(false)
    expect(await holds(own('zero', CONTEXT))).toBe(false)
    expect(await holds(own('mm', CONTEXT), { ...proof, pi_c: proof.pi_a })).toBe(false)
  })

  it('makes a file that every check of a proof file passes, and that names nobody', () => {
    const claim = own('mm', CONTEXT)
    const text = writeProofFile(ownProofFile(counted, claim, witness(claim), proof))
    const file = parseProofFile({ name: 'coverage.json', text })
    const { matrix, content } = world
    const checks = checkProof(file, key, {
      riskRoot: matrix.root,
      parameters: matrix.parametersWord,
      configurationHash: file.round.configurationHash,
    })
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(file).toMatchObject({ book: { root: world.book.root, count: content.count }, context: CONTEXT })
    expect(file.keys.notice).toContain('DEVELOPMENT KEYS')
    const { owner, secret } = world.book.account(0)
    expect(text).not.toMatch(new RegExp(`"(${owner}|${secret})"`))
  })
})

describe('a receipt that is not counted', () => {
  it('gives nothing to prove from', async () => {
    const receipt = receiptOf(INSTANCE, world.book.opening(0))
    const other = { ...receipt, account: { ...receipt.account, nonce: 9n } }
    const { report, counted: none } = await countAccount(other, bytesOf(world.lines), world.options)
    expect(report.verdict).toBe('not-counted')
    expect(none).toBeUndefined()
  })
})
