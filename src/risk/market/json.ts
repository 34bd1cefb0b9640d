import type { z } from 'zod'
import { InputError, type InputLocation } from '../../protocol/errors.ts'

/** A text file as it came from outside; the name is only used to say where a fault is. */
export interface TextFile {
  readonly name: string
  readonly text: string
}

const MAX_FIELD = 100
const MAX_FIELD_KEYS = 8
type JsonPath = readonly (string | number)[]

/**
 * The value of a JSON file. Throws InputError naming the file and, as far as the text can be followed, the row and
 * field of the first fault. NaN and Infinity are not JSON and are named as such.
 * `rowsIn` is the top-level list whose items are the file's rows: its name is left out of the field.
 */
export function parseJson(file: TextFile, rowsIn?: string): unknown {
  try {
    return JSON.parse(file.text)
  } catch (cause) {
    const fault = findFault(file.text)
    const line = file.text.slice(0, fault.offset).split('\n').length
    const rule = /^-?(NaN|Infinity)/.test(file.text.slice(fault.offset, fault.offset + 9))
      ? 'must be a finite number: NaN and Infinity are not JSON'
      : `is not valid JSON (line ${line})`
    throw new InputError(rule, locate(fault.path, file.name, rowsIn), { cause })
  }
}

/**
 * The value as the schema reads it. Throws InputError for the first broken rule, with its place added to `at`.
 * A path that starts with an index, or with a list's name and an index, gives the row.
 */
export function validate<T>(
  schema: z.ZodType<T>,
  value: unknown,
  at: { file: string; row?: number; rowsIn?: string },
): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = [...issue.path, ...keys].map((key) => (typeof key === 'number' ? key : String(key)))
  throw new InputError(
    keys.length > 0 ? 'is not a field of this format' : issue.message,
    at.row === undefined
      ? locate(path, at.file, at.rowsIn)
      : { file: at.file, row: at.row, field: fieldOf(path) },
  )
}

function locate(path: JsonPath, file: string, rowsIn: string | undefined): InputLocation {
  const at = path.findIndex((key) => typeof key === 'number')
  if (at < 0) return { file, field: fieldOf(path) }
  const section = path.slice(0, at).filter((key) => key !== rowsIn)
  return { file, row: Number(path[at]) + 1, field: fieldOf([...section, ...path.slice(at + 1)]) }
}

/** Keys joined by dots, indices counted from 1: positions[2].quantity. Cut: a file must not write the log. */
function fieldOf(path: JsonPath): string | undefined {
  if (path.length === 0) return undefined
  const field = path.slice(0, MAX_FIELD_KEYS).reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key + 1}]`
    return text === '' ? key : `${text}.${key}`
  }, '')
  return field.slice(0, MAX_FIELD)
}

interface Frame {
  readonly isList: boolean
  key: string | number | undefined
  /** The value of the current key has been read: another one may only follow a comma. */
  filled: boolean
}

const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y

/**
 * Where a text stops being JSON: JSON.parse does not say it in a form that can be relied on. Iterative, so that deep
 * nesting cannot exhaust the stack. Only called on texts that JSON.parse has refused.
 */
function findFault(text: string): { path: JsonPath; offset: number } {
  const stack: Frame[] = []
  let offset = 0
  while (offset < text.length) {
    const end = tokenEnd(text, offset)
    if (end === undefined || !accept(stack, text, offset, end)) break
    offset = end
  }
  return { path: stack.flatMap((frame) => frame.key ?? []), offset }
}

/** The end of the token, or of the white space, that starts here; undefined when none does. */
function tokenEnd(text: string, offset: number): number | undefined {
  const first = text[offset]!
  if (' \t\r\n{}[],:'.includes(first)) return offset + 1
  if (first === '"') {
    for (let at = offset + 1; at < text.length; at++) {
      if (text[at] === '\\') at++
      else if (text[at] === '"') return at + 1
      else if (text[at]! < ' ') return undefined
    }
    return undefined
  }
  SCALAR.lastIndex = offset
  return SCALAR.test(text) ? SCALAR.lastIndex : undefined
}

function accept(stack: Frame[], text: string, start: number, end: number): boolean {
  const top = stack.at(-1)
  const first = text[start]!
  if (' \t\r\n'.includes(first)) return true
  if (first === ':') return top !== undefined && !top.isList && top.key !== undefined && !top.filled
  if (first === ',') {
    if (top === undefined || !top.filled) return false
    top.key = top.isList ? Number(top.key) + 1 : undefined
    top.filled = false
    return true
  }
  if (first === '}' || first === ']') {
    if (top === undefined || top.isList !== (first === ']')) return false
    stack.pop()
    return true
  }
  if (top !== undefined && !top.isList && top.key === undefined) {
    if (first !== '"') return false
    top.key = text.slice(start + 1, end - 1)
    return true
  }
  if (top?.filled) return false
  if (top !== undefined) top.filled = true
  if (first === '{' || first === '[') {
    stack.push({ isList: first === '[', key: first === '[' ? 0 : undefined, filled: false })
  }
  return true
}
