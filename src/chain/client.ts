import {
  Contract,
  Interface,
  type Provider,
  type Signer,
  type TypedDataDomain,
  TypedDataEncoder,
} from 'ethers'
import { THRESHOLD_CODES, type Threshold } from '../protocol/claims.ts'
import { type KeptSignals, keptSignalsToArray } from '../protocol/engine-signals.ts'
import { type MarginSignals, marginSignalsToArray } from '../protocol/signals.ts'
import { type Artifacts, type BuildOptions, buildContracts } from './build.ts'
import type { Deployment } from './deploy.ts'
import { type Groth16Proof, toSolidityProof } from './generate-verifier.ts'
import { type SendOptions, type Sent, send, view } from './transactions.ts'
import { VERIFIER_ERRORS } from './verifier-assembly.ts'

/** The contracts as typed functions. Boundary module: network. Every failure is a ChainError in words. */
export interface Connection {
  readonly deployment: Deployment
  readonly oracle: Contract
  /** What every id means, where rounds can be challenged. */
  readonly listing?: Contract
  readonly registry: Contract
  readonly attestor: Contract
  /** Of margin proofs. */
  readonly verifier: Contract
  /** Every named error that any of the contracts can give, the verifier's included. */
  readonly errors: Interface
}

export async function connect(
  deployment: Deployment,
  provider: Provider,
  options: BuildOptions = {},
): Promise<Connection> {
  const artifacts = await buildContracts(options)
  const contract = (address: string, name: string) =>
    new Contract(address, Interface.from(artifacts[name]!.abi as never), provider)
  return {
    deployment,
    oracle: contract(
      deployment.oracle,
      deployment.listing === undefined ? 'RiskOracle' : 'ChallengeableOracle',
    ),
    ...(deployment.listing === undefined
      ? {}
      : { listing: contract(deployment.listing, 'InstrumentListing') }),
    registry: contract(deployment.registry, 'BookRegistry'),
    attestor: contract(deployment.attestor, 'MarginAttestor'),
    verifier: contract(deployment.verifier, 'IMarginVerifier'),
    errors: errorsOf(artifacts),
  }
}

/** The errors of all contracts in one interface: a call may fail inside another contract than the one called. */
export function errorsOf(artifacts: Artifacts): Interface {
  const entries = Object.values(artifacts).flatMap((artifact) =>
    artifact.abi.filter((entry) => entry.type === 'error'),
  )
  const distinct = new Map(entries.map((entry) => [JSON.stringify(entry), entry]))
  return Interface.from([...distinct.values(), ...VERIFIER_ERRORS] as never)
}

// ---------------------------------------------------------------- rounds

/** One round of the risk matrix. Hashes are 0x-prefixed 32 bytes. */
export interface Round {
  readonly sequence: number
  readonly timeSeconds: number
  readonly riskRoot: bigint
  /** The packed word of packMarginParameters. */
  readonly parameters: bigint
  readonly configurationHash: string
  readonly marketHash: string
}

export interface RoundSignature {
  readonly signer: string
  readonly signature: string
}

const ROUND_TYPES = {
  Round: [
    { name: 'sequence', type: 'uint64' },
    { name: 'time', type: 'uint64' },
    { name: 'riskRoot', type: 'uint256' },
    { name: 'parameters', type: 'uint256' },
    { name: 'configurationHash', type: 'bytes32' },
    { name: 'marketHash', type: 'bytes32' },
  ],
}

/** The oracle and chain that a signature is good for. */
export type RoundDomain = Pick<Deployment, 'chainId' | 'oracle'>

/** A feeder's EIP-712 signature of a round, good for this oracle on this chain only. */
export async function signRound(domain: RoundDomain, feeder: Signer, round: Round): Promise<RoundSignature> {
  const signature = await feeder.signTypedData(roundDomain(domain), ROUND_TYPES, roundValue(round))
  return { signer: await feeder.getAddress(), signature }
}

/** What signRound signs: the same as RiskOracle.roundDigest. 0x-hex of 32 bytes. */
export function roundDigest(domain: RoundDomain, round: Round): string {
  return TypedDataEncoder.hash(roundDomain(domain), ROUND_TYPES, roundValue(round))
}

function roundDomain({ chainId, oracle }: RoundDomain): TypedDataDomain {
  return { name: 'Tacit RiskOracle', version: '1', chainId, verifyingContract: oracle }
}

function roundValue({ timeSeconds, ...rest }: Round) {
  return { ...rest, time: timeSeconds }
}

/** Posts a round; puts the signatures in the order that the oracle asks for. Anyone may be the sender. */
export function postRound(
  connection: Connection,
  sender: Signer,
  round: Round,
  signatures: readonly RoundSignature[],
  options?: SendOptions,
): Promise<Sent> {
  const ascending = [...signatures].sort((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1))
  const args = [roundTuple(round), ascending.map(({ signature }) => signature)]
  return send(connection.oracle, 'postRound', args, sender, connection.errors, options)
}

/** Governance puts a parameters word and its configuration in force. */
export function approveParameters(
  connection: Connection,
  admin: Signer,
  parameters: bigint,
  configurationHash: string,
): Promise<Sent> {
  return send(
    connection.oracle,
    'approveParameters',
    [parameters, configurationHash],
    admin,
    connection.errors,
  )
}

