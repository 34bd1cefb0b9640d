import { AbiCoder, keccak256 } from 'ethers'
import { InputError } from '../protocol/errors.ts'
import { TREE_ARITY } from '../protocol/octary-tree.ts'
import {
  LISTING_PART_PLACES,
  SECTION_GROUPS,
  SECTION_HEADER,
  SECTION_MARKS,
  SECTION_SMILES,
  SECTION_SYNTHETIC,
  SECTION_TOPS,
} from '../protocol/oracle-words.ts'
import { placeOf } from '../risk/risk-tree.ts'
import { configurationWords } from './oracle-configuration.ts'
import { listedTerms } from './oracle-data.ts'
import { haltSection } from './oracle-halts.ts'
import type { PostedData, RoundFault } from './oracle-recompute.ts'

/** The calldata of a challenge: which parts of the raw data a judge needs, in the shape that it reads. Pure. */

/** A posted round with its bytes. */
export interface PostedRound extends PostedData {
  readonly sections: readonly string[]
  /** Bytes of each part of the listing that the round names. */
  readonly parts: readonly string[]
}

/** In the order in which the oracle has them. */
export const JUDGES = ['format', 'standing', 'tree', 'cell', 'group', 'scale'] as const
export type Judge = (typeof JUDGES)[number]

export interface Challenge {
  readonly judge: number
  /** The challenged round first. */
  readonly sequences: readonly number[]
  readonly evidence: string
}

export type PostedLookup = (sequence: number) => PostedRound | undefined

/** The tree judge's word for the root. */
export const ROOT = (1n << 256n) - 1n

const EVIDENCE =
  'tuple(bytes32[] sectionHashes, uint256[] indices, bytes[] sections, bytes32[] partHashes, uint256 partIndex, bytes part, uint256[] configuration)'
const CELL = `tuple(uint256 place, uint256[] opened, ${EVIDENCE}[] rounds)`
const CODER = AbiCoder.defaultAbiCoder()

/**
 * The challenge that shows a fault.
 * @param opened the eight leaves of the cell's group, where the tree is large and its maker showed them.
 */
export function challengeOf(
  fault: RoundFault,
  round: PostedRound,
  lookup: PostedLookup,
  opened: readonly bigint[] = [],
): Challenge {
  switch (fault.kind) {
    case 'format': {
      const sections = [...new Set([SECTION_HEADER, fault.section])]
      return one('format', round, ['uint256', EVIDENCE], [fault.section, evidenceOf(round, sections)])
    }
    case 'root':
      return one('tree', round, ['uint256', EVIDENCE], [ROOT, evidenceOf(round, [SECTION_TOPS])])
    case 'top': {
      const evidence = evidenceOf(round, [SECTION_TOPS, SECTION_GROUPS])
      return one('tree', round, ['uint256', EVIDENCE], [fault.top, evidence])
    }
    case 'standing': {
      const sections = (posted: PostedRound) => [SECTION_HEADER, ...haltSections(posted, fault.id)]
      return withPrevious('standing', round, fault.id, sections, lookup, partOf(placeOf(fault.id)))
    }
    case 'scale': {
      const sections = () => [SECTION_HEADER, SECTION_SYNTHETIC]
      return withPrevious('scale', round, fault.underlying, sections, lookup)
    }
    case 'cell': {
      const nodes = round.data.groups.length === 0 ? SECTION_TOPS : SECTION_GROUPS
      const { sequences, rounds } = pricingEvidence(round, [fault.place], [nodes], lookup)
      const cell = { place: fault.place, opened, rounds }
      return { judge: JUDGES.indexOf('cell'), sequences, evidence: CODER.encode([CELL], [cell]) }
    }
    case 'group': {
      // Its leaves were prepared, so of other rounds the oracle's own facts are enough, and of this one no smile is needed.
      const { sequences } = pricingEvidence(round, groupPlaces(fault.group), [], lookup)
      const halts = haltSections(round, groupPlaces(fault.group)[0]!)
      const part = partOf(groupPlaces(fault.group)[0]!)
      const evidence = evidenceOf(round, [SECTION_HEADER, SECTION_GROUPS, ...halts], part)
      return {
        judge: JUDGES.indexOf('group'),
        sequences,
        evidence: CODER.encode(['uint256', EVIDENCE], [fault.group, evidence]),
      }
    }
  }
}

