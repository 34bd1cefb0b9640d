import { concat, getBytes, hexlify, keccak256, toBeHex } from 'ethers'
import type { SyntheticEntry } from '../oracle/synthetic-round.ts'
import { InputError } from '../protocol/errors.ts'
import {
  EXPIRY_FORWARD,
  FUNDING_BIAS_NANO,
  HEADER_FORWARDS,
  HEADER_LISTING,
  HEADER_QUOTES,
  HEADER_SCALES,
  HEADER_SPOTS,
  INSTRUMENT_KINDS,
  INSTRUMENT_MARK,
  LISTED_INSTRUMENT,
  ROUND_SCALES,
  ROUND_SPOTS,
  SECTION_GROUPS,
  SECTION_HEADER,
  SECTION_MARKS,
  SECTION_SMILES,
  SECTION_SYNTHETIC,
  SECTION_TOPS,
  SMILE_POINT_BYTES,
} from '../protocol/oracle-words.ts'
import { packWord, unpackWord } from '../protocol/packed-word.ts'
import type { InstrumentQuote, SmilePoint } from '../risk/market/snapshot.ts'
import { type HaltData, haltParts, haltsOfPart } from './oracle-halts.ts'
import { syntheticEntries, syntheticWords } from './oracle-synthetic.ts'

/**
 * A round's raw data as it stands on chain: sections of bytes, each hashed by itself, so that a challenge brings the few
 * that it needs. Underlyings go by their place in the configuration. Pure.
 *
 *   header   hash of the listing, hash of the quotes, time and spots, scales, then a word to each expiry: its forward
 *   marks    a word to each perpetual and future, by id
 *   tops     the 64 top nodes of the risk tree
 *   groups   nodes of eight leaves, up to the last listed one; none in the small tree, whose top nodes are leaves
 *   synthetic  what the scales follow from: oracle-synthetic.ts
 *   smiles   one section to each forward of the header: strike and volatility, 13 bytes a point
 *   halts    a word to each instrument whose last vector stands, in parts of 64 places: oracle-halts.ts
 *
 * How long each may be stands in ../protocol/oracle-words.ts; the oracle refuses a round with more (RoundSections.sol).
 */
export interface RoundData {
  readonly listingHash: string
  readonly quotesHash: string
  readonly asOfSeconds: number
  /** By underlying of the configuration; 0: none. */
  readonly spotsNano: readonly [bigint, bigint, bigint]
  /** By underlying of the configuration: what multiplies its ranges and charges, basis points of 1. */
  readonly scalesBps: readonly [bigint, bigint, bigint]
  /** By underlying, then time. */
  readonly expiries: readonly ExpiryData[]
  readonly marks: readonly MarkData[]
  /** By place. */
  readonly halts: readonly HaltData[]
  readonly tops: readonly bigint[]
  readonly groups: readonly bigint[]
  /** By underlying of the configuration. */
  readonly synthetic: readonly (SyntheticEntry | undefined)[]
}

export interface ExpiryData {
  readonly underlying: number
  readonly expirySeconds: number
  readonly forwardNano: bigint
  readonly smile: readonly SmilePoint[]
}

export interface MarkData {
  readonly id: number
  readonly markNano: bigint
  /** 0 of a future. */
  readonly fundingNano: bigint
}

/** 0x-prefixed sections, in order. */
export function encodeRoundData(data: RoundData): string[] {
  const [spot0Nano, spot1Nano, spot2Nano] = data.spotsNano
  const spots = packWord(ROUND_SPOTS, {
    asOfSeconds: BigInt(data.asOfSeconds),
    spot0Nano,
    spot1Nano,
    spot2Nano,
  })
  const [scale0Bps, scale1Bps, scale2Bps] = data.scalesBps
  const scales = packWord(ROUND_SCALES, { scale0Bps, scale1Bps, scale2Bps })
  const forwards = data.expiries.map(({ underlying, expirySeconds, forwardNano }) =>
    packWord(EXPIRY_FORWARD, {
      underlying: BigInt(underlying),
      expirySeconds: BigInt(expirySeconds),
      forwardNano,
    }),
  )
  const marks = data.marks.map(({ id, markNano, fundingNano }) =>
    packWord(INSTRUMENT_MARK, {
      id: BigInt(id),
      markNano,
      fundingBiasedNano: fundingNano + FUNDING_BIAS_NANO,
    }),
  )
  return [
    concat([data.listingHash, data.quotesHash, wordsBytes([spots, scales, ...forwards])]),
    wordsBytes(marks),
    wordsBytes(data.tops),
    wordsBytes(data.groups),
    wordsBytes(syntheticWords(data.synthetic)),
    ...data.expiries.map(({ smile }) => smileBytes(smile)),
    ...haltParts(data.halts),
  ]
}

/**
 * Reads what encodeRoundData wrote, and whatever else was posted in its shape.
 * @throws InputError for bytes that no section has; its row is the section's number, from 1 on.
 */
