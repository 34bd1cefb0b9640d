/** The same rounds and books once more, in one process, from nothing: what the service tells must be the same. */
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { Listing } from '../../src/risk/listing.ts'
import { readMarket } from '../../src/risk/market/read.ts'
import { buildRiskMatrix, type RiskMatrix } from '../../src/risk/matrix.ts'
import type { TacitClient } from '../../src/service/client/index.ts'
import { hex32 } from '../../src/service/roots.ts'
import { readBookText } from '../../src/service/venue.ts'
import { bookOf, marketAt } from '../service/venue.ts'
import { BOOK_ACCOUNTS, type Handed } from './orders.ts'

const INSTANCE = MARGIN_INSTANCES['margin-4']

/** Where the service's state differs, in words. */
export async function replay(client: TacitClient, handed: readonly Handed[]): Promise<string[]> {
  const hasher = await poseidonHasher()
  const faults: string[] = []
  const rounds = (await client.rounds(500)).reverse()
  const books = await client.books(500)
  const expect = (what: string, found: unknown, right: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(right)) faults.push(`${what}: ${found}, and not ${right}`)
  }
  expect('rounds', rounds.length, handed.length)
  expect('books', books.length, handed.length)
  let previous: RiskMatrix | undefined
  for (const [i, { hours, bookSeed, bookRoot }] of handed.entries()) {
    const snapshot = readMarket([{ name: 'market', text: JSON.stringify(marketAt(hours)) }])
    const listing = previous?.listing ?? Listing.empty
    const configuration = DEFAULT_CONFIGURATION
    const matrix = buildRiskMatrix(hasher, { snapshot, configuration, instance: INSTANCE, listing, previous })
    previous = matrix
    expect(`round ${i + 1}`, [rounds[i]?.seq, rounds[i]?.riskRoot], [i + 1, hex32(matrix.root)])
    const text = { book: JSON.stringify(bookOf(BOOK_ACCOUNTS, bookSeed)), maxAccounts: BOOK_ACCOUNTS }
    const book = readBookText(
      { hasher, instance: INSTANCE },
      { ...text, listing: JSON.stringify(matrix.listing) },
    )
    expect(`book ${i + 1}`, bookRoot, book.bookRoot)
    const told = await client.leaves(bookRoot)
    expect(
      `leaves of book ${i + 1}`,
      told.leaves,
      book.accounts.map(({ leaf }) => leaf),
    )
  }
  return faults
}
