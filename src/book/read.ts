import { InputError } from '../protocol/errors.ts'
import { DEFAULT_INSTANCE, type MarginInstance } from '../protocol/instances.ts'
import type { TextFile } from '../risk/market/json.ts'
import { readCsvBook } from './csv.ts'
import type { BookEntry, InstrumentsBySymbol } from './entry.ts'
import { readJsonBook } from './json.ts'

/**
 * The accounts of a book file, in its order, JSON or CSV by what the text looks like. Either all of them or none:
 * throws InputError naming file, row, field and rule for anything malformed, an unknown instrument, a quantity that is
 * out of range or no whole number of lots, unsorted or duplicate instruments, more positions than the instance has
 * slots, an account or a secret that stands twice.
 */
export function readBook(
  file: TextFile,
  instruments: InstrumentsBySymbol,
  instance: MarginInstance = DEFAULT_INSTANCE,
): BookEntry[] {
  const isJson = /^\uFEFF?\s*[[{]/.test(file.text)
  const read = isJson ? readJsonBook(file, instruments) : readCsvBook(file, instruments)
  if (read.length === 0) throw new InputError('holds no account', { file: file.name })
  const ids = new Set<number>()
  const secrets = new Set<bigint>()
  for (const { entry, row } of read) {
    const { accountId, secret, positions } = entry.account
    const refuse = (field: string, rule: string) => new InputError(rule, { file: file.name, row, field })
    if (ids.has(accountId)) throw refuse('accountId', `account ${accountId} stands twice`)
    if (secrets.has(secret)) throw refuse('secret', 'the secret is that of another account')
    if (positions.length > instance.slots) {
      throw refuse(
        'positions',
        `${positions.length} positions do not fit into the ${instance.slots} slots of ${instance.name}`,
      )
    }
    ids.add(accountId)
    secrets.add(secret)
  }
  return read.map(({ entry }) => entry)
}
