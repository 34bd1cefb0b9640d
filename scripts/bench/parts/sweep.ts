import { DEFAULT_INSTANCE } from '../../../src/protocol/instances.ts'
import { MatrixPool } from '../../../src/prover/matrix-pool.ts'
import { DEFAULT_CONFIGURATION } from '../../../src/risk/default-configuration.ts'
import { Listing } from '../../../src/risk/listing.ts'
import { type Holding, TIERS } from '../../../src/risk/margin.ts'
import { SplitMix64 } from '../../../src/risk/market/prng.ts'
import type { RiskMatrix } from '../../../src/risk/matrix.ts'
import { type SweepResult, sweepBook, sweepMatrix, sweepTiers } from '../../../src/risk/sweep.ts'
import type { RiskVector } from '../../../src/risk/vector.ts'
import { denseMarket } from '../market.ts'
import { median, rounded, timed } from '../measure.ts'
import { atMost, type BenchPart, showCount, showSeconds } from '../part.ts'

const TARGET_SECONDS = 1
/** The target is that of a book of this size; a smaller one reaches nothing by being quick. */
const TARGET_ACCOUNTS = 100_000
const MAX_POSITIONS = 16
const RUNS = 5
const SEED = 11n
const CENT_NANO = 10_000_000n

/** The tier of every account, on one thread. Laying the book out happens once per book, not once per round. */
export const sweepPart: BenchPart = {
  name: 'sweep',
  summary: `tiers of ${showCount(TARGET_ACCOUNTS)} accounts of up to ${MAX_POSITIONS} positions, one thread`,
  async run({ accounts }, say) {
    say('pricing the market')
    const matrix = await marketMatrix()
    say(`making ${accounts} accounts`)
    const holdings = randomBook(matrix, accounts)
    say('sweeping')
    const layout = await timed(() => {
      const rows = sweepMatrix(matrix.vectors.values())
      return { rows, book: sweepBook(holdings, rows) }
    })
    const { rows, book } = layout.value
    const sweep = () => timed(() => sweepTiers(rows, book, matrix.parameters))
    const first = await sweep()
    const times: number[] = []
    for (let run = 0; run < RUNS; run++) times.push((await sweep()).seconds)
    return report(first.value, {
      accounts,
      positions: book.rows.length,
      seconds: median(times),
      coldSeconds: first.seconds,
      layoutSeconds: layout.seconds,
    })
  },
}

async function marketMatrix(): Promise<RiskMatrix> {
  const pool = new MatrixPool()
  try {
    return await pool.build({
      snapshot: denseMarket(),
      configuration: DEFAULT_CONFIGURATION,
      instance: DEFAULT_INSTANCE,
      listing: Listing.empty,
    })
  } finally {
    await pool.close()
  }
}

/** Accounts of 1 to 16 positions, one of them cash in proportion to the rest, so that every tier occurs. */
function randomBook({ listing, vectors }: RiskMatrix, accounts: number): Holding[][] {
  const random = new SplitMix64(SEED)
  const cashId = listing.bySymbol('USD')!.id
  const ids = listing.instruments.map(({ id }) => id).filter((id) => id !== cashId)
  const worstRates = new Map([...vectors.values()].map((vector) => [vector.id, worstRate(vector)]))
  return Array.from({ length: accounts }, () => {
    const legs = Array.from({ length: Number(random.between(0n, BigInt(MAX_POSITIONS - 1))) }, () => ({
      id: ids[Number(random.between(0n, BigInt(ids.length - 1)))]!,
      quantityLots: random.between(-200_000n, 200_000n),
    }))
    const exposureNano = legs.reduce(
      (sum, { id, quantityLots }) => sum + magnitude(quantityLots) * worstRates.get(id)!,
      0n,
    )
    const cashNano = (exposureNano * random.between(0n, 1_000n)) / 1_000n
    return [...legs, { id: cashId, quantityLots: cashNano / CENT_NANO + random.between(1n, 1_000_000n) }]
  })
}

function worstRate({ ratesNano }: RiskVector): bigint {
  let worst = 0n
  for (const rate of ratesNano) if (magnitude(rate) > worst) worst = magnitude(rate)
  return worst
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value
}

interface Figures {
  readonly accounts: number
  readonly positions: number
  readonly seconds: number
  readonly coldSeconds: number
  readonly layoutSeconds: number
}

function report({ counts, exact }: SweepResult, figures: Figures) {
  const { accounts, positions, seconds, coldSeconds, layoutSeconds } = figures
  const measure = `sweep for tiers, ${showCount(accounts)} accounts, ${showCount(positions)} positions`
  const full = accounts >= TARGET_ACCOUNTS
  return {
    figures: {
      accounts,
      positions,
      seconds: rounded(seconds),
      coldSeconds: rounded(coldSeconds),
      layoutSeconds: rounded(layoutSeconds),
      exact,
      tiers: Object.fromEntries(TIERS.map((tier, index) => [tier, counts[index]!])),
    },
    rows: [
      full
        ? atMost(measure, seconds, TARGET_SECONDS, showSeconds)
        : { measure, figure: showSeconds(seconds) },
      { measure: 'laying that book out, once per book', figure: showSeconds(layoutSeconds) },
      { measure: 'accounts left to the exact formula', figure: showCount(exact) },
    ],
  }
}
