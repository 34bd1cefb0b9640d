/** Many multiples of the generators of G1 and G2, for whoever makes keys: tables once, then products on all threads. */
import type { Group } from './big-curve.ts'
import { EngineError } from './errors.ts'
import { layOutTables, MULTIPLES_PER_JOB, type TablesLayout } from './generator-table.ts'
import { allocate } from './key.ts'
import { degree, Machine } from './machine.ts'
import { makeRunner, type Runner, ThreadRunner, type Workspace } from './runner.ts'
import { WORDS } from './scalars.ts'
import { writeConstants } from './wasm/layout.ts'
import { compiledModule, simdSupported } from './wasm/module.ts'

export interface MultiplesOptions {
  /** Worker threads, two unless told; 0 computes on the calling thread. */
  readonly threads?: number
  /** How many products are expected in each group: more of them pay for larger tables. */
  readonly counts: Readonly<Record<Group, number>>
  /** As for the engine. */
  readonly workerUrl?: string | URL
  readonly checked?: boolean
}

export class GeneratorMultiples {
  readonly #runner: Runner
  readonly #space: Workspace & { readonly layout: TablesLayout }
  readonly #filled: Partial<Record<Group, Promise<unknown>>> = {}

  private constructor(runner: Runner, space: Workspace & { readonly layout: TablesLayout }) {
    this.#runner = runner
    this.#space = space
  }

  /** @throws EngineError UNSUPPORTED without WebAssembly SIMD, MEMORY */
  static async create(options: MultiplesOptions): Promise<GeneratorMultiples> {
    if (!simdSupported()) throw new EngineError('UNSUPPORTED', 'this machine has no WebAssembly SIMD')
    const { threads = 2, counts, workerUrl, checked = false } = options
    const runner = await makeRunner(threads, workerUrl)
    const shared = runner instanceof ThreadRunner
    if (shared) runner.warm()
    const module = await compiledModule({ shared, checked })
    const layout = layOutTables(counts, runner.threads)
    const machine = await Machine.create(module, allocate(layout.byteLength, shared))
    writeConstants(machine.memory.buffer)
    return new GeneratorMultiples(runner, { id: 0, module, machine, layout })
  }

  /** Fills a group's table; `multiply` does it where it has not been done. */
  fill(group: Group): Promise<unknown> {
    const { rows } = this.#space.layout.tables[group]
    const parts = this.#runner.threads
    this.#filled[group] ??= Promise.all(
      Array.from({ length: parts }, (_, part) => {
        const [firstWindow, lastWindow] = [part, part + 1].map((end) =>
          Math.floor((rows.length * end) / parts),
        )
        return this.#runner.run(this.#space, {
          kind: 'table',
          group,
          firstWindow: firstWindow!,
          lastWindow: lastWindow!,
        })
      }),
    )
    return this.#filled[group]
  }

  /**
   * Puts scalar * generator to `points`, affine in snarkjs' form, for each scalar.
   * @param scalars 8 words each, below the scalar modulus; with threads, both arrays must lie in shared memory
   * @param onProgress told how many more products are done
   * @throws EngineError WORKER or CLOSED
   */
  async multiply(
    group: Group,
    scalars: Uint32Array,
    points: Uint32Array,
    onProgress: (count: number) => void = () => {},
  ): Promise<void> {
    await this.fill(group)
    const perPoint = 2 * degree(group) * WORDS
    const jobs: Promise<void>[] = []
    for (let from = 0; from < scalars.length / WORDS; from += MULTIPLES_PER_JOB) {
      const part = scalars.subarray(from * WORDS, (from + MULTIPLES_PER_JOB) * WORDS)
      const count = part.length / WORDS
      const job = this.#runner.run(this.#space, {
        kind: 'multiples',
        group,
        scalars: part,
        points: points.subarray(from * perPoint, (from + count) * perPoint),
      })
      jobs.push(job.then(() => onProgress(count)))
    }
    await Promise.all(jobs)
  }

  async close(): Promise<void> {
    await this.#runner.close()
  }
}
