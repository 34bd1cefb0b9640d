/** What a batch of additions needs besides its arithmetic: memory fetched ahead, and one inversion for all. */

import { ENTRY_BYTES } from './curve.ts'
import { call, type FunctionBuilder, I32, i32, type Local, loopWhile, type ModuleBuilder } from './emitter.ts'
import type { FieldCode } from './field.ts'
import { ELEMENT_BYTES, PAIR_BYTES } from './layout.ts'
import { at } from './pair.ts'

const LINE_BYTES = 64

/**
 * touch(list, count): reads a word of each cache line of all sources. Bases lie in no order; here the processor
 * waits for many of them at once, where the arithmetic would wait for one after the other.
 */
export function touch(module: ModuleBuilder, degree: 1 | 2): FunctionBuilder {
  const f = module.function(2, true)
  const [list, count] = f.parameters as [Local, Local]
  const [end, sum] = f.locals(2, I32) as [Local, Local]
  const last = 2 * degree * ELEMENT_BYTES - 4
  const offsets = Array.from({ length: Math.ceil(last / LINE_BYTES) }, (_, i) => i * LINE_BYTES)
  const read = (slot: number) =>
    [...offsets, last].map((offset) =>
      sum.set(i32.or(sum.get, i32.load(i32.and(i32.load(list.get, 4 * slot), i32.const(-2)), offset))),
    )
  f.emit(
    end.set(i32.add(list.get, i32.mul(count.get, i32.const(ENTRY_BYTES)))),
    loopWhile(i32.ltU(list.get, end.get), [
      read(0),
      read(1),
      list.set(i32.add(list.get, i32.const(ENTRY_BYTES))),
    ]),
    sum.get,
  )
  return f
}

/**
 * invertAll(values, products, count, scratch): the inverses of `count` pairs to the front of `products`, which has
 * room for one more. No value may be zero. Scratch is room for 18 pairs.
 */
export function invertAll(module: ModuleBuilder, field: FieldCode): FunctionBuilder {
  const f = module.function(4)
  const [values, products, count, scratch] = f.parameters
  const k = f.local(I32)
  const one = field.newPair(f)
  const product = at(products!.get, k.get, PAIR_BYTES)
  const value = at(values!.get, k.get, PAIR_BYTES)
  const running = scratch!.get
  f.emit(
    field.loadPair(one, i32.const(0), field.layout.one),
    field.storePair(products!.get, one),
    k.set(i32.const(0)),
    loopWhile(i32.ltU(k.get, count!.get), [
      call(field.mul, i32.add(product, i32.const(PAIR_BYTES)), product, value),
      k.set(i32.add(k.get, i32.const(1))),
    ]),
    call(field.invert, running, product, i32.add(scratch!.get, i32.const(2 * PAIR_BYTES))),
    loopWhile(k.get, [
      k.set(i32.sub(k.get, i32.const(1))),
      call(field.mul, product, running, product),
      call(field.mul, running, running, value),
    ]),
  )
  return f
}
