/**
 * Transforms over the scalar field. An array of n values lies in n/2 pairs: pair i holds values i and i + n/2. Of
 * the log2(n) steps only one joins the two lanes; in all others both lanes do the same to their own half.
 * The inverse transform takes its input in natural order and leaves bit-reversed order, the forward one undoes that.
 */
import {
  type Code,
  call,
  type FunctionBuilder,
  I32,
  i32,
  i32x4,
  type Local,
  loopWhile,
  type ModuleBuilder,
  v128,
} from './emitter.ts'
import type { FieldCode } from './field.ts'
import { ELEMENT_BYTES, PAIR_BYTES } from './layout.ts'
import { at, type Pair } from './pair.ts'

/** The instruction that takes one of two values. */
const SELECT: Code = [0x1b]

export class TransformCode {
  readonly #module: ModuleBuilder
  readonly #field: FieldCode

  constructor(module: ModuleBuilder, field: FieldCode) {
    this.#module = module
    this.#field = field
  }

  /**
   * butterflies(pairs, blocks, half, roots, rootStride, scratch): in each block of 2 * half pairs, joins pair k with
   * pair k + half; `inverse`: (u + v, (u - v) w), forward: (u + v w, u - v w). Roots are elements.
   */
  butterflies(direction: 'inverse' | 'forward'): FunctionBuilder {
    const f = this.#module.function(6)
    const [first, blocks, half, roots, rootStride, scratch] = f.parameters
    const [block, k, u, v, root] = f.locals(5, I32) as [Local, Local, Local, Local, Local]
    const step = (local: Local, by: Code) => local.set(i32.add(local.get, by))
    const join = direction === 'inverse' ? this.#inverse : this.#forward
    f.emit(
      block.set(i32.const(0)),
      u.set(first!.get),
      loopWhile(i32.ltU(block.get, blocks!.get), [
        v.set(at(u.get, half!.get, PAIR_BYTES)),
        root.set(roots!.get),
        k.set(i32.const(0)),
        loopWhile(i32.ltU(k.get, half!.get), [
          join.call(this, f, u.get, v.get, root.get, scratch!.get),
          step(u, i32.const(PAIR_BYTES)),
          step(v, i32.const(PAIR_BYTES)),
          step(root, rootStride!.get),
          step(k, i32.const(1)),
        ]),
        u.set(v.get),
        step(block, i32.const(1)),
      ]),
    )
    return f
  }

