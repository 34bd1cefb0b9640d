import { OutOfRangeError } from '../protocol/errors.ts'
import { type MarginInstance, riskPlaces } from '../protocol/instances.ts'
import { OctaryTree } from '../protocol/octary-tree.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { INSTRUMENT_ID_BITS, PLACE_BITS } from '../protocol/ranges.ts'
import { checkVectorRanges, packVector, type RiskVector, ZERO_VECTOR } from './vector.ts'

/** Nodes of the top part: hashed once per proof and selected from, rather than climbed through per slot. */
export const TOP_NODES = 64
/** The top part is TOP_NODES / TOP_GROUP hashes of TOP_GROUP nodes, and one of those. */
export const TOP_GROUP = 16
/** Eight-way levels that the top part stands for. */
const TOP_LEVELS = 2

/** The place of an instrument id: its low 12 bits. */
export function placeOf(id: number): number {
  return id % 2 ** PLACE_BITS
}

/** The generation of an instrument id: its high 20 bits. */
export function generationOf(id: number): number {
  return Math.floor(id / 2 ** PLACE_BITS)
}

/** Levels of RISK_NODE between a leaf and the 64 top nodes: 2 for 4,096 places, 0 for 64. */
export function lowerLevels(instance: MarginInstance): number {
  return instance.riskLevels - TOP_LEVELS
}

/** hash(RISK_LEAF, [id, ...15 packed elements]): the whole id, so that a reused place is another leaf. */
export function riskLeaf(hasher: Hasher, vector: RiskVector): bigint {
  return hasher.hash('RISK_LEAF', [BigInt(vector.id), ...packVector(vector)])
}

/** Root over the 64 top nodes: hash(RISK_ROOT, 4 x hash(RISK_TOP, 16 nodes)). */
export function topRoot(hasher: Hasher, topNodes: readonly bigint[]): bigint {
  if (topNodes.length !== TOP_NODES) throw new RangeError(`a root is made of ${TOP_NODES} nodes`)
  const groups: bigint[] = []
  for (let first = 0; first < TOP_NODES; first += TOP_GROUP) {
    groups.push(hasher.hash('RISK_TOP', topNodes.slice(first, first + TOP_GROUP)))
  }
  return hasher.hash('RISK_ROOT', groups)
}

/** A vector with its leaf, where the leaf was hashed elsewhere (on a worker thread). */
export interface RiskEntry {
  readonly vector: RiskVector
  readonly leaf: bigint
}

/**
 * The risk vectors of one round under one root, for one circuit instance. Place 0 always holds ZERO_VECTOR, which
 * the padding slots of every account refer to; an unlisted place is the empty leaf 0, which no vector hashes to.
 */
export class RiskTree {
  readonly instance: MarginInstance
  readonly root: bigint
  /** TOP_NODES nodes, in order of place. */
  readonly topNodes: readonly bigint[]
  /** Every vector by its id, ZERO_VECTOR included, in increasing order of place. */
  readonly vectors: ReadonlyMap<number, RiskVector>
  readonly #byPlace: ReadonlyMap<number, RiskVector>
  readonly #lower: OctaryTree

  /**
   * Hashes and arranges vectors; their order does not matter. Throws OutOfRangeError for a rate or a charge out of
   * range, an id out of range or outside the tree, place 0, and two vectors at one place.
   */
  static of(hasher: Hasher, instance: MarginInstance, vectors: Iterable<RiskVector>): RiskTree {
    const checked = [...vectors]
    checkPlaces(instance, checked)
    return new RiskTree(
      hasher,
      instance,
      checked.map((vector) => ({ vector, leaf: riskLeaf(hasher, vector) })),
    )
  }

  /** As `of`, from leaves that are already hashed; that leaf = riskLeaf(vector) is the caller's promise. */
  static ofEntries(hasher: Hasher, instance: MarginInstance, entries: readonly RiskEntry[]): RiskTree {
    checkPlaces(
      instance,
      entries.map(({ vector }) => vector),
    )
    return new RiskTree(hasher, instance, entries)
  }

  private constructor(hasher: Hasher, instance: MarginInstance, entries: readonly RiskEntry[]) {
    const zero = { vector: ZERO_VECTOR, leaf: riskLeaf(hasher, ZERO_VECTOR) }
    const sorted = [zero, ...entries].sort((a, b) => placeOf(a.vector.id) - placeOf(b.vector.id))
    this.instance = instance
    this.vectors = new Map(sorted.map(({ vector }) => [vector.id, vector]))
    this.#byPlace = new Map(sorted.map(({ vector }) => [placeOf(vector.id), vector]))
    this.#lower = new OctaryTree(hasher, {
      domain: 'RISK_NODE',
      levels: lowerLevels(instance),
      tops: TOP_NODES,
    })
    this.#lower.setMany(sorted.map(({ vector, leaf }) => [placeOf(vector.id), leaf] as const))
    this.topNodes = this.#lower.nodes(this.#lower.levels)
    this.root = topRoot(hasher, this.topNodes)
  }

  /** The vector with this whole id (generation included), if the round has it. */
  byId(id: number): RiskVector | undefined {
    return this.vectors.get(id)
  }

  /** The vector at this place, if one is listed there. */
  byPlace(place: number): RiskVector | undefined {
    return this.#byPlace.get(place)
  }

  /** The leaf at a place; 0 where nothing is listed. */
  leaf(place: number): bigint {
    return this.#lower.node(0, place)
  }

  /** Sibling groups from the leaf up to its top node, lowerLevels x 8. */
  path(place: number): bigint[][] {
    return this.#lower.path(place)
  }

  /** Which of the 64 top nodes a place's path ends in. */
  topIndex(place: number): number {
    return Math.floor(place / 8 ** this.#lower.levels)
  }
}

/** The risk root of a set of vectors: what anyone recomputes from a published matrix. Errors as RiskTree.of. */
export function riskRootOf(hasher: Hasher, instance: MarginInstance, vectors: Iterable<RiskVector>): bigint {
  return RiskTree.of(hasher, instance, vectors).root
}

function checkPlaces(instance: MarginInstance, vectors: readonly RiskVector[]): void {
  const holders = new Map<number, number>()
  const places = riskPlaces(instance)
  for (const vector of vectors) {
    const { id } = vector
    if (!Number.isSafeInteger(id) || id < 1 || id >= 2 ** INSTRUMENT_ID_BITS) {
      throw new OutOfRangeError(
        'instrument id',
        id,
        `must be 1 or more and have at most ${INSTRUMENT_ID_BITS} bits`,
      )
    }
    const place = placeOf(id)
    if (place === 0) throw new OutOfRangeError('instrument id', id, 'place 0 is reserved for padding slots')
    if (place >= places) {
      throw new OutOfRangeError(
        'instrument id',
        id,
        `place ${place} is outside the ${places} places of ${instance.name}`,
      )
    }
    const holder = holders.get(place)
    if (holder !== undefined)
      throw new OutOfRangeError('instrument id', id, `place ${place} already holds ${holder}`)
    holders.set(place, id)
    checkVectorRanges(vector)
  }
}
