/** What a setup computes its points with: the engine, or wasmcurves where the engine cannot run. */
import { ToolError } from '../protocol/errors.ts'
import { EngineError, engineSupported, GeneratorMultiples } from './engine/index.ts'
import { affineBytes, FIELD_BYTES, type Group } from './workers/bn128.ts'
import { bestWindow } from './workers/fixed-base.ts'
import type { WorkerPool } from './workers/pool.ts'

/** The arithmetic of a setup; both give the same bytes. */
export type Arithmetic = 'engine' | 'wasmcurves'

export interface PointMaker {
  /**
   * The generator's multiples by plain scalars (32 bytes each, below the field modulus), as affine points in
   * Montgomery coordinates. Both arrays lie in shared memory, at multiples of four bytes.
   */
  multiply(group: Group, scalars: Uint8Array, points: Uint8Array): Promise<void>
  close(): Promise<void>
}

export interface PointMakerRequest {
  readonly pool: WorkerPool
  /** How many products are expected. */
  readonly counts: Readonly<Record<Group, number>>
  /** Told how many more are done. */
  readonly onProgress: (count: number) => void
  readonly arithmetic?: Arithmetic | undefined
  readonly notice?: ((message: string) => void) | undefined
}

/** Fewer products than this are done on the calling thread before any thread has started. */
const WORTH_THREADS = 2_000

const SCALARS_PER_JOB = 2048

/** @throws ToolError when the engine is insisted on and cannot run */
export async function openPointMaker(request: PointMakerRequest): Promise<PointMaker> {
  const arithmetic = request.arithmetic ?? (engineSupported() ? 'engine' : 'wasmcurves')
  if (arithmetic === 'engine') return openEngine(request)
  if (request.arithmetic === undefined) {
    request.notice?.(
      'This machine has no WebAssembly SIMD: making keys with wasmcurves, several times slower.',
    )
  }
  return { multiply: wasmcurves(request), close: async () => {} }
}

async function openEngine({ pool, counts, onProgress }: PointMakerRequest): Promise<PointMaker> {
  const threads = counts.g1 + counts.g2 < WORTH_THREADS ? 0 : pool.threads
  const multiples = await translated(() => GeneratorMultiples.create({ threads, counts }))
  // Tables are filled while the scalars are computed; a failure shows in the first product.
  for (const group of ['g1', 'g2'] as const) multiples.fill(group).catch(() => {})
  return {
    multiply: (group, scalars, points) =>
      translated(() => multiples.multiply(group, asWords(scalars), asWords(points), onProgress)),
    close: () => multiples.close(),
  }
}

function asWords({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4)
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof EngineError) throw new ToolError(cause.message, { cause })
    throw cause
  }
}

function wasmcurves({ pool, counts, onProgress }: PointMakerRequest): PointMaker['multiply'] {
  return async (group, scalars, points) => {
    const count = scalars.length / FIELD_BYTES
    const size = affineBytes(group)
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
      jobs.push(job.then(() => onProgress(to - from)))
    }
    await Promise.all(jobs)
  }
}
