import { bookRootOf } from '../../book/book.ts'
import { FIELD_MODULUS } from '../../protocol/field.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { EMPTY_LEAF, TREE_ARITY } from '../../protocol/octary-tree.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import type { BundleHeader } from '../records.ts'
import type { SealStatement } from '../statement.ts'
import { type Finding, fail, pass } from './check.ts'

/** The root of an account tree from its leaves in order, holding eight nodes a level at most. */
export class LeafTree {
  readonly #hasher: Hasher
  /** open[level]: children of the node that is being filled; the last is the root's. */
  readonly #open: bigint[][]
  readonly #empty: bigint[] = [EMPTY_LEAF]

  constructor(hasher: Hasher, levels: number) {
    this.#hasher = hasher
    this.#open = Array.from({ length: levels }, () => [])
    for (let level = 0; level < levels; level++) {
      this.#empty.push(this.#hash(new Array<bigint>(TREE_ARITY).fill(this.#empty[level]!)))
    }
  }

  add(leaf: bigint): void {
    this.#open[0]!.push(leaf)
    for (let level = 0; level < this.#open.length - 1 && this.#open[level]!.length === TREE_ARITY; level++) {
      this.#open[level + 1]!.push(this.#hash(this.#open[level]!))
      this.#open[level] = []
    }
  }

  /** With empty places after the last leaf. Ends the tree. */
  root(): bigint {
    let carried: bigint | undefined
    for (const [level, children] of this.#open.entries()) {
      const nodes = carried === undefined ? children : [...children, carried]
      const isTop = level === this.#open.length - 1
      if (nodes.length === 0 && !isTop) continue
      const padding = new Array<bigint>(TREE_ARITY - nodes.length).fill(this.#empty[level]!)
      carried = this.#hash([...nodes, ...padding])
    }
    return carried!
  }

  #hash(children: readonly bigint[]): bigint {
    return this.#hasher.hash('BOOK_NODE', children)
  }
}

/** Takes the leaves of a bundle in order and says whether they are the book of its statement. */
export class BookCheck {
  readonly #hasher: Hasher
  readonly #header: BundleHeader
  readonly #tree: LeafTree
  readonly #places: number
  readonly #seen = new Set<bigint>()
  #count = 0
  #fault: string | undefined

  constructor(hasher: Hasher, header: BundleHeader) {
    const { accountLevels } = MARGIN_INSTANCES[header.instance]
    this.#hasher = hasher
    this.#header = header
    this.#places = TREE_ARITY ** accountLevels
    this.#tree = new LeafTree(hasher, accountLevels)
  }

  take(leaf: bigint): void {
    const index = this.#count++
    if (this.#fault !== undefined) return
    if (index >= this.#places)
      this.#fault = `a book of ${this.#header.instance} has ${this.#places} places at most`
    else if (leaf === EMPTY_LEAF || leaf >= FIELD_MODULUS) this.#fault = `leaf ${index} is no commitment`
    // No two accounts have one commitment, and an owner could not tell whether they are counted once.
    else if (this.#seen.has(leaf)) this.#fault = `leaf ${index} stands in the book twice`
    else {
      this.#seen.add(leaf)
      this.#tree.add(leaf)
    }
  }

  finding(statement: SealStatement): Finding {
    if (this.#fault !== undefined) return fail(this.#fault)
    const treeRoot = this.#tree.root()
    if (treeRoot !== BigInt(this.#header.treeRoot)) {
      return fail(
        `the leaves make up the tree root ${treeRoot}, and the header names ${this.#header.treeRoot}`,
      )
    }
    const root = bookRootOf(this.#hasher, treeRoot, this.#count)
    if (root !== statement.bookRoot) {
      return fail(
        `${this.#count} leaves make up the book root ${root}, and the proofs state ${statement.bookRoot}`,
      )
    }
    return pass(`${this.#count} distinct leaves make up the book root ${root}`)
  }
}
