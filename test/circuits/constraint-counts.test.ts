import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { uncommitted } from '../../scripts/bench/parts/constraints.ts'
import { ENGINE_CIRCUITS, engineInstanceName, MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { ENGINE_SIGNALS } from '../../src/protocol/liquidation.ts'
import { compileCircuit } from '../../src/prover/compile.ts'
import { writeEngineSources, writeMarginSources } from '../../src/prover/generate.ts'
import { SEAL_NAME } from '../../src/prover/generate-seal.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'
import { unsimplifiedName } from '../support/engine-circuit.ts'

const committed = JSON.parse(
  readFileSync(new URL('../../circuits/constraints.json', import.meta.url), 'utf8'),
) as Record<string, number>

/** The budget of the design for 16 slots, 4,096 instruments and a million accounts. */
const BUDGET = 40_000

const SMALL = MARGIN_INSTANCES['margin-4']
/** The sizes in which the circuits of the engine come: those that fit a domain of 2^17. */
const ENGINE_NAMES = ENGINE_CIRCUITS.flatMap((circuit) => [
  engineInstanceName(circuit, SMALL),
  engineInstanceName(circuit, MARGIN_INSTANCES['margin-16']),
  unsimplifiedName(circuit),
])

describe('constraint counts', () => {
  it('are committed for every instance', () => {
    // The seal's is held to the file by seal-chain-soundness.test.ts, which compiles it anyway.
    const names = [...Object.keys(MARGIN_INSTANCES), ...ENGINE_NAMES, SEAL_NAME]
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

  // Those that global setup compiles. The others are compiled by `npm run bench`, which holds them to the same file;
  // engine-full-size.test.ts holds the full size as it is before the compiler eliminates anything.
  for (const name of ['margin-4', 'margin-16'] as const) {
    it(`are as committed for ${name}`, { timeout: 300_000 }, async () => {
      const mainFile = writeMarginSources(GENERATED_CIRCUITS, MARGIN_INSTANCES[name])
      const { constraints } = await compileCircuit({ mainFile, name })
      expect(constraints).toBe(committed[name])
    })
  }

  for (const circuit of ENGINE_CIRCUITS) {
    const name = engineInstanceName(circuit, SMALL)
    it(`are as committed for ${name}`, { timeout: 300_000 }, async () => {
      const mainFile = writeEngineSources(GENERATED_CIRCUITS, circuit, SMALL)
      const { constraints, publicSignals } = await compileCircuit({ mainFile, name })
      expect(constraints).toBe(committed[name])
      expect(publicSignals).toBe(ENGINE_SIGNALS[circuit].length)
    })
  }

  it('of npm run bench are held to the same file', () => {
    expect(uncommitted({ 'lot-16': committed['lot-16']!, 'margin-64': 5 }, committed)).toEqual([
      `margin-64 has 5 constraints and circuits/constraints.json says ${committed['margin-64']}`,
    ])
  })
})
