import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Book } from '../../src/book/book.ts'
import { accountLeaf } from '../../src/book/leaf.ts'
import { openPack, type PackSource, packHeaderLine, readPackHeader } from '../../src/bundle/claim/pack.ts'
import { parseReceipt, receiptOf, writeReceipt } from '../../src/bundle/receipt.ts'
import type { BundleKey } from '../../src/bundle/records.ts'
import { InputError, WitnessError } from '../../src/protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { checkPath } from '../../src/prover/margin-inputs.ts'
import { sha256 } from '../../src/prover/provenance.ts'
import { Desk, tacit } from '../cli/support.ts'
import { type Loose, other, scalars, withValue } from './change.ts'

const INSTANCE = MARGIN_INSTANCES['margin-4']
/** A refusal reads a few kilobytes; the machine may be busy. */
const AT_ONCE_MS = 2_000
const SEED = { seed: 20_260_302 }

let hasher: Hasher
let receiptText: string
beforeAll(async () => {
  hasher = await poseidonHasher()
  const accounts = [1, 2, 3].map((accountId) => ({
    accountId,
    owner: 0xabcn,
    secret: 1_000n + BigInt(accountId),
    nonce: 4n,
    positions: [
      { id: 1, quantityLots: 50_000n },
      { id: 7, quantityLots: -3n },
    ],
  }))
  receiptText = writeReceipt(receiptOf(INSTANCE, Book.from(accounts, hasher, INSTANCE).opening(1)))
})

/** What a reader says of a text: nothing when it takes it. Anything but a refusal is thrown. */
function refusal(text: string): string | undefined {
  const started = performance.now()
  try {
    parseReceipt({ name: 'receipt.json', text })
    return undefined
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return error.message
  } finally {
    expect(performance.now() - started).toBeLessThan(AT_ONCE_MS)
  }
}

/** Whether a receipt that parses opens a leaf of the book that it names. */
function opens(text: string): boolean {
  const receipt = parseReceipt({ name: 'receipt.json', text })
  try {
    const leaf = accountLeaf(hasher, receipt.account, INSTANCE.slots)
    checkPath(hasher, INSTANCE, { ...receipt, leaf })
    return true
  } catch (error) {
    if (error instanceof WitnessError) return false
    throw error
  }
}

describe('a receipt from anywhere', () => {
  it('is refused when it is cut short, wherever', () => {
    expect(refusal(receiptText)).toBeUndefined()
    expect(opens(receiptText)).toBe(true)
    const whole = receiptText.trimEnd()
    for (let length = 0; length < whole.length; length += 7) {
      expect(refusal(whole.slice(0, length)), `${length}`).toMatch(/^receipt.json/)
    }
  })

  it('opens nothing, or is refused, whichever value of it is changed', () => {
    const receipt: Loose = JSON.parse(receiptText)
    const every = scalars(receipt)
    expect(every.length).toBeGreaterThan(20)
    for (const { path, value } of every) {
      const text = JSON.stringify(withValue(receipt, path, other(value)))
      expect(refusal(text) !== undefined || !opens(text), path.join('.')).toBe(true)
    }
  })

  it('is refused or opens nothing with characters put in, taken out or changed', () => {
    const places = fc.nat({ max: receiptText.length - 1 })
    const piece = fc.string({ unit: 'binary', maxLength: 4 })
    fc.assert(
      fc.property(places, fc.nat({ max: 3 }), piece, (at, taken, put) => {
        const text = receiptText.slice(0, at) + put + receiptText.slice(at + taken)
        if (refusal(text) !== undefined) return
        // Blanks may come and go; whatever else is taken says another thing.
        const same = JSON.stringify(JSON.parse(text)) === JSON.stringify(JSON.parse(receiptText))
        expect(opens(text)).toBe(same)
      }),
      { ...SEED, numRuns: 250 },
    )
  })

  it.each([
    ['a million brackets', '['.repeat(1_000_000)],
    ['nested lists', '['.repeat(30_000)],
    ['a long text', `{"format":"${'x'.repeat(60_000)}"}`],
    ['a long number', `{"version":${'9'.repeat(60_000)}}`],
    ['a key of JavaScript', () => receiptText.replace('{', '{"__proto__":{},')],
    ['positions beyond number', positions('{"id":1,"quantityLots":"1"},'.repeat(2_000))],
    ['an exponent', () => receiptText.replace('"index": 1', '"index": 1e0')],
    ['a fraction', () => receiptText.replace('"index": 1', '"index": 1.5')],
    ['a number of hex digits', () => receiptText.replace('"index": 1', '"index": 0x1')],
    ['zero bytes', '\0'.repeat(50_000)],
    ['nothing', ''],
  ])('is refused at once when it is malicious: %s', (_, text) => {
    expect(refusal(typeof text === 'string' ? text : text())).toMatch(/^receipt.json/)
  })
})

function positions(list: string): string {
  return `{"format":"tacit.receipt","account":{"positions":[${list.slice(0, -1)}]}}`
}

