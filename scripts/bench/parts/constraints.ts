import { MARGIN_INSTANCES } from '../../../src/protocol/instances.ts'
import { compileCircuit } from '../../../src/prover/compile.ts'
import { writeMarginSources } from '../../../src/prover/generate.ts'
import { GENERATED_CIRCUITS } from '../../../src/prover/margin-prover.ts'
import { atMost, type BenchPart, type Row, showCount } from '../part.ts'

/** Most constraints by instance; the others have no target. */
const TARGETS: Readonly<Record<string, number>> = { 'margin-16': 40_000 }

/** Counted in the compiled constraint systems themselves, from the cache where it has them. */
export const constraintsPart: BenchPart = {
  name: 'constraints',
  summary: 'constraints of every margin instance',
  async run(_options, say) {
    const figures: Record<string, number> = {}
    for (const instance of Object.values(MARGIN_INSTANCES)) {
      say(`compiling ${instance.name}`)
      const compiled = await compileCircuit({
        mainFile: writeMarginSources(GENERATED_CIRCUITS, instance),
        name: instance.name,
        notice: say,
        progress: (step, seconds) => say(`${step}, ${seconds} s`),
      })
      figures[instance.name] = compiled.constraints
    }
    return { figures, rows: Object.entries(figures).map(([name, count]) => rowOf(name, count)) }
  },
}

function rowOf(name: string, count: number): Row {
  const measure = `constraints of ${name}`
  const target = TARGETS[name]
  return target === undefined
    ? { measure, figure: showCount(count) }
    : atMost(measure, count, target, showCount)
}
