/**
 * The development setup: a Groth16 proving key computed directly from the constraints, by one party who knows the
 * secrets, because they follow from a public seed. Same constraints and same seed give the same bytes on every
 * machine. Anyone can forge proofs for such a key; it exists for tests, demos and local chains.
 */
import { createHash } from 'node:crypto'
import { SetupError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { type Container, emptySections, integerBytes, sharedBytes, toShared } from './binary.ts'
import { domainPower, type R1cs } from './r1cs.ts'
import { BASE_FIELD_MODULUS, powField, TWO_ADICITY } from './scalar-field.ts'
import { coefficientBytes, signalScalars, splitConstraints } from './setup-constraints.ts'
import { type Arithmetic, openPointMaker, type PointMaker } from './setup-points.ts'
import { affineBytes, FIELD_BYTES } from './workers/bn128.ts'
import type { SetupScalars, ToxicWaste } from './workers/jobs.ts'
import type { WorkerPool } from './workers/pool.ts'
import { HEADER_FIXED_BYTES } from './zkey.ts'

/**
 * Tells a person how far a slow step is: `done` of `total`, in the step's own units; a total of 0 means that
 * nobody knows, and `done` counts seconds.
 */
export type Progress = (step: string, done: number, total: number) => void

/** The seed of every key that the repository makes unless told otherwise. */
export const DEFAULT_SEED = 'tacit-development-1'

/** Groth16 over the file's domain; nobody has contributed, so section 10 lists nothing. */
const GROTH16 = 1

/** Bytes of the hash in section 10. */
const HASH_BYTES = 64

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

export interface SetupOptions {
  readonly progress?: Progress | undefined
  /** Told when slower arithmetic has to stand in. */
  readonly notice?: ((message: string) => void) | undefined
  /** The engine's unless told, and wasmcurves' where the engine cannot run; the bytes are the same. */
  readonly arithmetic?: Arithmetic | undefined
}

/**
 * The proving key of a constraint system, in snarkjs' zkey format, in shared memory.
 * @throws SetupError when the circuit is empty or too large, ToolError when a thread fails
 */
export async function developmentKey(
  r1cs: R1cs,
  seed: string,
  pool: WorkerPool,
  options: SetupOptions = {},
): Promise<Uint8Array> {
  const power = domainPower(r1cs)
  if (power >= TWO_ADICITY) throw new SetupError(`${r1cs.constraintCount} constraints are too many`)
  const waste = toxicWaste(seed, power)
  const { progress = () => {} } = options
  progress('evaluating constraints', 0, 1)
  const parts = splitConstraints(r1cs, pool.threads)
  const key = layOutKey(r1cs, power, coefficientBytes(parts, r1cs.publicCount))
  const counts = { g1: 3 * r1cs.signalCount + 2 ** power, g2: r1cs.signalCount }
  let done = 0
  const onProgress = (count: number) => {
    done += count
    progress('computing key points', done, counts.g1 + counts.g2)
  }
  const maker = await openPointMaker({ ...options, pool, counts, onProgress })
  try {
    const quotient = pool.run({ kind: 'setup-quotient', power, waste })
    const scalars = signalScalars(pool, r1cs, parts, key.body(4), { power, waste })
    // While the threads work.
    key.body(1).set(uint32(GROTH16))
    key.body(10).set(contributions(r1cs, seed))
    await Promise.all([
      writeHeader(key.body(2), r1cs, power, waste, maker),
      quotient.then((h) => maker.multiply('g1', h, key.body(9))),
      scalars.then((known) => writePoints(key, r1cs, known, maker)),
    ])
    return key.bytes
  } finally {
    await maker.close()
  }
}

function layOutKey(r1cs: R1cs, power: number, coefficients: number): Container {
  const { signalCount, publicCount } = r1cs
  const [g1, g2] = [affineBytes('g1'), affineBytes('g2')]
  const lengths = [
    [1, 4],
    [2, HEADER_FIXED_BYTES + 3 * g1 + 3 * g2],
    [4, coefficients],
    [3, (publicCount + 1) * g1],
    [9, 2 ** power * g1],
    [8, (signalCount - publicCount - 1) * g1],
    [5, signalCount * g1],
    [6, signalCount * g1],
    [7, signalCount * g2],
    [10, HASH_BYTES + 4],
  ] as const
  return emptySections('zkey', 1, lengths, sharedBytes)
}

async function writePoints(
  key: Container,
  { publicCount }: R1cs,
  { a, b, c }: SetupScalars,
  maker: PointMaker,
): Promise<void> {
  const split = (publicCount + 1) * FIELD_BYTES
  await Promise.all([
    // The costly ones first.
    maker.multiply('g2', b, key.body(7)),
    maker.multiply('g1', b, key.body(6)),
    maker.multiply('g1', a, key.body(5)),
    maker.multiply('g1', c.subarray(0, split), key.body(3)),
    maker.multiply('g1', c.subarray(split), key.body(8)),
  ])
}

async function writeHeader(
  body: Uint8Array,
  r1cs: R1cs,
  power: number,
  waste: ToxicWaste,
  maker: PointMaker,
): Promise<void> {
  const g1 = sharedBytes(3 * affineBytes('g1'))
  const g2 = sharedBytes(3 * affineBytes('g2'))
  await Promise.all([
    maker.multiply('g1', joined([waste.alpha, waste.beta, waste.delta]), g1),
    maker.multiply('g2', joined([waste.beta, waste.gamma, waste.delta]), g2),
  ])
  body.set(header(r1cs, power, g1, g2))
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
  return toShared(concat(values.map(integerBytes)))
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
