import { id, type NonceManager } from 'ethers'
import { attestBatch } from '../../../src/chain/batch.ts'
import {
  approveParameters,
  attest,
  type Connection,
  connect,
  type ProvenStatement,
  postRound,
  publishBook,
  type Round,
  signRound,
  trigger,
} from '../../../src/chain/client.ts'
import { contextFor } from '../../../src/chain/context.ts'
import { deploy } from '../../../src/chain/deploy.ts'
import { type LocalChain, startLocalChain } from '../../../src/chain/local-chain.ts'
import type { Sent } from '../../../src/chain/transactions.ts'
import type { Claim } from '../../../src/protocol/claims.ts'
import { toField } from '../../../src/protocol/field.ts'
import { DEFAULT_INSTANCE } from '../../../src/protocol/instances.ts'
import type { CircuitArtifacts } from '../../../src/prover/backend.ts'
import { MarginProver } from '../../../src/prover/margin-prover.ts'
import { configurationHash } from '../../../src/risk/configuration-hash.ts'
import { DEFAULT_CONFIGURATION } from '../../../src/risk/default-configuration.ts'
import { atMost, type BenchPart, type Say, showCount } from '../part.ts'
import { type BenchWorld, benchArtifacts, benchWorld, fullestOf, witnessOf } from '../world.ts'

const TARGET_GAS = 320_000
/** What a statement costs in a batch of BATCH is to be at most this share of what it costs alone. */
const TARGET_SHARE = 0.5
const BATCH = 8
const MAX_AGE_SECONDS = 600
/** Accounts of the local chain by part. */
const ADMIN = 0
const VENUE = 1
const FEEDERS = [2, 3, 4]
const KEEPER = 5
const ACCOUNTS = 10

/**
 * Gas of real transactions on a local chain, with the margin-16 verifier and real proofs. `attest` and `trigger`
 * are an account's first record, on the newest round; the dearest ones answer on the round before and have a contrary
 * record of the same account to compare with. A batch holds first records of as many accounts.
 */
export const gasPart: BenchPart = {
  name: 'gas',
  summary: 'gas of an attestation alone and in a batch, a trigger, a round and a book head',
  async run(_options, say) {
    const artifacts = await benchArtifacts(say)
    say('the sample book')
    const world = await benchWorld()
    say('deploying to a local chain')
    const chain = await startLocalChain({ startSeconds: world.matrix.asOfSeconds })
    try {
      const connection = await deployed(chain, world, artifacts)
      const statements = await proveStatements(chain, connection, world, say)
      say('sending transactions')
      return report(await measure({ chain, connection, world, statements }))
    } finally {
      await chain.close()
    }
  },
}

async function deployed(
  chain: LocalChain,
  { matrix }: BenchWorld,
  artifacts: CircuitArtifacts,
): Promise<Connection> {
  const address = (index: number) => chain.signer(index).getAddress()
  const deployment = await deploy({
    deployer: chain.signer(ADMIN),
    key: artifacts.verificationKey,
    provenance: { kind: artifacts.provenance.kind, circuit: artifacts.name },
    admin: await address(ADMIN),
    venue: await address(VENUE),
    feeders: await Promise.all(FEEDERS.map(address)),
    quorum: FEEDERS.length,
    maxAgeSeconds: MAX_AGE_SECONDS,
    challenge: 'plain',
  })
  const connection = await connect(deployment, chain.provider)
  const hash = configurationHash(DEFAULT_CONFIGURATION)
  await approveParameters(connection, chain.signer(ADMIN), matrix.parametersWord, hash)
  return connection
}

interface Statements {
  /** A healthy account at or above its initial margin. */
  readonly healthy: ProvenStatement
  /** Another account, solvent but below its maintenance margin: both are true of it, and contrary records. */
  readonly solvent: ProvenStatement
  readonly below: ProvenStatement
  /** Of BATCH solvent accounts, that they are. */
  readonly batch: readonly ProvenStatement[]
}

async function proveStatements(
  chain: LocalChain,
  { deployment }: Connection,
  world: BenchWorld,
  say: Say,
): Promise<Statements> {
  const beneficiary = await chain.signer(KEEPER).getAddress()
  const context = contextFor(deployment.chainId, deployment.attestor, beneficiary)
  const [healthy, distressed] = [fullestOf(world, 'healthy'), fullestOf(world, 'fullLiquidation')]
  const prover = await MarginProver.open(DEFAULT_INSTANCE, { backend: { backend: 'builtin' } })
  const proven = async (index: number, claim: Claim): Promise<ProvenStatement> => {
    say(`proving ${claim.below ? 'a trigger' : 'an attestation'} at ${claim.threshold}`)
    const { proof, signals } = await prover.prove(witnessOf(world, index, claim, context))
    return { proof, signals, beneficiary }
  }
  try {
    return {
      healthy: await proven(healthy, { threshold: 'im', below: false }),
      solvent: await proven(distressed, { threshold: 'zero', below: false }),
      below: await proven(distressed, { threshold: 'mm', below: true }),
      batch: await inTurn(solventOf(world), (index) => proven(index, { threshold: 'zero', below: false })),
    }
  } finally {
    await prover.close()
  }
}

