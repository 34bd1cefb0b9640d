import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { loadHighsSolver } from '../../../src/risk/hedge/highs.ts'
import { ProgramBuilder } from '../../../src/risk/hedge/linear-program.ts'

function workshop(integer: boolean): ProgramBuilder {
  const builder = new ProgramBuilder()
  const chairs = builder.column({ cost: -3, integer })
  const tables = builder.column({ cost: -5, upper: 20, integer })
  builder.atMost(40.5, [
    [chairs, 1],
    [tables, 2],
  ])
  builder.atMost(50, [
    [chairs, 2],
    [tables, 1],
  ])
  return builder
}

it('solves a linear and a whole program to the optimum worked out by hand', async () => {
  const solve = await loadHighsSolver()
  const real = solve(workshop(false))
  // Both rows bind: c + 2t = 40.5 and 2c + t = 50.
  expect(real.status === 'optimal' && [...real.values]).toEqual([
    expect.closeTo(59.5 / 3, 9),
    expect.closeTo(31 / 3, 9),
  ])
  const whole = solve(workshop(true))
  expect(whole.status === 'optimal' && whole.objective).toBe(-110)
})

it('says that there is no solution, and refuses a program without bound', async () => {
  const solve = await loadHighsSolver()
  const none = workshop(false)
  none.atLeast(100, [[0, 1]])
  expect(solve(none).status).toBe('infeasible')
  const unbounded = new ProgramBuilder()
  unbounded.column({ cost: -1 })
  unbounded.atLeast(0, [[0, 1]])
  expect(() => solve(unbounded)).toThrow(/HiGHS ended/)
})

it('takes the place of its wasm file from the caller, as a browser may have to hand it in', async () => {
  const asked: string[] = []
  const path = fileURLToPath(import.meta.resolve('highs/runtime'))
  const solve = await loadHighsSolver({
    locateFile(file) {
      asked.push(file)
      return path
    },
  })
  expect(asked).toContain('highs.wasm')
  expect(solve(workshop(false)).status).toBe('optimal')
  const nowhere = loadHighsSolver({ locateFile: () => '/nowhere/highs.wasm' })
  await expect(nowhere).rejects.toThrow(/could not be loaded/)
})
