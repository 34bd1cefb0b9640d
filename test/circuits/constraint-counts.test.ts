import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  ENGINE_CIRCUITS,
  engineInstanceName,
  MARGIN_INSTANCES,
  type MarginInstanceName,
} from '../../src/protocol/instances.ts'
import { ENGINE_SIGNALS } from '../../src/protocol/liquidation.ts'
import { compileCircuit } from '../../src/prover/compile.ts'
import { writeEngineSources, writeMarginSources } from '../../src/prover/generate.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'

const committed = JSON.parse(
  readFileSync(new URL('../../circuits/constraints.json', import.meta.url), 'utf8'),
) as Record<string, number>

/** The budget of the design for 16 slots, 4,096 instruments and a million accounts. */
const BUDGET = 40_000

/** The sizes in which the circuits of the engine come: those that fit a domain of 2^17. */
const ENGINE_SIZES = [MARGIN_INSTANCES['margin-4'], MARGIN_INSTANCES['margin-16']] as const
const ENGINE_INSTANCES = ENGINE_SIZES.flatMap((instance) =>
  ENGINE_CIRCUITS.map((circuit) => ({ circuit, instance, name: engineInstanceName(circuit, instance) })),
)

describe('constraint counts', () => {
  it('are committed for every instance', () => {
    const names = [...Object.keys(MARGIN_INSTANCES), ...ENGINE_INSTANCES.map(({ name }) => name)]
    expect(Object.keys(committed).sort()).toEqual(names.sort())
    expect(committed['margin-16']).toBeLessThanOrEqual(BUDGET)
  })

  it('are what README says', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const said = [...readme.matchAll(/([\d,]+) constraints for 16 positions/g)].map((match) => match[1])
    expect(said).toEqual([committed['margin-16']!.toLocaleString('en-US')])
  })

  it('fit the domains that the design gives them: public signals take a row each', () => {
    const rows = (circuit: (typeof ENGINE_CIRCUITS)[number]) =>
      committed[`${circuit}-16`]! + ENGINE_SIGNALS[circuit].length + 1
    expect(rows('transfer')).toBeLessThanOrEqual(2 ** 17)
    for (const circuit of ['lot', 'adjust', 'kept'] as const) {
      expect(rows(circuit), circuit).toBeLessThanOrEqual(2 ** 16)
    }
  })

  // margin-64 is compiled here and nowhere else in the tests: about a minute on a first run.
  for (const name of Object.keys(MARGIN_INSTANCES) as MarginInstanceName[]) {
    it(`are as committed for ${name}`, { timeout: 300_000 }, async () => {
      const mainFile = writeMarginSources(GENERATED_CIRCUITS, MARGIN_INSTANCES[name])
      const { constraints } = await compileCircuit({ mainFile, name })
      expect(constraints).toBe(committed[name])
    })
  }

  for (const { circuit, instance, name } of ENGINE_INSTANCES) {
    it(`are as committed for ${name}`, { timeout: 300_000 }, async () => {
      const mainFile = writeEngineSources(GENERATED_CIRCUITS, circuit, instance)
      const { constraints, publicSignals } = await compileCircuit({ mainFile, name })
      expect(constraints).toBe(committed[name])
      expect(publicSignals).toBe(ENGINE_SIGNALS[circuit].length)
    })
  }
})