export function decodeRoundData(sections: readonly string[]): RoundData {
  const header = read(sections, SECTION_HEADER, (bytes) => {
    const words = bytesWords(bytes, 'header')
    if (words.length < HEADER_FORWARDS) throw new InputError('is too short', { field: 'header' })
    const forwards = words.slice(HEADER_FORWARDS).map((word) => unpackWord(EXPIRY_FORWARD, word))
    const spots = unpackWord(ROUND_SPOTS, words[HEADER_SPOTS]!)
    return { words, spots, scales: unpackWord(ROUND_SCALES, words[HEADER_SCALES]!), forwards }
  })
  return {
    listingHash: toBeHex(header.words[HEADER_LISTING]!, 32),
    quotesHash: toBeHex(header.words[HEADER_QUOTES]!, 32),
    asOfSeconds: Number(header.spots.asOfSeconds),
    spotsNano: [header.spots.spot0Nano, header.spots.spot1Nano, header.spots.spot2Nano],
    scalesBps: [header.scales.scale0Bps, header.scales.scale1Bps, header.scales.scale2Bps],
    expiries: header.forwards.map(({ underlying, expirySeconds, forwardNano }, index) => ({
      underlying: Number(underlying),
      expirySeconds: Number(expirySeconds),
      forwardNano,
      smile: read(sections, SECTION_SMILES + index, smilePoints),
    })),
    marks: read(sections, SECTION_MARKS, (bytes) => bytesWords(bytes, 'marks').map(markOf)),
    halts: readHalts(sections, SECTION_SMILES + header.forwards.length),
    tops: read(sections, SECTION_TOPS, (bytes) => bytesWords(bytes, 'tops')),
    groups: read(sections, SECTION_GROUPS, (bytes) => bytesWords(bytes, 'groups')),
    synthetic: read(sections, SECTION_SYNTHETIC, (bytes) => syntheticEntries(bytesWords(bytes, 'synthetic'))),
  }
}

function read<T>(sections: readonly string[], index: number, decode: (bytes: string) => T): T {
  try {
    return decode(sections[index]!)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new InputError(
      `is no section of a round: ${message}`,
      { field: 'sections', row: index + 1 },
      { cause },
    )
  }
}

function markOf(word: bigint): MarkData {
  const { id, markNano, fundingBiasedNano } = unpackWord(INSTRUMENT_MARK, word)
  return { id: Number(id), markNano, fundingNano: fundingBiasedNano - FUNDING_BIAS_NANO }
}

function readHalts(sections: readonly string[], first: number): HaltData[] {
  return sections
    .slice(first)
    .flatMap((_, part) =>
      read(sections, first + part, (bytes) => haltsOfPart(bytesWords(bytes, 'halts'), part)),
    )
}

/** keccak-256 of the sections' hashes, one after another: a round's marketHash, which its feeders sign. */
export function roundDataHash(sections: readonly string[]): string {
  return keccak256(concat(sections.map((section) => keccak256(section))))
}

// ---------------------------------------------------------------- the listing

/** The word of a listed instrument: what never changes while it is listed. @param underlying of the configuration. */
export function instrumentWord(instrument: InstrumentQuote, id: number, underlying: number): bigint {
  const isOption = instrument.kind === 'option'
  return packWord(LISTED_INSTRUMENT, {
    id: BigInt(id),
    kind: BigInt(INSTRUMENT_KINDS.indexOf(instrument.kind)),
    isPut: isOption && instrument.right === 'put' ? 1n : 0n,
    underlying: instrument.kind === 'cash' ? 0n : BigInt(underlying),
    lotNano: instrument.lotNano,
    expirySeconds: 'expirySeconds' in instrument ? BigInt(instrument.expirySeconds) : 0n,
    strikeNano: isOption ? instrument.strikeNano : 0n,
  })
}

export interface ListedTerms {
  readonly id: number
  readonly kind: (typeof INSTRUMENT_KINDS)[number]
  readonly isPut: boolean
  readonly underlying: number
  readonly lotNano: bigint
  readonly expirySeconds: number
  readonly strikeNano: bigint
}

/** @throws InputError for a kind that does not exist. */
export function listedTerms(word: bigint): ListedTerms {
  const values = unpackWord(LISTED_INSTRUMENT, word)
  const kind = INSTRUMENT_KINDS[Number(values.kind)]
  if (kind === undefined) throw new InputError(`no instrument has the kind ${values.kind}`, { field: 'kind' })
  return {
    id: Number(values.id),
    kind,
    isPut: values.isPut === 1n,
    underlying: Number(values.underlying),
    lotNano: values.lotNano,
    expirySeconds: Number(values.expirySeconds),
    strikeNano: values.strikeNano,
  }
}

// ---------------------------------------------------------------- bytes

export function smileBytes(smile: readonly SmilePoint[]): string {
  return concat(smile.map(({ strikeNano, volNano }) => concat([toBeHex(strikeNano, 8), toBeHex(volNano, 5)])))
}

function smilePoints(section: string): SmilePoint[] {
  const bytes = getBytes(section)
  if (bytes.length % SMILE_POINT_BYTES !== 0) {
    throw new InputError('does not consist of whole points', { field: 'smile' })
  }
  const number = (from: number, to: number) => BigInt(hexlify(bytes.subarray(from, to)))
  return Array.from({ length: bytes.length / SMILE_POINT_BYTES }, (_, index) => {
    const at = index * SMILE_POINT_BYTES
    return { strikeNano: number(at, at + 8), volNano: number(at + 8, at + SMILE_POINT_BYTES) }
  })
}

export function wordsBytes(words: readonly bigint[]): string {
  return concat(words.map((word) => toBeHex(word, 32)))
}

/** @throws InputError unless the bytes are whole words. */
export function bytesWords(bytes: string, field: string): bigint[] {
  const digits = bytes.slice(2)
  if (digits.length % 64 !== 0) throw new InputError('does not consist of whole words', { field })
  return Array.from({ length: digits.length / 64 }, (_, index) =>
    BigInt(`0x${digits.slice(64 * index, 64 * index + 64)}`),
  )
}
