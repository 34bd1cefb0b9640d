import { Contract, type EventLog, Interface, type Provider, type Signer } from 'ethers'
import { InputError, SetupError } from '../protocol/errors.ts'
import { LISTING_PART_PLACES } from '../protocol/oracle-words.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { placeOf } from '../risk/risk-tree.ts'
import { type Artifacts, type BuildOptions, buildContracts } from './build.ts'
import { type Connection, errorsOf, type Round, type RoundSignature, roundTuple } from './client.ts'
import type { Challenge } from './oracle-challenge.ts'
import { packConfiguration } from './oracle-configuration.ts'
import { type ListedWords, listingParts } from './oracle-round.ts'
import { chainErrorOf, type SendOptions, type Sent, send, view } from './transactions.ts'

/** The challengeable oracle and its listing as typed functions. Boundary module: network. */
export interface OracleConnection {
  readonly oracle: Contract
  readonly listing: Contract
  readonly errors: Interface
}

export async function connectOracle(
  address: string,
  provider: Provider,
  options: BuildOptions & { readonly artifacts?: Artifacts } = {},
): Promise<OracleConnection> {
  const artifacts = options.artifacts ?? (await buildContracts(options))
  const contract = (at: string, name: string) =>
    new Contract(at, Interface.from(artifacts[name]!.abi as never), provider)
  const oracle = contract(address, 'ChallengeableOracle')
  const errors = errorsOf(artifacts)
  const listing = contract(await view<string>(oracle, 'listing', [], errors), 'InstrumentListing')
  return { oracle, listing, errors }
}

/** @throws SetupError for a deployment whose rounds come without their data */
export function oracleConnectionOf({ oracle, listing, errors }: Connection): OracleConnection {
  if (listing === undefined) throw new SetupError('the oracle of this deployment takes rounds without data')
  return { oracle, listing, errors }
}

/** Posts a round with its raw data, for the bond. */
export async function postRoundWithData(
  connection: OracleConnection,
  poster: Signer,
  round: Round,
  signatures: readonly RoundSignature[],
  sections: readonly string[],
  options: SendOptions = {},
): Promise<Sent> {
  const { oracle, errors } = connection
  const ascending = [...signatures].sort((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1))
  const valueWei = await view<bigint>(oracle, 'bondWei', [], errors)
  const args = [roundTuple(round), ascending.map(({ signature }) => signature), sections]
  return send(oracle, 'postRoundWithData', args, poster, errors, { valueWei, ...options })
}

/** Says on chain what a configuration's hash stands for. */
export function bindConfiguration(
  connection: OracleConnection,
  admin: Signer,
  configurationHash: string,
  configuration: RiskConfiguration,
): Promise<Sent> {
  const args = [configurationHash, packConfiguration(configuration)]
  return send(connection.oracle, 'bindConfiguration', args, admin, connection.errors)
}

/** Brings the listing on chain to these words, part by part; returns what was sent. */
export async function listInstruments(
  connection: OracleConnection,
  lister: Signer,
  former: ListedWords,
  words: ListedWords,
): Promise<Sent[]> {
  const [before, after] = [listingParts(former), listingParts(words)]
  const sent: Sent[] = []
  for (let part = 0; part < Math.max(before.length, after.length); part++) {
    const rows = after[part] ?? '0x'
    if (before[part] === rows) continue
    const args = [part, before[part] ?? '0x', rows]
    sent.push(await send(connection.listing, 'list', args, lister, connection.errors))
  }
  return sent
}

export function sendChallenge(
  connection: OracleConnection,
  challenger: Signer,
  { judge, sequences, evidence }: Challenge,
  options?: SendOptions,
): Promise<Sent> {
  const args = [judge, sequences, evidence]
  return send(connection.oracle, 'challenge', args, challenger, connection.errors, options)
}

// ---------------------------------------------------------------- what was posted

/** A round as the chain has it, before its data are read. */
export interface PostedLog {
  readonly sequence: number
  readonly riskRoot: bigint
  readonly timeSeconds: number
  readonly parameters: bigint
  readonly configurationHash: string
  readonly marketHash: string
  readonly poster: string
  readonly sections: readonly string[]
  readonly blockNumber: number
  readonly blockHash: string
}

export interface ListingLog {
  readonly part: number
  readonly listingHash: string
  readonly rows: string
  readonly blockNumber: number
}

/** Rounds of these blocks, and every change of the listing since `listedFrom`, in their order. */
export async function readLogs(
  { oracle, listing, errors }: OracleConnection,
  listedFrom: number,
  fromBlock: number,
  toBlock: number,
): Promise<{ rounds: PostedLog[]; listings: ListingLog[] }> {
  try {
    const [posted, data, listed] = await Promise.all([
      oracle.queryFilter('RoundPosted', fromBlock, toBlock),
      oracle.queryFilter('RoundData', fromBlock, toBlock),
      listing.queryFilter('PartListed', listedFrom, toBlock),
    ])
    const dataOf = new Map((data as EventLog[]).map((log) => [log.args[0] as bigint, log]))
    const rounds = (posted as EventLog[]).map((log) => postedLog(log, dataOf.get(log.args[0] as bigint)!))
    const listings = (listed as EventLog[]).map(({ args, blockNumber }) => ({
      part: Number(args[0]),
      listingHash: args[1] as string,
      rows: args[2] as string,
      blockNumber,
    }))
    return { rounds, listings }
  } catch (error) {
    throw chainErrorOf(error, errors)
  }
}

function postedLog({ args, blockNumber, blockHash }: EventLog, data: EventLog): PostedLog {
  return {
    sequence: Number(args[0]),
    riskRoot: args[1] as bigint,
    timeSeconds: Number(args[2]),
    parameters: args[3] as bigint,
    configurationHash: args[4] as string,
    marketHash: args[5] as string,
    poster: data.args[1] as string,
    sections: [...(data.args[2] as string[])],
    blockNumber,
    blockHash,
  }
}

/** The words of a listing's parts, by id. @throws InputError for a row outside its part. */
export function wordsOfParts(parts: readonly string[]): Map<number, bigint> {
  const words = new Map<number, bigint>()
  for (const [part, bytes] of parts.entries()) {
    for (let at = 2; at < bytes.length; at += 64) {
      const word = BigInt(`0x${bytes.slice(at, at + 64)}`)
      const id = Number(word & 0xffff_ffffn)
      if (Math.floor(placeOf(id) / LISTING_PART_PLACES) !== part) {
        throw new InputError(`the id ${id} does not belong to part ${part}`, { field: 'listing' })
      }
      words.set(id, word)
    }
  }
  return words
}
