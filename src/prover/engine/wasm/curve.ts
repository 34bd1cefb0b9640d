/**
 * Batches of independent affine additions. Phase 1 takes the differences of the x coordinates, one inversion for
 * all of them follows (Montgomery's trick, on two chains, one per lane), phase 2 finishes the sums. The list has
 * 12 bytes per addition: addresses of both points and of the sum; the lowest bit of a point's address negates it.
 * Additions of equal or opposite points or of infinity are not done here: phase 1 names them to the caller.
 */

import type { ModuleBuilder } from './emitter.ts'
import {
  type Code,
  call,
  type FunctionBuilder,
  I32,
  i32,
  i32x4,
  type Local,
  loopWhile,
  V128,
  v128,
  when,
} from './emitter.ts'
import type { FieldCode } from './field.ts'
import { ELEMENT_BYTES, PAIR_BYTES } from './layout.ts'
import { at, type Pair } from './pair.ts'

/** The list, 12 bytes per addition. */
export const ENTRY_BYTES = 12

const address = (entry: Code, lane: number, slot: number): Code =>
  i32.load(entry, ENTRY_BYTES * lane + 4 * slot)
const pointer = (entry: Code, lane: number, slot: number): Code =>
  i32.and(address(entry, lane, slot), i32.const(-2))

export class CurveCode {
  readonly #field: FieldCode
  readonly #module: ModuleBuilder
  /** Coordinates have this many elements: 1 in G1, 2 in G2. */
  readonly #degree: 1 | 2

  constructor(module: ModuleBuilder, field: FieldCode, degree: 1 | 2) {
    this.#module = module
    this.#field = field
    this.#degree = degree
  }

