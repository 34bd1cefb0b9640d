/** The demo's chain: contracts, roles, rounds, book heads. Boundary module: starts a local chain. */
import { AbiCoder, keccak256, type NonceManager } from 'ethers'
import type { Book } from '../../book/book.ts'
import type { BuildOptions } from '../../chain/build.ts'
import {
  approveParameters,
  type Connection,
  connect,
  postRound,
  publishBook,
  type Round,
  signRound,
} from '../../chain/client.ts'
import { type Deployment, deploy } from '../../chain/deploy.ts'
import { type LocalChain, startLocalChain } from '../../chain/local-chain.ts'
import type { Sent } from '../../chain/transactions.ts'
import { ToolError } from '../../protocol/errors.ts'
import type { CircuitArtifacts } from '../../prover/backend.ts'
import type { RiskMatrix } from '../../risk/matrix.ts'
import type { RoundSession } from '../session.ts'

/** A round older than this is stale on the demo's chain. */
export const MAX_AGE_SECONDS = 600
const QUORUM = 2

/** Accounts of the local chain by part; the venue's admin deploys. */
const PARTS = {
  admin: 0,
  venue: 1,
  feeder1: 2,
  feeder2: 3,
  feeder3: 4,
  owner: 5,
  keeper: 6,
  thief: 7,
} as const
export type Part = keyof typeof PARTS
const FEEDERS = ['feeder1', 'feeder2', 'feeder3'] as const

export interface Stage {
  readonly chain: LocalChain
  readonly deployment: Deployment
  readonly connection: Connection
  signer(part: Part): NonceManager
  address(part: Part): Promise<string>
  close(): Promise<void>
}

/** Starts a chain whose clock is the market's, deploys, and puts the configuration in force. The caller closes it. */
export async function openStage(
  session: RoundSession,
  artifacts: CircuitArtifacts,
  build: BuildOptions,
): Promise<Stage> {
  const chain = await startLocalChain({ startSeconds: session.matrix.asOfSeconds })
  try {
    const signer = (part: Part) => chain.signer(PARTS[part])
    const address = (part: Part) => signer(part).getAddress()
    const deployment = await deploy({
      ...build,
      deployer: signer('admin'),
      key: artifacts.verificationKey,
      provenance: { kind: artifacts.provenance.kind, circuit: artifacts.name },
      admin: await address('admin'),
      venue: await address('venue'),
      feeders: await Promise.all(FEEDERS.map(address)),
      quorum: QUORUM,
      maxAgeSeconds: MAX_AGE_SECONDS,
    })
    const connection = await connect(deployment, chain.provider, build)
    const { parametersWord } = session.matrix
    await approveParameters(connection, signer('admin'), parametersWord, session.configurationHash)
    return { chain, deployment, connection, signer, address, close: () => chain.close() }
  } catch (error) {
    await chain.close()
    throw error
  }
}

/** What of a round the market decides. */
export interface RoundContent {
  readonly matrix: RiskMatrix
  readonly marketHash: string
  readonly configurationHash: string
}

/** Two of the three feeders sign the round and a keeper posts it. */
export async function feedRound(stage: Stage, sequence: number, content: RoundContent): Promise<Sent> {
  const round: Round = {
    sequence,
    timeSeconds: content.matrix.asOfSeconds,
    riskRoot: content.matrix.root,
    parameters: content.matrix.parametersWord,
    configurationHash: content.configurationHash,
    marketHash: content.marketHash,
  }
  const signatures = await Promise.all(
    FEEDERS.slice(0, QUORUM).map((part) => signRound(stage.deployment, stage.signer(part), round)),
  )
  return postRound(stage.connection, stage.signer('keeper'), round, signatures)
}

/**
 * The venue publishes the book as the head after `baseSequence`.
 * @throws ToolError when the contract and the book disagree on the root, which would be a fault in Tacit itself
 */
export async function publishHead(stage: Stage, book: Book, baseSequence: number): Promise<Sent> {
  const leaves = AbiCoder.defaultAbiCoder().encode(['uint256[]'], [[...book.leaves]])
  const sent = await publishBook(stage.connection, stage.signer('venue'), {
    baseSequence,
    treeRoot: book.treeRoot,
    count: book.count,
    dataHash: keccak256(leaves),
  })
  if (sent.bookRoot !== book.root) throw new ToolError('contract and book disagree on the book root')
  return sent
}
