import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { OctaryTree, verifyPath } from '../../src/protocol/octary-tree.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'

let hasher: Hasher
let hashes = 0
beforeAll(async () => {
  const inner = await poseidonHasher()
  hasher = {
    ...inner,
    hash: (domain, inputs) => {
      hashes++
      return inner.hash(domain, inputs)
    },
  }
})

const shape = { domain: 'BOOK_NODE', levels: 2 } as const

describe('OctaryTree', () => {
  it('is the plain eight-way Merkle tree over its 64 leaves', () => {
    const leaves = Array.from({ length: 64 }, (_, index) => BigInt(index * index + 1))
    const nodes = Array.from({ length: 8 }, (_, node) =>
      hasher.hash('BOOK_NODE', leaves.slice(8 * node, 8 * node + 8)),
    )
    const tree = OctaryTree.of(hasher, shape, leaves)
    expect(tree.nodes(0)).toEqual(leaves)
    expect(tree.nodes(1)).toEqual(nodes)
    expect(tree.root).toBe(hasher.hash('BOOK_NODE', nodes))
  })

  it('separates domains', () => {
    const root = OctaryTree.of(hasher, shape, [1n]).root
    expect(OctaryTree.of(hasher, { ...shape, domain: 'RISK_NODE' }, [1n]).root).not.toBe(root)
  })

  it('gives the same root whether built at once or leaf by leaf, in any order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 511 }), { minLength: 1, maxLength: 12 }),
        (indices) => {
          const entries = indices.map((index) => [index, BigInt(index) + 7n] as const)
          const bulk = new OctaryTree(hasher, { ...shape, levels: 3 })
          bulk.setMany(entries)
          const single = new OctaryTree(hasher, { ...shape, levels: 3 })
          for (const [index, leaf] of [...entries].reverse()) single.set(index, leaf)
          expect(single.root).toBe(bulk.root)
          const victim = indices[0]!
          single.set(victim, 0n)
          bulk.set(victim, 99n)
          expect(single.root).not.toBe(bulk.root)
          bulk.set(victim, 0n)
          expect(single.root).toBe(bulk.root)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('returns to the empty root when every leaf is cleared', () => {
    const tree = new OctaryTree(hasher, shape)
    const empty = tree.root
    tree.set(9, 5n)
    expect(tree.root).not.toBe(empty)
    tree.set(9, 0n)
    expect(tree.root).toBe(empty)
  })

  it('hashes an empty subtree once per level and an update once per level', () => {
    hashes = 0
    const tree = new OctaryTree(hasher, { domain: 'BOOK_NODE', levels: 7 })
    expect(hashes).toBe(7)
    tree.set(2_097_151, 1n)
    expect(hashes).toBe(14)
    tree.setMany([
      [0, 1n],
      [1, 2n],
      [7, 3n],
    ])
    expect(hashes).toBe(21)
  })

  it('proves every leaf, empty ones included, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 63 }),
        fc.integer({ min: 0, max: 1 }),
        fc.integer({ min: 0, max: 7 }),
        (index, level, child) => {
          const tree = OctaryTree.of(hasher, shape, [11n, 12n, 13n, 14n, 15n, 16n, 17n, 18n, 19n])
          const path = tree.path(index)
          const claim = {
            domain: 'BOOK_NODE',
            top: tree.root,
            index,
            leaf: tree.node(0, index),
            path,
          } as const
          expect(path.map((group) => group.length)).toEqual([8, 8])
          expect(verifyPath(hasher, claim)).toBe(true)
          expect(verifyPath(hasher, { ...claim, leaf: claim.leaf + 1n })).toBe(false)
          expect(verifyPath(hasher, { ...claim, domain: 'RISK_NODE' })).toBe(false)
          expect(verifyPath(hasher, { ...claim, top: claim.top + 1n })).toBe(false)
          expect(verifyPath(hasher, { ...claim, path: path.slice(1) })).toBe(false)
          const forged = path.map((group) => [...group])
          forged[level]![child]! += 1n
          expect(verifyPath(hasher, { ...claim, path: forged })).toBe(false)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('refuses a path with a group of another width, and a negative index', () => {
    const tree = OctaryTree.of(hasher, shape, [1n])
    const claim = { domain: 'BOOK_NODE', top: tree.root, index: 0, leaf: 1n, path: tree.path(0) } as const
    expect(verifyPath(hasher, { ...claim, index: -1 })).toBe(false)
    expect(verifyPath(hasher, { ...claim, path: [claim.path[0]!.slice(0, 7), claim.path[1]!] })).toBe(false)
  })

  it('stands as a row of subtrees, down to no hashed level at all', () => {
    const row = OctaryTree.of(hasher, { domain: 'RISK_NODE', levels: 1, tops: 3 }, [1n])
    expect(row.places).toBe(24)
    expect(row.nodes(1)).toHaveLength(3)
    expect(() => row.root).toThrow('3 top nodes')
    const flat = OctaryTree.of(hasher, { domain: 'RISK_NODE', levels: 0, tops: 3 }, [1n, 2n])
    expect(flat.nodes(0)).toEqual([1n, 2n, 0n])
    expect(flat.path(1)).toEqual([])
  })

  it('refuses an index outside, a level outside and an impossible shape, changing nothing', () => {
    const tree = OctaryTree.of(hasher, shape, [1n])
    const root = tree.root
    for (const index of [-1, 64, 0.5, Number.NaN]) {
      expect(() => tree.set(index, 1n)).toThrow(RangeError)
      expect(() => tree.path(index)).toThrow(RangeError)
    }
    expect(() =>
      tree.setMany([
        [3, 1n],
        [64, 1n],
      ]),
    ).toThrow(RangeError)
    expect(tree.root).toBe(root)
    expect(() => tree.nodes(3)).toThrow(RangeError)
    expect(() => OctaryTree.of(hasher, shape, new Array<bigint>(65).fill(1n))).toThrow(RangeError)
    expect(() => new OctaryTree(hasher, { ...shape, levels: -1 })).toThrow(RangeError)
    expect(() => new OctaryTree(hasher, { ...shape, tops: 0 })).toThrow(RangeError)
  })
})
