/**
 * The digest of all steps of a chain, as EpochSeals keeps it: a keccak-256 Merkle tree over
 * keccak256(abi.encode(i, chainIn, chainOut)), i from 0. The bits of i say on which side each node stands; the places
 * beyond the last step, up to a power of two, are zero words. A leaf hashes 96 bytes and a node 64, so neither passes
 * for the other. Pure.
 */
import { AbiCoder, concat, keccak256, ZeroHash } from 'ethers'
import { InputError } from '../../protocol/errors.ts'
import type { StepLink } from './request.ts'

export interface StepPath {
  readonly index: number
  readonly leaf: string
  /** Siblings from the leaf up; ceil(log2(steps)) of them. */
  readonly path: readonly string[]
}

export function stepLeaf({ index, chainIn, chainOut }: StepLink): string {
  const types = ['uint256', 'uint256', 'uint256']
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [index, chainIn, chainOut]))
}

export class StepsTree {
  /** levels[0] are the leaves; places beyond a level's end are the padding of that level. */
  readonly #levels: string[][]
  readonly #padding: string[] = [ZeroHash]

  /** Throws InputError unless the steps stand in order from index 0. */
  constructor(steps: readonly StepLink[]) {
    const misplaced = steps.findIndex(({ index }, place) => index !== place)
    if (misplaced >= 0 || steps.length === 0) {
      throw new InputError('steps must stand in order from index 0, at least one', {
        row: Math.max(misplaced, 0) + 1,
        field: 'index',
      })
    }
    this.#levels = [steps.map(stepLeaf)]
    while (this.#levels.at(-1)!.length > 1) this.#grow()
  }

  #grow(): void {
    const below = this.#levels.at(-1)!
    const padding = this.#padding.at(-1)!
    const level = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
      pair(below[2 * i]!, below[2 * i + 1] ?? padding),
    )
    this.#levels.push(level)
    this.#padding.push(pair(padding, padding))
  }

  get root(): string {
    return this.#levels.at(-1)![0]!
  }

  /** Throws InputError when there is no such step. */
  path(index: number): StepPath {
    const leaf = this.#levels[0]![index]
    if (leaf === undefined) throw new InputError(`there is no step ${index}`, { field: 'index' })
    const path = this.#levels
      .slice(0, -1)
      .map((level, height) => level[Math.floor(index / 2 ** height) ^ 1] ?? this.#padding[height]!)
    return { index, leaf, path }
  }
}

/** The root that a path leads to. */
export function rootOfStep({ index, leaf, path }: StepPath): string {
  return path.reduce(
    (node, sibling, height) =>
      Math.floor(index / 2 ** height) % 2 === 0 ? pair(node, sibling) : pair(sibling, node),
    leaf,
  )
}

function pair(left: string, right: string): string {
  return keccak256(concat([left, right]))
}