/** What follows from the round before: evidence of both, or of the first round alone. */
function withPrevious(
  judge: Judge,
  round: PostedRound,
  about: number,
  sections: (posted: PostedRound) => readonly number[],
  lookup: PostedLookup,
  part?: number,
): Challenge {
  const before = round.previous === 0 ? [] : [required(lookup, round.previous)]
  const rounds = [round, ...before].map((posted) => evidenceOf(posted, sections(posted), part))
  return {
    judge: JUDGES.indexOf(judge),
    sequences: [round, ...before].map(({ sequence }) => sequence),
    evidence: CODER.encode(['uint256', `${EVIDENCE}[]`], [about, rounds]),
  }
}

/** What the group judge needs to prepare leaves: of the round, and of every round whose vector stands at one of the places. */
export function leafEvidence(round: PostedRound, places: readonly number[], lookup: PostedLookup) {
  return pricingEvidence(round, places, [], lookup)
}

export function groupPlaces(group: number): number[] {
  return Array.from({ length: TREE_ARITY }, (_, child) => group * TREE_ARITY + child)
}

/** Evidence of the round, and of every round whose vector stands at one of the places; of each, what its vectors need. */
function pricingEvidence(
  round: PostedRound,
  places: readonly number[],
  also: readonly number[],
  lookup: PostedLookup,
) {
  const ids = [...round.listed.keys()].filter((id) => places.includes(placeOf(id)))
  const standing = new Map(round.data.halts.map((halt) => [halt.id, halt.standingSequence]))
  const sourceOf = (id: number) => standing.get(id) ?? round.sequence
  const others = new Set(ids.map(sourceOf).filter((source) => source !== 0 && source !== round.sequence))
  const all = [round, ...[...others].map((sequence) => required(lookup, sequence))]
  const part = partOf(places[0]!)
  const rounds = all.map((posted, index) => {
    const priced = ids.filter((id) => sourceOf(id) === posted.sequence)
    const sections = priced.flatMap((id) => pricingSections(posted, id))
    // Of another round only the vector is asked for, not whether it was halted there.
    const own = index === 0 ? [...ids.flatMap((id) => haltSections(round, id)), ...also] : []
    const needed = new Set([SECTION_HEADER, ...sections, ...own])
    return evidenceOf(posted, [...needed], part)
  })
  return { sequences: all.map(({ sequence }) => sequence), rounds }
}

/** What an instrument's vector depends on besides the header. */
function pricingSections({ listed, data }: PostedRound, id: number): number[] {
  const word = listed.get(id)
  if (word === undefined) return []
  const { kind, underlying, expirySeconds } = listedTerms(word)
  if (kind === 'perpetual' || kind === 'future') return [SECTION_MARKS]
  if (kind !== 'option') return []
  const expiry = data.expiries.findIndex(
    (entry) => entry.underlying === underlying && entry.expirySeconds === expirySeconds,
  )
  return expiry < 0 ? [] : [SECTION_SMILES + expiry]
}

/** The part of the halts that could hold an instrument; none where the round has no such part. */
function haltSections({ data, sections }: PostedRound, id: number): number[] {
  const index = haltSection(id, data.expiries.length)
  return index < sections.length ? [index] : []
}

function evidenceOf(round: PostedRound, sections: readonly number[], part?: number) {
  const partIndex = part ?? round.parts.length
  return {
    sectionHashes: round.sections.map((section) => keccak256(section)),
    indices: sections,
    sections: sections.map((index) => round.sections[index]!),
    partHashes: part === undefined ? [] : round.parts.map((bytes) => keccak256(bytes)),
    partIndex,
    part: round.parts[partIndex] ?? '0x',
    configuration: part === undefined ? [] : configurationWords(round.configuration),
  }
}

function one(
  judge: Judge,
  { sequence }: PostedRound,
  types: readonly string[],
  values: readonly unknown[],
): Challenge {
  return { judge: JUDGES.indexOf(judge), sequences: [sequence], evidence: CODER.encode(types, values) }
}

function partOf(place: number): number {
  return Math.floor(place / LISTING_PART_PLACES)
}

function required(lookup: PostedLookup, sequence: number): PostedRound {
  const round = lookup(sequence)
  if (round === undefined) throw new InputError(`round ${sequence} is not at hand`, { field: 'sequence' })
  return round
}
