import { DIMS, FIRST_SCENARIO_DIM } from '../../protocol/risk-layout.ts'
import {
  type Code,
  type FunctionBuilder,
  I32,
  i32,
  type Local,
  loopWhile,
  ModuleBuilder,
  unsigned,
  V128,
  v128,
} from '../../prover/engine/wasm/emitter.ts'
import { ROW } from '../pricing/row.ts'

/**
 * The sums of a sweep in WebAssembly SIMD, two doubles at a time: for each account the quantity-weighted sum of its rows. Products
 * and sums are rounded one by one and in the order of the slots, as in MarginKernel.portfolio: the same bits.
 */
export const ROW_BYTES = ROW * 8
/** After the sums: the worst losses over regular scenarios and over all, each as the larger of its two lanes, at least 0. */
export const SUMS = ROW + 4
export const SUMS_BYTES = SUMS * 8
const PAIR_BYTES = 16
/** Pairs of DIMS that are weighted by the quantity; after them pairs (long, short) that are weighted by its parts. */
const PLAIN_PAIRS = DIMS / 2
const PAIRS = ROW / 2
/** Two passes over the slots, so that the sums of each stay in registers. */
const PASS_PAIRS = PAIRS / 2
export const MOST_PAGES = 65_536

const simd = (opcode: number): Code => [0xfd, unsigned(opcode)]
const f64x2 = {
  add: (a: Code, b: Code): Code => [a, b, simd(240)],
  mul: (a: Code, b: Code): Code => [a, b, simd(242)],
  max: (a: Code, b: Code): Code => [a, b, simd(245)],
  neg: (a: Code): Code => [a, simd(237)],
}
const load8 = (address: Code): Code => [address, 0x2d, 0, 0]
/** (1, -1). */
const SIDES: Code = [simd(12), 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf]

/**
 * sums(rows, held, lots, counts, out, accounts, stride, regular): addresses in the memory but accounts and stride. `regular` has
 * a double for each of DIMS, all ones in its bits where it is a regular scenario, zero elsewhere.
 */
export function sweepModule(): WebAssembly.Module {
  const builder = new ModuleBuilder()
  const sums = builder.function(8)
  emitSums(sums)
  builder.export('sums', sums)
  return new WebAssembly.Module(builder.bytes({ shared: false, maximumPages: MOST_PAGES }))
}

type Addresses = [Local, Local, Local, Local, Local, Local, Local, Local]

interface Locals {
  readonly slot: Local
  readonly row: Local
  readonly end: Local
  readonly quantity: Local
  readonly sides: Local
  readonly worstMm: Local
  readonly worstIm: Local
  /** Of one pass. */
  readonly totals: readonly Local[]
}

function emitSums(sums: FunctionBuilder): void {
  const [rows, held, lots, counts, out, accounts, stride, regular] = sums.parameters as Addresses
  const account = sums.local(I32)
  const locals: Locals = {
    slot: sums.local(I32),
    row: sums.local(I32),
    end: sums.local(I32),
    quantity: sums.local(V128),
    sides: sums.local(V128),
    worstMm: sums.local(V128),
    worstIm: sums.local(V128),
    totals: sums.locals(PASS_PAIRS, V128),
  }
  const { worstMm, worstIm, end } = locals
  const pass = (first: number): Code => [
    slotLoop(locals, first, { rows, held, lots }),
    locals.totals.map((total, index) => [
      v128.store(out.get, total.get, (first + index) * PAIR_BYTES),
      worst(locals, total, first + index, regular),
    ]),
  ]
  sums.emit(
    account.set(i32.const(0)),
    loopWhile(i32.ltU(account.get, accounts.get), [
      end.set(load8(i32.add(counts.get, account.get))),
      worstMm.set(v128.zero),
      worstIm.set(v128.zero),
      pass(0),
      pass(PASS_PAIRS),
      v128.store(out.get, worstMm.get, ROW_BYTES),
      v128.store(out.get, worstIm.get, ROW_BYTES + PAIR_BYTES),
      held.set(i32.add(held.get, i32.shl(stride.get, i32.const(2)))),
      lots.set(i32.add(lots.get, i32.shl(stride.get, i32.const(3)))),
      out.set(i32.add(out.get, i32.const(SUMS_BYTES))),
      account.set(i32.add(account.get, i32.const(1))),
    ]),
  )
}

/** The sums of one pass over the slots of an account. */
function slotLoop(
  { slot, row, end, quantity, sides, totals }: Locals,
  first: number,
  { rows, held, lots }: { readonly rows: Local; readonly held: Local; readonly lots: Local },
): Code {
  const index = i32.load(i32.add(held.get, i32.shl(slot.get, i32.const(2))))
  return [
    totals.map((total) => total.set(v128.zero)),
    slot.set(i32.const(0)),
    loopWhile(i32.ltU(slot.get, end.get), [
      row.set(i32.add(rows.get, i32.mul(index, i32.const(ROW_BYTES)))),
      quantity.set(v128.load64Splat(i32.add(lots.get, i32.shl(slot.get, i32.const(3))))),
      first > 0 ? sides.set(f64x2.max(f64x2.mul(quantity.get, SIDES), v128.zero)) : [],
      totals.map((total, at) => {
        const pair = first + at
        const weight = pair < PLAIN_PAIRS ? quantity.get : sides.get
        return total.set(f64x2.add(total.get, f64x2.mul(weight, v128.load(row.get, pair * PAIR_BYTES))))
      }),
      slot.set(i32.add(slot.get, i32.const(1))),
    ]),
  ]
}

/** A pair of scenarios into the worst losses; nothing for other pairs. */
function worst({ worstMm, worstIm }: Locals, total: Local, pair: number, regular: Local): Code {
  if (pair < FIRST_SCENARIO_DIM / 2 || pair >= PLAIN_PAIRS) return []
  const loss = f64x2.neg(total.get)
  return [
    worstIm.set(f64x2.max(worstIm.get, loss)),
    worstMm.set(f64x2.max(worstMm.get, v128.and(loss, v128.load(regular.get, pair * PAIR_BYTES)))),
  ]
}
