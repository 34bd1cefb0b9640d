import { analyse } from './analyse.ts'
import { readSources } from './harness.ts'
import { honestRuns } from './honest.ts'
import { HARNESSES } from './templates.ts'
const only = process.argv[2]
const sources = readSources()
const runs = await honestRuns(sources)
console.log(`${runs.length} honest runs`)
for (const harness of HARNESSES) {
  if (only !== undefined && !only.split(',').includes(harness.template)) continue
  const t = performance.now()
  const report = await analyse(harness, sources, runs)
  console.log(`${harness.template}(${harness.arguments}): ${report.refused} of ${report.forgeries} forgeries refused, ${report.mutants.length} statements, ${((performance.now() - t) / 1000).toFixed(1)} s`)
  for (const m of report.mutants) if (m.noticedBy === undefined) console.log(`  NOT NOTICED line ${m.statement.line}: ${m.statement.left} ${m.statement.operator} ${m.statement.right.slice(0, 60)}`)
  for (const o of report.open) console.log(`  open: ${o}`)
}
process.exit(0)
