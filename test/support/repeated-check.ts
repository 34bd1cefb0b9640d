import { WitnessError } from '../../src/protocol/errors.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { integerBytes, viewOf } from '../../src/prover/binary.ts'
import type { R1cs } from '../../src/prover/r1cs.ts'
import { Bn128, FIELD_BYTES } from '../../src/prover/workers/bn128.ts'
import { witnessValues } from '../../src/prover/wtns.ts'

const LISTS = 3
const WORDS = FIELD_BYTES / 4
/** Places of the two coefficients that need no product. */
const ONE = 0
const MINUS_ONE = 1

/**
 * The constraint check of src/prover/r1cs-check.ts for many witnesses of one circuit, each mostly like the one before:
 * it keeps the three sums of every constraint and adds to them what the changed signals change. The answer is the same
 * to the constraint; test/prover/r1cs-check.test.ts holds it to that.
 */
export class RepeatedCheck {
  readonly #curve = new Bn128()
  readonly #terms: Terms
  readonly #factors: number
  readonly #witness: number
  readonly #sums: number
  readonly #scratch: number
  readonly #last: Uint32Array
  readonly #touched: Touched
  readonly #broken: Uint8Array
  #brokenCount = 0

  constructor(r1cs: R1cs) {
    this.#terms = termsOf(r1cs)
    const { factors } = this.#terms
    this.#factors = this.#curve.place(factors)
    this.#curve.call.frm_batchToMontgomery!(this.#factors, factors.length / FIELD_BYTES, this.#factors)
    // All zero, of which every constraint holds.
    this.#witness = this.#cleared(r1cs.signalCount)
    this.#sums = this.#cleared(LISTS * r1cs.constraintCount)
    this.#scratch = this.#cleared(3)
    this.#last = new Uint32Array(r1cs.signalCount * WORDS)
    this.#touched = new Touched(r1cs.constraintCount)
    this.#broken = new Uint8Array(r1cs.constraintCount)
  }

  /** How many constraints the witness breaks. @param wtns a wtns file's bytes */
  violations(wtns: Uint8Array): number {
    const values = witnessValues(wtns).slice()
    const words = new Uint32Array(values.buffer)
    if (words.length !== this.#last.length) throw new WitnessError('the witness is of another circuit')
    for (let signal = 0; signal * WORDS < words.length; signal++) {
      if (this.#isLast(words, signal)) continue
      this.#move(signal, values.subarray(signal * FIELD_BYTES, (signal + 1) * FIELD_BYTES))
    }
    this.#last.set(words)
    for (const row of this.#touched.take()) this.#judge(row)
    return this.#brokenCount
  }

  #isLast(words: Uint32Array, signal: number): boolean {
    for (let at = signal * WORDS; at < (signal + 1) * WORDS; at++) {
      if (words[at] !== this.#last[at]) return false
    }
    return true
  }

  /** Adds what the signal's new value changes to every sum that it stands in. */
  #move(signal: number, value: Uint8Array): void {
    const { frm_mul: mul, frm_add: add, frm_sub: sub } = this.#curve.call
    const { starts, sumOf, factorOf } = this.#terms
    const old = this.#witness + signal * FIELD_BYTES
    const [change, product] = [this.#scratch, this.#scratch + FIELD_BYTES]
    this.#curve.bytes.set(value, product)
    sub!(product, old, change)
    this.#curve.bytes.set(value, old)
    for (let term = starts[signal]!; term < starts[signal + 1]!; term++) {
      const sum = this.#sums + sumOf[term]! * FIELD_BYTES
      const factor = factorOf[term]!
      if (factor === ONE) add!(sum, change, sum)
      else if (factor === MINUS_ONE) sub!(sum, change, sum)
      else {
        // A Montgomery factor and a plain change make a plain product.
        mul!(this.#factors + factor * FIELD_BYTES, change, product)
        add!(sum, product, sum)
      }
      this.#touched.add(Math.floor(sumOf[term]! / LISTS))
    }
  }

  #judge(row: number): void {
    const { frm_mul: mul, frm_toMontgomery: lift, frm_eq: equal } = this.#curve.call
    const a = this.#sums + LISTS * row * FIELD_BYTES
    const [lifted, product] = [this.#scratch, this.#scratch + FIELD_BYTES]
    lift!(a, lifted)
    mul!(lifted, a + FIELD_BYTES, product)
    const broken = equal!(product, a + 2 * FIELD_BYTES) === 0 ? 1 : 0
    this.#brokenCount += broken - this.#broken[row]!
    this.#broken[row] = broken
  }

  #cleared(elements: number): number {
    const address = this.#curve.allocate(elements * FIELD_BYTES)
    this.#curve.bytes.fill(0, address, address + elements * FIELD_BYTES)
    return address
  }
}

/** Which constraints a witness touches, each once. */
class Touched {
  readonly #isIn: Uint8Array
  #rows: number[] = []

  constructor(constraintCount: number) {
    this.#isIn = new Uint8Array(constraintCount)
  }

  add(row: number): void {
    if (this.#isIn[row] === 1) return
    this.#isIn[row] = 1
    this.#rows.push(row)
  }

  /** All of them, and forgets them. */
  take(): readonly number[] {
    const rows = this.#rows
    this.#rows = []
    for (const row of rows) this.#isIn[row] = 0
    return rows
  }
}

/** The constraints by signal: terms starts[s] ... starts[s + 1] are those of signal s. */
interface Terms {
  readonly starts: Uint32Array
  /** Per term, three times its constraint plus its list. */
  readonly sumOf: Uint32Array
  /** Per term, the place of its coefficient. */
  readonly factorOf: Uint32Array
  /** The different coefficients, 32 plain bytes each. */
  readonly factors: Uint8Array
}

function termsOf(r1cs: R1cs): Terms {
  const bytes = Buffer.from(r1cs.constraints.buffer, r1cs.constraints.byteOffset, r1cs.constraints.length)
  const places = new Map<string, number>()
  const placeOf = (at: number) => {
    const text = bytes.toString('latin1', at, at + FIELD_BYTES)
    const place = places.get(text) ?? places.size
    if (place === places.size) places.set(text, place)
    return place
  }
  for (const unit of [1n, FIELD_MODULUS - 1n]) {
    places.set(Buffer.from(integerBytes(unit)).toString('latin1'), places.size)
  }
  const starts = new Uint32Array(r1cs.signalCount + 1)
  eachTerm(r1cs, (signal) => {
    starts[signal + 1]!++
  })
  for (let signal = 0; signal < r1cs.signalCount; signal++) starts[signal + 1]! += starts[signal]!
  const next = starts.slice()
  const sumOf = new Uint32Array(starts[r1cs.signalCount]!)
  const factorOf = new Uint32Array(sumOf.length)
  eachTerm(r1cs, (signal, sum, at) => {
    const term = next[signal]!++
    sumOf[term] = sum
    factorOf[term] = placeOf(at)
  })
  return { starts, sumOf, factorOf, factors: Buffer.from([...places.keys()].join(''), 'latin1') }
}

function eachTerm(r1cs: R1cs, visit: (signal: number, sum: number, at: number) => void): void {
  const view = viewOf(r1cs.constraints)
  for (let sum = 0, at = 0; sum < LISTS * r1cs.constraintCount; sum++) {
    const end = at + 4 + view.getUint32(at, true) * (4 + FIELD_BYTES)
    for (at += 4; at < end; at += 4 + FIELD_BYTES) visit(view.getUint32(at, true), sum, at + 4)
  }
}
