import { DEFAULT_ORACLE_PARAMETERS, type SyntheticParameters } from '../oracle/oracle-parameters.ts'
import { NO_SYNTHETIC, wrongSynthetic } from '../oracle/synthetic-round.ts'
import { InputError, TacitError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { type MarginInstance, riskPlaces } from '../protocol/instances.ts'
import { TREE_ARITY } from '../protocol/octary-tree.ts'
import {
  LEAST_PRICE_NANO,
  SECTION_GROUPS,
  SECTION_HEADER,
  SECTION_MARKS,
  SECTION_SMILES,
  SECTION_TOPS,
} from '../protocol/oracle-words.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { BASIS_POINTS, MAX_SCALE_BPS } from '../protocol/ranges.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { marginParametersOf } from '../risk/configuration.ts'
import { FORWARD_SPOT_RATIO, MAX_PRICE_NANO, MAX_VOL_NANO, MIN_VOL_NANO } from '../risk/market/check.ts'
import type { ExpiryQuote, InstrumentQuote, MarketSnapshot } from '../risk/market/snapshot.ts'
import { raiseCharges } from '../risk/matrix.ts'
import { prepareRound, riskVector } from '../risk/rates.ts'
import { lowerLevels, placeOf, riskLeaf, TOP_NODES, topRoot } from '../risk/risk-tree.ts'
import type { RoundContext } from '../risk/round-context.ts'
import { type RiskVector, ZERO_VECTOR } from '../risk/vector.ts'
import { type ListedTerms, listedTerms, type RoundData } from './oracle-data.ts'
import { haltSection } from './oracle-halts.ts'
import { type ListedWords, standingSequence } from './oracle-round.ts'

/**
 * A round recomputed from what stands on chain: what each place must hold, and the first thing about the round that is
 * not so. The TypeScript side of contracts/oracle's judges; the pricing is the matrix's own. Pure.
 */

/** A posted round with all that it was made from. */
export interface PostedData {
  readonly sequence: number
  /** The newest round that stood when it was posted; 0: none. */
  readonly previous: number
  readonly riskRoot: bigint
  readonly data: RoundData
  readonly listed: ListedWords
  readonly configuration: RiskConfiguration
}

export type RoundLookup = (sequence: number) => PostedData | undefined

/** What is wrong with a round, in the order in which it is looked for; each kind has its judge. */
export type RoundFault =
  | { readonly kind: 'format'; readonly section: number }
  | { readonly kind: 'standing'; readonly id: number }
  | { readonly kind: 'scale'; readonly underlying: number }
  | { readonly kind: 'root' }
  | { readonly kind: 'top'; readonly top: number }
  | { readonly kind: 'group'; readonly group: number; readonly place: number }
  | { readonly kind: 'cell'; readonly place: number }

/**
 * The first fault of a round, or undefined: then its root is the one that its raw data make.
 * @param parameters by which the oracle's scales follow.
 */
export function findFault(
  hasher: Hasher,
  instance: MarginInstance,
  round: PostedData,
  lookup: RoundLookup,
  parameters: SyntheticParameters = DEFAULT_ORACLE_PARAMETERS.synthetic,
): RoundFault | undefined {
  const section = wrongSection(round, instance)
  if (section !== undefined) return { kind: 'format', section }
  const halted = wrongHalt(round, lookup)
  if (halted !== undefined) return { kind: 'standing', id: halted }
  const underlying = wrongScale(round, lookup, parameters)
  if (underlying !== undefined) return { kind: 'scale', underlying }
  if (topRoot(hasher, round.data.tops) !== round.riskRoot) return { kind: 'root' }
  const leaves = expectedLeaves(hasher, instance, round, lookup)
  if (lowerLevels(instance) === 0) {
    const place = leaves.findIndex((leaf, at) => leaf !== round.data.tops[at])
    return place < 0 ? undefined : { kind: 'cell', place }
  }
  return wrongNode(hasher, round.data, leaves)
}

/**
 * What every place must hold; undefined where the round's own data make no vector of an instrument that it does not
 * halt, so that no leaf can be right.
 */
export function expectedLeaves(
  hasher: Hasher,
  instance: MarginInstance,
  round: PostedData,
  lookup: RoundLookup,
): (bigint | undefined)[] {
  const leaves: (bigint | undefined)[] = new Array(riskPlaces(instance)).fill(0n)
  leaves[0] = riskLeaf(hasher, ZERO_VECTOR)
  const contexts = new Map<number, RoundContext | undefined>()
  const contextOf = (posted: PostedData) => {
    if (!contexts.has(posted.sequence)) contexts.set(posted.sequence, contextOrUndefined(posted))
    return contexts.get(posted.sequence)
  }
  const standing = new Map(round.data.halts.map((halt) => [halt.id, halt.standingSequence]))
  for (const id of round.listed.keys()) {
    const from = standing.get(id)
    if (from === 0) continue
    const source = from === undefined ? round : lookup(from)
    const vector = source && vectorOf(source, contextOf(source), id)
    const held = vector && (from === undefined ? vector : raiseCharges(vector, parametersOf(round)))
    leaves[placeOf(id)] = held && riskLeaf(hasher, held)
  }
  return leaves
}

/** The vectors of these instruments by the round's own data; those that it makes none of are left out. */
export function vectorsOf(round: PostedData, ids: Iterable<number>): Map<number, RiskVector> {
  const context = contextOrUndefined(round)
  const vectors = new Map<number, RiskVector>()
  for (const id of ids) {
    const vector = vectorOf(round, context, id)
    if (vector !== undefined) vectors.set(id, vector)
  }
  return vectors
}

function wrongNode(
  hasher: Hasher,
  { tops, groups }: RoundData,
  leaves: readonly (bigint | undefined)[],
): RoundFault | undefined {
  const empty = hasher.hash('RISK_NODE', new Array<bigint>(TREE_ARITY).fill(0n))
  const postedGroup = (group: number) => groups[group] ?? empty
  for (let top = 0; top < TOP_NODES; top++) {
    const children = Array.from({ length: TREE_ARITY }, (_, child) => postedGroup(top * TREE_ARITY + child))
    if (hasher.hash('RISK_NODE', children) !== tops[top]) return { kind: 'top', top }
  }
  for (let group = 0; group < TOP_NODES * TREE_ARITY; group++) {
    const children = leaves.slice(group * TREE_ARITY, (group + 1) * TREE_ARITY)
    const unknown = children.indexOf(undefined)
    if (unknown >= 0) return { kind: 'group', group, place: group * TREE_ARITY + unknown }
    const isEmpty = children.every((leaf) => leaf === 0n)
    const node = isEmpty ? empty : hasher.hash('RISK_NODE', children as bigint[])
    if (node !== postedGroup(group)) return { kind: 'group', group, place: group * TREE_ARITY }
  }
  return undefined
}

// ---------------------------------------------------------------- vectors

function contextOrUndefined({ data, configuration }: PostedData): RoundContext | undefined {
  try {
    return prepareRound(snapshotOf(data, configuration), configuration)
  } catch (error) {
    if (error instanceof TacitError) return undefined
    throw error
  }
}

function vectorOf(round: PostedData, context: RoundContext | undefined, id: number): RiskVector | undefined {
  const word = round.listed.get(id)
  if (word === undefined || context === undefined) return undefined
  const instrument = quoteOf(listedTerms(word), round)
  if (instrument === undefined) return undefined
  try {
    return riskVector(context, instrument, id)
  } catch (error) {
    // Out of range, or without its expiry or smile: it had to be halted.
    if (error instanceof TacitError) return undefined
    throw error
  }
}

/** The market that the data speak of; instruments are looked up one by one. */
export function snapshotOf(data: RoundData, configuration: RiskConfiguration): MarketSnapshot {
  const present = presentUnderlyings(data, configuration)
  const expiries: ExpiryQuote[] = data.expiries.map((expiry) => ({
    ...expiry,
    underlying: present.findIndex(({ place }) => place === expiry.underlying),
  }))
  return {
    asOfSeconds: data.asOfSeconds,
    underlyings: present.map(({ symbol, spotNano, place }) => {
      return { symbol, spotNano, scaleBps: data.scalesBps[place]! }
    }),
    expiries,
    instruments: [],
  }
}

function presentUnderlyings({ spotsNano }: RoundData, configuration: RiskConfiguration) {
  return configuration.underlyings
    .map((symbol, place) => ({ symbol, place, spotNano: spotsNano[place] ?? 0n }))
    .filter(({ spotNano }) => spotNano !== 0n)
}

/** The listed instrument as the round quotes it; undefined where it lacks a spot or a mark near it. */
function quoteOf(terms: ListedTerms, { data, configuration }: PostedData): InstrumentQuote | undefined {
  const { id, kind, lotNano, expirySeconds, strikeNano, isPut } = terms
  const base = { symbol: `id ${id}`, lotNano }
  if (kind === 'cash') return { ...base, kind }
  const underlying = presentUnderlyings(data, configuration).findIndex(
    ({ place }) => place === terms.underlying,
  )
  if (underlying < 0) return undefined
  if (kind === 'spot') return { ...base, kind, underlying }
  if (kind === 'option') {
    return { ...base, kind, underlying, expirySeconds, strikeNano, right: isPut ? 'put' : 'call' }
  }
  const mark = data.marks.find((entry) => entry.id === id)
  const spotNano = data.spotsNano[terms.underlying]!
  if (mark === undefined || !isNear(mark.markNano, spotNano)) return undefined
  const { markNano, fundingNano } = mark
  return kind === 'perpetual'
    ? { ...base, kind, underlying, markNano, cumulativeFundingNano: fundingNano }
    : { ...base, kind, underlying, expirySeconds, markNano }
}

function parametersOf({ configuration }: PostedData) {
  return marginParametersOf(configuration)
}

// ---------------------------------------------------------------- form

/** The first section that breaks a rule of contracts/oracle/FormatJudge.sol. */
function wrongSection({ data, sequence }: PostedData, instance: MarginInstance): number | undefined {
  if (!isHeader(data)) return SECTION_HEADER
  const { marks, halts, tops, groups } = data
  const inPrice = (value: bigint) => value <= MAX_PRICE_NANO && value >= -MAX_PRICE_NANO
  const marked = marks.every(
    ({ markNano, fundingNano }) => markNano > 0n && inPrice(markNano) && inPrice(fundingNano),
  )
  if (!marked || !isRising(marks.map(({ id }) => BigInt(id)))) return SECTION_MARKS
  if (tops.length !== TOP_NODES || !areNodes(tops)) return SECTION_TOPS
  if ((lowerLevels(instance) === 0 && groups.length > 0) || !areNodes(groups)) return SECTION_GROUPS
  const smile = data.expiries.findIndex(({ smile: points }) => {
    const strikes = points.map(({ strikeNano }) => strikeNano)
    const inVol = points.every(({ volNano }) => volNano >= MIN_VOL_NANO && volNano <= MAX_VOL_NANO)
    return !inVol || !isRising(strikes) || strikes.some((strike) => strike > MAX_PRICE_NANO)
  })
  if (smile >= 0) return SECTION_SMILES + smile
  const halt = halts.find(
    ({ id, standingSequence: from }, index) =>
      from >= sequence || placeOf(id) <= (index === 0 ? 0 : placeOf(halts[index - 1]!.id)),
  )
  return halt && haltSection(halt.id, data.expiries.length)
}

function isHeader({ spotsNano, scalesBps, expiries, asOfSeconds }: RoundData): boolean {
  const key = ({ underlying, expirySeconds }: RoundData['expiries'][number]) =>
    BigInt(underlying) * 2n ** 40n + BigInt(expirySeconds)
  return (
    spotsNano.every((spot) => spot === 0n || isPrice(spot)) &&
    scalesBps.every((scale) => scale >= BASIS_POINTS && scale <= MAX_SCALE_BPS) &&
    isRising(expiries.map(key)) &&
    expiries.every(({ underlying, expirySeconds, forwardNano }) => {
      const spot = spotsNano[underlying] ?? 0n
      return expirySeconds > asOfSeconds && spot !== 0n && isPrice(forwardNano) && isNear(forwardNano, spot)
    })
  )
}

/** The first halted instrument for which another round's vector must stand. */
function wrongHalt(round: PostedData, lookup: RoundLookup): number | undefined {
  const before = previousOf(round, lookup)
  return round.data.halts.find((halt) => halt.standingSequence !== standingSequence(halt.id, before))?.id
}

/** The first underlying whose scale does not follow from what is published of it. */
function wrongScale(
  round: PostedData,
  lookup: RoundLookup,
  parameters: SyntheticParameters,
): number | undefined {
  const before = previousOf(round, lookup)?.data.synthetic ?? NO_SYNTHETIC.entries
  const { synthetic: entries, scalesBps, asOfSeconds } = round.data
  const { underlyings } = round.configuration
  return wrongSynthetic(before, { entries, scalesBps, asOfSeconds }, underlyings, parameters)
}

function previousOf(round: PostedData, lookup: RoundLookup): PostedData | undefined {
  const before = round.previous === 0 ? undefined : lookup(round.previous)
  if (before === undefined && round.previous !== 0) {
    throw new InputError(`round ${round.previous} is not at hand`, { field: 'previous' })
  }
  return before
}

function areNodes(nodes: readonly bigint[]): boolean {
  return nodes.every((node) => node < FIELD_MODULUS)
}

function isRising(values: readonly bigint[]): boolean {
  return values.every((value, index) => value > (values[index - 1] ?? 0n))
}

function isPrice(priceNano: bigint): boolean {
  return priceNano >= LEAST_PRICE_NANO && priceNano <= MAX_PRICE_NANO
}

function isNear(priceNano: bigint, spotNano: bigint): boolean {
  return priceNano * FORWARD_SPOT_RATIO >= spotNano && priceNano <= spotNano * FORWARD_SPOT_RATIO
}
