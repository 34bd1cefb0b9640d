/** Batches of independent additions of affine points, with the exceptional ones decided in bigints. */
import { type Affine, addAffine, type Group } from './big-curve.ts'
import { Arena, type Machine } from './machine.ts'

/** Additions per inversion: the inversion then costs about 2% and everything stays in the second-level cache. */
const BATCH = 4096
const ENTRY_WORDS = 3

interface Room {
  readonly list: number
  readonly differences: number
  readonly norms: number
  readonly inverses: number
  readonly exceptions: number
  readonly scratch: number
}

function layOut(arena: Arena): Room {
  const pairs = BATCH / 2
  return {
    list: arena.take(BATCH * ENTRY_WORDS * 4),
    differences: arena.pairs(2 * pairs),
    norms: arena.pairs(pairs),
    inverses: arena.pairs(pairs + 1),
    exceptions: arena.take(BATCH * 4),
    scratch: arena.pairs(20),
  }
}

/** Bytes that `Additions` takes of its arena. */
export const ADDITIONS_BYTES = (() => {
  const arena = new Arena(0)
  layOut(arena)
  return arena.next
})()

export class Additions {
  readonly #machine: Machine
  readonly #group: Group
  readonly #room: Room
  readonly #list: Uint32Array
  #count = 0

  constructor(machine: Machine, group: Group, arena: Arena) {
    this.#machine = machine
    this.#group = group
    this.#room = layOut(arena)
    this.#list = machine.words.subarray(this.#room.list / 4, this.#room.list / 4 + BATCH * ENTRY_WORDS)
  }

  /**
   * Puts down target := first + second; bit 0 of a source negates it. Nothing is there before `flush`, and until then
   * a target may be no source or target of another addition, except that it may be a source of its own.
   */
  add(first: number, second: number, target: number): void {
    const at = this.#count * ENTRY_WORDS
    this.#list[at] = first
    this.#list[at + 1] = second
    this.#list[at + 2] = target
    if (++this.#count === BATCH) this.flush()
  }

  flush(): void {
    if (this.#count === 0) return
    // Two at a time: an odd one is done twice.
    if (this.#count % 2 === 1) {
      const last = (this.#count - 1) * ENTRY_WORDS
      this.#list.copyWithin(last + ENTRY_WORDS, last, last + ENTRY_WORDS)
    }
    const pairs = (this.#count + 1) >> 1
    const { call } = this.#machine
    const { list, differences, norms, inverses, exceptions, scratch } = this.#room
    const g1 = this.#group === 'g1'
    ;(g1 ? call.g1Touch : call.g2Touch)(list, this.#count)
    const count = (g1 ? call.g1Phase1 : call.g2Phase1)(list, pairs, differences, norms, exceptions)
    // Sources may be overwritten below, so what needs them is computed now and written afterwards.
    const decided = count > 0 ? this.#decide(count) : []
    call.fqInvertAll(g1 ? differences : norms, inverses, pairs, scratch)
    ;(g1 ? call.g1Phase2 : call.g2Phase2)(list, pairs, differences, inverses, scratch)
    for (const [target, point] of decided) this.#machine.setPoint(this.#group, target, point)
    this.#count = 0
  }

  #decide(count: number): [number, Affine][] {
    const numbers = this.#machine.words.subarray(this.#room.exceptions / 4, this.#room.exceptions / 4 + count)
    return Array.from(numbers, (number) => {
      const at = number * ENTRY_WORDS
      const first = this.#machine.point(this.#group, this.#list[at]!)
      const second = this.#machine.point(this.#group, this.#list[at + 1]!)
      return [this.#list[at + 2]!, addAffine(first, second)]
    })
  }
}
