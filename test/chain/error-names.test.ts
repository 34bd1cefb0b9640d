import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Every rule of the contracts is in a test by its name, so that none is written and forgotten. */

const ROOT = join(import.meta.dirname, '../..')

/** Rules that no test can name, each with why. */
const UNTESTED: Readonly<Record<string, string>> = {
  ArgumentOutOfRange: 'the pricing harness answers with a word of its own; oracle/parity.test.ts counts them',
}

function texts(folder: string, ending: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !name.endsWith('error-names.test.ts'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))
}

const contracts = texts('contracts', /\.sol$/)
const errors = [
  ...new Set(
    contracts.flatMap((text) => [...text.matchAll(/^\s*error (\w+)\(/gm)].map((found) => found[1]!)),
  ),
].sort()
const tested = new Set(texts('test', /\.(ts|sol)$/).flatMap((text) => text.match(/\b[A-Z]\w+\b/g) ?? []))

describe('the errors of the contracts', () => {
  it('are each named in a test', () => {
    expect(errors.length).toBeGreaterThan(150)
    expect(errors.filter((name) => !tested.has(name) && !(name in UNTESTED))).toEqual([])
  })

  it('are each reverted with somewhere: a rule that nothing holds is none', () => {
    const used = (name: string) => contracts.some((text) => new RegExp(`\\b${name}\\b(?=[^;]*;)`).test(text))
    const reverted = new Set(
      contracts.flatMap((text) =>
        [...text.matchAll(/\brevert (?:\w+\.)?(\w+)\(/g)].map((found) => found[1]!),
      ),
    )
    expect(errors.filter((name) => !reverted.has(name) && used(name))).toEqual([])
  })

  it('have no exception that is none any more', () => {
    expect(Object.keys(UNTESTED).filter((name) => tested.has(name) || !errors.includes(name))).toEqual([])
  })
})
