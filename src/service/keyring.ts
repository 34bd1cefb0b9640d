/**
 * Encryption of what is private before it is stored, and the keyed hashes that find it again. AES-256-GCM with a random
 * nonce of 96 bits and the place of the value as associated data, so that a sealed value opens nowhere but where it
 * belongs. Boundary module: randomness.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { InputError, ToolError } from '../protocol/errors.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16
export const KEY_BYTES = 32
const FIELD = 'TACIT_ENCRYPTION_KEYS'

/** Keys for different uses are different keys. */
interface Subkeys {
  readonly seal: Buffer
  readonly index: Buffer
  readonly nonce: Buffer
}

export interface Sealed {
  readonly keyId: string
  /** base64 of nonce, ciphertext and tag. */
  readonly text: string
}

export class Keyring {
  readonly #keys: ReadonlyMap<string, Subkeys>
  readonly #currentId: string

  /** @param keys by id; the first is the current one, with which everything new is sealed */
  constructor(keys: readonly (readonly [id: string, key: Uint8Array])[]) {
    if (keys.length === 0) throw new InputError('must hold at least one key', { field: FIELD })
    this.#currentId = keys[0]![0]
    this.#keys = new Map(keys.map(([id, key]) => [id, subkeysOf(key)]))
  }

  get currentId(): string {
    return this.#currentId
  }

  /** The current one first. */
  get ids(): readonly string[] {
    return [...this.#keys.keys()]
  }

  /** @param place what the value is and where it stands, e.g. "opening 0x12.. 7" */
  seal(plaintext: string, place: string): Sealed {
    return { keyId: this.#currentId, text: this.sealWith(this.#currentId, plaintext, place) }
  }

  /** Under another key than the current one: for a row that is sealed under it already. */
  sealWith(keyId: string, plaintext: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#subkeys(keyId).seal, nonce)
    cipher.setAAD(Buffer.from(place, 'utf8'))
    const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64')
  }

  /** Throws ToolError for a key that is not here, and for a value that was changed or moved to another place. */
  open({ keyId, text }: Sealed, place: string): string {
    const bytes = Buffer.from(text, 'base64')
    try {
      const decipher = createDecipheriv(
        'aes-256-gcm',
        this.#subkeys(keyId).seal,
        bytes.subarray(0, NONCE_BYTES),
        {
          authTagLength: TAG_BYTES,
        },
      )
      decipher.setAAD(Buffer.from(place, 'utf8'))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES)
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    } catch (cause) {
      if (cause instanceof ToolError) throw cause
      throw new ToolError('a stored secret does not open: the database was changed, or the key is another')
    }
  }

  /** Keyed hash under the current key: finds rows by a private value without storing it. */
  index(value: string): string {
    return this.#hash(this.#currentId, value)
  }

  /** The same under every key, for rows that are not rotated yet. */
  indices(value: string): string[] {
    return [...this.#keys.keys()].map((id) => this.#hash(id, value))
  }

  /** Authenticates something that this service gave out, e.g. the nonce of a sign-in. */
  mac(message: string): string {
    return this.#mac(this.#currentId, message)
  }

  macs(message: string): string[] {
    return [...this.#keys.keys()].map((id) => this.#mac(id, message))
  }

  #hash(id: string, value: string): string {
    return createHmac('sha256', this.#subkeys(id).index).update(value).digest('hex')
  }

  #mac(id: string, message: string): string {
    return createHmac('sha256', this.#subkeys(id).nonce).update(message).digest('hex').slice(0, 32)
  }

  #subkeys(id: string): Subkeys {
    const subkeys = this.#keys.get(id)
    if (subkeys === undefined)
      throw new ToolError(`a stored secret was sealed with the key "${id}", which is not in ${FIELD}`)
    return subkeys
  }
}

function subkeysOf(key: Uint8Array): Subkeys {
  const derive = (use: string) =>
    Buffer.from(hkdfSync('sha256', key, '', `tacit.service.${use}.v1`, KEY_BYTES))
  return { seal: derive('seal'), index: derive('index'), nonce: derive('nonce') }
}

/**
 * Keys as the environment gives them: "id:64 hex digits", separated by commas, the current one first.
 * Throws InputError, never quoting a key, for one that is malformed, repeated, or not random.
 */
export function parseKeys(text: string): [string, Uint8Array][] {
  const keys = text.split(',').map((part, index): [string, Uint8Array] => {
    const at = { field: FIELD, row: index + 1 }
    const match = /^([a-z0-9-]{1,32}):([0-9a-fA-F]{64})$/.exec(part.trim())
    if (match === null) {
      throw new InputError(
        'must be "id:key", the id of a-z, 0-9 and "-", the key 64 hex digits (openssl rand -hex 32)',
        at,
      )
    }
    const key = Buffer.from(match[2]!, 'hex')
    if (isWeak(key)) throw new InputError('is no random key (openssl rand -hex 32)', at)
    return [match[1]!, key]
  })
  const ids = new Set(keys.map(([id]) => id))
  const values = new Set(keys.map(([, key]) => Buffer.from(key).toString('hex')))
  if (ids.size !== keys.length || values.size !== keys.length) {
    throw new InputError('an id or a key stands twice', { field: FIELD })
  }
  return keys
}

/** Repetitions, sequences and texts: 32 random bytes have fewer than 20 distinct values, or are all ASCII, never. */
function isWeak(key: Uint8Array): boolean {
  const steps = new Set([...key].slice(1).map((byte, index) => (byte - key[index]! + 256) % 256))
  const isText = key.every((byte) => byte >= 0x20 && byte < 0x7f)
  return new Set(key).size < 20 || steps.size < 16 || isText
}
