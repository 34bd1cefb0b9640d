import { readFileSync } from 'node:fs'
import { SetupError } from '../../../src/protocol/errors.ts'
import { ENGINE_CIRCUITS, engineInstanceName, MARGIN_INSTANCES } from '../../../src/protocol/instances.ts'
import { compileCircuit } from '../../../src/prover/compile.ts'
import { writeEngineSources, writeMarginSources } from '../../../src/prover/generate.ts'
import { GENERATED_CIRCUITS } from '../../../src/prover/margin-prover.ts'
import { atMost, type BenchPart, type Row, type Say, showCount } from '../part.ts'

/** Most constraints by instance; the others have no target. */
const TARGETS: Readonly<Record<string, number>> = { 'margin-16': 40_000, 'transfer-16': 2 ** 17 }

type Counts = Readonly<Record<string, number>>

/** Counted in the compiled constraint systems themselves, from the cache where it has them, and held to the committed counts. */
export const constraintsPart: BenchPart = {
  name: 'constraints',
  summary: 'constraints of every margin instance, and of the circuits of the engine in full size',
  async run(_options, say) {
    const figures: Record<string, number> = {}
    for (const { name, mainFile } of circuits()) figures[name] = await countOf(name, mainFile(), say)
    const wrong = uncommitted(figures, readCommitted())
    if (wrong.length > 0) throw new SetupError(wrong.join('; '))
    return { figures, rows: Object.entries(figures).map(([name, count]) => rowOf(name, count)) }
  },
}

function circuits() {
  const fullSize = MARGIN_INSTANCES['margin-16']
  return [
    ...Object.values(MARGIN_INSTANCES).map((instance) => ({
      name: instance.name,
      mainFile: () => writeMarginSources(GENERATED_CIRCUITS, instance),
    })),
    ...ENGINE_CIRCUITS.map((circuit) => ({
      name: engineInstanceName(circuit, fullSize),
      mainFile: () => writeEngineSources(GENERATED_CIRCUITS, circuit, fullSize),
    })),
  ]
}

async function countOf(name: string, mainFile: string, say: Say): Promise<number> {
  say(`compiling ${name}`)
  const progress = (step: string, seconds: number) => say(`${step}, ${seconds} s`)
  return (await compileCircuit({ mainFile, name, notice: say, progress })).constraints
}

function readCommitted(): Counts {
  const path = new URL('../../../circuits/constraints.json', import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')) as Counts
}

/** What the committed counts say otherwise, in words; the counts that were not made are not looked at. */
export function uncommitted(counted: Counts, committed: Counts): string[] {
  return Object.entries(counted)
    .filter(([name, count]) => committed[name] !== count)
    .map(
      ([name, count]) =>
        `${name} has ${count} constraints and circuits/constraints.json says ${committed[name]}`,
    )
}

function rowOf(name: string, count: number): Row {
  const measure = `constraints of ${name}`
  const target = TARGETS[name]
  return target === undefined
    ? { measure, figure: showCount(count) }
    : atMost(measure, count, target, showCount)
}
