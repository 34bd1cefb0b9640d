import { concat, keccak256, ZeroHash } from 'ethers'
import { stepLeaf } from '../prover/book-pass/steps-digest.ts'

/** The root of the digest of all steps (StepsTree), from the steps in order and without holding them. */
export class StepsRoot {
  /** open[height]: the left node that waits for its sibling. */
  readonly #open: (string | undefined)[] = []
  readonly #padding: string[] = [ZeroHash]
  #count = 0

  add(chainIn: bigint, chainOut: bigint): void {
    let node = stepLeaf({ index: this.#count++, chainIn, chainOut })
    let height = 0
    for (; this.#open[height] !== undefined; height++) {
      node = pair(this.#open[height]!, node)
      this.#open[height] = undefined
    }
    this.#open[height] = node
  }

  /** 0x and 64 hex digits. Throws RangeError without a step. */
  get root(): string {
    if (this.#count === 0) throw new RangeError('there is no step')
    const top = this.#open.length - 1
    let carried: string | undefined
    for (let height = 0; height <= top; height++) {
      const left = this.#open[height]
      if (left === undefined) carried = carried && pair(carried, this.#pad(height))
      // The only node of its level is the root.
      else if (carried === undefined) carried = height === top ? left : pair(left, this.#pad(height))
      else carried = pair(left, carried)
    }
    return carried!
  }

  #pad(height: number): string {
    while (this.#padding.length <= height) {
      const below = this.#padding.at(-1)!
      this.#padding.push(pair(below, below))
    }
    return this.#padding[height]!
  }
}

function pair(left: string, right: string): string {
  return keccak256(concat([left, right]))
}
