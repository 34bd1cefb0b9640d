/** What a keeper keeps on disk: book, a move under way, packages for bidders, the house's orders. Boundary module: files. */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Account } from '../book/account.ts'
import type { BookEntry, InstrumentsById } from '../book/entry.ts'
import { writeJsonBook } from '../book/write.ts'
import type { DisclosureDesk } from '../keeper/context.ts'
import type { OrderDesk } from '../keeper/house-orders.ts'
import type { BookJournal, PendingMove } from '../keeper/venue-book.ts'
import { parseJson, validate } from '../risk/market/json.ts'
import { readTextFile, writeWhole } from './files.ts'
import { toJson } from './output.ts'

const natural = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, 'must be a whole number as a text')
  .transform(BigInt)
const integer = z
  .string()
  .regex(/^-?(0|[1-9]\d{0,11})$/, 'must be an integer as a text')
  .transform(BigInt)
const index = z.int().min(0)
const pendingSchema = z.strictObject({
  nextRoot: natural,
  changes: z.array(
    z.strictObject({
      index,
      account: z.strictObject({
        accountId: index,
        owner: natural,
        secret: natural,
        nonce: natural,
        positions: z.array(z.strictObject({ id: index, quantityLots: integer })),
      }),
    }),
  ),
})

/** The book file itself, and beside it the move that is under way. Both hold secrets. */
export class FileJournal implements BookJournal {
  readonly #bookPath: string
  readonly #names: ReadonlyMap<number, string | undefined>
  readonly #instruments: () => InstrumentsById

  constructor(bookPath: string, entries: readonly BookEntry[], instruments: () => InstrumentsById) {
    this.#bookPath = bookPath
    this.#names = new Map(entries.map(({ account, name }) => [account.accountId, name]))
    this.#instruments = instruments
  }

  get #pendingPath(): string {
    return `${this.#bookPath}.pending.json`
  }

  readPending(): PendingMove | undefined {
    if (!existsSync(this.#pendingPath)) return undefined
    return validate(pendingSchema, parseJson(readTextFile(this.#pendingPath)), { file: this.#pendingPath })
  }

  writePending(pending: PendingMove | undefined): void {
    if (pending === undefined) rmSync(this.#pendingPath, { force: true })
    else writePrivate(this.#pendingPath, `${toJson(pending, 2)}\n`)
  }

  writeBook(accounts: readonly Account[]): void {
    const entries = accounts.map((account) => ({ account, name: this.#names.get(account.accountId) }))
    writePrivate(this.#bookPath, writeJsonBook(entries, this.#instruments()))
  }
}

const HOUSE_ORDERS_FORMAT = 'tacit.house-orders'

function writePrivate(path: string, text: string): void {
  writeWhole(path, text)
  chmodSync(path, 0o600)
}

/** Orders of the clearing house: one file for each sub-account and step, named by its chain time. Private: they tell positions. */
export function folderOrders(folder: string): OrderDesk {
  const folderOf = (subTag: bigint) => join(folder, `0x${subTag.toString(16).padStart(64, '0')}`)
  return {
    lastAt: (subTag) => {
      const names = existsSync(folderOf(subTag)) ? readdirSync(folderOf(subTag)) : []
      const times = names.map((name) => /^(\d+)\.json$/.exec(name)?.[1]).filter((time) => time !== undefined)
      return times.reduce((last, time) => (BigInt(time) > last ? BigInt(time) : last), 0n)
    },
    publish: (orders) => {
      mkdirSync(folderOf(orders.subTag), { recursive: true })
      const text = toJson({ format: HOUSE_ORDERS_FORMAT, version: 1, ...orders }, 2)
      writePrivate(join(folderOf(orders.subTag), `${orders.chainTime}.json`), `${text}\n`)
    },
  }
}

/** One file for each case, round and liquidator: whoever serves the folder serves the packages. */
export function folderDesk(folder: string, venueSecretKey: Uint8Array): DisclosureDesk {
  const pathOf = (caseId: string, round: bigint, liquidator: string) =>
    join(folder, caseId, `${liquidator.toLowerCase()}.${round}.json`)
  return {
    venueSecretKey,
    nonce: () => randomBytes(24),
    has: (caseId, round, liquidator) => existsSync(pathOf(caseId, round, liquidator)),
    publish: (caseId, round, liquidator, text) => {
      mkdirSync(join(folder, caseId), { recursive: true })
      writeFileSync(pathOf(caseId, round, liquidator), `${text}\n`)
    },
  }
}
