import { concat, keccak256 } from 'ethers'
import { NO_SYNTHETIC, type SyntheticRound } from '../oracle/synthetic-round.ts'
import { InputError } from '../protocol/errors.ts'
import { TREE_ARITY } from '../protocol/octary-tree.ts'
import {
  LEAST_PRICE_NANO,
  LISTING_PART_PLACES,
  MOST_EXPIRIES,
  MOST_MARKS,
  MOST_SMILE_POINTS,
} from '../protocol/oracle-words.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import type { InstrumentQuote, MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskMatrix } from '../risk/matrix.ts'
import { lowerLevels, placeOf, type RiskTree } from '../risk/risk-tree.ts'
import { type ExpiryData, instrumentWord, type MarkData, type RoundData, wordsBytes } from './oracle-data.ts'

/** The listing and the raw data of a round, from the market and the matrix that a feeder made of it. Pure. */

/** Words of listed instruments by id: what the chain's listing holds. */
export type ListedWords = ReadonlyMap<number, bigint>

/**
 * The listing after a round: its quoted instruments, and those that are listed and not quoted, with the terms they had.
 * @throws InputError for an underlying that the configuration does not have
 */
export function listedWords(
  former: ListedWords,
  snapshot: MarketSnapshot,
  matrix: Pick<RiskMatrix, 'listing'>,
  configuration: RiskConfiguration,
): Map<number, bigint> {
  const quoted = new Map(snapshot.instruments.map((instrument) => [instrument.symbol, instrument]))
  const words = matrix.listing.instruments.map(({ symbol, id }) => {
    const instrument = quoted.get(symbol)
    const word =
      instrument === undefined
        ? former.get(id)
        : instrumentWord(instrument, id, placeInConfiguration(snapshot, instrument, configuration))
    if (word === undefined) throw new InputError(`${symbol} is listed without terms`, { field: 'listing' })
    return [id, word] as const
  })
  return new Map(words)
}

/** Bytes of each part of 64 places, up to the last that holds something. */
export function listingParts(words: ListedWords): string[] {
  const parts: bigint[][] = []
  const ordered = [...words].sort(([a], [b]) => placeOf(a) - placeOf(b))
  for (const [id, word] of ordered) {
    const part = Math.floor(placeOf(id) / LISTING_PART_PLACES)
    while (parts.length <= part) parts.push([])
    parts[part]!.push(word)
  }
  return parts.map(wordsBytes)
}

/** What the listing contract calls its hash. */
export function listingHashOf(parts: readonly string[]): string {
  return keccak256(concat(parts.map((part) => keccak256(part))))
}

export interface RoundInput {
  readonly snapshot: MarketSnapshot
  readonly matrix: RiskMatrix
  readonly configuration: RiskConfiguration
  readonly listingHash: string
  /** keccak-256 of the quotes that the market was made from. */
  readonly quotesHash: string
  /** What the market's scales follow from (syntheticRound); undefined: that of the round before stands. */
  readonly synthetic?: SyntheticRound
  /** The round before, whose vectors stand for what this one halts; undefined for the first. */
  readonly previous?: { readonly sequence: number; readonly data: RoundData; readonly listed: ListedWords }
}

/**
 * @throws InputError for a price below what a chain's round may hold, for a scale that does not follow, and for more
 * expiries, marks or strikes of one expiry than a round may bring
 */
export function makeRoundData(hasher: Hasher, input: RoundInput): RoundData {
  const { snapshot, matrix, configuration } = input
  const halted = new Set(matrix.halted.map(({ id }) => id))
  const spots = configuration.underlyings.map(
    (symbol) => snapshot.underlyings.find((underlying) => underlying.symbol === symbol)?.spotNano ?? 0n,
  )
  const expiries = snapshot.expiries
    .map((expiry) => ({ ...expiry, underlying: underlyingOf(snapshot, expiry.underlying, configuration) }))
    .sort((a, b) => a.underlying - b.underlying || a.expirySeconds - b.expirySeconds)
  for (const price of [...spots, ...expiries.map(({ forwardNano }) => forwardNano)]) {
    if (price !== 0n && price < LEAST_PRICE_NANO) {
      throw new InputError(`a price of ${price} nano-USD is too small for a round on chain`, {
        field: 'spot',
      })
    }
  }
  const synthetic = syntheticOf(input)
  const marks = marksOf(snapshot, matrix).filter(({ id }) => !halted.has(id))
  checkSizes(expiries, marks)
  return {
    listingHash: input.listingHash,
    quotesHash: input.quotesHash,
    asOfSeconds: snapshot.asOfSeconds,
    spotsNano: [spots[0] ?? 0n, spots[1] ?? 0n, spots[2] ?? 0n],
    scalesBps: synthetic.scalesBps,
    expiries,
    marks,
    halts: matrix.halted
      .map(({ id }) => ({ id, standingSequence: standingSequence(id, input.previous) }))
      .sort((a, b) => placeOf(a.id) - placeOf(b.id)),
    tops: matrix.tree.topNodes,
    groups: groupNodes(hasher, matrix.tree),
    synthetic: synthetic.entries,
  }
}