/** As many solvent accounts as a batch takes. */
function solventOf({ entries }: BenchWorld): number[] {
  const solvent = [...entries.keys()].filter((index) => entries[index]!.tier !== 'insolvent')
  if (solvent.length < BATCH) throw new Error(`the sample book has only ${solvent.length} solvent accounts`)
  return solvent.slice(0, BATCH)
}

/** One after the other: a prover has all threads for a proof. */
async function inTurn<T>(indices: readonly number[], make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  for (const index of indices) made.push(await make(index))
  return made
}

interface Stage {
  readonly chain: LocalChain
  readonly connection: Connection
  readonly world: BenchWorld
  readonly statements: Statements
}

async function measure(stage: Stage) {
  const { chain, connection, statements } = stage
  const keeper = chain.signer(KEEPER)
  const attested = (statement: ProvenStatement) => attest(connection, keeper, statement)
  const triggered = (statement: ProvenStatement) => trigger(connection, keeper, statement)
  const round = await feedRound(stage, 1)
  const head = await publishHead(stage)
  const restart = await restartPoint(chain)
  const plainAttest = await attested(statements.healthy)
  const plainTrigger = await triggered(statements.below)
  await restart()
  await attested(statements.solvent)
  await feedRound(stage, 2)
  const dearestTrigger = await triggered(statements.below)
  await restart()
  await triggered(statements.below)
  await feedRound(stage, 2)
  const dearestAttest = await attested(statements.solvent)
  await restart()
  const batch = await attestBatch(connection, keeper, statements.batch)
  return {
    attest: gasOf(plainAttest),
    trigger: gasOf(plainTrigger),
    attestDearest: gasOf(dearestAttest),
    triggerDearest: gasOf(dearestTrigger),
    attestInBatch: Math.ceil(gasOf(batch) / statements.batch.length),
    postRound: gasOf(round),
    publish: gasOf(head),
  }
}

/** Every feeder signs. The root of the second round is opened by nobody here, so any will do. */
async function feedRound({ chain, connection, world }: Stage, sequence: number): Promise<Sent> {
  const { matrix } = world
  const round: Round = {
    sequence,
    timeSeconds: matrix.asOfSeconds + sequence - 1,
    riskRoot: sequence === 1 ? matrix.root : toField(BigInt(id(`round ${sequence}`))),
    parameters: matrix.parametersWord,
    configurationHash: configurationHash(DEFAULT_CONFIGURATION),
    marketHash: id(`market ${sequence}`),
  }
  const sign = (feeder: NonceManager) => signRound(connection.deployment, feeder, round)
  const signatures = await Promise.all(FEEDERS.map((index) => sign(chain.signer(index))))
  return postRound(connection, chain.signer(KEEPER), round, signatures)
}

function publishHead({ chain, connection, world }: Stage): Promise<Sent> {
  const { treeRoot, count } = world.book
  const update = { baseSequence: 0, treeRoot, count, dataHash: id('leaves') }
  return publishBook(connection, chain.signer(VENUE), update)
}

/** Takes the chain back to where it is now, as often as it is called; the signers' nonces with it. */
async function restartPoint({ provider, signer }: LocalChain): Promise<() => Promise<void>> {
  let snapshot: unknown = await provider.send('evm_snapshot', [])
  return async () => {
    await provider.send('evm_revert', [snapshot])
    // A snapshot serves once.
    snapshot = await provider.send('evm_snapshot', [])
    for (let index = 0; index < ACCOUNTS; index++) signer(index).reset()
  }
}

function gasOf({ gasUsed }: Sent): number {
  return Number(gasUsed)
}

function report(figures: Awaited<ReturnType<typeof measure>>) {
  const bounded = (measure: string, gas: number) => atMost(measure, gas, TARGET_GAS, showCount)
  const share = figures.attestInBatch / figures.attest
  const showShare = (value: number) => value.toFixed(2)
  return {
    figures,
    rows: [
      bounded('gas of an attestation, first of its account', figures.attest),
      bounded('gas of an attestation, dearest case', figures.attestDearest),
      bounded('gas of a trigger, first of its account', figures.trigger),
      bounded('gas of a trigger, dearest case', figures.triggerDearest),
      {
        measure: `gas of an attestation, each in a batch of ${BATCH}`,
        figure: showCount(figures.attestInBatch),
      },
      atMost('the same / an attestation alone', share, TARGET_SHARE, showShare),
      { measure: `gas of a round, ${FEEDERS.length} signatures`, figure: showCount(figures.postRound) },
      { measure: 'gas of a book head', figure: showCount(figures.publish) },
    ],
  }
}
