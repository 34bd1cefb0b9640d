import type { Domain } from './domains.ts'
import type { Hasher } from './poseidon.ts'
import { TREE_ARITY_BITS } from './ranges.ts'

/** Children of a node. */
export const TREE_ARITY = 1 << TREE_ARITY_BITS
/** A leaf that nobody has set. No set leaf is zero: that would be a preimage of zero under Poseidon. */
export const EMPTY_LEAF = 0n

/** Sibling groups of one leaf, bottom-up: at each level the eight children among which the current node stands. */
export type OctaryPath = readonly (readonly bigint[])[]

export interface OctaryTreeShape {
  /** Tag of every inner node. */
  readonly domain: Domain
  /** Hashed levels; 0 or more. Places = tops * 8^levels. */
  readonly levels: number
  /** Nodes left standing at the top: 1 (the default) for a tree, more for the lower levels of a larger one. */
  readonly tops?: number
}

/**
 * An eight-way Merkle tree: node = hasher.hash(domain, its 8 children), an unset leaf is 0. Only nodes above a set
 * leaf are stored; an empty subtree is hashed once per level. Leaves are integers in [0, field modulus); that a
 * leaf cannot be read as a node is the business of the leaf's own domain.
 */
export class OctaryTree {
  readonly domain: Domain
  readonly levels: number
  readonly tops: number
  readonly places: number
  readonly #hasher: Hasher
  /** stored[level] maps an index at that level to its node; level 0 holds the leaves. */
  readonly #stored: Map<number, bigint>[]
  readonly #empty: bigint[]

  constructor(hasher: Hasher, shape: OctaryTreeShape) {
    const { domain, levels, tops = 1 } = shape
    if (!Number.isSafeInteger(levels) || levels < 0 || !Number.isSafeInteger(tops) || tops < 1) {
      throw new RangeError(`a tree cannot have ${levels} levels below ${tops} nodes`)
    }
    this.domain = domain
    this.levels = levels
    this.tops = tops
    this.places = tops * TREE_ARITY ** levels
    this.#hasher = hasher
    this.#stored = Array.from({ length: levels + 1 }, () => new Map())
    this.#empty = [EMPTY_LEAF]
    for (let level = 1; level <= levels; level++) {
      this.#empty.push(hasher.hash(domain, new Array<bigint>(TREE_ARITY).fill(this.#empty[level - 1]!)))
    }
  }

  /** The tree whose first leaves are those given, each inner node hashed once. */
  static of(hasher: Hasher, shape: OctaryTreeShape, leaves: readonly bigint[]): OctaryTree {
    const tree = new OctaryTree(hasher, shape)
    tree.setMany(leaves.entries())
    return tree
  }

  /** The single top node. Throws RangeError when the tree has several tops: use nodes(levels). */
  get root(): bigint {
    if (this.tops !== 1) throw new RangeError(`this tree has ${this.tops} top nodes and no root`)
    return this.node(this.levels, 0)
  }

  /** The node at an index of a level (0: leaves); the empty subtree's where nothing is set. */
  node(level: number, index: number): bigint {
    this.#checkIndex(level, index)
    return this.#at(level, index)
  }

  /** Every node of a level in order, places / 8^level of them, empty ones included. */
  nodes(level: number): bigint[] {
    return Array.from({ length: this.#widthOf(level) }, (_, index) => this.#at(level, index))
  }

  /** Replaces one leaf: `levels` hashes. */
  set(index: number, leaf: bigint): void {
    this.setMany([[index, leaf]])
  }

  /** Replaces many leaves and hashes every touched node once. Nothing changes when an index is out of range. */
  setMany(entries: Iterable<readonly [index: number, leaf: bigint]>): void {
    const checked = [...entries]
    for (const [index] of checked) this.#checkIndex(0, index)
    let touched = new Set<number>()
    for (const [index, leaf] of checked) {
      this.#store(0, index, leaf)
      touched.add(Math.floor(index / TREE_ARITY))
    }
    for (let level = 1; level <= this.levels; level++) {
      const above = new Set<number>()
      for (const index of touched) {
        this.#store(level, index, this.#hashChildren(level, index))
        above.add(Math.floor(index / TREE_ARITY))
      }
      touched = above
    }
  }

  /** The sibling groups of a place, bottom-up: levels x 8. The circuit takes them in this shape. */
  path(index: number): bigint[][] {
    this.#checkIndex(0, index)
    const groups: bigint[][] = []
    let current = index
    for (let level = 0; level < this.levels; level++) {
      current = Math.floor(current / TREE_ARITY)
      groups.push(this.#children(level + 1, current))
    }
    return groups
  }

  #children(level: number, index: number): bigint[] {
    return Array.from({ length: TREE_ARITY }, (_, child) => this.#at(level - 1, index * TREE_ARITY + child))
  }

  #hashChildren(level: number, index: number): bigint {
    const children = this.#children(level, index)
    const empty = this.#empty[level - 1]!
    return children.every((child) => child === empty)
      ? this.#empty[level]!
      : this.#hasher.hash(this.domain, children)
  }

  #at(level: number, index: number): bigint {
    return this.#stored[level]!.get(index) ?? this.#empty[level]!
  }

  #store(level: number, index: number, node: bigint): void {
    if (node === this.#empty[level]) this.#stored[level]!.delete(index)
    else this.#stored[level]!.set(index, node)
  }

  #widthOf(level: number): number {
    if (!Number.isSafeInteger(level) || level < 0 || level > this.levels) {
      throw new RangeError(`level ${level} is not one of 0 to ${this.levels}`)
    }
    return this.tops * TREE_ARITY ** (this.levels - level)
  }

  #checkIndex(level: number, index: number): void {
    const width = this.#widthOf(level)
    if (!Number.isSafeInteger(index) || index < 0 || index >= width) {
      throw new RangeError(`index ${index} is not one of the ${width} places of level ${level}`)
    }
  }
}

/** What a path claims: that `leaf` stands at `index` below the node `top`, path.length levels up. */
export interface OctaryClaim {
  readonly domain: Domain
  readonly top: bigint
  readonly index: number
  readonly leaf: bigint
  readonly path: OctaryPath
}

/**
 * Whether the claim holds. The caller fixes the depth by checking path.length: a shorter path proves a node, not a
 * leaf. The part of `index` above the path's levels is the number of the top node and is not looked at.
 */
export function verifyPath(hasher: Hasher, claim: OctaryClaim): boolean {
  if (!Number.isSafeInteger(claim.index) || claim.index < 0) return false
  let node = claim.leaf
  let index = claim.index
  for (const group of claim.path) {
    if (group.length !== TREE_ARITY || group[index % TREE_ARITY] !== node) return false
    node = hasher.hash(claim.domain, group)
    index = Math.floor(index / TREE_ARITY)
  }
  return node === claim.top
}
