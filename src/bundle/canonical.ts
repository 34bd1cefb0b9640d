import { getBytes, hexlify, keccak256, toUtf8Bytes } from 'ethers'
import type { JsonValue } from './strict-json.ts'

/** One text for one value: keys sorted by code unit, no blanks. Two texts of one record have one canonical text. */
export function canonicalText(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`)
  return `{${members.join(',')}}`
}

/**
 * Digest of a bundle, record by record: d0 = keccak256("tacit.bundle.v1"), then d = keccak256(d, canonical text). It
 * shows that a file is whole and unchanged; it proves nothing of who made it.
 */
export class BundleDigest {
  #state = getBytes(keccak256(toUtf8Bytes('tacit.bundle.v1')))

  add(record: JsonValue): void {
    const text = toUtf8Bytes(canonicalText(record))
    const joined = new Uint8Array(this.#state.length + text.length)
    joined.set(this.#state)
    joined.set(text, this.#state.length)
    this.#state = getBytes(keccak256(joined))
  }

  /** 0x and 64 hex digits. */
  get value(): string {
    return hexlify(this.#state)
  }
}
