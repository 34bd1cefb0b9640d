import { MatrixPool } from '../../prover/matrix-pool.ts'
import { laterMarket } from '../../risk/market/later.ts'
import type { MarketShift } from '../../risk/market/sample.ts'
import { marketHashOf, type RoundSession } from '../session.ts'
import type { RoundContent } from './stage.ts'

/** Later rounds of a session, each on the listing of the one before; expired instruments keep their last vectors. */
export async function laterRounds(
  session: RoundSession,
  shifts: readonly MarketShift[],
): Promise<RoundContent[]> {
  const { configuration, instance } = session
  const pool = new MatrixPool()
  const rounds: RoundContent[] = []
  try {
    let previous = session.matrix
    for (const shift of shifts) {
      const snapshot = laterMarket(session.snapshot, shift)
      const listing = previous.listing
      const matrix = await pool.build({ snapshot, configuration, instance, listing, previous })
      rounds.push({ snapshot, matrix, configuration, marketHash: marketHashOf(snapshot) })
      previous = matrix
    }
    return rounds
  } finally {
    await pool.close()
  }
}
