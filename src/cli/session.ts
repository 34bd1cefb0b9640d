/** What every command starts from: a market, its configuration and matrix, a book over it. Reads the user's files. */
import { keccak256, toUtf8Bytes } from 'ethers'
import { Book } from '../book/book.ts'
import type { BookEntry } from '../book/entry.ts'
import { readBook } from '../book/read.ts'
import { sampleBook } from '../book/sample.ts'
import { InputError } from '../protocol/errors.ts'
import { MARGIN_INSTANCES, type MarginInstance } from '../protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../protocol/poseidon.ts'
import type { RiskRound } from '../prover/margin-inputs.ts'
import { MatrixPool } from '../prover/matrix-pool.ts'
import type { RiskConfiguration } from '../risk/configuration.ts'
import { parseConfiguration } from '../risk/configuration-file.ts'
import { configurationHash } from '../risk/configuration-hash.ts'
import { DEFAULT_CONFIGURATION } from '../risk/default-configuration.ts'
import { Listing } from '../risk/listing.ts'
import { marginOf } from '../risk/margin.ts'
import { writeNativeMarket } from '../risk/market/native.ts'
import { readMarket } from '../risk/market/read.ts'
import { sampleMarket } from '../risk/market/sample.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskMatrix } from '../risk/matrix.ts'
import { marketFilesIn, readTextFile } from './files.ts'
import type { BookOptions, RoundOptions } from './options.ts'
import type { Output } from './output.ts'

export interface RoundSession {
  readonly instance: MarginInstance
  readonly hasher: Hasher
  readonly snapshot: MarketSnapshot
  /** Where the market is from, in words. */
  readonly marketSource: string
  readonly configuration: RiskConfiguration
  /** keccak-256 of the canonical configuration and of the canonical market; 0x and 64 hex digits. */
  readonly configurationHash: string
  readonly marketHash: string
  readonly matrix: RiskMatrix
  /** Ids as they were before this round. */
  readonly listingBefore: Listing
}

export interface Session extends RoundSession {
  readonly bookSource: string
  /** In the book's order. */
  readonly entries: readonly BookEntry[]
  readonly book: Book
}

/** @throws InputError naming file, row, field and rule; a market is either whole or refused */
export async function loadRound(options: RoundOptions, out: Output): Promise<RoundSession> {
  const instance: MarginInstance = MARGIN_INSTANCES[options.instance]
  const markets = loadMarkets(options, instance)
  const { snapshot, marketSource } = markets.at(-1)!
  const configuration = loadConfiguration(options.configuration)
  const pool = new MatrixPool()
  try {
    const [hasher, { matrix, listingBefore }] = await out.task(
      `pricing ${snapshot.instruments.length} instruments under ${configuration.scenarios.length} scenarios`,
      () => Promise.all([poseidonHasher(), lastRound(pool, markets, { configuration, instance })]),
    )
    return {
      instance,
      hasher,
      snapshot,
      marketSource,
      configuration,
      configurationHash: configurationHash(configuration),
      marketHash: marketHashOf(snapshot),
      matrix,
      listingBefore,
    }
  } finally {
    await pool.close()
  }
}

interface LoadedMarket {
  readonly snapshot: MarketSnapshot
  readonly marketSource: string
}

/** Each round stands on the listing of the one before, and halted instruments on its vectors. */
async function lastRound(
  pool: MatrixPool,
  markets: readonly LoadedMarket[],
  fixed: { readonly configuration: RiskConfiguration; readonly instance: MarginInstance },
): Promise<{ matrix: RiskMatrix; listingBefore: Listing }> {
  let previous: RiskMatrix | undefined
  let listing = Listing.empty
  for (const { snapshot } of markets) {
    listing = previous?.listing ?? Listing.empty
    previous = await pool.build({ ...fixed, snapshot, listing, ...(previous && { previous }) })
  }
  return { matrix: previous!, listingBefore: listing }
}

/** @throws InputError as loadRound does, and for every rule of a book */
export async function loadSession(options: BookOptions, out: Output): Promise<Session> {
  // The book's text is read first: a missing file should not cost a matrix.
  const bookFile = options.book === undefined ? undefined : readTextFile(options.book)
  const round = await loadRound(options, out)
  const { instance, hasher, matrix, snapshot } = round
  const entries =
    bookFile === undefined
      ? sampleBook({
          seed: options.seed,
          snapshot,
          instruments: matrix.listing,
          tierOf: (positions) => marginOf(positions, matrix.vectors, matrix.parameters).tier,
          instance,
        })
      : readBook(bookFile, matrix.listing, instance)
  const accounts = entries.map(({ account }) => account)
  return {
    ...round,
    bookSource: bookFile?.name ?? `sample book, seed ${options.seed}`,
    entries,
    book: Book.from(accounts, hasher, instance),
  }
}

/** What the witness is made for. */
export function riskRoundOf(matrix: RiskMatrix): RiskRound {
  return { tree: matrix.tree, parameters: matrix.parametersWord }
}

export function marketHashOf(snapshot: MarketSnapshot): string {
  return keccak256(toUtf8Bytes(writeNativeMarket(snapshot)))
}

/** The rounds of a folder, or the one market that there is. */
function loadMarkets(options: RoundOptions, instance: MarginInstance): LoadedMarket[] {
  if (options.rounds === undefined) return [loadMarket(options, instance)]
  if (options.market !== undefined) throw new InputError('goes without --market', { field: '--rounds' })
  return marketFilesIn(options.rounds).map((file) => ({
    snapshot: readMarket([readTextFile(file)]),
    marketSource: file,
  }))
}

function loadMarket(options: RoundOptions, instance: MarginInstance): LoadedMarket {
  const files = options.market ?? []
  if (files.length > 0) {
    return { snapshot: readMarket(files.map(readTextFile)), marketSource: files.join(', ') }
  }
  // 64 places hold the small sample only.
  const size = instance.riskLevels < 4 ? 'small' : 'full'
  return {
    snapshot: sampleMarket({ seed: options.seed, size }),
    marketSource: `${size === 'small' ? 'small sample market' : 'sample market'}, seed ${options.seed}`,
  }
}

function loadConfiguration(path: string | undefined): RiskConfiguration {
  if (path === undefined) return DEFAULT_CONFIGURATION
  const { name, text } = readTextFile(path)
  return parseConfiguration(text, name)
}
