import { Command } from 'commander'
import { EXIT_CODES_HELP, type ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'
import { Output } from './output.ts'

/** What every command is handed: where to write, what the user asked for. */
export interface Invocation<Options> {
  readonly io: Io
  readonly out: Output
  readonly options: Options
  readonly args: readonly string[]
}

export type Work<Options> = (invocation: Invocation<Options>) => Promise<ExitCode>

/** Puts a command's work in its place; made once per run, as it holds that run's streams and exit code. */
export type Attach = <Options>(command: Command, work: Work<Options>) => Command

export interface CommandText {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly examples: readonly string[]
}

export function newCommand(text: CommandText): Command {
  return newGroup(text).option(
    '--json',
    'machine output: one JSON object as the last line of stdout, all else on stderr',
  )
}

/** A command that only holds others, and so takes no options of its own: they would catch its children's. */
export function newGroup(text: CommandText): Command {
  const examples = text.examples.map((example) => `  $ npm run tacit -- ${example}`).join('\n')
  return new Command(text.name)
    .summary(text.summary)
    .description(text.description)
    .addHelpText('after', `\nExamples:\n${examples}\n${EXIT_CODES_HELP}`)
}

export function attachTo(io: Io, finish: (code: ExitCode) => void): Attach {
  return <Options>(command: Command, work: Work<Options>) =>
    command.action(async () => {
      const options = command.opts() as Options & { json?: boolean }
      const out = new Output(io, options.json === true)
      finish(await work({ io, out, options, args: command.args }))
    })
}
