import { concat, toBeHex } from 'ethers'
import { InputError } from '../protocol/errors.ts'
import { INSTRUMENT_HALT, LISTING_PART_PLACES, SECTION_SMILES } from '../protocol/oracle-words.ts'
import { packWord, unpackWord } from '../protocol/packed-word.ts'
import { placeOf } from '../risk/risk-tree.ts'

/**
 * A round's halts as they stand on chain: in parts of 64 places like the listing's, each a section of its own after the
 * smiles, up to the last that is not empty. There can be as many as instruments, and a challenge brings one part. Pure.
 */

export interface HaltData {
  readonly id: number
  /** The round whose vector stands; 0: there is none. */
  readonly standingSequence: number
}

/** 0x-prefixed bytes of each part, by place within it. */
export function haltParts(halts: readonly HaltData[]): string[] {
  const parts: string[][] = []
  for (const { id, standingSequence } of [...halts].sort((a, b) => placeOf(a.id) - placeOf(b.id))) {
    const part = haltPart(id)
    while (parts.length <= part) parts.push([])
    const word = packWord(INSTRUMENT_HALT, { id: BigInt(id), standingSequence: BigInt(standingSequence) })
    parts[part]!.push(toBeHex(word, 32))
  }
  return parts.map((words) => concat(words))
}

/** @throws InputError for an instrument whose place belongs to another part. */
export function haltsOfPart(words: readonly bigint[], part: number): HaltData[] {
  return words.map((word) => {
    const { id, standingSequence } = unpackWord(INSTRUMENT_HALT, word)
    const halt = { id: Number(id), standingSequence: Number(standingSequence) }
    if (haltPart(halt.id) !== part) {
      throw new InputError(`the instrument ${id} does not belong to part ${part}`, { field: 'halts' })
    }
    return halt
  })
}

/** The section that could halt an instrument; a round has none there when nothing of that part or a later one is halted. */
export function haltSection(id: number, expiries: number): number {
  return SECTION_SMILES + expiries + haltPart(id)
}

function haltPart(id: number): number {
  return Math.floor(placeOf(id) / LISTING_PART_PLACES)
}
