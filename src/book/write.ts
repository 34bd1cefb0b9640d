import { InputError } from '../protocol/errors.ts'
import { OWNER_BITS, SECRET_BITS } from '../protocol/ranges.ts'
import { nanoToDecimal } from '../risk/market/decimal.ts'
import type { Position } from './account.ts'
import { BOOK_COLUMNS } from './csv.ts'
import type { BookEntry, InstrumentsById } from './entry.ts'
import { BOOK_FORMAT, BOOK_VERSION } from './json.ts'

/** The book as JSON, one account a line: readBook gives the same entries back. Holds secrets. */
export function writeJsonBook(entries: readonly BookEntry[], instruments: InstrumentsById): string {
  const accounts = entries.map((entry) => {
    const { accountId, name, owner, secret, nonce } = fieldsOf(entry)
    const positions = entry.account.positions.map((position) => describe(position, instruments))
    return `    ${JSON.stringify({ accountId, name, owner, secret, nonce: Number(nonce), positions })}`
  })
  const head = `  "format": "${BOOK_FORMAT}",\n  "version": ${BOOK_VERSION},\n  "accounts": [`
  return `{\n${head}\n${accounts.join(',\n')}\n  ]\n}\n`
}

/** The book as CSV with the columns BOOK_COLUMNS: readBook gives the same entries back. Holds secrets. */
export function writeCsvBook(entries: readonly BookEntry[], instruments: InstrumentsById): string {
  const lines = entries.flatMap((entry) => {
    const fields = fieldsOf(entry)
    const positions = entry.account.positions.map((position) => describe(position, instruments))
    const rows = positions.length === 0 ? [{ instrument: '', quantity: '' }] : positions
    return rows.map((row) => {
      const cells = { ...fields, ...row }
      return BOOK_COLUMNS.map((column) => csvCell(String(cells[column] ?? ''))).join(',')
    })
  })
  return `${[BOOK_COLUMNS.join(','), ...lines].join('\n')}\n`
}

function fieldsOf({ name, account }: BookEntry) {
  return {
    accountId: account.accountId,
    name,
    owner: hex(account.owner, OWNER_BITS),
    secret: hex(account.secret, SECRET_BITS),
    nonce: account.nonce,
  }
}

function describe({ id, quantityLots }: Position, instruments: InstrumentsById) {
  const instrument = instruments.byId(id)
  if (instrument === undefined) {
    throw new InputError(`no live instrument has the id ${id}`, { field: 'instrument' })
  }
  return { instrument: instrument.symbol, quantity: nanoToDecimal(quantityLots * instrument.lotNano) }
}

function hex(value: bigint, bits: number): string {
  return `0x${value.toString(16).padStart(bits / 4, '0')}`
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
