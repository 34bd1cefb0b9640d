import type { z } from 'zod'
import { ingestRound } from '../../market.ts'
import { Refusal } from '../../refusal.ts'
import { type BookRow, findBook, listBooks, readLeaves } from '../../storage/books.ts'
import { findRound, listRounds, type RoundRow, roundSource } from '../../storage/rounds.ts'
import { ingestBook, ownReceipts } from '../../venue.ts'
import type { ApiContext } from '../context.ts'
import {
  BookId,
  BookInfo,
  BookRequest,
  Leaves,
  LeavesQuery,
  Limit,
  listOf,
  Receipts,
  Round,
  RoundId,
  RoundMarket,
  RoundRequest,
} from '../schemas.ts'

export function roundRoutes({ route, store, pool, limits }: ApiContext): void {
  const { database, instance } = store
  const missing = () => new Refusal('NOT_FOUND', 'riskRoot', 'no round has this risk root')
  route('listRounds', { query: Limit, answers: { 200: listOf('rounds', Round) } }, async ({ query }) => ({
    rounds: (await listRounds(database, query.limit)).map(roundOf),
  }))
  route('readRound', { params: RoundId, answers: { 200: Round } }, async ({ params }) => {
    const row = await findRound(database, params.riskRoot)
    if (row === undefined) throw missing()
    return roundOf(row)
  })
  route('readMarket', { params: RoundId, answers: { 200: RoundMarket } }, async ({ params }) => {
    const row = await roundSource(database, params.riskRoot)
    if (row === undefined) throw missing()
    return {
      market: JSON.parse(row.market),
      configuration: JSON.parse(row.configuration),
      listing: JSON.parse(row.listingBefore),
      standing: JSON.parse(row.standing),
    }
  })
  const ingest = oneAtATime()
  route(
    'addRound',
    { body: RoundRequest, answers: { 200: Round, 201: Round } },
    async ({ body, reply }) => {
      const markets = body.markets.map((market, i) => ({
        name: `markets[${i + 1}]`,
        text: JSON.stringify(market),
      }))
      const configuration = body.configuration && JSON.stringify(body.configuration)
      const { row, isNew } = await ingest(() =>
        ingestRound(database, pool, instance, { markets, configuration }),
      )
      reply.code(isNew ? 201 : 200)
      return roundOf(row)
    },
    { bodyLimit: limits.largeBody },
  )
}

export function bookRoutes({ route, store, limits, trees, reader }: ApiContext): void {
  const { database } = store
  const find = async (bookRoot: string) => {
    const row = await findBook(database, bookRoot)
    if (row === undefined) throw new Refusal('NOT_FOUND', 'bookRoot', 'no book has this root')
    return row
  }
  route('listBooks', { query: Limit, answers: { 200: listOf('books', BookInfo) } }, async ({ query }) => ({
    books: (await listBooks(database, query.limit)).map(bookOf),
  }))
  route('readBook', { params: BookId, answers: { 200: BookInfo } }, async ({ params }) =>
    bookOf(await find(params.bookRoot)),
  )
  route(
    'readLeaves',
    { params: BookId, query: LeavesQuery, answers: { 200: Leaves } },
    async ({ params: { bookRoot }, query: { from, limit } }) => {
      const { count } = await find(bookRoot)
      return { count, from, leaves: await readLeaves(database, bookRoot, from, limit) }
    },
  )
  route('readReceipts', { params: BookId, answers: { 200: Receipts } }, async ({ params, principal }) => {
    const receipts = await ownReceipts(store, trees, params.bookRoot, principal.address!)
    return { receipts: receipts.map(plain) }
  })
  const ingest = oneAtATime()
  route(
    'addBook',
    { body: BookRequest, answers: { 200: BookInfo, 201: BookInfo } },
    async ({ body, reply }) => {
      const { riskRoot, book } = body
      const { maxAccounts } = limits
      const { row, isNew } = await ingest(() =>
        ingestBook(store, (text) => reader.read(text), { riskRoot, book: JSON.stringify(book), maxAccounts }),
      )
      reply.code(isNew ? 201 : 200)
      return bookOf(row)
    },
    { bodyLimit: limits.largeBody },
  )
}

function roundOf(row: RoundRow): z.output<typeof Round> {
  return { ...row, createdAt: row.createdAt.toISOString() }
}

function bookOf(row: BookRow): z.output<typeof BookInfo> {
  return { ...row, createdAt: row.createdAt.toISOString() }
}

/** As its file has it: integers as decimal texts. */
function plain(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}` : item)))
}

/** What is large is taken in one after the other, so that a crowd cannot exhaust the memory. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work, work)
    last = next.catch(() => {})
    return next
  }
}
