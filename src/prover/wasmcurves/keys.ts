/** Proving keys in memory: read once into shared memory, kept while they fit, least recently used out first. */
import { open, stat } from 'node:fs/promises'
import { SetupError } from '../../protocol/errors.ts'
import { sharedBytes } from '../binary.ts'
import { parseZkey, refuseUnsafeKey, type Zkey } from '../zkey.ts'

interface Entry {
  readonly bytes: number
  readonly key: Promise<Zkey>
}

/** Reads of this size let other work of the process in between. */
const READ_BYTES = 1 << 24

export class KeyStore {
  readonly #maxBytes: number
  /** Oldest use first; named by path, size and time, so that a replaced file is read anew. */
  readonly #entries = new Map<string, Entry>()

  /** @param maxBytes bound on the keys kept, in bytes; a single key may exceed it while it is in use */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @throws SetupError when the key is missing, damaged or unsafe */
  async load(path: string): Promise<Zkey> {
    const info = await stat(path).catch((cause: unknown) => {
      throw new SetupError(`${path} cannot be read`, { cause })
    })
    const name = `${path}|${info.size}|${info.mtimeMs}`
    const entry = this.#entries.get(name) ?? { bytes: info.size, key: readKey(path, info.size) }
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    // A key that failed to load must not be remembered as failed.
    entry.key.catch(() => this.#entries.delete(name))
    this.#evict(name)
    return entry.key
  }

  clear(): void {
    this.#entries.clear()
  }

  #evict(keep: string): void {
    let total = [...this.#entries.values()].reduce((sum, entry) => sum + entry.bytes, 0)
    for (const [name, entry] of this.#entries) {
      if (total <= this.#maxBytes || name === keep) continue
      this.#entries.delete(name)
      total -= entry.bytes
    }
  }
}

async function readKey(path: string, size: number): Promise<Zkey> {
  const bytes = sharedBytes(size)
  const file = await open(path, 'r')
  try {
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(READ_BYTES, size - at), at)
      if (bytesRead === 0) throw new SetupError(`${path} became shorter while it was read`)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
  const key = parseZkey(bytes, path)
  refuseUnsafeKey(key)
  return key
}
