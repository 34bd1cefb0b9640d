import { AbiCoder, keccak256, solidityPackedKeccak256, ZeroHash } from 'ethers'
import { describe, expect, it } from 'vitest'
import type { StepLink } from '../../src/prover/book-pass/request.ts'
import { rootOfStep, StepsTree, stepLeaf } from '../../src/prover/book-pass/steps-digest.ts'

const steps = (count: number): StepLink[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    chainIn: 100n + BigInt(index),
    chainOut: 101n + BigInt(index),
  }))
const node = (left: string, right: string) => solidityPackedKeccak256(['bytes32', 'bytes32'], [left, right])

describe('the digest of the steps', () => {
  it('is the tree that its words say, padded with zero words', () => {
    const [a, b, c] = steps(3).map(stepLeaf) as [string, string, string]
    const encoded = AbiCoder.defaultAbiCoder().encode(['uint256', 'uint256', 'uint256'], [1, 101, 102])
    expect(b).toBe(keccak256(encoded))
    expect(new StepsTree(steps(3)).root).toBe(node(node(a, b), node(c, ZeroHash)))
    expect(new StepsTree(steps(1)).root).toBe(a)
    const five = steps(5).map(stepLeaf)
    const right = node(node(five[4]!, ZeroHash), node(ZeroHash, ZeroHash))
    expect(new StepsTree(steps(5)).root).toBe(node(node(node(a, b), node(c, five[3]!)), right))
  })

  it('has a path for every step, bound to its index', () => {
    for (const count of [1, 2, 3, 5, 8, 9]) {
      const tree = new StepsTree(steps(count))
      for (let index = 0; index < count; index++) {
        const path = tree.path(index)
        expect(path.path).toHaveLength(Math.ceil(Math.log2(count)))
        expect(rootOfStep(path)).toBe(tree.root)
        if (count > 1) expect(rootOfStep({ ...path, index: index ^ 1 })).not.toBe(tree.root)
      }
      expect(() => tree.path(count)).toThrow(/there is no step/)
    }
  })

  it('refuses steps out of order and none at all', () => {
    expect(() => new StepsTree([])).toThrow(/at least one/)
    expect(() => new StepsTree(steps(3).reverse())).toThrow(/in order/)
  })
})
