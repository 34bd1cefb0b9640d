import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MARGIN_INSTANCES, type MarginInstanceName } from '../../src/protocol/instances.ts'
import { compileCircuit } from '../../src/prover/compile.ts'
import { writeMarginSources } from '../../src/prover/generate.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'

const committed = JSON.parse(
  readFileSync(new URL('../../circuits/constraints.json', import.meta.url), 'utf8'),
) as Record<string, number>

/** The budget of the design for 16 slots, 4,096 instruments and a million accounts. */
const BUDGET = 40_000

describe('constraint counts', () => {
  it('are committed for every instance', () => {
    expect(Object.keys(committed).sort()).toEqual(Object.keys(MARGIN_INSTANCES).sort())
    expect(committed['margin-16']).toBeLessThanOrEqual(BUDGET)
  })

  it('are what README says', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const said = [...readme.matchAll(/([\d,]+) constraints for 16 positions/g)].map((match) => match[1])
    expect(said).toEqual([committed['margin-16']!.toLocaleString('en-US')])
  })

  // margin-64 is compiled here and nowhere else in the tests: about a minute on a first run.
  for (const name of Object.keys(MARGIN_INSTANCES) as MarginInstanceName[]) {
    it(`are as committed for ${name}`, { timeout: 300_000 }, async () => {
      const mainFile = writeMarginSources(GENERATED_CIRCUITS, MARGIN_INSTANCES[name])
      const { constraints } = await compileCircuit({ mainFile, name })
      expect(constraints).toBe(committed[name])
    })
  }
})
