/** The sample venue as a whole: what stands behind `npm start`. Boundary module: processes, files, network, clock. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HDNodeWallet, hexlify } from 'ethers'
import { writeDeployment } from '../chain/deployment-file.ts'
import type { EngineParameter } from '../chain/engine-client/parameters.ts'
import { KnownRounds } from '../keeper/rounds.ts'
import { MARGIN_INSTANCES, type MarginInstance } from '../protocol/instances.ts'
import { type Hasher, poseidonHasher } from '../protocol/poseidon.ts'
import { DEFAULT_CONFIGURATION } from '../risk/default-configuration.ts'
import type { KeyRole } from '../service/auth/principal.ts'
import { TacitClient } from '../service/client/index.ts'
import { type Environment, readConfig } from '../service/config.ts'
import type { ConsoleFiles } from '../service/console-files.ts'
import type { RunningService } from '../service/service.ts'
import { openingCast, type PricedMarket } from './cast.ts'
import { Closers } from './closers.ts'
import { forgetPids, keepChainPid, prepareFolder } from './folder.ts'
import { presentMarket } from './market.ts'
import { admitMembers, keeperContext, type Member, ownersOf, writeVisitor } from './opening.ts'
import { PackageDesk } from './packages.ts'
import { CRASH, DEFAULT_PATH, MarketPath, type PathTerms } from './path.ts'
import { type LiveProvers, openLiveProvers } from './provers.ts'
import { LiveRounds } from './rounds.ts'
import { type Counts, type Pace, type RunningVenue, runVenue } from './run.ts'
import { DEPLOYMENT_FILE, openService, type ServiceSide, serviceEnvironment } from './service-side.ts'
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
  /** Whose time the chain's clock keeps: the people's unless told. */
  readonly pace?: Pace
  /** How long anybody can show a round to be wrong. */
  readonly challengeSeconds?: number
  /** What the service shows people under /. */
  readonly consoleFiles?: ConsoleFiles
  /** Seconds between two blocks while nobody sends. */
  readonly blockSeconds?: number
  /** Makes an empty database in a folder, where one lies ready: making one takes seconds. */
  readonly emptyDatabase?: (folder: string) => Promise<void>
  /** Where the chain listens if it can; 0 for any free port. */
  readonly chainPort?: number
}

/** Seconds that a person has too, to bid by hand. */
const LIVE_CLOCKS: Readonly<Partial<Record<EngineParameter, bigint>>> = {
  softWindow: 30n,
  commitWindow: 45n,
  revealWindow: 30n,
  dutchDuration: 120n,
  dutchMaxRestarts: 0n,
  houseWindow: 30n,
}
const DEFAULTS = {
  seed: 1,
  path: DEFAULT_PATH,
  roundSeconds: 15,
  attestSeconds: 8,
  epochRounds: 12,
  pace: 'people' as Pace,
  clocks: LIVE_CLOCKS,
  challengeSeconds: 30,
  blockSeconds: 2,
  chainPort: 8_545,
}
type Terms = LiveOptions & typeof DEFAULTS

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
  /** Public key that packages come from. */
  readonly venueKey: Uint8Array
  /** How often what has happened since the start. */
  readonly counts: Counts
  /** The market crashes with the next round, which comes at once. */
  crashNow(): void
  close(): Promise<void>
}

/**
 * Brings everything up: chain, contracts, service, book, bidders, and the programs that keep it moving. Errors as
 * readConfig, prepareFolder and startService; whatever was started is closed again.
 */
export async function startLive(options: LiveOptions): Promise<LiveVenue> {
  const closers = new Closers()
  try {
    return await open({ ...DEFAULTS, ...options }, closers)
  } catch (error) {
    // What hinders the closing now is not what went wrong.
    await closers.close().catch(() => {})
    throw error
  }
}

async function open(terms: Terms, closers: Closers): Promise<LiveVenue> {
  const { folder, teller } = terms
  const config = readConfig(serviceEnvironment(terms), 'service')
  const instance = MARGIN_INSTANCES[config.TACIT_INSTANCE]
  if (prepareFolder(folder)) {
    teller.line('the sample venue of an earlier start is gone with its chain: this one begins anew')
  }
  closers.add(async () => forgetPids(folder))
  const proving = await openLiveProvers(instance, config.TACIT_CACHE, teller)
  closers.add(proving.provers.close)
  const market = await openMarket(terms, instance, closers)
  const stage = await openChain(terms, proving, market, closers)
  const packages = new PackageDesk()
  const venueKey = hexlify(packages.venueKey)
  const file = { deployment: stage.deployment, fromBlock: 0, venueKey }
  writeFileSync(join(folder, DEPLOYMENT_FILE), writeDeployment(file))
  let running: RunningVenue | undefined
  const side = await openService(terms, stage.chain, closers, { crash: () => running?.crashNow() })
  const venue = await openVenue(terms, { ...market, proving, stage, packages, side })
  // From here on a block is a second, however long a proof takes.
  if (terms.pace === 'programs') await stage.chain.provider.send('anvil_setBlockTimestampInterval', [1])
  running = runVenue({ ...terms, ...venue, known: market.known, packages })
  closers.add(() => running.stop())
  return {
    ...{ url: side.service.url, ...side, stage, world: venue.world, members: venue.members },
    venueKey: packages.venueKey,
    counts: running.counts,
    crashNow: () => running.crashNow(),
    close: () => closers.close(),
  }
}

