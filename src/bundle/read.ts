import { InputError } from '../protocol/errors.ts'
import { validate } from '../risk/market/json.ts'
import { BundleDigest } from './canonical.ts'
import { MAX_EXPIRIES, MAX_INSTRUMENTS, MAX_UNDERLYINGS } from './limits.ts'
import { type Chunks, type Line, linesOf } from './lines.ts'
import { type BundleHeader, type BundleRecord, RECORDS, type RecordName } from './records.ts'
import { type JsonObject, type JsonValue, parseStrictJson } from './strict-json.ts'

/** How many of a record must stand in a bundle, in the order of the file. */
type Quota = readonly [name: RecordName, least: number, most: number]

function orderOf(count: number): readonly Quota[] {
  return [
    ['header', 1, 1],
    ['configuration', 1, 1],
    ['underlying', 1, MAX_UNDERLYINGS],
    ['expiry', 0, MAX_EXPIRIES],
    ['instrument', 1, MAX_INSTRUMENTS],
    ['generations', 1, 1],
    ['listed', 0, MAX_INSTRUMENTS],
    ['standing', 0, MAX_INSTRUMENTS],
    ['key', 2, 2],
    ['leaf', count, count],
    ['step', count, count],
    ['seal', 1, 1],
    ['end', 1, 1],
  ]
}

/**
 * The records of a bundle one after the other, each of its shape and in its place. Holds one line at a time. The last
 * record is `end`, whose digest is that of all before it.
 * @throws InputError naming line, field and rule for the first that is not
 */
export async function* readBundle(chunks: Chunks): AsyncGenerator<BundleRecord> {
  const digest = new BundleDigest()
  let places = orderOf(0)
  let place = 0
  let taken = 0
  let lines = 0
  let ended = false
  for await (const line of linesOf(chunks)) {
    lines = line.number
    if (ended) throw new InputError('stands after the end of the bundle', { row: line.number })
    const { record, value } = parseLine(line)
    const next = placeOf(places, place, taken, record.record, line)
    taken = next === place ? taken + 1 : 1
    place = next
    if (record.record === 'header') places = orderOf(record.count)
    if (record.record === 'leaf' || record.record === 'step') checkIndex(record.index, taken - 1, line)
    if (record.record === 'end') {
      if (record.digest !== digest.value) throw wrongDigest(digest.value, line)
      ended = true
    } else digest.add(value)
    yield record
  }
  if (!ended) {
    throw new InputError(`ends after ${lines} lines without its end record: it is truncated`, { row: lines })
  }
}

/** The header alone, for whoever must know what kind of file it is; undefined when it is none of a bundle. */
export async function peekHeader(chunks: Chunks): Promise<BundleHeader | undefined> {
  try {
    for await (const record of readBundle(chunks)) return record.record === 'header' ? record : undefined
  } catch (error) {
    if (!(error instanceof InputError)) throw error
  }
  return undefined
}

function parseLine(line: Line): { record: BundleRecord; value: JsonValue } {
  const value = strict(line)
  const name = recordName(value)
  if (name === undefined) {
    throw new InputError('is no record of a bundle', { row: line.number, field: 'record' })
  }
  try {
    return { record: validate<BundleRecord>(RECORDS[name], value, { file: name, row: line.number }), value }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { field } = error.location
    throw new InputError(error.rule, {
      row: line.number,
      field: field === undefined ? name : `${name}.${field}`,
    })
  }
}

function strict(line: Line): JsonValue {
  try {
    return parseStrictJson(line.text)
  } catch (error) {
    throw error instanceof InputError ? error.at({ row: line.number }) : error
  }
}

function recordName(value: JsonValue): RecordName | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const { record } = value as JsonObject
  return typeof record === 'string' && Object.hasOwn(RECORDS, record) ? (record as RecordName) : undefined
}

/** The place in the order that a record takes. */
function placeOf(
  places: readonly Quota[],
  place: number,
  taken: number,
  name: RecordName,
  line: Line,
): number {
  const [current, , most] = places[place]!
  if (name === current && taken < most) return place
  for (let at = place; at < places.length; at++) {
    const [expected, least] = places[at]!
    const have = at === place ? taken : 0
    if (at > place && name === expected) return at
    if (have < least) {
      const rule =
        least > 1
          ? `a "${name}" stands where "${expected}" ${have + 1} of ${least} must`
          : `a "${name}" stands where "${expected}" must`
      throw new InputError(rule, { row: line.number, field: 'record' })
    }
  }
  throw new InputError(`a "${name}" is out of order, or one too many`, { row: line.number, field: 'record' })
}

function checkIndex(index: number, expected: number, line: Line): void {
  if (index === expected) return
  throw new InputError(`is ${index} and must be ${expected}: indices are dense and ascend`, {
    row: line.number,
    field: 'index',
  })
}

function wrongDigest(actual: string, line: Line): InputError {
  return new InputError(`is not that of the records before it, ${actual}: the file was changed or damaged`, {
    row: line.number,
    field: 'end.digest',
  })
}
