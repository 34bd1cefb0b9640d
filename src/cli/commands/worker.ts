import type { Command } from 'commander'
import { readConfig } from '../../service/config.ts'
import { type Attach, type Invocation, newCommand } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { whenAskedToStop } from '../signals.ts'
import { environmentHelp, services } from './serve.ts'

export function workerCommand(attach: Attach): Command {
  const command = newCommand({
    name: 'worker',
    summary: 'prove what a service has queued, beside any number of other workers',
    description:
      'Takes tasks from the database that DATABASE_URL names, proves them and writes the results. As many as you like on as ' +
      'many machines as you like; one that is killed loses the proof it was making, and another makes it.',
    examples: ['worker'],
  }).addHelpText('after', environmentHelp())
  return attach<object>(command, work)
}

async function work({ io, out }: Invocation<object>): Promise<ExitCode> {
  const config = readConfig(io.environment, 'worker')
  const { newLogger, startWorker } = await services()
  const log = newLogger(config.TACIT_LOG, { write: (line) => io.stdout(line) })
  const running = await out.task('starting the worker', (say) => startWorker(config, log, say))
  out.notice(`worker ${running.worker.id} with ${config.TACIT_PROVERS} proving processes`)
  await whenAskedToStop()
  await running.close()
  return EXIT.done
}
