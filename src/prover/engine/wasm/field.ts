/**
 * Field arithmetic on pairs: two independent elements in the lanes of SIMD vectors. Montgomery products with
 * lazy reduction: a product of values below 6p is below 2p, nothing is ever subtracted conditionally. The bounds
 * that this rests on are argued in bounds.md and asserted by the checked build.
 */
import {
  type Code,
  call,
  type FunctionBuilder,
  I32,
  i32,
  i32x4,
  i64x2,
  type Local,
  loopWhile,
  type ModuleBuilder,
  V128,
  v128,
} from './emitter.ts'
import { type FieldLayout, LIMB_BITS, LIMBS, PAIR_BYTES } from './layout.ts'
import { type Pair, PairCode } from './pair.ts'

/** One product of a sum: limb i of one factor in all lanes pairwise (x y x y), and the other factor as a pair. */
interface Term {
  readonly limb: (i: number) => Code
  readonly other: Pair
}

const zeroAddress = i32.const(0)

/** Code for one field: `mul` and others are wasm functions on addresses; the rest is inlined. */
export class FieldCode extends PairCode {
  readonly mul: FunctionBuilder
  readonly square: FunctionBuilder
  /** a * b + c * d with one reduction. */
  readonly mulAdd: FunctionBuilder
  /** The product of a pair with one element. */
  readonly mulElement: FunctionBuilder
  readonly invert: FunctionBuilder
  readonly #module: ModuleBuilder

  constructor(module: ModuleBuilder, layout: FieldLayout, checked: boolean) {
    super(layout, checked)
    this.#module = module
    this.mul = this.#product(1)
    this.mulAdd = this.#product(2)
    this.square = this.#squareFunction()
    this.mulElement = this.#elementProduct()
    this.invert = this.#invertFunction()
  }

  #product(terms: 1 | 2): FunctionBuilder {
    const f = this.#module.function(1 + 2 * terms)
    const [out, ...factors] = f.parameters
    const sum: Term[] = []
    for (let i = 0; i < terms; i++) {
      const [a, b] = [factors[2 * i]!, factors[2 * i + 1]!]
      const other = this.newPair(f)
      f.emit(this.#assertAt(f, a), this.loadPair(other, b.get), this.assertBounds(other))
      sum.push({ limb: (limb) => v128.load64Splat(a.get, 8 * limb), other })
    }
    const result = this.#reduce(f, (columns, i) => this.#row(f, columns, sum, i))
    f.emit(this.storePair(out!.get, result))
    return f
  }

