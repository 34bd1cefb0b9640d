/** Spot prices of rounds whose market is stored here: public, and the same for ever. */
import type { Database } from '../storage/database.ts'

export interface Spot {
  readonly symbol: string
  readonly usd: string
}

const MOST_KEPT = 512

export class Markets {
  readonly #database: Database
  readonly #known = new Map<string, readonly Spot[]>()

  constructor(database: Database) {
    this.#database = database
  }

  /** By risk root; a round without a market here has no entry. */
  async spotsOf(riskRoots: readonly string[]): Promise<ReadonlyMap<string, readonly Spot[]>> {
    const missing = [...new Set(riskRoots)].filter((root) => !this.#known.has(root))
    if (missing.length > 0) {
      const rows = await this.#database.query<{ riskRoot: string; underlyings: Underlyings }>(
        `select risk_root as "riskRoot", (market::json)->'underlyings' as underlyings from rounds
         where risk_root = any($1::text[])`,
        [missing],
      )
      for (const { riskRoot, underlyings } of rows) {
        this.#known.set(
          riskRoot,
          underlyings.map(({ symbol, spot }) => ({ symbol, usd: spot })),
        )
      }
    }
    const found = new Map(
      riskRoots.flatMap((root) => {
        const spots = this.#known.get(root)
        return spots === undefined ? [] : [[root, spots] as const]
      }),
    )
    for (const root of this.#known.keys()) {
      if (this.#known.size <= MOST_KEPT) break
      this.#known.delete(root)
    }
    return found
  }

  /** Names of the underlyings in the order of the risk vectors, as of the newest market. */
  async symbols(): Promise<readonly string[]> {
    const [row] = await this.#database.query<{ underlyings: Underlyings }>(
      `select (market::json)->'underlyings' as underlyings from rounds order by seq desc limit 1`,
    )
    return row?.underlyings.map(({ symbol }) => symbol) ?? []
  }
}

type Underlyings = readonly { readonly symbol: string; readonly spot: string }[]
