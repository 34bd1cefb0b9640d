import type { BookOpening } from '../book/book.ts'
import { WitnessError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { KEPT_LEAVES, KEPT_PLACES } from '../protocol/liquidation.ts'
import { packWord } from '../protocol/packed-word.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import type { EngineWitness } from './engine-witness.ts'
import { checkPath } from './margin-inputs.ts'

/** What shows one leaf of a book: nothing of the account behind it. */
export type LeafOpening = Pick<BookOpening, 'index' | 'count' | 'leaf' | 'path' | 'bookRoot'>

/**
 * Inputs and public signals that show one to four leaves of one book; fewer than four are filled up by repeating the
 * last. Throws WitnessError for none, more than four, openings of different books and paths that do not lead to the
 * root.
 */
export function keptWitness(
  hasher: Hasher,
  instance: MarginInstance,
  openings: readonly LeafOpening[],
): EngineWitness<'kept'> {
  const [first] = openings
  if (first === undefined || openings.length > KEPT_LEAVES) {
    throw new WitnessError(`a kept proof shows 1 to ${KEPT_LEAVES} leaves, not ${openings.length}`)
  }
  for (const opening of openings) {
    checkPath(hasher, instance, opening)
    if (opening.bookRoot !== first.bookRoot || opening.count !== first.count) {
      throw new WitnessError('the openings of a kept proof are from different books')
    }
  }
  const shown = Array.from({ length: KEPT_LEAVES }, (_, place) => openings[place] ?? openings.at(-1)!)
  const [one, two, three, four] = shown as [LeafOpening, LeafOpening, LeafOpening, LeafOpening]
  const signals = {
    bookRoot: first.bookRoot,
    places: packWord(KEPT_PLACES, {
      place0: BigInt(one.index),
      place1: BigInt(two.index),
      place2: BigInt(three.index),
      place3: BigInt(four.index),
    }),
    leaf0: one.leaf,
    leaf1: two.leaf,
    leaf2: three.leaf,
    leaf3: four.leaf,
  }
  return {
    circuit: 'kept',
    signals,
    inputs: { ...signals, bookChildren: shown.map(({ path }) => path), count: BigInt(first.count) },
  }
}
