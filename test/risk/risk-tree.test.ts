import { beforeAll, describe, expect, it } from 'vitest'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { verifyPath } from '../../src/protocol/octary-tree.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { placeOf, RiskTree, riskLeaf, riskRootOf, topRoot } from '../../src/risk/risk-tree.ts'
import { packVector, ZERO_VECTOR } from '../../src/risk/vector.ts'
import { vectorOf } from './margin-support.ts'

let hasher: Hasher
beforeAll(async () => {
  hasher = await poseidonHasher()
})

const small = MARGIN_INSTANCES['margin-4']
const large = MARGIN_INSTANCES['margin-16']
const vectors = [
  vectorOf(1, { 0: 10n, 5: -3n }, { long: 1n, short: 2n }),
  vectorOf(63, { 0: -1n }),
  vectorOf(2 * 4096 + 9, { 41: 5n }),
]

describe('RiskTree', () => {
  it('hashes the whole id and the fifteen packed elements into a leaf', () => {
    const vector = vectors[2]!
    const inputs = [BigInt(vector.id), ...packVector(vector)]
    expect(inputs).toHaveLength(16)
    expect(riskLeaf(hasher, vector)).toBe(hasher.hash('RISK_LEAF', inputs))
    expect(riskLeaf(hasher, { ...vector, id: vector.id + 4096 })).not.toBe(riskLeaf(hasher, vector))
  })

  it.each([small, large])('proves every place of $name up to one of 64 top nodes', (instance) => {
    const tree = RiskTree.of(hasher, instance, vectors)
    expect(tree.topNodes).toHaveLength(64)
    expect(topRoot(hasher, tree.topNodes)).toBe(tree.root)
    for (const place of [0, 1, 2, 9, 63]) {
      const path = tree.path(place)
      expect(path).toHaveLength(instance.riskLevels - 2)
      const top = tree.topNodes[tree.topIndex(place)]!
      const claim = { domain: 'RISK_NODE', top, index: place, leaf: tree.leaf(place), path } as const
      expect(verifyPath(hasher, claim)).toBe(true)
      const vector = tree.byPlace(place)
      expect(tree.leaf(place)).toBe(vector === undefined ? 0n : riskLeaf(hasher, vector))
    }
  })

  it('joins the 64 nodes as four groups of sixteen', () => {
    const tree = RiskTree.of(hasher, small, vectors)
    const leaves = new Array<bigint>(64).fill(0n)
    for (const vector of [ZERO_VECTOR, ...vectors]) leaves[placeOf(vector.id)] = riskLeaf(hasher, vector)
    const groups = [0, 16, 32, 48].map((at) => hasher.hash('RISK_TOP', leaves.slice(at, at + 16)))
    expect(tree.root).toBe(hasher.hash('RISK_ROOT', groups))
    expect(() => topRoot(hasher, leaves.slice(1))).toThrow(RangeError)
  })

  it('always holds the zero vector at place 0', () => {
    const tree = RiskTree.of(hasher, large, [])
    expect(tree.byPlace(0)).toBe(ZERO_VECTOR)
    expect(tree.byId(0)).toBe(ZERO_VECTOR)
    expect(tree.leaf(0)).toBe(riskLeaf(hasher, ZERO_VECTOR))
  })

  it('finds vectors by whole id and by place', () => {
    const tree = RiskTree.of(hasher, large, vectors)
    expect(tree.byId(8201)).toBe(vectors[2])
    expect(tree.byId(9)).toBeUndefined()
    expect(tree.byPlace(9)).toBe(vectors[2])
    expect([...tree.vectors.keys()]).toEqual([0, 1, 8201, 63])
  })

  it('has one root for one set of vectors, whatever their order and wherever their leaves were hashed', () => {
    const root = riskRootOf(hasher, large, vectors)
    expect(riskRootOf(hasher, large, [...vectors].reverse())).toBe(root)
    const entries = vectors.map((vector) => ({ vector, leaf: riskLeaf(hasher, vector) }))
    expect(RiskTree.ofEntries(hasher, large, entries).root).toBe(root)
    expect(riskRootOf(hasher, large, vectors.slice(1))).not.toBe(root)
    expect(riskRootOf(hasher, small, vectors)).not.toBe(root)
  })

  it('refuses two vectors at one place, a place outside, place 0, and a rate out of range', () => {
    const refused = (...ids: number[]) =>
      riskRootOf(
        hasher,
        small,
        ids.map((id) => vectorOf(id, {})),
      )
    expect(() => refused(5, 4096 + 5)).toThrow('place 5 already holds 5')
    expect(() => refused(64)).toThrow('outside the 64 places of margin-4')
    expect(() => refused(4096)).toThrow('place 0 is reserved')
    expect(() => refused(0)).toThrow('must be 1 or more')
    expect(() => refused(2 ** 32 + 1)).toThrow('at most 32 bits')
    expect(() => riskRootOf(hasher, small, [vectorOf(1, { 0: 1n << 38n })])).toThrow('dimension 0')
  })
})