/** The oracle would refuse the round: more than this no challenge could bring. */
function checkSizes(expiries: readonly ExpiryData[], marks: readonly MarkData[]): void {
  const points = Math.max(0, ...expiries.map(({ smile }) => smile.length))
  const counts = [
    ['expiries', expiries.length, MOST_EXPIRIES],
    ['marks', marks.length, MOST_MARKS],
    ['smile', points, MOST_SMILE_POINTS],
  ] as const
  for (const [field, count, most] of counts) {
    if (count > most)
      throw new InputError(`has ${count} entries, and a round holds at most ${most}`, { field })
  }
}

/** A round whose scales do not follow from what it publishes would be rejected. */
function syntheticOf({ synthetic, previous, snapshot, configuration }: RoundInput): SyntheticRound {
  const before = previous && { entries: previous.data.synthetic, scalesBps: previous.data.scalesBps }
  const chosen = synthetic ?? before ?? NO_SYNTHETIC
  for (const { symbol, scaleBps = BASIS_POINTS } of snapshot.underlyings) {
    const follows = chosen.scalesBps[configuration.underlyings.indexOf(symbol)]
    if (follows !== undefined && follows !== scaleBps) {
      const rule = `of ${symbol} is ${scaleBps}, and ${follows} basis points follow from published data`
      throw new InputError(rule, { field: 'scale' })
    }
  }
  return chosen
}

/** Nodes of eight leaves, up to the last that is not empty; none in a tree whose leaves are its top nodes. */
export function groupNodes(hasher: Hasher, tree: RiskTree): bigint[] {
  if (lowerLevels(tree.instance) === 0) return []
  const last = [...tree.vectors.keys()].reduce((most, id) => Math.max(most, placeOf(id)), 0)
  return Array.from({ length: Math.floor(last / TREE_ARITY) + 1 }, (_, group) => {
    return hasher.hash('RISK_NODE', groupLeaves(tree, group))
  })
}

export function groupLeaves(tree: RiskTree, group: number): bigint[] {
  return Array.from({ length: TREE_ARITY }, (_, child) => tree.leaf(group * TREE_ARITY + child))
}

/** The round whose vector stands for a halted instrument: the chain's rule (contracts/oracle/StandingJudge.sol). */
export function standingSequence(id: number, previous: RoundInput['previous']): number {
  if (previous === undefined || !previous.listed.has(id)) return 0
  const halt = previous.data.halts.find((entry) => entry.id === id)
  return halt?.standingSequence ?? previous.sequence
}

function marksOf(snapshot: MarketSnapshot, { listing }: RiskMatrix): MarkData[] {
  return snapshot.instruments
    .flatMap((instrument) => {
      if (instrument.kind !== 'perpetual' && instrument.kind !== 'future') return []
      const fundingNano = instrument.kind === 'perpetual' ? instrument.cumulativeFundingNano : 0n
      return [{ id: listing.bySymbol(instrument.symbol)!.id, markNano: instrument.markNano, fundingNano }]
    })
    .sort((a, b) => a.id - b.id)
}

function placeInConfiguration(
  snapshot: MarketSnapshot,
  instrument: InstrumentQuote,
  configuration: RiskConfiguration,
): number {
  return instrument.kind === 'cash' ? 0 : underlyingOf(snapshot, instrument.underlying, configuration)
}

function underlyingOf(snapshot: MarketSnapshot, number: number, configuration: RiskConfiguration): number {
  const symbol = snapshot.underlyings[number]!.symbol
  const place = configuration.underlyings.indexOf(symbol)
  if (place < 0)
    throw new InputError(`the configuration has no underlying ${symbol}`, { field: 'underlyings' })
  return place
}
