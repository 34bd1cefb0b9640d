/** `npm start` with nothing set: the service with a sample venue beside it. Boundary module: environment and files. */
import { join } from 'node:path'
import { InputError } from '../protocol/errors.ts'
import { REPOSITORY_ROOT } from '../prover/cache.ts'
import type { Environment } from '../service/config.ts'
import type { Invocation } from './command.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { whenAskedToStop } from './signals.ts'

export interface LiveServeOptions {
  readonly live: boolean
  readonly seed?: number
  readonly roundSeconds?: number
}

/** Whoever sets one of these runs a service of their own. */
const OF_A_REAL_ONE = [
  'DATABASE_URL',
  'TACIT_RPC_URL',
  'TACIT_DEPLOYMENT',
  'TACIT_CHAIN_ID',
  'TACIT_KEYS',
  'TACIT_SEAL_KEYS',
  'TACIT_TLS_PROXY',
  'TACIT_PUBLIC_URL',
  'TACIT_ENCRYPTION_KEYS',
] as const

/**
 * Whether the sample venue comes with the service. Throws InputError where it was asked for beside what belongs to a real
 * one.
 */
export function isLive({ live }: Pick<LiveServeOptions, 'live'>, environment: Environment): boolean {
  const real = OF_A_REAL_ONE.find((name) => (environment[name] ?? '') !== '')
  if (environment.TACIT_LIVE === '1' && real !== undefined) {
    throw new InputError(`goes without ${real}: the sample venue has a chain and a database of its own`, {
      field: 'TACIT_LIVE',
    })
  }
  return live && environment.TACIT_LIVE !== '0' && real === undefined
}

/** Where the sample venue keeps what it has. */
export function liveFolder({ TACIT_DATA }: Environment): string {
  return join(TACIT_DATA || join(REPOSITORY_ROOT, 'build'), 'sample-venue')
}

export async function serveLive({ io, out, options }: Invocation<LiveServeOptions>): Promise<ExitCode> {
  const [{ startLive }, { openConsole }] = await Promise.all([
    import('../live/live.ts'),
    import('../console/build.ts'),
  ])
  const { seed, roundSeconds } = options
  const line = (text: string) => out.print(`${new Date().toISOString().slice(11, 19)}  ${text}`)
  const consoleFiles = await out.task('the console', () => openConsole(io.environment.TACIT_CACHE))
  const live = await startLive({
    consoleFiles,
    environment: io.environment,
    folder: liveFolder(io.environment),
    teller: { task: (label, work) => out.task(label, work), line },
    ...(seed === undefined ? {} : { seed }),
    ...(roundSeconds === undefined ? {} : { roundSeconds }),
  })
  out.notice(
    `open ${live.url}/ in a browser; Ctrl-C ends everything, \`npm run tacit -- live crash\` makes a crash`,
  )
  await whenAskedToStop()
  out.notice('stopping')
  await live.close()
  out.result(live.counts)
  return EXIT.done
}
