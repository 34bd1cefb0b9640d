/** The service beside the sample venue: on this machine, its database in the venue's folder. Boundary module: files. */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import type { LocalChain } from '../chain/local-chain.ts'
import type { SampleControl } from '../service/api/context.ts'
import { createApiKey, type KeyRole } from '../service/auth/principal.ts'
import { type Environment, readConfig } from '../service/config.ts'
import { writeFirstKeys } from '../service/first-keys.ts'
import { newLogger } from '../service/log.ts'
import { type RunningService, startService } from '../service/service.ts'
import type { Closers } from './closers.ts'
import { keepAddress } from './folder.ts'
import type { LiveOptions } from './live.ts'

const CHAIN_ID = '31337'
const DATABASE_FOLDER = 'service'
/** In the venue's folder. */
export const DEPLOYMENT_FILE = 'deployment.json'

/** What the user's environment asks for, with what the sample venue decides itself. */
export function serviceEnvironment(
  { environment, folder }: Pick<LiveOptions, 'environment' | 'folder'>,
  chain?: Pick<LocalChain, 'url'>,
): Environment {
  return {
    TACIT_INSTANCE: 'margin-4',
    // The venue's own programs ask from the same address as its visitors.
    TACIT_RATE_PER_MINUTE: '6000',
    ...environment,
    TACIT_CHAIN_ID: CHAIN_ID,
    TACIT_DATA: join(folder, DATABASE_FOLDER),
    ...(chain && { TACIT_RPC_URL: chain.url, TACIT_DEPLOYMENT: join(folder, DEPLOYMENT_FILE) }),
  }
}

export interface ServiceSide {
  readonly service: RunningService
  /** API keys of the venue's own programs. */
  readonly tokens: Readonly<Record<KeyRole, string>>
}

export async function openService(
  options: LiveOptions,
  chain: Pick<LocalChain, 'url'>,
  closers: Closers,
  sample: SampleControl,
): Promise<ServiceSide> {
  const { folder, teller, emptyDatabase } = options
  const config = readConfig(serviceEnvironment(options, chain), 'service')
  await emptyDatabase?.(join(folder, DATABASE_FOLDER))
  // People read what happens; the service's own log goes to a file.
  const sink = createWriteStream(join(folder, 'service.log'), { flags: 'a', mode: 0o600 })
  closers.add(() => new Promise((resolve) => sink.end(resolve)))
  const log = newLogger(config.TACIT_LOG, { write: (line) => void sink.write(line) })
  const { consoleFiles } = options
  const service = await teller.task('the service', (say) =>
    startService(config, log, say, { sample, consoleFiles }),
  )
  closers.add(() => service.close())
  const { database } = service.foundation.store
  const keys = await writeFirstKeys(database, folder)
  keepAddress(folder, service.url)
  const key = async (role: KeyRole) => (await createApiKey(database, role, 'sample venue')).token
  const tokens = { feeder: await key('feeder'), venue: await key('venue'), operator: await key('operator') }
  teller.line(`the service at ${service.url}, its API keys in ${keys}`)
  return { service, tokens }
}
