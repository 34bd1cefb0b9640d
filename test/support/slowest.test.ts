import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { rankOf, SLOWEST } from './slowest.ts'

it('the list of the slowest tests names files that are there, each once, and ranks them by it', () => {
  const file = (name: string) => new URL(`../${name}.test.ts`, import.meta.url).pathname
  expect(SLOWEST.filter((name) => !existsSync(file(name)))).toEqual([])
  expect(new Set(SLOWEST).size).toBe(SLOWEST.length)
  expect(SLOWEST.map((name) => rankOf(file(name)))).toEqual([...SLOWEST.keys()])
  expect(rankOf('/somewhere/test/lockfile.test.ts')).toBe(SLOWEST.length)
})
