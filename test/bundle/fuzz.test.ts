import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readBundle } from '../../src/bundle/read.ts'
import { verifyBundle } from '../../src/bundle/verify/verify.ts'
import { InputError } from '../../src/protocol/errors.ts'
import { changed, type Loose, other, type Path, scalars, withValue } from './change.ts'
import { type BundleWorld, bundleWorld, bytesOf } from './fixture.ts'

let world: BundleWorld
beforeAll(async () => {
  world = await bundleWorld()
}, 600_000)

interface Scalar {
  readonly line: number
  readonly path: Path
  readonly value: Loose
}

function everyScalar(): Scalar[] {
  return world.lines.flatMap((line, index) =>
    scalars(JSON.parse(line)).map(({ path, value }) => ({ line: index, path, value })),
  )
}

/** Reads to the end, and gives the refusal. */
async function refusal(lines: readonly string[] | Uint8Array): Promise<string | undefined> {
  const bytes = lines instanceof Uint8Array ? [lines] : bytesOf(lines)
  try {
    for await (const record of readBundle(bytes)) void record
    return undefined
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

/** What no proof binds: where an epoch is to be found, and how a key says that it was made. The chain and pins tell. */
const UNBOUND = new Set([
  ...['oracle', 'registry', 'attestor', 'roundSequence', 'headSequence'].map(
    (n) => `header.chain.references.${n}`,
  ),
  ...['transaction', 'blockNumber'].map((n) => `header.chain.references.posting.${n}`),
  ...['r1csHash', 'zkeyHash', 'seed'].map((name) => `key.setup.${name}`),
])

describe('a bundle with one value changed', () => {
  it('is refused, whichever value it is: a seeded sample of 600', async () => {
    const all = everyScalar()
    expect(await refusal(world.lines)).toBeUndefined()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: all.length - 1 }), async (at) => {
        const { line, path, value } = all[at]!
        const lines = [...world.lines]
        lines[line] = JSON.stringify(withValue(JSON.parse(lines[line]!), path, other(value)))
        expect(await refusal(lines)).toBeDefined()
      }),
      { numRuns: 600, seed: 5 },
    )
  }, 300_000)

  it('is caught by what it states even when its digest is made to fit: every kind of field', async () => {
    const kinds = new Map<string, Scalar>()
    for (const scalar of everyScalar()) {
      const record = JSON.parse(world.lines[scalar.line]!)
      if (record.record === 'end') continue
      const kind = [record.record, ...scalar.path.filter((key) => typeof key === 'string')].join('.')
      const variant = `${kind} ${record.quote?.kind ?? record.role ?? ''}`
      // The last of a kind: the first of a list is where a mistake would be noticed anyway.
      if (scalar.path.at(-1) !== 'record') kinds.set(variant, scalar)
    }
    expect(kinds.size).toBeGreaterThan(80)
    const accepted: string[] = []
    for (const [variant, { line, path, value }] of kinds) {
      const lines = changed(world.lines, line, (record) => withValue(record, path, other(value)))
      const { report } = await verifyBundle(bytesOf(lines), world.options)
      const isCaught = report.verdict === 'invalid' || report.verdict === 'refused'
      if (!isCaught) accepted.push(variant.split(' ')[0]!)
    }
    expect(new Set(accepted)).toEqual(UNBOUND)
  }, 600_000)
})

describe('a damaged file', () => {
  it('is refused wherever it is cut', async () => {
    const [whole] = bytesOf(world.lines) as [Uint8Array]
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 2 }), async (length) => {
        expect(await refusal(whole.slice(0, length))).toBeDefined()
      }),
      { numRuns: 100, seed: 7 },
    )
  }, 120_000)

  it('is refused with any byte changed that is not a blank, or says the same', async () => {
    const [whole] = bytesOf(world.lines) as [Uint8Array]
    const meaning = (bytes: Uint8Array) => {
      try {
        return new TextDecoder('utf-8', { fatal: true })
          .decode(bytes)
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.stringify(JSON.parse(line)))
          .join('\n')
      } catch {
        return undefined
      }
    }
    const before = meaning(whole)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, difference) => {
          const bytes = whole.slice()
          bytes[at]! ^= difference
          if (meaning(bytes) !== before) expect(await refusal(bytes)).toBeDefined()
        },
      ),
      { numRuns: 300, seed: 11 },
    )
  }, 300_000)
})
