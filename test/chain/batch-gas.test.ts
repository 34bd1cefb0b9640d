import { readFileSync, writeFileSync } from 'node:fs'
import { id } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attestBatch, invalidAmong } from '../../src/chain/batch.ts'
import {
  approveParameters,
  attest,
  type Connection,
  connect,
  isCovered,
  type ProvenStatement,
  postRound,
  publishBook,
  signRound,
} from '../../src/chain/client.ts'
import { contextFor } from '../../src/chain/context.ts'
import { deploy } from '../../src/chain/deploy.ts'
import { type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { claimWitness } from '../../src/prover/margin-inputs.ts'
import { MarginProver } from '../../src/prover/margin-prover.ts'
import { type SyntheticWorld, syntheticWorld } from '../support/synthetic.ts'
import { ADMIN, CONFIGURATION_HASH, KEEPER, VENUE } from './fixtures/world.ts'

/**
 * Gas of an attestation alone and in batches, with real proofs of margin-4 about eight accounts (the full circuit has as
 * many signals and costs the same), each the first record of its account. Held to contracts/batch-gas.json within 1%,
 * because the zero bytes of a proof differ; UPDATE_GAS=1 writes it anew.
 */
const SNAPSHOT = new URL('../../contracts/batch-gas.json', import.meta.url)
const INSTANCE = MARGIN_INSTANCES['margin-4']
const ACCOUNTS = 8
const FEEDER = 2

let chain: LocalChain
let connection: Connection
let statements: readonly ProvenStatement[]
let snapshot: string
beforeAll(async () => {
  const portfolios = Array.from({ length: ACCOUNTS }, (_, index) => [
    { id: 1, quantityLots: BigInt(index + 1) },
  ])
  const book = syntheticWorld(await poseidonHasher(), INSTANCE, portfolios)
  chain = await startLocalChain()
  const prover = await MarginProver.open(INSTANCE)
  try {
    await stage(prover, book)
    statements = await proveAll(prover, book)
  } finally {
    await prover.close()
  }
  snapshot = await chain.provider.send('evm_snapshot', [])
}, 600_000)
afterAll(() => chain?.close())

async function stage({ artifacts }: MarginProver, { round, book }: SyntheticWorld): Promise<void> {
  const deployment = await deploy({
    deployer: chain.signer(ADMIN),
    key: artifacts.verificationKey,
    provenance: { kind: artifacts.provenance.kind, circuit: artifacts.name },
    admin: await chain.signer(ADMIN).getAddress(),
    venue: await chain.signer(VENUE).getAddress(),
    feeders: [await chain.signer(FEEDER).getAddress()],
    quorum: 1,
    maxAgeSeconds: 600,
    challenge: 'plain',
  })
  connection = await connect(deployment, chain.provider)
  await approveParameters(connection, chain.signer(ADMIN), round.parameters, CONFIGURATION_HASH)
  const posted = {
    sequence: 1,
    timeSeconds: await chain.now(),
    riskRoot: round.tree.root,
    parameters: round.parameters,
    configurationHash: CONFIGURATION_HASH,
    marketHash: id('market 1'),
  }
  const signature = await signRound(deployment, chain.signer(FEEDER), posted)
  await postRound(connection, chain.signer(KEEPER), posted, [signature])
  const { treeRoot, count } = book
  await publishBook(connection, chain.signer(VENUE), {
    baseSequence: 0,
    treeRoot,
    count,
    dataHash: id('leaves'),
  })
}

async function proveAll(prover: MarginProver, { book, round }: SyntheticWorld): Promise<ProvenStatement[]> {
  const hasher = await poseidonHasher()
  const beneficiary = await chain.signer(KEEPER).getAddress()
  const { chainId, attestor } = connection.deployment
  const context = contextFor(chainId, attestor, beneficiary)
  const proven: ProvenStatement[] = []
  for (let index = 0; index < ACCOUNTS; index++) {
    const claim = { claim: { threshold: 'im', below: false }, context } as const
    const witness = claimWitness(hasher, INSTANCE, book.opening(index), round, claim)
    const { proof, signals } = await prover.prove(witness)
    proven.push({ proof, signals, beneficiary })
  }
  return proven
}

/** Back to where no account has a record. */
async function reset(): Promise<void> {
  await chain.provider.send('evm_revert', [snapshot])
  snapshot = await chain.provider.send('evm_snapshot', [])
  chain.signer(KEEPER).reset()
}

async function gasOfEach(size: number): Promise<number> {
  await reset()
  const { gasUsed } = await attestBatch(connection, chain.signer(KEEPER), statements.slice(0, size))
  return Math.ceil(Number(gasUsed) / size)
}

describe('real attestations of eight accounts', () => {
  it('are recorded in one transaction, and none is when one is another’s proof', async () => {
    await reset()
    const swapped = statements.with(5, { ...statements[5]!, proof: statements[4]!.proof })
    const refused = attestBatch(connection, chain.signer(KEEPER), swapped)
    await expect(refused).rejects.toMatchObject({ rule: 'InvalidBatch', values: [8n] })
    expect(await invalidAmong(connection, swapped)).toEqual([5])
    await attestBatch(connection, chain.signer(KEEPER), statements)
    for (const { signals } of statements) {
      expect(await isCovered(connection, signals.tag, 'im', 600)).toBe(true)
    }
  })

  it('cost what the snapshot says, alone and together', async () => {
    await reset()
    const alone = await attest(connection, chain.signer(KEEPER), statements[0]!)
    const measured: Record<string, number> = { 'alone, by attest': Number(alone.gasUsed) }
    for (const size of [1, 2, 4, 8]) measured[`each in a batch of ${size}`] = await gasOfEach(size)
    if (process.env.UPDATE_GAS === '1') writeFileSync(SNAPSHOT, `${JSON.stringify(measured, null, 2)}\n`)
    const known = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as Record<string, number>
    expect(Object.keys(measured)).toEqual(Object.keys(known))
    for (const [name, gas] of Object.entries(measured)) {
      expect(Math.abs(gas - known[name]!) / known[name]!, `${name}: ${gas}`).toBeLessThan(0.01)
    }
    expect(measured['each in a batch of 8']! * 2).toBeLessThan(measured['alone, by attest']!)
  })
})
