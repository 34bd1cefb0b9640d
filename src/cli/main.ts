/** The process around the command line: its streams, its signals, its exit code. Boundary module. */
import { constants } from 'node:os'
import { processIo } from './io.ts'
import { run } from './run.ts'

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Leaving by exit runs the exit handlers of whoever started a compiler or a chain; threads end with the process.
  process.once(signal, () => {
    process.stderr.write('\ninterrupted; everything that was started is closed\n')
    process.exit(128 + constants.signals[signal])
  })
}

process.exitCode = await run(process.argv.slice(2), processIo())
