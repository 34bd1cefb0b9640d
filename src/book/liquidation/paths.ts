import { type OctaryPath, TREE_ARITY } from '../../protocol/octary-tree.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import { bookRootOf } from '../book.ts'

/** A leaf that is written at a place of a book, with the path of what stood there before. */
export interface LeafWrite {
  readonly index: number
  readonly leaf: bigint
  readonly path: OctaryPath
}

/** The path of a written place in the tree after the write: the same siblings, the nodes on the way replaced. */
export function writtenPath(hasher: Hasher, { index, leaf, path }: LeafWrite): bigint[][] {
  let node = leaf
  let position = index
  return path.map((children) => {
    const group = children.map((child, place) => (place === position % TREE_ARITY ? node : child))
    node = hasher.hash('BOOK_NODE', group)
    position = Math.floor(position / TREE_ARITY)
    return group
  })
}

/** Root of a book of `count` accounts after a write. */
export function rootAfterWrite(hasher: Hasher, write: LeafWrite, count: number): bigint {
  return bookRootOf(hasher, hasher.hash('BOOK_NODE', writtenPath(hasher, write).at(-1)!), count)
}

/** The path of another place of the same tree after the write: groups above both places are the written ones. */
export function pathAfterWrite(
  hasher: Hasher,
  write: LeafWrite,
  other: { readonly index: number; readonly path: OctaryPath },
): bigint[][] {
  const written = writtenPath(hasher, write)
  return other.path.map((group, level) => {
    const width = TREE_ARITY ** (level + 1)
    const shared = Math.floor(other.index / width) === Math.floor(write.index / width)
    return shared ? [...written[level]!] : [...group]
  })
}
