/** The sample venue as a whole: what stands behind `npm start`. Boundary module: processes, files, network, clock. */
import { createWriteStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HDNodeWallet } from 'ethers'
import { hexlify } from 'ethers'
import { writeDeployment } from '../chain/deployment-file.ts'
import type { EngineParameter } from '../chain/engine-client/parameters.ts'
import { KnownRounds } from '../keeper/rounds.ts'
import { MARGIN_INSTANCES } from '../protocol/instances.ts'
import { poseidonHasher } from '../protocol/poseidon.ts'
import { DEFAULT_CONFIGURATION } from '../risk/default-configuration.ts'
import { createApiKey, type KeyRole } from '../service/auth/principal.ts'
import { TacitClient } from '../service/client/index.ts'
import { type Environment, readConfig } from '../service/config.ts'
import type { ConsoleFiles } from '../service/console-files.ts'
import { writeFirstKeys } from '../service/first-keys.ts'
import { newLogger } from '../service/log.ts'
import { type RunningService, startService } from '../service/service.ts'
import { openingCast } from './cast.ts'
import { Closers } from './closers.ts'
import { forgetPids, keepAddress, keepChainPid, prepareFolder } from './folder.ts'
import { presentMarket } from './market.ts'
import { admitMembers, keeperContext, type Member, ownersOf, writeVisitor } from './opening.ts'
import { PackageDesk } from './packages.ts'
import { CRASH, DEFAULT_PATH, MarketPath, type PathTerms } from './path.ts'
import { openLiveProvers } from './provers.ts'
import { LiveRounds } from './rounds.ts'
import { type Counts, runVenue } from './run.ts'
import { type LiveStage, openLiveStage } from './stage.ts'
import { Turns } from './turns.ts'
import { VenueDesk } from './venue.ts'
import type { LiveWorld } from './world.ts'

/** Where words for people go; the command line's Output is one. */
export interface Teller {
  /** A piece of work that may take a while, with its progress. */
  task<T>(label: string, work: (update: (state: string) => void) => Promise<T>): Promise<T>
  line(text: string): void
}

export interface LiveOptions {
  /** Of the service; what of it the sample venue decides itself is set beside it. */
  readonly environment: Environment
  /** Deleted and made anew. */
  readonly folder: string
  readonly teller: Teller
  readonly seed?: number
  readonly path?: PathTerms
  readonly roundSeconds?: number
  readonly attestSeconds?: number
  /** Rounds between two epochs. */
  readonly epochRounds?: number
  readonly clocks?: Readonly<Partial<Record<EngineParameter, bigint>>>
  /** How long anybody can show a round to be wrong. */
  readonly challengeSeconds?: number
  /** What the service shows people under /. */
  readonly consoleFiles?: ConsoleFiles
  /** Where the chain listens if it can; 0 for any free port. */
  readonly chainPort?: number
}

/** Seconds that a person has too, to bid by hand. */
export const LIVE_CLOCKS: Readonly<Partial<Record<EngineParameter, bigint>>> = {
  softWindow: 30n,
  commitWindow: 45n,
  revealWindow: 30n,
  dutchDuration: 120n,
  dutchMaxRestarts: 0n,
  houseWindow: 30n,
}

export interface LiveVenue {
  /** Of the service and its console. */
  readonly url: string
  readonly service: RunningService
  readonly stage: LiveStage
  readonly world: LiveWorld
  /** alice, bob and the visitor: contexts of liquidators, for tests that bid by hand. */
  readonly members: readonly Member[]
  /** API keys by role. */
  readonly tokens: Readonly<Record<KeyRole, string>>
  readonly venueKey: Uint8Array
  /** How often what has happened since the start. */
  readonly counts: Counts
  /** The market crashes with the next round, which comes at once. */
  crashNow(): void
  close(): Promise<void>
}

const DEFAULTS = {
  seed: 1,
  roundSeconds: 15,
  attestSeconds: 8,
  epochRounds: 12,
  challengeSeconds: 30,
  chainPort: 8_545,
}
const BLOCK_SECONDS = 2
const CHAIN_ID = '31337'

/**
 * Brings everything up: chain, contracts, service, book, bidders, and the programs that keep it moving. Errors as
 * readConfig, prepareFolder and startService; whatever was started is closed again.
 */
export async function startLive(options: LiveOptions): Promise<LiveVenue> {
  const closers = new Closers()
  try {
    return await open({ ...DEFAULTS, ...options }, closers)
  } catch (error) {
    await closers.close()
    throw error
  }
}