interface Market {
  readonly instance: MarginInstance
  readonly hasher: Hasher
  readonly known: KnownRounds
  readonly rounds: LiveRounds
  /** As a crash would make it some minutes after the opening. */
  readonly crashed: PricedMarket
}

const CRASH_AHEAD_SECONDS = 300
const nowSeconds = () => Math.floor(Date.now() / 1_000)

async function openMarket({ seed }: Terms, instance: MarginInstance, closers: Closers): Promise<Market> {
  // 64 places hold the small sample only.
  const first = presentMarket(seed, nowSeconds(), instance.riskLevels < 4 ? 'small' : 'full')
  const known = new KnownRounds()
  const rounds = new LiveRounds({ instance, configuration: DEFAULT_CONFIGURATION, first }, known)
  closers.add(() => rounds.close())
  const crashed = await rounds.priced(CRASH, nowSeconds() + CRASH_AHEAD_SECONDS)
  return { instance, hasher: await poseidonHasher(), known, rounds, crashed }
}

async function openChain(
  terms: Terms,
  { provers, seal, build }: LiveProvers,
  { instance, hasher, crashed }: Market,
  closers: Closers,
): Promise<LiveStage> {
  const { teller, folder, chainPort, pace } = terms
  const stage = await teller.task('a local chain and its contracts', () =>
    openLiveStage({
      ...terms,
      ...{ provers: provers.keeper, seal, build, instance, hasher },
      configuration: DEFAULT_CONFIGURATION,
      parametersWord: crashed.matrix.parametersWord,
      openSeconds: nowSeconds,
      port: chainPort,
      blockSeconds: pace === 'people' ? terms.blockSeconds : undefined,
      started: (chain) => {
        closers.add(() => chain.close())
        keepChainPid(folder, chain.pid)
      },
    }),
  )
  const { url, chainId } = stage.chain
  teller.line(`a local chain at ${url}, chain ${chainId}, its contracts deployed with development keys`)
  return stage
}

interface VenueParts extends Market {
  readonly proving: LiveProvers
  readonly stage: LiveStage
  readonly packages: PackageDesk
  readonly side: ServiceSide
}

/** First round, first book, bidders: the venue is open when this returns. */
async function openVenue(terms: Terms, parts: VenueParts) {
  const { instance, hasher, known, rounds, crashed, proving, stage, packages, side } = parts
  const { teller, folder, seed } = terms
  const cast = openingCast(crashed, instance.slots, seed, await ownersOf(stage))
  const provers = proving.provers.keeper
  const context = await keeperContext({ stage, hasher, instance, cast, rounds: known, provers, packages })
  const service = new TacitClient({ url: side.service.url })
  const feeder = service.as(side.tokens.feeder)
  const world: LiveWorld = {
    ...{ stage, instance, context, rounds, turns: new Turns(), names: cast.names, places: cast.places },
    venue: service.as(side.tokens.venue),
    signer: stage.signer,
    tell: (line) => teller.line(line),
  }
  const path = new MarketPath(seed, terms.path)
  await rounds.post(stage, feeder, path.next(false).move)
  const desk = new VenueDesk(world)
  const members = await teller.task('a book, a clearing house and three bidders', async (say) => {
    await desk.open()
    const admitted = await admitMembers(stage, context, cast, folder, say)
    for (const { context: own } of admitted) {
      await service.as(side.tokens.operator).addLiquidator(await own.signer.getAddress())
    }
    await desk.vouchAll()
    await desk.give()
    return admitted
  })
  teller.line(`a book of ${cast.accounts.length} accounts; the market is open`)
  const visitor = members.find(({ part }) => part === 'visitor')!
  const { privateKey } = stage.signer('visitor').signer as HDNodeWallet
  const file = writeVisitor(folder, stage, visitor, packages.venueKey, privateKey)
  teller.line(`who wants to bid by hand finds a wallet's key and its sub-accounts in ${file}`)
  return { world, desk, path, members, service, feeder }
}