  /**
   * phase1(list, pairs, differences, norms, exceptions) -> count: per two additions one pair of differences (two in
   * G2, and their norm), and the numbers of the additions that need the caller, whose difference counts as one.
   */
  phase1(): FunctionBuilder {
    const f = this.#module.function(5, true)
    const [list, pairs, differences, norms, exceptions] = f.parameters
    const [k, count, entry, out] = f.locals(4, I32)
    const values = Array.from({ length: this.#degree }, () => this.#field.newPair(f))
    const suspects = f.local(V128)
    const stride = this.#degree * PAIR_BYTES
    const suspect = (lane: number) =>
      when(i32.and(i32x4.bitmask(suspects!.get), i32.const(1 << lane)), [
        values.map((_, part) => this.#setLane(out!.get, part * PAIR_BYTES, lane, part === 0)),
        i32.store(
          i32.add(exceptions!.get, i32.shl(count!.get, i32.const(2))),
          i32.add(i32.shl(k!.get, i32.const(1)), i32.const(lane)),
        ),
        count!.set(i32.add(count!.get, i32.const(1))),
      ])
    f.emit(
      k!.set(i32.const(0)),
      loopWhile(i32.ltU(k!.get, pairs!.get), [
        entry!.set(i32.add(list!.get, i32.mul(k!.get, i32.const(2 * ENTRY_BYTES)))),
        out!.set(i32.add(differences!.get, i32.mul(k!.get, i32.const(stride)))),
        this.#differences(f, entry!.get, values, suspects!),
        values.map((value, part) => this.#field.storePair(out!.get, value, part * PAIR_BYTES)),
        when(v128.anyTrue(suspects!.get), [suspect(0), suspect(1)]),
        this.#degree === 2 ? this.#norm(out!.get, at(norms!.get, k!.get, PAIR_BYTES)) : [],
        k!.set(i32.add(k!.get, i32.const(1))),
      ]),
      count!.get,
    )
    return f
  }

  /** x2 - x1, and ones in the lanes whose points may have the same x, or of which one may be infinity. */
  #differences(f: FunctionBuilder, entry: Code, values: readonly Pair[], suspects: Local): Code {
    const field = this.#field
    const [first, second] = [field.newPair(f), field.newPair(f)]
    const flags = f.locals(3, V128)
    const conditions = (part: number): Code[] => [
      field.lowLimbOfZero(values[part]!),
      i32x4.eq(first[0]!.get, v128.zero),
      i32x4.eq(second[0]!.get, v128.zero),
    ]
    const parts = values.map((value, part) => [
      this.#loadX(f, first, entry, 0, part),
      this.#loadX(f, second, entry, 1, part),
      field.subtract(value, field.layout.sub3, second, first),
      field.normalise(f, value),
      conditions(part).map((condition, i) =>
        flags[i]!.set(part === 0 ? condition : v128.and(flags[i]!.get, condition)),
      ),
    ])
    const either = v128.or(v128.or(flags[0]!.get, flags[1]!.get), flags[2]!.get)
    // Lanes 2 and 3 hold the next limbs.
    return [parts, suspects.set(v128.and(either, v128.load(i32.const(0), field.layout.topMask)))]
  }

  #loadX(f: FunctionBuilder, pair: Pair, entry: Code, slot: number, part: number): Code {
    const from = (lane: number) => i32.add(pointer(entry, lane, slot), i32.const(part * ELEMENT_BYTES))
    return this.#field.interleave(f, pair, from(0), from(1))
  }

  /** One lane of a stored pair becomes one (Montgomery form) or zero. */
  #setLane(pair: Code, offset: number, lane: number, one: boolean): Code {
    return Array.from({ length: 9 }, (_, i) =>
      i32.store(
        pair,
        one ? i32.load(i32.const(0), this.#field.layout.oneElement + 4 * i) : i32.const(0),
        offset + 8 * i + 4 * lane,
      ),
    )
  }

  #norm(value: Code, out: Code): Code {
    const second = i32.add(value, i32.const(PAIR_BYTES))
    return call(this.#field.mulAdd, out, value, value, second, second)
  }

  /** phase2(list, pairs, differences, inverses, scratch): writes the sums; scratch is room for 12 pairs. */
  phase2(): FunctionBuilder {
    const f = this.#module.function(5)
    const [list, pairs, differences, inverses, scratch] = f.parameters
    const [k, entry] = f.locals(2, I32)
    const stride = this.#degree * PAIR_BYTES
    const difference = i32.add(differences!.get, i32.mul(k!.get, i32.const(stride)))
    const inverse = at(inverses!.get, k!.get, PAIR_BYTES)
    const room = (index: number) => i32.add(scratch!.get, i32.const(index * PAIR_BYTES))
    const sum =
      this.#degree === 1
        ? this.#sumG1(f, entry!.get, inverse, room)
        : this.#sumG2(f, entry!.get, difference, inverse, room)
    f.emit(
      k!.set(i32.const(0)),
      loopWhile(i32.ltU(k!.get, pairs!.get), [
        entry!.set(i32.add(list!.get, i32.mul(k!.get, i32.const(2 * ENTRY_BYTES)))),
        sum,
        k!.set(i32.add(k!.get, i32.const(1))),
      ]),
    )
    return f
  }

  #sumG1(f: FunctionBuilder, entry: Code, inverse: Code, room: (index: number) => Code): Code {
    const field = this.#field
    const [y1, value] = [field.newPair(f), field.newPair(f)]
    const [rise, slope, squared, run] = [room(0), room(1), room(2), room(3)]
    return [
      this.#rise(f, entry, 0, y1, rise),
      call(field.mul, slope, rise, inverse),
      call(field.square, squared, slope),
      this.#newX(f, entry, 0, squared, value, run),
      call(field.mul, squared, run, slope),
      this.#newY(f, entry, 0, squared, y1, value),
    ]
  }

  #sumG2(f: FunctionBuilder, entry: Code, d: Code, inverse: Code, room: (index: number) => Code): Code {
    const field = this.#field
    const second = (pair: Code) => i32.add(pair, i32.const(PAIR_BYTES))
    const y1 = [field.newPair(f), field.newPair(f)]
    const value = field.newPair(f)
    const [rise0, rise1, i0, i1, j1, s0, s1, n1] = [0, 1, 2, 3, 4, 5, 6, 7].map(room) as [
      Code,
      Code,
      Code,
      Code,
      Code,
      Code,
      Code,
      Code,
    ]
    const [run0, run1, t0, t1] = [room(8), room(9), room(10), room(11)]
    return [
      [0, 1].map((part) => this.#rise(f, entry, part, y1[part]!, part === 0 ? rise0 : rise1)),
      // 1/(d0 + d1 u) = (d0 - d1 u) / norm; j1 is d1 / norm and i1 its negative.
      call(field.mul, i0, d, inverse),
      call(field.mul, j1, second(d), inverse),
      this.#negate(f, i1, j1),
      // The slope: (rise0 i0 - rise1 i1, rise1 i0 + rise0 i1).
      call(field.mulAdd, s0, rise0, i0, rise1, j1),
      call(field.mulAdd, s1, rise1, i0, rise0, i1),
      this.#negate(f, n1, s1),
      // Its square: ((s0 + s1)(s0 - s1), 2 s0 s1).
      this.#combine(f, t0, s0, s1),
      this.#combine(f, t1, s0, n1),
      call(field.mul, i0, t0, t1),
      this.#combine(f, t0, s0, s0),
      call(field.mul, i1, t0, s1),
      this.#newX(f, entry, 0, i0, value, run0),
      this.#newX(f, entry, 1, i1, value, run1),
      call(field.mulAdd, t0, s0, run0, n1, run1),
      call(field.mulAdd, t1, s0, run1, s1, run0),
      this.#newY(f, entry, 0, t0, y1[0]!, value),
      this.#newY(f, entry, 1, t1, y1[1]!, value),
    ]
  }

  /** out = 2p - a, for a below 2p. */
  #negate(f: FunctionBuilder, out: Code, a: Code): Code {
    const field = this.#field
    const value = field.newPair(f)
    return [
      field.loadPair(value, a),
      field.subtract(value, field.layout.sub2, undefined, value),
      field.normalise(f, value),
      field.storePair(out, value),
    ]
  }

