import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { InputError } from '../../protocol/errors.ts'
import { type Attach, type Invocation, newCommand, newGroup } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { liveFolder } from '../serve-live.ts'

/** What a person asks of the sample venue that `npm start` runs. */
export function liveGroup(attach: Attach): Command {
  const group = newGroup({
    name: 'live',
    summary: 'ask something of the sample venue that npm start runs',
    description: 'The sample venue is a process of its own (npm start); these commands talk to it.',
    examples: ['live crash'],
  })
  const crash = newCommand({
    name: 'crash',
    summary: "make the sample venue's market crash now",
    description:
      'The next round, which comes at once, is the first of a crash: accounts fall below their lines, are triggered, and their ' +
      'lots are on sale within a minute. Finds the venue and its operator key in the folder of TACIT_DATA.',
    examples: ['live crash'],
  })
  group.addCommand(attach<object>(crash, crashNow))
  return group
}

async function crashNow({ io, out }: Invocation<object>): Promise<ExitCode> {
  const { ServiceError, TacitClient } = await import('../../service/client/index.ts')
  const { SERVICE_FILE } = await import('../../live/folder.ts')
  const { FIRST_KEYS_FILE } = await import('../../service/first-keys.ts')
  const folder = liveFolder(io.environment)
  const read = <T>(file: string): T => JSON.parse(readFileSync(join(folder, file), 'utf8')) as T
  if (!existsSync(join(folder, SERVICE_FILE))) {
    throw new InputError('has no sample venue that runs: npm start, and give it the same TACIT_DATA', {
      file: folder,
    })
  }
  const { url } = read<{ url: string }>(SERVICE_FILE)
  const { operator } = read<{ operator: string }>(FIRST_KEYS_FILE)
  try {
    await new TacitClient({ url, token: operator }).crashSample()
  } catch (cause) {
    if (cause instanceof ServiceError) throw new InputError(cause.message, { file: folder }, { cause })
    // It was killed, or is just being started: an end in order takes the file away.
    throw new InputError(
      `has a sample venue that does not answer at ${url}: npm start`,
      { file: folder },
      { cause },
    )
  }
  out.print('the next round is the first of a crash')
  out.result({ url })
  return EXIT.done
}
