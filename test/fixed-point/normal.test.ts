import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalCdfQ64 } from '../../src/fixed-point/normal.ts'
import { CELLS, DEGREE, makeTailTable } from '../../src/fixed-point/normal-table.ts'
import { HALF_Q64, ONE_Q64 } from '../../src/fixed-point/q64.ts'
import * as reference from './reference.ts'

const { fromQ64, ulpsApart } = reference
const runs = (numRuns: number) => ({ numRuns, seed: 20_260_205 })
/** The bound that normalCdfQ64 states. */
const MAX_ULPS = 2
const CELL = ONE_Q64 / 32n
const inside = fc.bigInt(-10n * ONE_Q64, 10n * ONE_Q64)

describe('normalCdfQ64', () => {
  const withinBound = (x: bigint): void => {
    expect(ulpsApart(normalCdfQ64(x), reference.cdf(fromQ64(x)))).toBeLessThanOrEqual(MAX_ULPS)
  }

  it('holds its error bound on random arguments', () => {
    fc.assert(fc.property(inside, withinBound), runs(150))
    fc.assert(fc.property(fc.bigInt(-ONE_Q64, ONE_Q64), withinBound), runs(100))
  })
  it('holds it at the edges and in the middle of cells, at both ends of the table and beyond', () => {
    const cells = [0n, 1n, 2n, 17n, 31n, 32n, 63n, 64n, 96n, 127n, 128n, 129n, 200n, 294n, 295n, 296n, 297n]
    for (const cell of cells) {
      for (const offset of [-1n, 0n, 1n, CELL / 2n, CELL - 1n]) withinBound(cell * CELL + offset)
    }
    for (const x of [-40n * ONE_Q64, 40n * ONE_Q64, 1n << 200n]) {
      expect(normalCdfQ64(x)).toBe(x > 0n ? ONE_Q64 : 0n)
    }
  })
  it('agrees with published values', () => {
    // Abramowitz and Stegun, table 26.1 (15 places).
    const published = [
      [1n, 0.841344746068543],
      [2n, 0.977249868051821],
      [3n, 0.99865010196837],
      [4n, 0.999968328758167],
      [5n, 0.999999713348428],
    ] as const
    for (const [x, value] of published) {
      expect(Math.abs(Number(normalCdfQ64(x * ONE_Q64)) / 2 ** 64 - value)).toBeLessThan(1e-15)
    }
  })
  it('has N(x) + N(-x) = 1 exactly, N(0) = 1/2 and stays in [0, 1]', () => {
    fc.assert(
      fc.property(inside, (x) => normalCdfQ64(x) + normalCdfQ64(-x) === ONE_Q64),
      runs(2_000),
    )
    fc.assert(
      fc.property(inside, (x) => normalCdfQ64(x) >= 0n && normalCdfQ64(x) <= ONE_Q64),
      runs(2_000),
    )
    expect(normalCdfQ64(0n)).toBe(HALF_Q64)
  })
  it('is monotone up to its error, and strictly where it rises by more', () => {
    const step = fc.bigInt(0n, 64n).chain((bits) => fc.bigInt(1n, 1n << bits))
    fc.assert(
      fc.property(inside, step, (x, h) => normalCdfQ64(x + h) >= normalCdfQ64(x) - 2n),
      runs(3_000),
    )
    for (let cell = -295n; cell < 295n; cell++) {
      expect(normalCdfQ64(cell * CELL) >= normalCdfQ64(cell * CELL - 1n) - 2n).toBe(true)
    }
    const central = fc.bigInt(-6n * ONE_Q64, 6n * ONE_Q64)
    fc.assert(
      fc.property(central, (x) => normalCdfQ64(x + (1n << 32n)) > normalCdfQ64(x)),
      runs(1_000),
    )
  })
})

describe('the tail table', () => {
  it('holds coefficients of 64 bits in magnitude, so that products fit int256 and the table one data contract', () => {
    const table = makeTailTable()
    expect(table.length).toBe(CELLS)
    for (const row of table) {
      expect(row.length).toBe(DEGREE + 1)
      for (const coefficient of row) expect(coefficient < 1n << 63n && coefficient > -(1n << 63n)).toBe(true)
    }
    expect(CELLS * (DEGREE + 1) * 8).toBeLessThan(24_576)
  })
})
