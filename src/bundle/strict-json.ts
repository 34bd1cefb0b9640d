import { InputError } from '../protocol/errors.ts'
import { MAX_DEPTH, MAX_MEMBERS, MAX_TEXT } from './limits.ts'

/**
 * JSON from strangers. Stricter than JSON.parse, which lets the last of two equal keys win, takes numbers that no
 * integer holds, and follows any nesting: here an object has each key once and none that means something to
 * JavaScript, a number is an exact integer, and depth, members and texts are bounded.
 */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

const INTEGER = /-?(?:0|[1-9]\d*)/y
const AFTER_NUMBER = /[\w.+-]/
const REFUSED_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype']
const WORDS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

/** @throws InputError with the rule and the column (from 1) for anything that is not of this kind */
export function parseStrictJson(text: string): JsonValue {
  const parser = new Parser(text)
  return parser.whole()
}

class Parser {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): JsonValue {
    const value = this.#value()
    this.#blanks()
    if (this.#at < this.#text.length) throw this.#refuse('has something after its value')
    return value
  }

  #value(): JsonValue {
    this.#blanks()
    const first = this.#text[this.#at]
    if (first === undefined) throw this.#refuse('ends in the middle of a value')
    if (first === '{') return this.#nested(() => this.#object())
    if (first === '[') return this.#nested(() => this.#list())
    if (first === '"') return this.#string()
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length
        return value
      }
    }
    return this.#integer()
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.#refuse(`is nested deeper than ${MAX_DEPTH} levels`)
    this.#at++
    const value = read()
    this.#depth--
    return value
  }

  #object(): JsonObject {
    const object: Record<string, JsonValue> = {}
    this.#items('}', () => {
      this.#blanks()
      if (this.#text[this.#at] !== '"') throw this.#refuse('has a key that is no text')
      const key = this.#string()
      if (REFUSED_KEYS.includes(key)) throw this.#refuse(`has the key "${key}", which no record has`)
      if (Object.hasOwn(object, key)) throw this.#refuse(`has the key "${key.slice(0, 40)}" twice`)
      this.#blanks()
      if (this.#text[this.#at] !== ':') throw this.#refuse('lacks a colon after a key')
      this.#at++
      object[key] = this.#value()
    })
    return object
  }

  #list(): JsonValue[] {
    const list: JsonValue[] = []
    this.#items(']', () => list.push(this.#value()))
    return list
  }

  /** Items with commas between them, up to the closing bracket. */
  #items(close: '}' | ']', read: () => void): void {
    this.#blanks()
    if (this.#text[this.#at] === close) {
      this.#at++
      return
    }
    for (let count = 1; ; count++) {
      if (count > MAX_MEMBERS) throw this.#refuse(`has more than ${MAX_MEMBERS} items in one list or object`)
      read()
      this.#blanks()
      const next = this.#text[this.#at]
      if (next === undefined) throw this.#refuse('ends in the middle of a list or an object')
      if (next !== ',' && next !== close) throw this.#refuse(`lacks a comma or a "${close}"`)
      this.#at++
      if (next === close) return
    }
  }

  #string(): string {
    const start = this.#at
    const limit = start + 1 + 6 * MAX_TEXT
    for (let at = start + 1; at < this.#text.length; at++) {
      if (at > limit) throw this.#refuse(`has a text of more than ${MAX_TEXT} characters`)
      const code = this.#text.charCodeAt(at)
      if (code < 0x20) throw this.#refuse('has a control character in a text')
      if (code === 0x5c) at++
      else if (code === 0x22) {
        this.#at = at + 1
        return this.#decoded(this.#text.slice(start, this.#at))
      }
    }
    throw this.#refuse('ends in the middle of a text')
  }

  #decoded(quoted: string): string {
    let text: string
    try {
      text = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
    } catch (cause) {
      throw this.#refuse('has an escape that is none', cause)
    }
    if (text.length > MAX_TEXT) throw this.#refuse(`has a text of more than ${MAX_TEXT} characters`)
    return text
  }

  #integer(): number {
    INTEGER.lastIndex = this.#at
    const match = INTEGER.exec(this.#text)
    if (match === null) throw this.#refuse('has something that is no JSON')
    const value = Number(match[0])
    const next = this.#text[INTEGER.lastIndex]
    if (next !== undefined && AFTER_NUMBER.test(next)) throw this.#refuse('has a number that is no integer')
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw this.#refuse('has a number that is not exact: large integers are decimal texts')
    }
    this.#at = INTEGER.lastIndex
    return value
  }

  #blanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x09 && code !== 0x0d) return
      this.#at++
    }
  }

  #refuse(rule: string, cause?: unknown): InputError {
    return new InputError(`${rule} (column ${this.#at + 1})`, {}, { cause })
  }
}
