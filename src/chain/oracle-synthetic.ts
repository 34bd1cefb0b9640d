import type { Average } from '../oracle/average.ts'
import type { SyntheticEntry } from '../oracle/synthetic-round.ts'
import { InputError } from '../protocol/errors.ts'
import {
  ACTIVITY_AMOUNTS,
  ACTIVITY_FIGURE,
  ACTIVITY_PRICES,
  AVERAGE_WORD,
  SYNTHETIC_ACTIVITY_WORDS,
  SYNTHETIC_AVERAGES,
  SYNTHETIC_WORDS,
} from '../protocol/oracle-words.ts'
import { packWord, unpackWord } from '../protocol/packed-word.ts'
import { UNDERLYINGS } from '../protocol/risk-layout.ts'

/**
 * The section of a round's raw data that its scales follow from: SYNTHETIC_WORDS words to each underlying of the
 * configuration, up to the last one that has an entry; zeros where there is none. Pure.
 */
export function syntheticWords(entries: readonly (SyntheticEntry | undefined)[]): bigint[] {
  const last = entries.findLastIndex((entry) => entry !== undefined)
  return entries.slice(0, last + 1).flatMap(entryWords)
}

/** @throws InputError for words that no section has, OutOfRangeError for bits beyond a word's last field. */
export function syntheticEntries(words: readonly bigint[]): (SyntheticEntry | undefined)[] {
  if (words.length % SYNTHETIC_WORDS !== 0 || words.length > SYNTHETIC_WORDS * UNDERLYINGS) {
    throw new InputError('does not consist of whole entries', { field: 'synthetic' })
  }
  return Array.from({ length: UNDERLYINGS }, (_, place) => {
    const block = words.slice(place * SYNTHETIC_WORDS, (place + 1) * SYNTHETIC_WORDS)
    return block.every((word) => word === 0n) ? undefined : entryOfWords(block)
  })
}

function entryWords(entry: SyntheticEntry | undefined): bigint[] {
  if (entry === undefined) return new Array<bigint>(SYNTHETIC_WORDS).fill(0n)
  const { openNano, highNano, lowNano, closeNano, impliedVolNano, figureNano, volumeNano, depthNano } = entry
  return [
    packWord(ACTIVITY_PRICES, { endSeconds: BigInt(entry.endSeconds), openNano, highNano, lowNano }),
    packWord(ACTIVITY_FIGURE, { closeNano, impliedVolNano, figureNano }),
    packWord(ACTIVITY_AMOUNTS, { volumeNano, depthNano }),
    ...SYNTHETIC_AVERAGES.map((name) => packWord(AVERAGE_WORD, { ...entry[name] })),
  ]
}

function entryOfWords(words: readonly bigint[]): SyntheticEntry {
  const { endSeconds, ...prices } = unpackWord(ACTIVITY_PRICES, words[0]!)
  const averages = SYNTHETIC_AVERAGES.map(
    (name, index) => [name, unpackWord(AVERAGE_WORD, words[SYNTHETIC_ACTIVITY_WORDS + index]!)] as const,
  )
  return {
    endSeconds: Number(endSeconds),
    ...prices,
    ...unpackWord(ACTIVITY_FIGURE, words[1]!),
    ...unpackWord(ACTIVITY_AMOUNTS, words[2]!),
    ...(Object.fromEntries(averages) as Record<(typeof SYNTHETIC_AVERAGES)[number], Average>),
  }
}
