/** `npm run bench`: measures what the project promises. The table and the JSON go to stdout, progress to stderr. */
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { type BenchOptions, DEFAULT_OPTIONS } from './part.ts'
import { checkReadme, rewriteReadme } from './readme.ts'
import { PARTS, selectParts } from './registry.ts'
import { type BenchResult, runParts, toJson } from './run.ts'
import { markdownText, tableText } from './show.ts'

interface Arguments {
  readonly only: readonly string[]
  readonly market: readonly string[]
  readonly accounts: number
  readonly proofs: number
  readonly json: boolean
  readonly markdown: boolean
  readonly writeReadme: boolean
}

const README = join(REPOSITORY_ROOT, 'README.md')

function command(): Command {
  const parts = PARTS.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`)
  return new Command('npm run bench --')
    .description('Measures what the project promises. The first run compiles circuits and makes keys.')
    .option('--only <names>', 'run these parts only: a comma list, repeatable', addNames, [])
    .option(
      '--market <file>',
      'market file of the matrix part in place of the generated one; repeatable',
      add,
      [],
    )
    .option('--accounts <number>', 'accounts of the sweep', count, DEFAULT_OPTIONS.accounts)
    .option('--proofs <number>', 'proofs per prover', count, DEFAULT_OPTIONS.proofs)
    .option('--json', 'one JSON object as the last line', false)
    .option('--markdown', 'the table as the README has it', false)
    .option('--write-readme', 'put the table of a whole run into README.md', false)
    .addHelpText('after', `\nParts:\n${parts.join('\n')}`)
}

function add(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

function addNames(value: string, before: readonly string[]): string[] {
  const names = value.split(',').map((name) => name.trim())
  try {
    selectParts(names)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
  return [...before, ...names]
}

function count(value: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('must be a whole number, at least 1')
  return number
}

async function main(): Promise<number> {
  const program = command().parse()
  const args = program.opts<Arguments>()
  const parts = selectParts(args.only)
  if (args.writeReadme) {
    if (parts.length < PARTS.length) program.error('error: --write-readme takes a whole run, without --only')
    checkReadme(README)
  }
  const { accounts, proofs, market: marketFiles } = args
  const result = await runParts(parts, {
    ...DEFAULT_OPTIONS,
    accounts,
    proofs,
    marketFiles,
  } satisfies BenchOptions)
  print(result, args)
  const complete = Object.keys(result.failed).length === 0
  if (args.writeReadme && complete) rewriteReadme(README, markdownText(result))
  if (args.json) console.log(JSON.stringify(toJson(result)))
  return complete ? 0 : 1
}

function print(result: BenchResult, { markdown }: Arguments): void {
  console.log(markdown ? markdownText(result) : tableText(result))
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
