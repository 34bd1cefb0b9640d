import { developmentKey, type SetupOptions } from '../../../src/prover/development-setup.ts'
import { sha256 } from '../../../src/prover/provenance.ts'
import { readR1cs } from '../../../src/prover/r1cs.ts'
import { WorkerPool } from '../../../src/prover/workers/pool.ts'
import { medianTimes, rounded, timed } from '../measure.ts'
import { atMost, type BenchPart, showCount, showSeconds } from '../part.ts'
import { benchArtifacts } from '../world.ts'

const TARGET_RATIO = 0.6
const MOST_RUNS = 3

type Arithmetic = NonNullable<SetupOptions['arithmetic']>

/**
 * The development keys of margin-16, made with the engine's arithmetic and with wasmcurves' in turn: same threads, same
 * constraints, and the same bytes or the part fails. Threads are started anew each time, as a first run has to.
 */
export const setupPart: BenchPart = {
  name: 'setup',
  summary: 'development keys of margin-16, with the engine against wasmcurves',
  async run({ proofs }, say) {
    const { name, r1csPath, constraints, provenance } = await benchArtifacts(say)
    const r1cs = await readR1cs(r1csPath)
    const make = async (arithmetic: Arithmetic) => {
      const pool = new WorkerPool()
      try {
        const made = await timed(() => developmentKey(r1cs, 'bench', pool, { arithmetic }))
        return { seconds: made.seconds, cpuSeconds: made.cpuSeconds, hash: sha256(made.value) }
      } finally {
        await pool.close()
      }
    }
    const runs: Record<Arithmetic, Awaited<ReturnType<typeof make>>[]> = { engine: [], wasmcurves: [] }
    for (let run = 1; run <= Math.min(MOST_RUNS, proofs); run++) {
      say(`keys ${run}`)
      for (const arithmetic of ['engine', 'wasmcurves'] as const)
        runs[arithmetic].push(await make(arithmetic))
    }
    const hashes = new Set([...runs.engine, ...runs.wasmcurves].map(({ hash }) => hash))
    if (hashes.size !== 1)
      throw new Error(`the keys of ${name} (${provenance.r1csHash}) differ by their arithmetic`)
    const [engine, wasmcurves] = [medianTimes(runs.engine), medianTimes(runs.wasmcurves)]
    const ratio = engine.seconds / wasmcurves.seconds
    const cpuRatio = engine.cpuSeconds / wasmcurves.cpuSeconds
    return {
      figures: {
        circuit: name,
        constraints,
        seconds: rounded(engine.seconds),
        wasmcurvesSeconds: rounded(wasmcurves.seconds),
        ratio: rounded(ratio),
        cpuSeconds: rounded(engine.cpuSeconds),
        wasmcurvesCpuSeconds: rounded(wasmcurves.cpuSeconds),
        cpuRatio: rounded(cpuRatio),
      },
      rows: [
        {
          measure: `development keys, ${showCount(constraints)} constraints, threads started`,
          figure: showSeconds(engine.seconds),
        },
        { measure: 'the same with wasmcurves', figure: showSeconds(wasmcurves.seconds) },
        atMost('setup with the engine / with wasmcurves', ratio, TARGET_RATIO, (value) => value.toFixed(2)),
        { measure: 'the same ratio in processor time, all threads', figure: cpuRatio.toFixed(2) },
      ],
    }
  },
}