const PARTS = {
  program: Uint8Array.from({ length: 900 }, (_, i) => i & 0xff),
  provingKey: Uint8Array.from({ length: 5_000 }, (_, i) => (7 * i) & 0xff),
}
const KEY_HASH = `0x${'1c'.repeat(32)}`
const key = {
  circuit: 'margin-4',
  hash: KEY_HASH,
  setup: { kind: 'development', seed: 's', r1csHash: '', zkeyHash: sha256(PARTS.provingKey) },
} as unknown as BundleKey

function packBytes(header = packHeaderLine('margin-4', KEY_HASH, PARTS)): Uint8Array {
  return Buffer.concat([Buffer.from(header), PARTS.program, PARTS.provingKey])
}

function sourceOf(bytes: Uint8Array, byteLength = bytes.length): PackSource & { taken: number } {
  const source = {
    name: 'x.tacit.pack',
    byteLength,
    taken: 0,
    read: async (offset: number, length: number) => {
      source.taken += length
      return bytes.slice(offset, offset + length)
    },
  }
  return source
}

async function packRefusal(bytes: Uint8Array): Promise<string | undefined> {
  try {
    await openPack(sourceOf(bytes), key)
    return undefined
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return error.message
  }
}

describe('tacit check-receipt', () => {
  it('refuses a file that is too large for a receipt before it reads it', async () => {
    const desk = new Desk()
    try {
      const path = desk.write('huge.json', ' '.repeat(5_000_000))
      const ran = await tacit('check-receipt', path, path)
      expect(ran.code).toBe(2)
      expect(ran.stderr).toContain('too many for its kind')
    } finally {
      desk.clear()
    }
  })
})

describe('a prover pack from anywhere', () => {
  it('gives its parts when it is whole and for the key', async () => {
    const { program, provingKey } = await openPack(sourceOf(packBytes()), key)
    expect([...program]).toEqual([...PARTS.program])
    expect([...provingKey]).toEqual([...PARTS.provingKey])
  })

  it('is refused with any one byte changed, taken out or put in', async () => {
    const bytes = packBytes()
    const changeOf = fc.record({
      at: fc.nat({ max: bytes.length - 1 }),
      by: fc.integer({ min: 1, max: 255 }),
    })
    await fc.assert(
      fc.asyncProperty(changeOf, fc.constantFrom('change', 'remove', 'insert'), async ({ at, by }, how) => {
        const copy = [...bytes]
        if (how === 'change') copy[at] = copy[at]! ^ by
        else if (how === 'remove') copy.splice(at, 1)
        else copy.splice(at, 0, by)
        expect(await packRefusal(Uint8Array.from(copy))).toMatch(/^x\.tacit\.pack/)
      }),
      { ...SEED, numRuns: 300 },
    )
  })

  it('is refused when it is cut short, wherever', async () => {
    const bytes = packBytes()
    for (let length = 0; length < bytes.length; length += 61) {
      expect(await packRefusal(bytes.slice(0, length))).toMatch(/^x\.tacit\.pack/)
    }
  })

  it.each([
    ['bytes that are no number', { program: { bytes: '900' } }],
    ['fewer bytes than none', { program: { bytes: -1 } }],
    ['more bytes than any pack has', { provingKey: { bytes: 2 ** 40 } }],
    ['another format', { format: 'tacit.pack2' }],
    ['another version', { version: 2 }],
    ['an unknown instance', { instance: 'margin-5' }],
    ['something more', { more: 1 }],
  ])('is refused by its header alone: %s', async (_, change: Loose) => {
    const header: Loose = JSON.parse(packHeaderLine('margin-4', KEY_HASH, PARTS))
    for (const [name, value] of Object.entries(change as Loose)) {
      header[name] = typeof value === 'object' ? { ...header[name], ...(value as object) } : value
    }
    const source = sourceOf(packBytes(`${JSON.stringify(header)}\n`))
    await expect(openPack(source, key)).rejects.toThrow(InputError)
    expect(source.taken).toBeLessThanOrEqual(4_096)
  })

  it('of any size costs a few kilobytes to refuse', async () => {
    for (const start of [packBytes(), new Uint8Array(4_096).fill(0x20), Buffer.from('{'.repeat(4_096))]) {
      const source = sourceOf(start, 2 ** 44)
      await expect(readPackHeader(source)).rejects.toThrow(InputError)
      expect(source.taken).toBe(4_096)
    }
  })

  it('with the right name and another proving key is refused: its proofs might tell what they should hide', async () => {
    const provingKey = PARTS.provingKey.map((byte) => byte ^ 1)
    const header = packHeaderLine('margin-4', KEY_HASH, { ...PARTS, provingKey })
    const bytes = Buffer.concat([Buffer.from(header), PARTS.program, provingKey])
    expect(await packRefusal(bytes)).toMatch(/holds a proving key with the sha256 .*, and the bundle names/)
  })
})