  #elementProduct(): FunctionBuilder {
    const f = this.#module.function(3)
    const [out, pair, element] = f.parameters
    const other = this.newPair(f)
    f.emit(this.loadPair(other, pair!.get), this.assertBounds(other))
    const sum = [{ limb: (i: number) => v128.load32Splat(element!.get, 4 * i), other }]
    const result = this.#reduce(f, (columns, i) => this.#row(f, columns, sum, i))
    f.emit(this.storePair(out!.get, result))
    return f
  }

  #squareFunction(): FunctionBuilder {
    const f = this.#module.function(2)
    const [out, a] = f.parameters
    const other = this.newPair(f)
    const [once, twice] = [f.local(V128), f.local(V128)]
    f.emit(this.loadPair(other, a!.get), this.assertBounds(other))
    const result = this.#reduce(f, (columns, i) => {
      // a_i a_j counts twice for j > i, once for j = i, and was counted before for j < i.
      f.emit(once.set(v128.load64Splat(a!.get, 8 * i)), twice.set(i32x4.add(once.get, once.get)))
      for (let j = i; j < LIMBS; j++) {
        const value = this.#partial(j === i ? once : twice, other, j)
        const fresh = i === 0 || j === LIMBS - 1
        f.emit(columns[j]!.set(fresh ? value : i64x2.add(columns[j]!.get, value)))
      }
    })
    f.emit(this.storePair(out!.get, result))
    return f
  }

  #assertAt(f: FunctionBuilder, address: Local): Code {
    if (!this.checked) return []
    const pair = this.newPair(f)
    return [this.loadPair(pair, address.get), this.assertBounds(pair)]
  }

  #row(f: FunctionBuilder, columns: Pair, terms: readonly Term[], i: number): void {
    const limb = f.local(V128)
    terms.forEach((term, t) => {
      f.emit(limb.set(term.limb(i)))
      for (let j = 0; j < LIMBS; j++) {
        const value = this.#partial(limb, term.other, j)
        const fresh = t === 0 && (i === 0 || j === LIMBS - 1)
        f.emit(columns[j]!.set(fresh ? value : i64x2.add(columns[j]!.get, value)))
      }
    })
  }

  /** One limb in all lanes times limb j of a pair. */
  #partial(limb: Local, pair: Pair, j: number): Code {
    return (j % 2 === 0 ? i64x2.extmulLow : i64x2.extmulHigh)(limb.get, pair[j >> 1]!.get)
  }

  /**
   * Montgomery reduction interleaved with the products: `row` adds the products of one limb, then a multiple of
   * p clears the lowest column, and all columns move down by one.
   */
  #reduce(f: FunctionBuilder, row: (columns: Pair, i: number) => void): Pair {
    const columns = f.locals(LIMBS, V128)
    const [m, modulus] = [f.local(V128), this.newPair(f)]
    f.emit(modulus.map((vector, v) => vector.set(this.pairConstant(this.layout.modulus, v))))
    for (let i = 0; i < LIMBS; i++) {
      row(columns, i)
      f.emit(columns.map((column) => this.check(() => i64x2.ltS(column.get, v128.zero))))
      f.emit(
        m.set(i32x4.mul(columns[0]!.get, this.constant('inverse'))),
        m.set(v128.and(v128.shuffle(m.get, m.get, [0, 2, 0, 2]), this.constant('mask'))),
      )
      const next = (j: number) => i64x2.add(columns[j]!.get, this.#partial(m, modulus, j))
      f.emit(columns[0]!.set(i64x2.shrU(next(0), LIMB_BITS)))
      f.emit(columns[0]!.set(i64x2.add(columns[0]!.get, next(1))))
      for (let j = 2; j < LIMBS; j++) f.emit(columns[j - 1]!.set(next(j)))
    }
    return this.#carry(f, columns)
  }

  /** The first eight columns after the last reduction, carried through and packed as a pair. */
  #carry(f: FunctionBuilder, columns: Pair): Pair {
    const result = this.newPair(f)
    f.emit(columns[LIMBS - 1]!.set(v128.zero))
    for (let j = 0; j < LIMBS - 1; j++) {
      const carry = i64x2.shrU(columns[j]!.get, LIMB_BITS)
      f.emit(columns[j + 1]!.set(i64x2.add(columns[j + 1]!.get, carry)))
    }
    for (let v = 0; v < 4; v++) {
      const packed = v128.shuffle(columns[2 * v]!.get, columns[2 * v + 1]!.get, [0, 2, 4, 6])
      f.emit(result[v]!.set(v128.and(packed, this.constant('mask'))))
    }
    f.emit(result[4]!.set(v128.shuffle(columns[8]!.get, v128.zero, [0, 2, 4, 4])))
    f.emit(this.assertBounds(result))
    return result
  }

  /** invert(out, a, table): a^(p-2) by 4-bit digits; `table` is room for 16 pairs. Zero gives zero. */
  #invertFunction(): FunctionBuilder {
    const f = this.#module.function(3)
    const [out, a, table] = f.parameters.map((parameter) => parameter.get)
    const [k, digit] = [f.local(I32), f.local(I32)]
    const one = this.newPair(f)
    const entry = (index: Code) => i32.add(table!, i32.mul(index, i32.const(PAIR_BYTES)))
    const next = (local: Local) => local.set(i32.add(local.get, i32.const(1)))
    f.emit(
      this.loadPair(one, zeroAddress, this.layout.one),
      this.storePair(table!, one),
      this.storePair(out!, one),
      k.set(i32.const(1)),
      loopWhile(i32.ltU(k.get, i32.const(16)), [
        call(this.mul, entry(k.get), entry(i32.sub(k.get, i32.const(1))), a!),
        next(k),
      ]),
      k.set(i32.const(0)),
      loopWhile(i32.ltU(k.get, i32.const(64)), [
        [0, 1, 2, 3].map(() => call(this.square, out!, out!)),
        // The byte of the digit, from a word at any alignment.
        digit.set(i32.and(i32.load(k.get, this.layout.exponent), i32.const(15))),
        call(this.mul, out!, out!, entry(digit.get)),
        next(k),
      ]),
    )
    return f
  }
}
