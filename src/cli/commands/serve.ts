import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { keyNotice } from '../../prover/provenance.ts'
import { createApiKey, KEY_ROLES, type KeyRole, listApiKeys } from '../../service/auth/principal.ts'
import { readConfig, type ServiceConfig, VARIABLES } from '../../service/config.ts'
import type { RunningService } from '../../service/service.ts'
import { type Attach, type Invocation, newCommand } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { isLive, type LiveServeOptions, serveLive } from '../serve-live.ts'
import { whenAskedToStop } from '../signals.ts'

interface ServeOptions extends LiveServeOptions {
  readonly newKey?: KeyRole
  readonly label: string
  readonly rotate?: boolean
}

export function serveCommand(attach: Attach): Command {
  const command = newCommand({
    name: 'serve',
    summary: 'run the prover service: an HTTP interface to rounds, books and proofs',
    description:
      'Runs the service that docs/service.md describes. Everything is set by environment variables; with none it listens on ' +
      'this machine, keeps its data in an embedded database and proves with two processes, and beside it runs a sample venue: a ' +
      'local chain, a market that moves and crashes, a keeper, bidders, seals. It refuses to start in a way that is unsafe, ' +
      'and says why.',
    examples: [
      'serve',
      'serve --no-live',
      'serve --new-key venue --label "the venue\'s programs"',
      'serve --rotate',
    ],
  })
    .option('--no-live', 'the service alone, without the sample venue (or TACIT_LIVE=0)')
    .option('--seed <number>', "of the sample venue's market and book", parseWhole)
    .option(
      '--round-seconds <number>',
      'seconds between two rounds of the sample venue (default: 15)',
      parseWhole,
    )
    .option(
      '--new-key <role>',
      `make an API key, show it once, and end: ${Object.keys(KEY_ROLES).join(', ')}`,
      parseRole,
    )
    .option('--label <text>', 'what the new key is for', 'made on the command line')
    .option('--rotate', 'seal everything again with the first of TACIT_ENCRYPTION_KEYS, and end')
    .addHelpText('after', environmentHelp())
  return attach<ServeOptions>(command, serve)
}

/** Server and databases are loaded by the commands that use them, or every other command would wait for them. */
export async function services() {
  const [page, log, open, rotate, service, files] = await Promise.all([
    import('../../console/build.ts'),
    import('../../service/log.ts'),
    import('../../service/open.ts'),
    import('../../service/rotate.ts'),
    import('../../service/service.ts'),
    import('../../service/first-keys.ts'),
  ])
  return { ...page, ...log, ...open, ...rotate, ...service, ...files }
}

export function environmentHelp(): string {
  const lines = Object.entries(VARIABLES).map(([name, [, what]]) => `  ${name.padEnd(24)}${what}`)
  return `\nEnvironment:\n${lines.join('\n')}`
}

async function serve(invocation: Invocation<ServeOptions>): Promise<ExitCode> {
  const { io, out, options } = invocation
  const isMaintenance = options.newKey !== undefined || options.rotate === true
  if (!isMaintenance && isLive(options, io.environment)) return serveLive(invocation)
  const config = readConfig(io.environment, 'service')
  const { newLogger, openConsole, startService } = await services()
  const log = newLogger(config.TACIT_LOG, { write: (line) => io.stdout(line) })
  if (isMaintenance) return maintain(config, invocation)
  const service = await out.task('starting the service', async (say) => {
    say('console')
    return startService(config, log, say, { consoleFiles: await openConsole(config.TACIT_CACHE) })
  })
  try {
    await tell(service, config, invocation)
    await whenAskedToStop()
  } finally {
    await service.close()
  }
  return EXIT.done
}

async function tell(
  { foundation, url }: RunningService,
  config: ServiceConfig,
  { out }: Invocation<ServeOptions>,
): Promise<void> {
  const notice = keyNotice(foundation.artifacts.step.provenance)
  if (notice !== undefined) out.notice(notice)
  const { database } = foundation.store
  if ((await listApiKeys(database)).length === 0 && config.DATABASE_URL === undefined) {
    const { writeFirstKeys, dataFolder } = await services()
    out.notice(`the first API keys are in ${await writeFirstKeys(database, dataFolder(config))}`)
  }
  out.notice(
    `listening on ${url}; open it in a browser for the console; ${url}/openapi.json describes the interface`,
  )
}

async function maintain(
  config: ServiceConfig,
  { out, options }: Invocation<ServeOptions>,
): Promise<ExitCode> {
  const { newLogger, openFoundation, rotateKeys } = await services()
  const log = newLogger('silent')
  const foundation = await out.task('opening the database', (say) => openFoundation(config, log, say))
  try {
    const { database, keyring } = foundation.store
    if (options.newKey !== undefined) {
      const { id, token } = await createApiKey(database, options.newKey, options.label)
      out.print(`API key ${id} (${options.newKey}), shown this once:\n${token}`)
      out.result({ id, role: options.newKey, token })
    } else {
      const rotated = await out.task('sealing again', (say) =>
        rotateKeys(database, keyring, (n) => say(`${n} values`)),
      )
      out.print(
        `${rotated} values sealed with the key "${keyring.currentId}"; the other keys are needed no more.`,
      )
      out.result({ rotated, keyId: keyring.currentId })
    }
    return EXIT.done
  } finally {
    await foundation.close()
  }
}

function parseRole(text: string): KeyRole {
  if (!Object.keys(KEY_ROLES).includes(text)) {
    throw new InvalidArgumentError(`It must be ${Object.keys(KEY_ROLES).join(', ')}.`)
  }
  return text as KeyRole
}

function parseWhole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, at least 1.')
  return Number(text)
}
