import { Command, CommanderError } from 'commander'
import { TacitError } from '../protocol/errors.ts'
import { attachTo } from './command.ts'
import { aggregatorCommand } from './commands/aggregator.ts'
import { casesCommand } from './commands/cases.ts'
import { ceremonyCommand } from './commands/ceremony.ts'
import { checkReceiptCommand } from './commands/check-receipt.ts'
import { attestCommand, triggerCommand } from './commands/claim.ts'
import { demoCommand } from './commands/demo.ts'
import { epochGroup } from './commands/epoch.ts'
import { feederCommand } from './commands/feeder.ts'
import { keeperCommand } from './commands/keeper.ts'
import { liquidatorCommand } from './commands/liquidator.ts'
import { liveGroup } from './commands/live.ts'
import { marginCommand } from './commands/margin.ts'
import { matrixCommand } from './commands/matrix.ts'
import { oracleGroup } from './commands/oracle.ts'
import { receiptCommand } from './commands/receipt.ts'
import { reportCommand } from './commands/report.ts'
import { serveCommand } from './commands/serve.ts'
import { setupCommand } from './commands/setup.ts'
import { solvencyCommand } from './commands/solvency.ts'
import { stressCommand } from './commands/stress.ts'
import { verifyCommand } from './commands/verify.ts'
import { watchCommand } from './commands/watch.ts'
import { workerCommand } from './commands/worker.ts'
import { adviceFor, EXIT, EXIT_CODES_HELP, type ExitCode, exitCodeOf } from './exit-codes.ts'
import type { Io } from './io.ts'
import { toJson } from './output.ts'

/** The whole command line as a function: arguments in, exit code out, nothing thrown. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done
  const program = buildProgram(io, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return usageExit(error, argv, io)
    return report(error, argv, io)
  }
}

function buildProgram(io: Io, finish: (code: ExitCode) => void): Command {
  const attach = attachTo(io, finish)
  const program = new Command('tacit')
    .description('Zero-knowledge verifiable margin: prove that a derivatives account is covered, or is not.')
    .addHelpText('after', `\nStart with:\n  $ npm run demo\n${EXIT_CODES_HELP}`)
  const commands = [
    demoCommand,
    matrixCommand,
    marginCommand,
    attestCommand,
    triggerCommand,
    verifyCommand,
    receiptCommand,
    checkReceiptCommand,
    reportCommand,
    solvencyCommand,
    stressCommand,
    epochGroup,
    setupCommand,
    ceremonyCommand,
    keeperCommand,
    liquidatorCommand,
    casesCommand,
    oracleGroup,
    feederCommand,
    aggregatorCommand,
    watchCommand,
    serveCommand,
    liveGroup,
    workerCommand,
  ]
  for (const command of commands) program.addCommand(command(attach))
  configure(program, io)
  return program
}

/** Commander's settings are not inherited by commands that were made apart. */
function configure(command: Command, io: Io): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr, getOutHelpWidth: () => 110 })
    .configureHelp({ showGlobalOptions: false })
  for (const child of command.commands) configure(child, io)
}

function usageExit(error: CommanderError, argv: readonly string[], io: Io): ExitCode {
  if (error.exitCode === 0) return EXIT.done
  if (argv.includes('--json')) {
    io.stdout(`${toJson({ error: { code: 'USAGE', message: error.message }, exitCode: EXIT.input })}\n`)
  }
  return EXIT.input
}

/** One plain sentence with its code, and what to do about it. The stack is for whoever asks for it. */
function report(error: unknown, argv: readonly string[], io: Io): ExitCode {
  const exitCode = exitCodeOf(error)
  const code = error instanceof TacitError ? error.code : 'INTERNAL'
  const message = error instanceof Error ? error.message : String(error)
  io.stderr(`tacit: ${code}: ${message}\n${adviceFor(error)}\n`)
  if ((io.environment.TACIT_DEBUG ?? '') !== '') io.stderr(`${stackOf(error)}\n`)
  if (argv.includes('--json')) io.stdout(`${toJson({ error: { code, message }, exitCode })}\n`)
  return exitCode
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
