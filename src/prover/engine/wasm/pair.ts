/**
 * Pairs in vector registers: loads and stores, additions limb by limb, and the two ways back to bounded limbs. The
 * bounds that this rests on are argued in bounds.md and asserted by the checked build.
 */
import { type Code, type FunctionBuilder, i32, i32x4, type Local, trap, V128, v128, when } from './emitter.ts'
import { type ELEMENT_BYTES, type FieldLayout, LIMB_BITS, LIMBS, type PAIR_BYTES, VECTORS } from './layout.ts'

/** A pair held in five vector locals. */
export type Pair = readonly Local[]

const zeroAddress = i32.const(0)

/** The largest limb after `normalise`, and the largest top limb of an operand, in units of the modulus' own. */
const LIMB_BOUND = 2 ** LIMB_BITS + 6
const VALUE_BOUND = 8n

export class PairCode {
  readonly layout: FieldLayout
  protected readonly checked: boolean

  constructor(layout: FieldLayout, checked: boolean) {
    this.layout = layout
    this.checked = checked
  }

  constant(name: 'mask' | 'inverse' | 'topMask' | 'oddLanes'): Code {
    return v128.load(zeroAddress, this.layout[name])
  }

  pairConstant(address: number, vector: number): Code {
    return v128.load(zeroAddress, address + 16 * vector)
  }

  newPair(f: FunctionBuilder): Pair {
    return f.locals(VECTORS, V128)
  }

  loadPair(pair: Pair, address: Code, offset = 0): Code {
    return pair.map((vector, v) => vector.set(v128.load(address, offset + 16 * v)))
  }

  storePair(address: Code, pair: Pair, offset = 0): Code {
    return pair.map((vector, v) => v128.store(address, vector.get, offset + 16 * v))
  }

  /** The elements at two addresses as one pair. */
  interleave(f: FunctionBuilder, pair: Pair, first: Code, second: Code): Code {
    const [a, b] = [f.local(V128), f.local(V128)]
    return [0, 1, 2].map((part) => [
      a.set(v128.load(first, 16 * part)),
      b.set(v128.load(second, 16 * part)),
      pair[2 * part]!.set(v128.shuffle(a.get, b.get, [0, 4, 1, 5])),
      part < 2 ? pair[2 * part + 1]!.set(v128.shuffle(a.get, b.get, [2, 6, 3, 7])) : [],
    ])
  }

  /** Stores the two elements of a pair at two addresses. */
  separate(pair: Pair, first: Code, second: Code): Code {
    return [0, 1, 2].map((part) => {
      const low = pair[2 * part]!.get
      const high = part < 2 ? pair[2 * part + 1]!.get : v128.zero
      return [
        v128.store(first, v128.shuffle(low, high, [0, 2, 4, 6]), 16 * part),
        v128.store(second, v128.shuffle(low, high, [1, 3, 5, 7]), 16 * part),
      ]
    })
  }

  /** target = a + b, limb by limb. */
  add(target: Pair, a: Pair, b: Pair): Code {
    return target.map((vector, v) => [
      vector.set(i32x4.add(a[v]!.get, b[v]!.get)),
      this.check(() => i32x4.gtU(b[v]!.get, vector.get)),
    ])
  }

  /** target = constant + a - b (- c), limb by limb; the constant is a multiple of p in redundant form. */
  subtract(target: Pair, constant: number, a: Pair | undefined, ...subtrahends: Pair[]): Code {
    return target.map((vector, v) => {
      let sum = this.pairConstant(constant, v)
      if (a !== undefined) sum = i32x4.add(a[v]!.get, sum)
      const checks: Code[] = []
      if (a !== undefined) checks.push(this.check(() => i32x4.gtU(a[v]!.get, sum)))
      for (const subtrahend of subtrahends) {
        const before = sum
        checks.push(this.check(() => i32x4.gtU(subtrahend[v]!.get, before)))
        sum = i32x4.sub(sum, subtrahend[v]!.get)
      }
      return [checks, vector.set(sum)]
    })
  }

  /** Passes each limb's bits above 29 on to the next, once: limbs end below 2^29 + 7, the top limb takes all. */
  normalise(f: FunctionBuilder, pair: Pair): Code {
    const carries = this.newPair(f)
    return [
      carries.slice(0, 4).map((carry, v) => carry.set(i32x4.shrU(pair[v]!.get, LIMB_BITS))),
      pair.map((vector, v) => {
        const kept =
          v < 4 ? v128.and(vector.get, this.constant('mask')) : v128.and(vector.get, this.constant('topMask'))
        const before = v === 0 ? v128.zero : carries[v - 1]!.get
        const own = v < 4 ? carries[v]!.get : v128.zero
        return vector.set(i32x4.add(kept, v128.shuffle(before, own, [2, 3, 4, 5])))
      }),
      this.assertBounds(pair),
    ]
  }

  /**
   * From any value below 7p, whose limbs may be up to 2^32 - 1, to one in [p, 2.06p): subtracts q - 1 times p, where
   * q is what the top limb says of the quotient.
   */
  compress(f: FunctionBuilder, pair: Pair): Code {
    const quotient = f.local(V128)
    const top = this.layout.p >> BigInt(LIMB_BITS * (LIMBS - 1))
    const reciprocal = Number((1n << 27n) / (top + 1n))
    const estimate = i32x4.shrU(i32x4.mul(pair[4]!.get, i32x4.splat(i32.const(reciprocal))), 27)
    return [
      this.normalise(f, pair),
      quotient.set(v128.shuffle(estimate, v128.zero, [0, 1, 0, 1])),
      this.check(() => i32x4.gtU(quotient.get, i32x4.splat(i32.const(6)))),
      pair.map((vector, v) => {
        const sum = i32x4.add(vector.get, this.pairConstant(this.layout.excess, v))
        const multiple = i32x4.mul(quotient.get, this.pairConstant(this.layout.modulus, v))
        return [
          this.check(() => v128.or(i32x4.gtU(vector.get, sum), i32x4.gtU(multiple, sum))),
          vector.set(i32x4.sub(sum, multiple)),
        ]
      }),
      this.normalise(f, pair),
    ]
  }

  /** Sets lanes of `flags` to ones where the first pair's lowest limb is that of p, 2p, ... 5p. */
  lowLimbOfZero(difference: Pair): Code {
    const compare = (k: number) =>
      i32x4.eq(difference[0]!.get, v128.load(zeroAddress, this.layout.multiples + 16 * k))
    return [1, 2, 3, 4].reduce<Code>((flags, k) => v128.or(flags, compare(k)), compare(0))
  }

  assertBounds(pair: Pair): Code {
    const top = Number((VALUE_BOUND * this.layout.p) >> BigInt(LIMB_BITS * (LIMBS - 1)))
    return pair.map((vector, v) =>
      this.check(() => i32x4.gtU(vector.get, i32x4.splat(i32.const(v < 4 ? LIMB_BOUND : top)))),
    )
  }

  /** Traps in the checked build when any lane of what `violated` computes is set. */
  protected check(violated: () => Code): Code {
    return this.checked ? when(v128.anyTrue(violated()), trap) : []
  }
}

/** Address of element or pair `index` in an array. */
export function at(base: Code, index: Code, size: typeof ELEMENT_BYTES | typeof PAIR_BYTES): Code {
  return i32.add(base, i32.mul(index, i32.const(size)))
}