async function open(options: LiveOptions & typeof DEFAULTS, closers: Closers): Promise<LiveVenue> {
  const { folder, teller, seed } = options
  const config = readConfig(serviceEnvironment(options), 'service')
  const instance = MARGIN_INSTANCES[config.TACIT_INSTANCE]
  if (prepareFolder(folder)) {
    teller.line('the sample venue of an earlier start is gone with its chain: this one begins anew')
  }
  closers.add(async () => forgetPids(folder))
  const { provers, seal, build } = await openLiveProvers(instance, config.TACIT_CACHE, teller)
  closers.add(provers.close)

  const now = () => Math.floor(Date.now() / 1_000)
  const size = instance.riskLevels < 4 ? 'small' : 'full'
  const first = presentMarket(seed, now(), size)
  const hasher = await poseidonHasher()
  const known = new KnownRounds()
  const rounds = new LiveRounds({ instance, configuration: DEFAULT_CONFIGURATION, first }, known)
  closers.add(() => rounds.close())
  const crashed = await rounds.priced(CRASH, now() + CRASH_AHEAD_SECONDS)
  const stage = await teller.task('a local chain and its contracts', () =>
    openLiveStage({
      ...{ provers: provers.keeper, seal, build },
      ...{ instance, hasher, configuration: DEFAULT_CONFIGURATION },
      parametersWord: crashed.matrix.parametersWord,
      challengeSeconds: options.challengeSeconds,
      clocks: options.clocks ?? LIVE_CLOCKS,
      openSeconds: now,
      blockSeconds: BLOCK_SECONDS,
      port: options.chainPort,
      started: (chain) => {
        closers.add(() => chain.close())
        keepChainPid(folder, chain.pid)
      },
    }),
  )
  teller.line(
    `a local chain at ${stage.chain.url}, chain ${CHAIN_ID}, its contracts deployed with development keys`,
  )

  const packages = new PackageDesk()
  const venueKey = hexlify(packages.venueKey)
  writeFileSync(
    join(folder, 'deployment.json'),
    writeDeployment({ deployment: stage.deployment, fromBlock: 0, venueKey }),
  )
  const path = new MarketPath(seed, options.path ?? DEFAULT_PATH)
  const control = { crash: () => {} }
  const { service, tokens } = await openService(options, closers, { crash: () => control.crash() })
  teller.line(`the service at ${service.url}, its API keys in ${join(folder, 'api-keys.json')}`)

  const cast = openingCast(crashed, instance.slots, seed, await ownersOf(stage))
  const context = await keeperContext({
    ...{ stage, hasher, instance, cast, rounds: known, provers: provers.keeper, packages },
  })
  const public_ = new TacitClient({ url: service.url })
  const world: LiveWorld = {
    ...{ stage, instance, context, rounds, turns: new Turns() },
    ...{ names: cast.names, places: cast.places },
    venue: public_.as(tokens.venue),
    signer: stage.signer,
    tell: (line) => teller.line(line),
  }
  await rounds.post(stage, public_.as(tokens.feeder), path.next(false).move)
  const desk = new VenueDesk(world)
  const members = await teller.task('a book, a clearing house and three bidders', async (say) => {
    await desk.open()
    const admitted = await admitMembers(stage, context, cast, folder, say)
    for (const { context: own } of admitted) {
      await public_.as(tokens.operator).addLiquidator(await own.signer.getAddress())
    }
    await desk.vouchAll()
    await desk.give()
    return admitted
  })
  teller.line(`a book of ${cast.accounts.length} accounts, market open: round 1`)
  const visitor = members.find(({ part }) => part === 'visitor')!
  const wallet = stage.signer('visitor').signer as HDNodeWallet
  const visitorFile = writeVisitor(folder, stage, visitor, packages.venueKey, wallet.privateKey)
  teller.line(`who wants to bid by hand finds a wallet's key and its sub-accounts in ${visitorFile}`)

  const running = runVenue({
    ...{ world, desk, path, packages, members, known, service: public_ },
    feeder: public_.as(tokens.feeder),
    roundSeconds: options.roundSeconds,
    attestSeconds: options.attestSeconds,
    epochRounds: options.epochRounds,
  })
  closers.add(() => running.stop())
  control.crash = () => running.crashNow()
  return {
    ...{ url: service.url, service, stage, world, members, tokens, venueKey: packages.venueKey },
    counts: running.counts,
    crashNow: () => running.crashNow(),
    close: () => closers.close(),
  }
}

/** Clients' cash is set in the market of a crash that comes some minutes after the opening. */
const CRASH_AHEAD_SECONDS = 300

/** The service beside the sample venue: on this machine, with an embedded database in the venue's folder. */
export function serviceEnvironment({
  environment,
  folder,
}: Pick<LiveOptions, 'environment' | 'folder'>): Environment {
  return {
    TACIT_INSTANCE: 'margin-4',
    // The venue's own programs ask from the same address as its visitors.
    TACIT_RATE_PER_MINUTE: '6000',
    ...environment,
    TACIT_CHAIN_ID: CHAIN_ID,
    TACIT_DATA: join(folder, 'service'),
  }
}

async function openService(
  options: LiveOptions,
  closers: Closers,
  sample: { crash(): void },
): Promise<{ service: RunningService; tokens: Readonly<Record<KeyRole, string>> }> {
  const { folder, teller } = options
  const config = readConfig(serviceEnvironment(options), 'service')
  // People read what happens; the service's own log goes to a file.
  const sink = createWriteStream(join(folder, 'service.log'), { flags: 'a', mode: 0o600 })
  closers.add(() => new Promise((resolve) => sink.end(resolve)))
  const log = newLogger(config.TACIT_LOG, { write: (line) => void sink.write(line) })
  const service = await teller.task('the service', (say) =>
    startService(config, log, say, { sample, consoleFiles: options.consoleFiles }),
  )
  closers.add(() => service.close())
  const { database } = service.foundation.store
  await writeFirstKeys(database, folder)
  keepAddress(folder, service.url)
  const key = async (role: KeyRole) => (await createApiKey(database, role, 'sample venue')).token
  const tokens = { feeder: await key('feeder'), venue: await key('venue'), operator: await key('operator') }
  return { service, tokens }
}
