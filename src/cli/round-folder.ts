/** Markets of posted rounds, one file each, in a folder that grows. Boundary module: files and threads. */
import { type KnownRounds, knownRound } from '../keeper/rounds.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { MatrixPool } from '../prover/matrix-pool.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { parseConfiguration } from '../risk/configuration-file.ts'
import { DEFAULT_CONFIGURATION } from '../risk/default-configuration.ts'
import { Listing } from '../risk/listing.ts'
import { readMarket } from '../risk/market/read.ts'
import type { RiskMatrix } from '../risk/matrix.ts'
import { marketFilesIn, readTextFile, requireExisting } from './files.ts'

/**
 * Files are read once, in the order of their names; each round stands on the listing of the one before, as it did when it
 * was posted. A file is not read before it is whole: it is written under another name and renamed.
 */
export class RoundFolder {
  readonly #folder: string
  readonly #instance: MarginInstance
  readonly #configuration: RiskConfiguration
  readonly #pool = new MatrixPool()
  readonly #read = new Set<string>()
  #previous: RiskMatrix | undefined

  /** Throws InputError unless the folder is there. */
  constructor(folder: string, instance: MarginInstance, configurationFile: string | undefined) {
    this.#folder = requireExisting(folder, 'folder')
    this.#instance = instance
    this.#configuration =
      configurationFile === undefined
        ? DEFAULT_CONFIGURATION
        : parseConfiguration(readTextFile(configurationFile).text, configurationFile)
  }

  /** Ids and symbols as of the newest round. */
  get listing(): Listing {
    return this.#previous?.listing ?? Listing.empty
  }

  /** Prices what is new. Throws InputError naming file, row and field. */
  async readNew(rounds: KnownRounds): Promise<void> {
    for (const file of marketFilesIn(this.#folder)) {
      if (this.#read.has(file)) continue
      const snapshot = readMarket([readTextFile(file)])
      const matrix: RiskMatrix = await this.#pool.build({
        snapshot,
        configuration: this.#configuration,
        instance: this.#instance,
        listing: this.listing,
        previous: this.#previous,
      })
      rounds.add(knownRound(matrix, snapshot))
      this.#previous = matrix
      this.#read.add(file)
    }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}
