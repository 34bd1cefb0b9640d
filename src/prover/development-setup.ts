/**
 * The development setup: a Groth16 proving key computed directly from the constraints, by one party who knows the
 * secrets, because they follow from a public seed. Same constraints and same seed give the same bytes on every
 * machine. Anyone can forge proofs for such a key; it exists for tests, demos and local chains.
 */
import { createHash } from 'node:crypto'
import { SetupError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { integerBytes, sharedBytes, writeSections } from './binary.ts'
import { domainPower, type R1cs } from './r1cs.ts'
import { BASE_FIELD_MODULUS, powField, TWO_ADICITY } from './scalar-field.ts'
import { affineBytes, FIELD_BYTES, type Group } from './workers/bn128.ts'
import { bestWindow } from './workers/fixed-base.ts'
import type { ToxicWaste } from './workers/jobs.ts'
import type { WorkerPool } from './workers/pool.ts'

/**
 * Tells a person how far a slow step is: `done` of `total`, in the step's own units; a total of 0 means that
 * nobody knows, and `done` counts seconds.
 */
export type Progress = (step: string, done: number, total: number) => void

/** The seed of every key that the repository makes unless told otherwise. */
export const DEFAULT_SEED = 'tacit-development-1'

const SCALARS_PER_JOB = 2048

/** Groth16 over the file's domain; nobody has contributed, so section 10 lists nothing. */
const GROTH16 = 1

/**
 * The secrets that follow from a seed: distinct, non-zero, tau outside both domains that it is evaluated against.
 * @param power the circuit's domain has 2^power places
 */
export function toxicWaste(seed: string, power: number): ToxicWaste {
  const taken: bigint[] = [0n, 1n]
  const draw = (name: string, allowed: (value: bigint) => boolean = () => true): bigint => {
    for (let attempt = 0; ; attempt++) {
      const digest = createHash('sha512')
        .update(`tacit development setup/${name}/${attempt}/${seed}`)
        .digest('hex')
      const value = BigInt(`0x${digest}`) % FIELD_MODULUS
      if (taken.includes(value) || !allowed(value)) continue
      taken.push(value)
      return value
    }
  }
  // The doubled domain contains the domain, so one condition covers both.
  const tau = draw('tau', (value) => powField(value, 1n << BigInt(power + 1)) !== 1n)
  return { tau, alpha: draw('alpha'), beta: draw('beta'), gamma: draw('gamma'), delta: draw('delta') }
}

/**
 * The proving key of a constraint system, in snarkjs' zkey format.
 * @throws SetupError when the circuit is empty or too large, ToolError when a thread fails
 */
export async function developmentKey(
  r1cs: R1cs,
  seed: string,
  pool: WorkerPool,
  progress: Progress = () => {},
): Promise<Uint8Array> {
  const power = domainPower(r1cs)
  if (power >= TWO_ADICITY) throw new SetupError(`${r1cs.constraintCount} constraints are too many`)
  const waste = toxicWaste(seed, power)
  progress('evaluating constraints', 0, 1)
  const scalars = await pool.run({
    kind: 'setup-scalars',
    constraints: shared(r1cs.constraints),
    constraintCount: r1cs.constraintCount,
    signalCount: r1cs.signalCount,
    publicCount: r1cs.publicCount,
    power,
    waste,
  })
  const publicBytes = (r1cs.publicCount + 1) * FIELD_BYTES
  const multiply = pointMaker(pool, progress, {
    g1: (scalars.a.length + scalars.b.length + scalars.c.length + scalars.h.length) / FIELD_BYTES,
    g2: scalars.b.length / FIELD_BYTES,
  })
  const [header1, header2, a, b1, b2, c, h] = await Promise.all([
    multiply('g1', joined([waste.alpha, waste.beta, waste.delta])),
    multiply('g2', joined([waste.beta, waste.gamma, waste.delta])),
    multiply('g1', scalars.a),
    multiply('g1', scalars.b),
    multiply('g2', scalars.b),
    multiply('g1', scalars.c),
    multiply('g1', scalars.h),
  ])
  const split = (publicBytes / FIELD_BYTES) * affineBytes('g1')
  return writeSections('zkey', 1, [
    [1, uint32(GROTH16)],
    [2, header(r1cs, power, header1, header2)],
    [4, scalars.coefficients],
    [3, c.subarray(0, split)],
    [9, h],
    [8, c.subarray(split)],
    [5, a],
    [6, b1],
    [7, b2],
    [10, contributions(r1cs, seed)],
  ])
}

/** A function from scalars to points that spreads over the pool and reports progress over all its calls. */
function pointMaker(pool: WorkerPool, progress: Progress, counts: Record<Group, number>) {
  const total = counts.g1 + counts.g2
  let done = 0
  return async (group: Group, scalars: Uint8Array): Promise<Uint8Array> => {
    const count = scalars.length / FIELD_BYTES
    const size = affineBytes(group)
    const points = sharedBytes(count * size)
    const windowBits = bestWindow(counts[group] / pool.threads)
    const jobs: Promise<void>[] = []
    for (let from = 0; from < count; from += SCALARS_PER_JOB) {
      const to = Math.min(count, from + SCALARS_PER_JOB)
      const job = pool.run({
        kind: 'fixed-base',
        group,
        scalars: scalars.subarray(from * FIELD_BYTES, to * FIELD_BYTES),
        points: points.subarray(from * size, to * size),
        windowBits,
      })
      jobs.push(job.then(() => progress('computing key points', (done += to - from), total)))
    }
    await Promise.all(jobs)
    return points
  }
}

function header(r1cs: R1cs, power: number, g1: Uint8Array, g2: Uint8Array): Uint8Array {
  const point1 = (i: number) => g1.subarray(i * affineBytes('g1'), (i + 1) * affineBytes('g1'))
  const point2 = (i: number) => g2.subarray(i * affineBytes('g2'), (i + 1) * affineBytes('g2'))
  return concat([
    uint32(FIELD_BYTES),
    integerBytes(BASE_FIELD_MODULUS),
    uint32(FIELD_BYTES),
    integerBytes(FIELD_MODULUS),
    uint32(r1cs.signalCount),
    uint32(r1cs.publicCount),
    uint32(2 ** power),
    // alpha1, beta1, beta2, gamma2, delta1, delta2
    point1(0),
    point1(1),
    point2(0),
    point2(1),
    point1(2),
    point2(2),
  ])
}

/** A circuit hash and no contribution: whoever verifies this file as a ceremony must find that there was none. */
function contributions(r1cs: R1cs, seed: string): Uint8Array {
  const hash = createHash('sha512')
    .update('tacit development key')
    .update(seed)
    .update(r1cs.constraints)
    .digest()
  return concat([hash, uint32(0)])
}

function joined(values: readonly bigint[]): Uint8Array {
  return shared(concat(values.map(integerBytes)))
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = sharedBytes(bytes.length)
  copy.set(bytes)
  return copy
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
