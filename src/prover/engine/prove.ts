/** One proof: rows, transforms and the five multi-exponentiations as jobs, joined and blinded here. */
import {
  addJacobian,
  infinity,
  type Jacobian,
  multiply,
  negate,
  shift,
  toAffine,
  toJacobian,
} from './big-curve.ts'
import { type EngineProof, g1Json, g2Json } from './json.ts'
import { EXTRA_SCALARS, type KeyLayout, type Sum } from './layout.ts'
import { type Machine, unpackLimbs } from './machine.ts'
import { windowJobs } from './msm.ts'
import type { RunnableKey, Runner } from './runner.ts'
import { WORDS } from './scalars.ts'
import { ELEMENT_BYTES, SCALAR_MODULUS } from './wasm/layout.ts'

export interface Computed {
  readonly proof: EngineProof
  /** Milliseconds since the start at which each phase had ended; phases overlap. */
  readonly timings: { readonly rowsMs: number; readonly transformsMs: number; readonly computeMs: number }
}

/** @param values the witness, 8 words each, checked */
export async function computeProof(runner: Runner, key: RunnableKey, values: Uint32Array): Promise<Computed> {
  const started = performance.now()
  const since = () => performance.now() - started
  const [r, s] = [randomScalar(), randomScalar()]
  placeWitness(key.machine, key.layout, values, { one: 1n, r, s })
  const timings = { rowsMs: 0, transformsMs: 0, computeMs: 0 }
  const quotient = computeQuotient(runner, key, () => {
    timings.rowsMs = since()
  })
  const h = quotient.then(() => {
    timings.transformsMs = since()
    return sumOf(runner, key, 'h')
  })
  // All must have ended, well or not, before the memory is anyone else's.
  const sums = [
    sumOf(runner, key, 'b2'),
    ...(['a', 'b1', 'c'] as const).map((sum) => sumOf(runner, key, sum)),
    h,
  ]
  await Promise.allSettled(sums)
  const [b2, a, b1, c, hSum] = (await Promise.all(sums)) as [Jacobian, Jacobian, Jacobian, Jacobian, Jacobian]
  const delta = multiply(toJacobian('g1', negate(key.delta1)), (r * s) % SCALAR_MODULUS)
  const blinded = [hSum, multiply(a, s), multiply(b1, r), delta].reduce(addJacobian, c)
  timings.computeMs = since()
  const proof: EngineProof = {
    pi_a: g1Json(toAffine(a)),
    pi_b: g2Json(toAffine(b2)),
    pi_c: g1Json(toAffine(blinded)),
    protocol: 'groth16',
    curve: 'bn128',
  }
  return { proof, timings }
}

function placeWitness(
  { words }: Machine,
  layout: KeyLayout,
  values: Uint32Array,
  extra: Readonly<Record<keyof typeof EXTRA_SCALARS, bigint>>,
): void {
  words.set(values, layout.scalars / 4)
  for (const [name, value] of Object.entries(extra)) {
    const place = layout.signalCount + EXTRA_SCALARS[name as keyof typeof EXTRA_SCALARS]
    for (let i = 0; i < WORDS; i++) {
      words[layout.scalars / 4 + place * WORDS + i] = Number((value >> BigInt(32 * i)) & 0xffffffffn)
    }
  }
  for (let i = 0; i < layout.signalCount; i++) {
    unpackLimbs(values, i * WORDS, words, (layout.witness + i * ELEMENT_BYTES) / 4, 1)
  }
}

async function computeQuotient(runner: Runner, key: RunnableKey, rowsDone: () => void): Promise<void> {
  const { layout } = key
  const settle = async (jobs: Promise<unknown>[]) => {
    await Promise.allSettled(jobs)
    await Promise.all(jobs)
  }
  const rows = (['a', 'b'] as const).flatMap((matrix) =>
    splitRows(key, matrix, 2 * runner.threads).map(([first, last]) =>
      runner.run(key, { kind: 'rows', matrix, first, last }, true),
    ),
  )
  await settle(rows)
  await runner.run(key, { kind: 'product' }, true)
  rowsDone()
  await settle((['a', 'b', 'c'] as const).map((matrix) => runner.run(key, { kind: 'coset', matrix }, true)))
  const half = layout.domainSize / 2
  const parts = Array.from({ length: runner.threads }, (_, i) =>
    [i, i + 1].map((end) => Math.floor((half * end) / runner.threads)),
  )
  await settle(
    parts.map(([first, last]) => runner.run(key, { kind: 'quotient', first: first!, last: last! }, true)),
  )
}

/** Ranges of rows with about as many records each. */
function splitRows({ layout, machine }: RunnableKey, matrix: 'a' | 'b', parts: number): [number, number][] {
  const starts = machine.words.subarray(layout.starts[matrix] / 4)
  const rows = layout.domainSize
  const records = (starts[rows]! - starts[0]!) / 8
  const ranges: [number, number][] = []
  let first = 0
  for (let part = 1; part <= parts; part++) {
    let last = part === parts ? rows : first
    // An empty row costs something too.
    while (last < rows && (starts[last]! - starts[0]!) / 8 + last < ((records + rows) * part) / parts) last++
    if (last > first) ranges.push([first, last])
    first = last
  }
  return ranges
}

async function sumOf(runner: Runner, key: RunnableKey, sum: Sum): Promise<Jacobian> {
  const urgent = sum === 'h'
  const prepared = await runner.run(key, { kind: 'prepare', sum }, urgent)
  const { group } = key.layout.sums[sum]
  const jobs = windowJobs(group, prepared)
  const running = jobs.map((job) => runner.run(key, { kind: 'windows', ...job }))
  await Promise.allSettled(running)
  const parts = await Promise.all(running)
  let total = infinity(group)
  for (let i = jobs.length - 1; i >= 0; i--) {
    const { firstWindow, lastWindow } = jobs[i]!
    total = addJacobian(shift(total, (lastWindow - firstWindow) * prepared.windowBits), parts[i]!)
  }
  return total
}

/** Uniform below the modulus but for a bias of 2^-256. */
function randomScalar(): bigint {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(64))
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) % SCALAR_MODULUS
}
