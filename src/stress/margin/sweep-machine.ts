import type { Ledger } from '../book/ledger.ts'
import { MOST_PAGES, SUMS, SUMS_BYTES, sweepModule } from './sweep-module.ts'

const PAGE_BYTES = 65_536
/** Accounts whose sums are held at once: they stay in the cache. */
const BATCH = 512

type Sums = (
  rows: number,
  held: number,
  lots: number,
  counts: number,
  out: number,
  accounts: number,
  stride: number,
  regular: number,
) => void

/** Sums of whole books. One per thread: it holds a memory that grows to the largest book and is used by one sweep at a time. */
export class SweepMachine {
  static #shared: SweepMachine | undefined
  readonly #memory: WebAssembly.Memory
  readonly #sums: Sums

  static get shared(): SweepMachine {
    SweepMachine.#shared ??= new SweepMachine()
    return SweepMachine.#shared
  }

  private constructor() {
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES })
    const { exports } = new WebAssembly.Instance(sweepModule(), { env: { memory: this.#memory } })
    this.#sums = exports.sums as Sums
  }

  /**
   * Calls `take` with the sums of every account in turn: SUMS of them from `at` on in `totals`.
   * @param regular by dimension: all ones in the bits of a regular scenario's double, zero elsewhere.
   */
  sweep(
    rows: Float64Array,
    ledger: Ledger,
    regular: BigInt64Array,
    take: (totals: Float64Array, at: number, account: number) => void,
  ): void {
    const { accounts, stride } = ledger
    const regularAt = 0
    const rowsAt = regularAt + regular.length * 8
    const lotsAt = rowsAt + rows.length * 8
    const outAt = lotsAt + ledger.lots.length * 8
    const heldAt = outAt + BATCH * SUMS_BYTES
    const countsAt = heldAt + ledger.rows.length * 4
    this.#reserve(countsAt + accounts)
    const { buffer } = this.#memory
    new BigInt64Array(buffer, regularAt, regular.length).set(regular)
    new Float64Array(buffer, rowsAt, rows.length).set(rows)
    new Float64Array(buffer, lotsAt, ledger.lots.length).set(ledger.lots)
    new Int32Array(buffer, heldAt, ledger.rows.length).set(ledger.rows)
    new Uint8Array(buffer, countsAt, accounts).set(ledger.counts)
    const totals = new Float64Array(buffer, outAt, BATCH * SUMS)
    for (let first = 0; first < accounts; first += BATCH) {
      const count = Math.min(BATCH, accounts - first)
      const slot = first * stride
      this.#sums(
        rowsAt,
        heldAt + slot * 4,
        lotsAt + slot * 8,
        countsAt + first,
        outAt,
        count,
        stride,
        regularAt,
      )
      for (let index = 0; index < count; index++) take(totals, index * SUMS, first + index)
    }
  }

  #reserve(bytes: number): void {
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / PAGE_BYTES)
    if (missing > 0) this.#memory.grow(missing)
  }
}
