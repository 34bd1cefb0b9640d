import type { WordFields } from './packed-word.ts'

/**
 * The words of a round's raw data, of the listing and of the risk configuration, as they stand on chain: one source for
 * TypeScript, which packs them, and for the accessors that contracts read them with. Amounts are nano-USD, times unix
 * seconds. A field whose name ends in Biased is signed and stands as value + half its range.
 */

/** Kinds of an instrument, by their code. */
export const INSTRUMENT_KINDS = ['cash', 'spot', 'perpetual', 'future', 'option'] as const

/** A listed instrument: its id and the terms that never change while it is listed. */
export const LISTED_INSTRUMENT = [
  ['id', 32],
  ['kind', 8],
  ['isPut', 8],
  /** Its place among the configuration's underlyings. */
  ['underlying', 8],
  ['lotNano', 64],
  ['expirySeconds', 40],
  ['strikeNano', 64],
] as const satisfies WordFields<string>

/** When the market was taken, and spot by underlying of the configuration; 0: the round has none. */
export const ROUND_SPOTS = [
  ['asOfSeconds', 40],
  ['spot0Nano', 64],
  ['spot1Nano', 64],
  ['spot2Nano', 64],
] as const satisfies WordFields<string>

/** What multiplies ranges and charges of an underlying of the configuration, basis points of 1: 10,000 to MAX_SCALE_BPS. */
export const ROUND_SCALES = [
  ['scale0Bps', 24],
  ['scale1Bps', 24],
  ['scale2Bps', 24],
] as const satisfies WordFields<string>

export const EXPIRY_FORWARD = [
  ['expirySeconds', 40],
  ['underlying', 8],
  ['forwardNano', 64],
] as const satisfies WordFields<string>

/** Mark of a perpetual or a future, and a perpetual's funding. */
export const INSTRUMENT_MARK = [
  ['id', 32],
  ['markNano', 64],
  ['fundingBiasedNano', 64],
] as const satisfies WordFields<string>

/** A halted instrument, and the round whose vector of it stands; 0: it never had one. */
export const INSTRUMENT_HALT = [
  ['id', 32],
  ['standingSequence', 32],
] as const satisfies WordFields<string>

/** What the newest interval of an underlying was, and the figure that follows; all zero: nothing was ever published. */
export const ACTIVITY_PRICES = [
  ['endSeconds', 40],
  ['openNano', 64],
  ['highNano', 64],
  ['lowNano', 64],
] as const satisfies WordFields<string>

export const ACTIVITY_FIGURE = [
  ['closeNano', 64],
  ['impliedVolNano', 40],
  ['figureNano', 64],
] as const satisfies WordFields<string>

export const ACTIVITY_AMOUNTS = [
  ['volumeNano', 100],
  ['depthNano', 100],
] as const satisfies WordFields<string>

/** A moving average of the synthetic volatility: a sum weighted by Q64, and its weight (at most 1 as Q64). */
export const AVERAGE_WORD = [
  ['sum', 184],
  ['weightQ64', 65],
] as const satisfies WordFields<string>

export const VOLATILITY_WORD = [
  ['shortPowerBps', 16],
  ['longPowerBps', 16],
  ['scalingFloorSeconds', 32],
  ['minimumNano', 48],
  ['shockedFloorNano', 48],
  ['maximumNano', 48],
  ['skewLimitNano', 40],
] as const satisfies WordFields<string>

export const GREEK_SHOCK_WORD = [
  ['spotBps', 16],
  ['volBps', 16],
] as const satisfies WordFields<string>

export const CHARGES_WORD = [
  ['spotLongBps', 16],
  ['spotShortBps', 16],
  ['linearBps', 16],
  ['shortOptionBps', 16],
  ['optionLiquidityBps', 16],
  ['pinBps', 16],
  ['pinWidthBps', 16],
  ['pinWindowSeconds', 32],
] as const satisfies WordFields<string>

/** What one scenario does to one underlying. */
export const SHOCK_WORD = [
  ['present', 1],
  ['spotBiasedBps', 24],
  ['volBiasedBps', 24],
  ['skewBiasedBps', 24],
] as const satisfies WordFields<string>

export const SHOCK_BITS = SHOCK_WORD.reduce((sum, [, bits]) => sum + bits, 0)
export const SHOCK_BIAS_BPS = 1n << 23n
export const FUNDING_BIAS_NANO = 1n << 63n
/** A scenario is its weight and one shock to each underlying above it. */
export const WEIGHT_BITS = 16

/** Words of the packed configuration: volatility, greek shocks, charges by underlying, scenarios. */
export const CONFIGURATION_VOLATILITY = 0
export const CONFIGURATION_GREEKS = 1
export const CONFIGURATION_CHARGES = 2
export const CONFIGURATION_SCENARIOS = 5

/** A point of a smile: strike and volatility, big-endian. */
export const STRIKE_BITS = 64
export const VOL_BITS = 40
export const SMILE_POINT_BYTES = (STRIKE_BITS + VOL_BITS) / 8

/** Sections of a round's raw data; from SECTION_SMILES on the smile of each expiry, then the parts of the halts. */
export const SECTION_HEADER = 0
export const SECTION_MARKS = 1
export const SECTION_TOPS = 2
export const SECTION_GROUPS = 3
export const SECTION_SYNTHETIC = 4
export const SECTION_SMILES = 5

/** Words of the header before the forwards: the listing's hash, the quotes' hash, spots, scales. */
export const HEADER_LISTING = 0
export const HEADER_QUOTES = 1
export const HEADER_SPOTS = 2
export const HEADER_SCALES = 3
export const HEADER_FORWARDS = 4

/** Words of the synthetic volatility of one underlying: activity, then the averages in the order of SYNTHETIC_AVERAGES. */
export const SYNTHETIC_ACTIVITY_WORDS = 3
export const SYNTHETIC_AVERAGES = [
  'fastVariance',
  'slowVol',
  'fastVolume',
  'slowVolume',
  'slowDepth',
] as const
export const SYNTHETIC_WORDS = SYNTHETIC_ACTIVITY_WORDS + SYNTHETIC_AVERAGES.length

/**
 * Places in one part of the listing, and of a round's halts: those under one of the 64 top nodes of the large tree, all of
 * the small one.
 */
export const LISTING_PART_PLACES = 64

/**
 * The most that a round may bring, so that every challenge of it stays within CHALLENGE_GAS whatever its poster chose: a
 * challenge brings the header, the hash of every section, and of the rest one section of each kind, of two rounds at most.
 * Halts can be as many as instruments, so they stand in parts, of which a challenge brings one.
 */
export const MOST_EXPIRIES = 96
export const MOST_MARKS = 256
export const MOST_SMILE_POINTS = 512
/** Parts of the listing, and so of the halts, in the tree of 4,096 places. */
export const MOST_PARTS = 64
/** Nodes of eight leaves in that tree. */
export const MOST_GROUPS = 512

/** What no transaction of a challenge may take. */
export const CHALLENGE_GAS = 3_000_000n

/** Below this a shocked price could round to zero: no spot and no forward on chain is smaller. */
export const LEAST_PRICE_NANO = 10_000n