/** The newest round; undefined before the first, and while the newest was rejected and none has followed. */
export async function latestRound(connection: Connection): Promise<Round | undefined> {
  const { oracle, errors } = connection
  const latest = await view<bigint>(oracle, 'latestSequence', [], errors)
  if (latest === 0n || (await view<boolean>(oracle, 'isRejected', [latest], errors))) return undefined
  const [sequence, time, riskRoot, parameters, configurationHash, marketHash] = await view<
    [bigint, bigint, bigint, bigint, string, string]
  >(oracle, 'roundAt', [latest], errors)
  return {
    sequence: Number(sequence),
    timeSeconds: Number(time),
    riskRoot,
    parameters,
    configurationHash,
    marketHash,
  }
}

/** A round as the contract's struct. */
export function roundTuple(round: Round): readonly unknown[] {
  const { sequence, timeSeconds, riskRoot, parameters, configurationHash, marketHash } = round
  return [sequence, timeSeconds, riskRoot, parameters, configurationHash, marketHash]
}

// ---------------------------------------------------------------- the book

export interface BookUpdate {
  /** The head that the update was made from; 0 for the first. */
  readonly baseSequence: number
  readonly treeRoot: bigint
  /** Number of accounts. */
  readonly count: number
  /** Hash of the published leaf commitments. */
  readonly dataHash: string
  /** Shows that the held leaves stand in this book, four to a proof in the registry's order; none when none are held. */
  readonly kept?: readonly ProvenKept[]
}

/** A proof of the circuit kept, with what it states. */
export interface ProvenKept {
  readonly proof: Groth16Proof
  readonly signals: KeptSignals
}

export interface BookHead {
  readonly sequence: number
  readonly bookRoot: bigint
}

/** Publishes the next state of the book and returns the head that it became. */
export async function publishBook(
  connection: Connection,
  venue: Signer,
  update: BookUpdate,
  options?: SendOptions,
): Promise<Sent & BookHead> {
  const { baseSequence, treeRoot, count, dataHash } = update
  const kept = (update.kept ?? []).map(({ proof, signals }) => [
    toSolidityProof(proof),
    keptSignalsToArray(signals),
  ])
  const args = [baseSequence, treeRoot, count, dataHash, kept]
  const sent = await send(connection.registry, 'publish', args, venue, connection.errors, options)
  const bookRoot = await view<bigint>(connection.registry, 'bookRootOf', [treeRoot, count], connection.errors)
  return { ...sent, sequence: baseSequence + 1, bookRoot }
}

/** Names the head as the next epoch's. */
export function designateEpoch(connection: Connection, venue: Signer): Promise<Sent> {
  return send(connection.registry, 'designateEpoch', [], venue, connection.errors)
}

/** The head of the book, or undefined before the first publish. */
export async function bookHead(connection: Connection): Promise<BookHead | undefined> {
  const sequence = await view<bigint>(connection.registry, 'headSequence', [], connection.errors)
  if (sequence === 0n) return undefined
  const head = await view<{ bookRoot: bigint }>(connection.registry, 'headAt', [sequence], connection.errors)
  return { sequence: Number(sequence), bookRoot: head.bookRoot }
}

// ---------------------------------------------------------------- statements

/** A proof, what it states, and for whom it was made (the context signal names the same address). */
export interface ProvenStatement {
  readonly proof: Groth16Proof
  readonly signals: MarginSignals
  readonly beneficiary: string
}

export function attest(
  connection: Connection,
  sender: Signer,
  statement: ProvenStatement,
  options?: SendOptions,
): Promise<Sent> {
  return send(
    connection.attestor,
    'attest',
    statementArguments(statement),
    sender,
    connection.errors,
    options,
  )
}

export function trigger(
  connection: Connection,
  sender: Signer,
  statement: ProvenStatement,
  options?: SendOptions,
): Promise<Sent> {
  return send(
    connection.attestor,
    'trigger',
    statementArguments(statement),
    sender,
    connection.errors,
    options,
  )
}

/** Whether the tag's account was last proven covered at this threshold or a stricter one, on a round this fresh. */
export function isCovered(
  connection: Connection,
  tag: bigint,
  threshold: Threshold,
  maxAgeSeconds: number,
): Promise<boolean> {
  return view(
    connection.attestor,
    'isCovered',
    [tag, THRESHOLD_CODES[threshold], maxAgeSeconds],
    connection.errors,
  )
}

/** Whether the tag's account was last proven below this threshold or a looser one, on a round this fresh. */
export function isBelow(
  connection: Connection,
  tag: bigint,
  threshold: Threshold,
  maxAgeSeconds: number,
): Promise<boolean> {
  return view(
    connection.attestor,
    'isBelow',
    [tag, THRESHOLD_CODES[threshold], maxAgeSeconds],
    connection.errors,
  )
}

function statementArguments(statement: ProvenStatement): readonly unknown[] {
  return [toSolidityProof(statement.proof), marginSignalsToArray(statement.signals), statement.beneficiary]
}