  #combine(f: FunctionBuilder, out: Code, a: Code, b: Code): Code {
    const field = this.#field
    const [x, y] = [field.newPair(f), field.newPair(f)]
    return [
      field.loadPair(x, a),
      field.loadPair(y, b),
      field.add(x, x, y),
      field.normalise(f, x),
      field.storePair(out, x),
    ]
  }

  /** Reads y1 and y2 with their signs, keeps y1 and stores y2 - y1. */
  #rise(f: FunctionBuilder, entry: Code, part: number, y1: Pair, out: Code): Code {
    const field = this.#field
    const y2 = field.newPair(f)
    return [
      this.#loadY(f, y1, entry, 0, part),
      this.#loadY(f, y2, entry, 1, part),
      field.subtract(y2, field.layout.sub4, y2, y1),
      field.normalise(f, y2),
      field.storePair(out, y2),
    ]
  }

  /** y, or 3p - y where the lowest bit of the point's address is set; limbs below 3 * 2^29. */
  #loadY(f: FunctionBuilder, pair: Pair, entry: Code, slot: number, part: number): Code {
    const field = this.#field
    const [negative, sign] = [field.newPair(f), f.locals(3, V128)]
    const [a, b, mask] = sign as [Local, Local, Local]
    const offset = (this.#degree + part) * ELEMENT_BYTES
    const from = (lane: number) => i32.add(pointer(entry, lane, slot), i32.const(offset))
    const bit = (lane: number) =>
      i32x4.splat(i32.sub(i32.const(0), i32.and(address(entry, lane, slot), i32.const(1))))
    return [
      field.interleave(f, pair, from(0), from(1)),
      a.set(bit(0)),
      b.set(bit(1)),
      mask.set(v128.shuffle(a.get, b.get, [0, 4, 1, 5])),
      field.subtract(negative, field.layout.sub3, undefined, pair),
      pair.map((vector, v) => vector.set(v128.bitselect(negative[v]!.get, vector.get, mask.get))),
    ]
  }

  /** x3 = slope^2 - x1 - x2, written to the sums; `run` gets x1 - x3. */
  #newX(f: FunctionBuilder, entry: Code, part: number, squared: Code, value: Pair, run: Code): Code {
    const field = this.#field
    const [x1, x2] = [field.newPair(f), field.newPair(f)]
    return [
      this.#loadX(f, x1, entry, 0, part),
      this.#loadX(f, x2, entry, 1, part),
      field.loadPair(value, squared),
      field.subtract(value, field.layout.sub5, value, x1, x2),
      field.compress(f, value),
      this.#storeCoordinate(entry, value, part),
      field.subtract(x1, field.layout.sub3, x1, value),
      field.normalise(f, x1),
      field.storePair(run, x1),
    ]
  }

  /** y3 = slope (x1 - x3) - y1, written to the sums. */
  #newY(f: FunctionBuilder, entry: Code, part: number, product: Code, y1: Pair, value: Pair): Code {
    const field = this.#field
    return [
      field.loadPair(value, product),
      field.subtract(value, field.layout.sub4, value, y1),
      field.compress(f, value),
      this.#storeCoordinate(entry, value, this.#degree + part),
    ]
  }

  #storeCoordinate(entry: Code, value: Pair, element: number): Code {
    const to = (lane: number) => i32.add(address(entry, lane, 2), i32.const(element * ELEMENT_BYTES))
    return this.#field.separate(value, to(0), to(1))
  }
}