  #inverse(f: FunctionBuilder, u: Code, v: Code, root: Code, scratch: Code): Code {
    const field = this.#field
    const [a, b, sum] = [field.newPair(f), field.newPair(f), field.newPair(f)]
    return [
      field.loadPair(a, u),
      field.loadPair(b, v),
      field.add(sum, a, b),
      field.compress(f, sum),
      field.storePair(u, sum),
      field.subtract(a, field.layout.sub3, a, b),
      field.normalise(f, a),
      field.storePair(scratch, a),
      call(field.mulElement, v, scratch, root),
    ]
  }

  #forward(f: FunctionBuilder, u: Code, v: Code, root: Code, scratch: Code): Code {
    const field = this.#field
    const [a, b, sum] = [field.newPair(f), field.newPair(f), field.newPair(f)]
    return [
      call(field.mulElement, scratch, v, root),
      field.loadPair(a, u),
      field.loadPair(b, scratch),
      field.add(sum, a, b),
      field.compress(f, sum),
      field.storePair(u, sum),
      field.subtract(a, field.layout.sub3, a, b),
      field.compress(f, a),
      field.storePair(v, a),
    ]
  }

  /** crossLanes(pairs, count, roots, scratch): the step between values k and k + n/2; scratch is room for 2 pairs. */
  crossLanes(direction: 'inverse' | 'forward'): FunctionBuilder {
    const f = this.#module.function(4)
    const field = this.#field
    const [first, count, roots, scratch] = f.parameters
    const [k, pair, root] = f.locals(3, I32) as [Local, Local, Local]
    const [a, weights] = [field.newPair(f), field.newPair(f)]
    const weight = i32.add(scratch!.get, i32.const(PAIR_BYTES))
    const multiply = (from: Code, to: Code): Code => [
      field.interleave(f, weights, i32.const(field.layout.oneElement), root.get),
      field.storePair(weight, weights),
      call(field.mul, to, from, weight),
    ]
    const steps =
      direction === 'inverse'
        ? [
            field.loadPair(a, pair.get),
            this.#sumAndDifference(f, a),
            field.normalise(f, a),
            field.storePair(scratch!.get, a),
            multiply(scratch!.get, pair.get),
          ]
        : [
            multiply(pair.get, scratch!.get),
            field.loadPair(a, scratch!.get),
            this.#sumAndDifference(f, a),
            field.compress(f, a),
            field.storePair(pair.get, a),
          ]
    f.emit(
      k.set(i32.const(0)),
      loopWhile(i32.ltU(k.get, count!.get), [
        pair.set(at(first!.get, k.get, PAIR_BYTES)),
        root.set(at(roots!.get, k.get, ELEMENT_BYTES)),
        steps,
        k.set(i32.add(k.get, i32.const(1))),
      ]),
    )
    return f
  }

  /** Lanes (u, v) become (u + v, u - v + 3p). */
  #sumAndDifference(f: FunctionBuilder, a: Pair): Code {
    const field = this.#field
    const [swapped, sum, difference] = [field.newPair(f), field.newPair(f), field.newPair(f)]
    return [
      a.map((vector, v) => swapped[v]!.set(v128.shuffle(vector.get, vector.get, [1, 0, 3, 2]))),
      field.add(sum, a, swapped),
      field.subtract(difference, field.layout.sub3, swapped, a),
      a.map((vector, v) =>
        vector.set(v128.bitselect(difference[v]!.get, sum[v]!.get, field.constant('oddLanes'))),
      ),
    ]
  }

  /** multiplyAll(out, a, b, count): pair by pair. */
  multiplyAll(): FunctionBuilder {
    const f = this.#module.function(4)
    const [out, a, b, count] = f.parameters
    const k = f.local(I32)
    const pair = (base: Local) => at(base.get, k.get, PAIR_BYTES)
    f.emit(
      k.set(i32.const(0)),
      loopWhile(i32.ltU(k.get, count!.get), [
        call(this.#field.mul, pair(out!), pair(a!), pair(b!)),
        k.set(i32.add(k.get, i32.const(1))),
      ]),
    )
    return f
  }

  /** quotient(out, a, b, c, count, scratch): a b - c out of Montgomery form, in [0, p]. */
  quotient(): FunctionBuilder {
    const f = this.#module.function(6)
    const field = this.#field
    const [out, a, b, c, count, scratch] = f.parameters
    const k = f.local(I32)
    const [product, subtrahend] = [field.newPair(f), field.newPair(f)]
    const pair = (base: Local) => at(base.get, k.get, PAIR_BYTES)
    f.emit(
      k.set(i32.const(0)),
      loopWhile(i32.ltU(k.get, count!.get), [
        call(field.mul, scratch!.get, pair(a!), pair(b!)),
        field.loadPair(product, scratch!.get),
        field.loadPair(subtrahend, pair(c!)),
        field.subtract(product, field.layout.sub3, product, subtrahend),
        field.normalise(f, product),
        field.storePair(scratch!.get, product),
        call(field.mul, pair(out!), scratch!.get, i32.const(field.layout.plainOne)),
        k.set(i32.add(k.get, i32.const(1))),
      ]),
    )
    return f
  }

  /**
   * evaluateRows(starts, first, last, half, out, scratch): row r is the sum over the records from address starts[r]
   * to starts[r + 1]; a record is the addresses of two elements, a value and a signal, to be multiplied. The lanes
   * take every other record. The sum becomes value r of an array of 2 * half. Scratch is room for 2 pairs.
   */
  evaluateRows(): FunctionBuilder {
    const f = this.#module.function(6)
    const field = this.#field
    const [starts, first, last, half, out, scratch] = f.parameters as [
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
    ]
    const [row, record, end] = f.locals(3, I32) as [Local, Local, Local]
    const [sum, value] = [field.newPair(f), field.newPair(f)]
    const startOf = (index: Code) => i32.load(i32.add(starts.get, i32.shl(index, i32.const(2))))
    const second = i32.add(scratch.get, i32.const(PAIR_BYTES))
    const zero = i32.const(field.layout.zeroElement)
    // An odd record at the end of a row is paired with zero times zero.
    const other = (slot: number): Code => [
      i32.load(record.get, 8 + 4 * slot),
      zero,
      i32.gtU(end.get, i32.add(record.get, i32.const(8))),
      SELECT,
    ]
    f.emit(
      row.set(first.get),
      loopWhile(i32.ltU(row.get, last.get), [
        record.set(startOf(row.get)),
        end.set(startOf(i32.add(row.get, i32.const(1)))),
        sum.map((vector) => vector.set(v128.zero)),
        loopWhile(i32.ltU(record.get, end.get), [
          field.interleave(f, value, i32.load(record.get), other(0)),
          field.storePair(scratch.get, value),
          field.interleave(f, value, i32.load(record.get, 4), other(1)),
          field.storePair(second, value),
          call(field.mul, scratch.get, scratch.get, second),
          field.loadPair(value, scratch.get),
          field.add(sum, sum, value),
          field.compress(f, sum),
          record.set(i32.add(record.get, i32.const(16))),
        ]),
        value.map((vector, v) => vector.set(v128.shuffle(sum[v]!.get, sum[v]!.get, [1, 0, 3, 2]))),
        field.add(sum, sum, value),
        field.compress(f, sum),
        this.#storeRow(sum, out.get, row.get, half.get),
        row.set(i32.add(row.get, i32.const(1))),
      ]),
    )
    return f
  }

  /** Lane 0 of a pair to value `row` of an array of 2 * half values. */
  #storeRow(pair: Pair, out: Code, row: Code, half: Code): Code {
    // Row and lane: row - half and 1 in the upper half, else row and 0.
    const upper = i32.eqz(i32.ltU(row, half))
    const index = i32.sub(row, i32.mul(half, upper))
    const to = i32.add(at(out, index, PAIR_BYTES), i32.shl(upper, i32.const(2)))
    return Array.from({ length: 9 }, (_, i) =>
      i32.store(to, i32x4.extractLane(pair[i >> 1]!.get, 2 * (i % 2)), 8 * i),
    )
  }
}
