/** The process of one part: part-process.ts NAME OPTIONS-JSON. Sends its report to the process that started it. */
import type { BenchOptions } from './part.ts'
import { progress } from './progress.ts'
import { selectParts } from './registry.ts'
import type { PartMessage } from './run.ts'

const [name = '', options = '{}'] = process.argv.slice(2)
// Nobody waits for the report any more.
process.once('disconnect', () => process.exit(1))

const message = await work()
process.send?.(message, () => process.exit(0))

async function work(): Promise<PartMessage> {
  try {
    const [part] = selectParts([name])
    return { report: await part!.run(JSON.parse(options) as BenchOptions, progress(name)) }
  } catch (error) {
    console.error(error)
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
