import { FIELD_MODULUS } from '../../protocol/field.ts'
import type { BundleKey, BundleProof } from '../records.ts'
import { type Address, PairingModule } from './module.ts'

export type KeyPoints = BundleKey['points']

/** A proof and the public signals that it must show. */
export interface Statement {
  readonly signals: readonly bigint[]
  readonly proof: BundleProof
}

/** Uniform bytes from outside: the weights of a batch must not be known to who made the proofs. */
export type RandomBytes = (length: number) => Uint8Array

const WEIGHT_BYTES = 16
/** So many proofs at a time, so that neither memory nor the search for a culprit grows with the book. */
export const BATCH_SIZE = 256
/** Proofs that are named before the search ends: one is enough to reject, and each costs a search. */
const MOST_NAMED = 8

/**
 * Groth16 proofs of one key, many at once. With uniform weights r of 128 bits,
 *   product of e(r A, B) = e(sum r alpha, beta) e(sum r L, gamma) e(sum r C, delta)
 * holds for valid proofs, and for anything else with a probability below 2^-127: a false proof would need the one weight
 * that cancels its error. n + 3 Miller loops and one final exponentiation stand for 4 n and n.
 */
export class BatchVerifier {
  readonly #module: PairingModule
  readonly #random: RandomBytes
  readonly #alpha: Address
  readonly #ic: readonly Address[]
  readonly #beta: Address
  readonly #gamma: Address
  readonly #delta: Address

  private constructor(module: PairingModule, random: RandomBytes, points: KeyPoints) {
    this.#module = module
    this.#random = random
    const fault = keyFault(module, points)
    if (fault !== undefined) throw new RangeError(fault)
    this.#alpha = module.point('g1', points.alpha)!
    this.#ic = points.ic.map((point) => module.point('g1', point)!)
    const prepare = (text: KeyPoints['beta']) => module.prepare(module.point('g2', text)!)
    this.#beta = prepare(points.beta)
    this.#gamma = prepare(points.gamma)
    this.#delta = prepare(points.delta)
  }

  /** @throws RangeError saying why for a key that is none, or that anyone can forge proofs for */
  static async create(points: KeyPoints, random: RandomBytes): Promise<BatchVerifier> {
    return new BatchVerifier(await PairingModule.create(), random, points)
  }

  /** Indices of proofs that do not show their statement, the first few of them in order; empty: all hold. */
  failures(statements: readonly Statement[]): number[] {
    const failed: number[] = []
    for (let first = 0; first < statements.length && failed.length < MOST_NAMED; first += BATCH_SIZE) {
      this.#search(statements, first, Math.min(first + BATCH_SIZE, statements.length), failed)
    }
    return failed
  }

  /** Halves a batch that fails until single proofs are left. */
  #search(statements: readonly Statement[], from: number, to: number, failed: number[]): void {
    if (failed.length >= MOST_NAMED || this.#holds(statements.slice(from, to))) return
    if (to - from === 1) {
      failed.push(from)
      return
    }
    const middle = (from + to) >> 1
    this.#search(statements, from, middle, failed)
    this.#search(statements, middle, to, failed)
  }

  #holds(statements: readonly Statement[]): boolean {
    const module = this.#module
    return module.scope(() => {
      const [product, sumC] = [module.one(), module.zero('g1')]
      const factors = this.#ic.map(() => 0n)
      for (const { signals, proof } of statements) {
        if (signals.length !== factors.length - 1) return false
        // A signal and the same one plus the modulus would otherwise be two names of one statement.
        if (signals.some((signal) => signal < 0n || signal >= FIELD_MODULUS)) return false
        const weight = this.#weight()
        if (!this.#addProof(proof, weight, product, sumC)) return false
        for (const [i, signal] of [1n, ...signals].entries()) {
          factors[i] = (factors[i]! + weight * signal) % FIELD_MODULUS
        }
      }
      this.#addKey(factors, product, sumC)
      return module.isOneAfterExponentiation(product)
    })
  }

  #addProof(proof: BundleProof, weight: bigint, product: Address, sumC: Address): boolean {
    const module = this.#module
    return module.scope(() => {
      const [a, b, c] = [
        module.point('g1', proof.a),
        module.point('g2', proof.b),
        module.point('g1', proof.c),
      ]
      if (a === undefined || b === undefined || c === undefined || !module.inGroup(b)) return false
      module.multiplyLoop(product, module.times('g1', a, weight), module.prepare(b))
      module.addTo('g1', sumC, module.times('g1', c, weight))
      return true
    })
  }

  #addKey(factors: readonly bigint[], product: Address, sumC: Address): void {
    const module = this.#module
    const sum = module.zero('g1')
    for (const [i, factor] of factors.entries()) {
      module.scope(() => module.addTo('g1', sum, module.times('g1', this.#ic[i]!, factor)))
    }
    const alpha = module.times('g1', this.#alpha, factors[0]!)
    const pairs = [
      [alpha, this.#beta],
      [sum, this.#gamma],
      [sumC, this.#delta],
    ] as const
    for (const [point, prepared] of pairs) {
      module.negate('g1', point)
      module.multiplyLoop(product, point, prepared)
    }
  }

  #weight(): bigint {
    for (;;) {
      const weight = this.#random(WEIGHT_BYTES).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
      if (weight !== 0n) return weight
    }
  }
}

/** Why a key must not be used, in words; undefined for a sound one. */
export async function unsafeKey(points: KeyPoints): Promise<string | undefined> {
  return keyFault(await PairingModule.create(), points)
}

function keyFault(module: PairingModule, points: KeyPoints): string | undefined {
  return module.scope(() => {
    for (const [i, text] of [points.alpha, ...points.ic].entries()) {
      if (module.point('g1', text) === undefined) {
        return `its ${i === 0 ? 'alpha' : `public point ${i}`} is not on the curve`
      }
    }
    for (const name of ['beta', 'gamma', 'delta'] as const) {
      const point = module.point('g2', points[name])
      if (point === undefined || !module.inGroup(point)) return `its ${name} is not of the group`
    }
    // As a key is before its first contribution: the private part then absorbs whatever the public one lacks.
    if (points.gamma.flat().join() === points.delta.flat().join()) {
      return 'its delta equals its gamma, so that anyone can forge its proofs'
    }
    return undefined
  })
}
