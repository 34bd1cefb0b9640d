/**
 * The mutation run (npm run mutate): takes every constraint statement of the templates out, one at a time, and
 * asks whether a forged witness that the whole template refuses then passes. Names every statement that nothing notices.
 * Exit code 0 when those are exactly the ones in known.ts, each with its reason; 1 otherwise.
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { analyse, type TemplateReport } from './analyse.ts'
import { ENGINE_HARNESSES } from './engine-templates.ts'
import { readSources } from './harness.ts'
import { type HonestRun, honestRuns } from './honest.ts'
import { KNOWN } from './known.ts'
import { type Harness, MARGIN_HARNESSES } from './templates.ts'

const HARNESSES = [...MARGIN_HARNESSES, ...ENGINE_HARNESSES]

const HELP = `usage: npm run mutate -- [--only Template,Template] [--json] [--write]

Deletes each constraint statement of the templates and reports which deletions no forged witness notices.
  --only   templates to run, by name
  --json   one JSON object as the last line
  --write  rewrite docs/mutation.md with the result`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (options.help) {
  process.stdout.write(`${HELP}\n`)
} else {
  process.exitCode = await main()
}

async function main(): Promise<number> {
  const chosen = HARNESSES.filter(({ template }) => options.only?.split(',').includes(template) ?? true)
  const sources = readSources()
  const runsOf = new Map<Harness['circuit'], HonestRun[]>()
  const reports: TemplateReport[] = []
  for (const harness of chosen) {
    const started = performance.now()
    const runs = runsOf.get(harness.circuit) ?? (await honestRuns(sources, harness.circuit))
    runsOf.set(harness.circuit, runs)
    const report = await analyse(harness, sources, runs)
    reports.push(report)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    process.stderr.write(`${summary(report)} in ${seconds} s\n`)
  }
  const surprises = reports.flatMap(unexpected)
  process.stdout.write(`${reports.map(summary).join('\n')}\n`)
  for (const surprise of surprises) process.stdout.write(`UNEXPECTED ${surprise}\n`)
  if (options.write && options.only === undefined) {
    writeFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/mutation.md'), markdown(reports))
  }
  if (options.json) {
    const rows = reports.map((report) => ({ template: report.harness.template, ...counts(report) }))
    process.stdout.write(`${JSON.stringify({ templates: rows, surprises })}\n`)
  }
  return surprises.length === 0 ? 0 : 1
}

function counts(report: TemplateReport) {
  const unnoticed = report.mutants.filter(({ noticedBy }) => noticedBy === undefined)
  return {
    statements: report.mutants.length,
    noticed: report.mutants.length - unnoticed.length,
    unnoticed: unnoticed.map(({ statement }) => statement.left),
    forgeries: report.forgeries,
    refused: report.refused,
  }
}

function summary(report: TemplateReport): string {
  const { statements, noticed, forgeries, refused } = counts(report)
  const name = `${report.harness.template}(${report.harness.arguments})`
  return `${name}: ${noticed} of ${statements} statements noticed, ${refused} of ${forgeries} forgeries refused`
}

/** What differs from known.ts: holes that nobody has accounted for, and accounts of holes that are no more. */
function unexpected(report: TemplateReport): string[] {
  const { template } = report.harness
  const known = KNOWN.filter((entry) => entry.template === template).map(({ left }) => left)
  const unnoticed = report.mutants
    .filter(({ noticedBy }) => noticedBy === undefined)
    .map(({ statement }) => statement)
  return [
    ...unnoticed
      .filter(({ left }) => !known.includes(left))
      .map(
        ({ left, line }) => `${template} line ${line}: nothing notices that "${left}" lost its constraint`,
      ),
    ...known
      .filter((left) => !unnoticed.some((statement) => statement.left === left))
      .map((left) => `${template}: known.ts lists "${left}", which a forgery notices by now`),
  ]
}

function markdown(reports: readonly TemplateReport[]): string {
  const rows = reports.map((report) => {
    const { statements, noticed, forgeries, refused } = counts(report)
    return `| ${report.harness.template}(${report.harness.arguments}) | ${statements} | ${noticed} | ${forgeries} | ${refused} |`
  })
  const details = reports.flatMap((report) =>
    report.mutants.map(({ statement, constraints, noticedBy }) => {
      const notice = noticedBy === undefined ? '**nothing** (see below)' : noticedBy
      return `| ${report.harness.template} | ${statement.line} | \`${statement.left} ${statement.operator}\` | ${constraints} | ${notice} |`
    }),
  )
  return `# Mutation run

Written by \`npm run mutate -- --write\`. Every template of the margin circuit, and every one that holds a rule of the
liquidation engine, is compiled as a main of its own, without
simplification. A forging program computes witnesses with disturbed inputs and assignments; those that the template's
constraints refuse are the forgeries. Then each constraint statement is taken out: it counts as noticed when a forgery
that it alone refused now passes. A statement in a loop goes in all its iterations.

| template | statements | noticed | forgeries tried | refused |
|---|---|---|---|---|
${rows.join('\n')}

A forgery that is not refused is another true statement (an input changed to another honest one) or a value that nothing
depends on (the inverse of a quantity of zero).

## Not noticed, and why that is no hole
${KNOWN.map(({ template, left, reason }) => `- \`${template}\`: \`${left}\`: ${reason}.`).join('\n')}

## Every statement
| template | line | statement | constraints | noticed by |
|---|---|---|---|---|
${details.join('\n')}
`
}
