import { DEFAULT_INSTANCE } from '../../../src/protocol/instances.ts'
import { DEFAULT_MATRIX_THREADS, MatrixPool } from '../../../src/prover/matrix-pool.ts'
import { DEFAULT_CONFIGURATION } from '../../../src/risk/default-configuration.ts'
import { Listing } from '../../../src/risk/listing.ts'
import { shiftMarket } from '../../../src/risk/market/sample.ts'
import type { MarketSnapshot } from '../../../src/risk/market/snapshot.ts'
import type { MatrixRequest } from '../../../src/risk/matrix.ts'
import { benchMarket, countOptions } from '../market.ts'
import { medianTimes, rounded, type Timed, timed } from '../measure.ts'
import { atMost, type BenchPart, showCount, showSeconds } from '../part.ts'

const TARGET_SECONDS = 2

/**
 * Market in memory to root: pricing, vectors, leaves and tree. The cold round starts the threads and builds the
 * hasher; the warm ones are the rounds after it, each at other prices and a few seconds later, so that nothing can be
 * remembered from the round before.
 */
export const matrixPart: BenchPart = {
  name: 'matrix',
  summary: `risk matrix and root of ${showCount(1_840)} options on ${DEFAULT_MATRIX_THREADS} threads`,
  async run({ marketFiles, rounds }, say) {
    const snapshot = benchMarket(marketFiles)
    const instruments = snapshot.instruments.length
    say(`${instruments} instruments, first round`)
    const cold = await timed(async () => {
      const pool = new MatrixPool(DEFAULT_MATRIX_THREADS)
      return { pool, matrix: await pool.build(requestOf(snapshot, Listing.empty)) }
    })
    const { pool, matrix } = cold.value
    try {
      const times: Timed<unknown>[] = []
      let previous = matrix
      for (let round = 1; round <= rounds; round++) {
        say(`${instruments} instruments, warm round ${round} of ${rounds}`)
        const market = shiftMarket(snapshot, {
          spotBps: BigInt(10 * round),
          volBps: 25n,
          secondsLater: 5 * round,
        })
        const run = await timed(() => pool.build(requestOf(market, previous.listing, previous)))
        times.push(run)
        previous = run.value
      }
      const options = countOptions(snapshot)
      return report(
        { instruments, options, halted: matrix.halted.length, root: matrix.root },
        medianTimes(times),
        cold,
      )
    } finally {
      await pool.close()
    }
  },
}

function requestOf(
  snapshot: MarketSnapshot,
  listing: Listing,
  previous?: MatrixRequest['previous'],
): MatrixRequest {
  return { snapshot, configuration: DEFAULT_CONFIGURATION, instance: DEFAULT_INSTANCE, listing, previous }
}

type Times = ReturnType<typeof medianTimes>

interface Built {
  readonly instruments: number
  readonly options: number
  readonly halted: number
  readonly root: bigint
}

function report({ root, ...counts }: Built, warm: Times, cold: Times) {
  const what = `matrix and root, ${showCount(counts.instruments)} instruments (${showCount(counts.options)} options)`
  return {
    figures: {
      ...counts,
      threads: DEFAULT_MATRIX_THREADS,
      seconds: rounded(warm.seconds),
      cpuSeconds: rounded(warm.cpuSeconds),
      coldSeconds: rounded(cold.seconds),
      coldCpuSeconds: rounded(cold.cpuSeconds),
      root: `0x${root.toString(16).padStart(64, '0')}`,
    },
    rows: [
      atMost(`${what}, warm`, warm.seconds, TARGET_SECONDS, showSeconds),
      { measure: 'processor time of that, all threads', figure: showSeconds(warm.cpuSeconds) },
      atMost('the same, first round: threads and hasher started', cold.seconds, TARGET_SECONDS, showSeconds),
      {
        measure: 'processor time of that, threads and hasher included',
        figure: showSeconds(cold.cpuSeconds),
      },
    ],
  }
}
