import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Signer } from 'ethers'
import { DERIBIT_URL, DeribitSource } from '../../feeder/deribit-source.ts'
import type { AggregatorDesk } from '../../feeder/desk.ts'
import { Feeder, type FeederReport } from '../../feeder/feeder.ts'
import { FileSource } from '../../feeder/file-source.ts'
import { folderDesk } from '../../feeder/folder-desk.ts'
import { httpDesk } from '../../feeder/http-desk.ts'
import { feederFile } from '../../feeder/kept-file.ts'
import type { MarketSource } from '../../feeder/source.ts'
import { fitMarket } from '../../oracle/quoted-market.ts'
import { ChainError, InputError, SourceError } from '../../protocol/errors.ts'
import { loadHighsSolver } from '../../risk/hedge/highs.ts'
import { type Attach, type Invocation, newCommand } from '../command.ts'
import { readSigner } from '../engine-options.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { feederJson, feederLines, fitLines, fitsJson } from '../feeder-view.ts'
import { collect, type OracleOptions, parseWhole } from '../oracle-options.ts'
import { type OracleWorkOptions, withOracleWork, workOnOracle } from '../oracle-work.ts'
import type { Output } from '../output.ts'
import { type SpotFeedChoice, withSource, withSpotFeeds } from '../spot-feed-options.ts'

interface FeederCommandOptions
  extends Omit<OracleWorkOptions, keyof OracleOptions>,
    Partial<OracleOptions>,
    SpotFeedChoice {
  readonly markets?: string
  readonly http?: string | true
  readonly currency?: readonly string[]
  readonly fit?: boolean
  readonly key?: string
  readonly aggregator?: string
  readonly state?: string
  readonly once?: boolean
  readonly waitSeconds: number
  readonly everySeconds: number
  readonly refreshSeconds: number
  readonly lookSeconds: number
}

export function feederCommand(attach: Attach): Command {
  const command = withOracleWork(
    newCommand({
      name: 'feeder',
      summary: 'read a market, sign what it says, and sign the rounds that follow from it',
      description:
        'Reads a venue by HTTP or a replay of captured markets, fits an arbitrage-free surface to every expiry, signs ' +
        'the result for the next round and brings it to an aggregator. What the aggregator proposes is recomputed from ' +
        "all feeders' signed contents and the chain, and signed only if it is the same to the bit and near to what this " +
        'feeder sees. With --fit it only fits, and tells the error of every expiry.',
      examples: [
        'feeder --http --fit',
        'feeder --http --oracle 0x... --rpc https://... --key feeder.key --aggregator http://127.0.0.1:8790',
        'feeder --markets captured/ --oracle 0x... --key feeder.key --aggregator shared/ --clock chain --once --json',
        'feeder --http --fit --spot-feed BTC=0x...,leastUsd=1000,mostUsd=1000000 --spot-rpc https://...',
      ],
    }),
  )
    .option('--http [url]', `read a venue that speaks Deribit's public API (default: ${DERIBIT_URL})`)
    .option(
      '--currency <name>',
      'with --http: an underlying; repeat for several (default: BTC and ETH)',
      collect,
    )
    .option(
      '--markets <folder>',
      "replay: each entry is a market, a file (Tacit's format or Deribit's) or a folder of files that make one",
    )
    .option('--fit', 'fit the market once, tell the errors and end; needs neither chain nor key')
    .option(
      '--key <file>',
      "the feeder's private key: 0x and 64 hex digits in a file that only its owner reads",
    )
    .option(
      '--aggregator <place>',
      'where contents go: http://... of an aggregator, or a folder that it shares',
    )
    .option(
      '--state <file>',
      'where the feeder remembers what it signed (default: beside the key, ending in .signed.json)',
    )
    .option('--once', 'say one market, answer one proposal and end')
    .option('--wait-seconds <number>', 'with --once: how long to wait for a proposal', parseWhole, 60)
    .option('--every-seconds <number>', 'a round is due so long after the one before', parseWhole, 60)
    .option('--refresh-seconds <number>', 'say the market anew while the round is not made', parseWhole, 30)
    .option('--look-seconds <number>', 'pause between two looks at chain and aggregator', parseWhole, 2)
  withSpotFeeds(command)
  // Fitting alone needs no chain.
  const oracle = command.options.find((option) => option.long === '--oracle')!
  oracle.mandatory = false
  oracle.description = 'ChallengeableOracle contract (required, unless --fit is given)'
  return attach<FeederCommandOptions>(command, (invocation) =>
    invocation.options.fit === true ? fitOnly(invocation) : feed(invocation),
  )
}

async function fitOnly({ out, options }: Invocation<FeederCommandOptions>): Promise<ExitCode> {
  const market = await withSource(sourceOf(options), options, (source) =>
    out.task(`reading ${source.name}`, () => source.take(0)),
  )
  if (market === undefined) throw new InputError('holds no market', { file: options.markets })
  const solve = await loadHighsSolver()
  const fitted = await out.task('fitting', async () => fitMarket(market, solve))
  for (const line of [...market.notes, ...fitLines(fitted)]) out.print(line)
  out.result(fitsJson(fitted))
  return fitted.unfitted.length === 0 ? EXIT.done : EXIT.no
}

async function feed({ io, out, options }: Invocation<FeederCommandOptions>): Promise<ExitCode> {
  const { oracle, key, aggregator } = needed(options)
  const given = { ...options, rpc: options.rpc!, fromBlock: options.fromBlock!, oracle }
  return withSource(sourceOf(options), options, (source) =>
    workOnOracle(given, io, out, async ({ provider, parameters, reader, making, clock }) => {
      const signer: Signer = readSigner(key, provider)
      const feeder = new Feeder({
        ...{ signer, source, reader, making, parameters, clock },
        desk: deskOf(aggregator),
        memory: feederFile(options.state ?? `${key}.signed.json`),
        solve: await loadHighsSolver(),
        everySeconds: options.everySeconds,
        refreshSeconds: options.refreshSeconds,
      })
      out.notice(`feeder ${await signer.getAddress()} reads ${source.name}`)
      return options.once === true ? once(feeder, options, out) : follow(feeder, options, out)
    }),
  )
}

async function follow(feeder: Feeder, options: FeederCommandOptions, out: Output): Promise<never> {
  for (;;) {
    try {
      tell(await out.task('a step', () => feeder.step()), out)
    } catch (error) {
      // A venue or a chain that is away comes back; a bad answer is told and asked for again.
      if (!isPassing(error)) throw error
      out.notice((error as Error).message)
    }
    await sleep(options.lookSeconds * 1_000)
  }
}

/** 0: signed. 1: it had an objection. 3: no proposal came in time. */
async function once(feeder: Feeder, options: FeederCommandOptions, out: Output): Promise<ExitCode> {
  const until = performance.now() + options.waitSeconds * 1_000
  let report: FeederReport = await out.task('reading and fitting', () => feeder.step())
  let told = report
  tell(report, out, false)
  while (report.verdict === undefined && performance.now() < until) {
    await sleep(Math.min(500, options.lookSeconds * 1_000))
    report = await feeder.step()
    tell(report, out, false)
    told = { ...told, ...report }
  }
  out.result(feederJson(told))
  if (told.verdict !== undefined) return told.verdict.objection === undefined ? EXIT.done : EXIT.no
  out.notice(`no proposal came within ${options.waitSeconds} s`)
  return EXIT.chain
}

function tell(report: FeederReport, out: Output, machine = true): void {
  const lines = feederLines(report)
  for (const line of lines) out.print(line)
  if (machine && lines.length > 0) out.result(feederJson(report))
}

function isPassing(error: unknown): boolean {
  if (error instanceof SourceError || error instanceof InputError) return true
  return error instanceof ChainError && error.code === 'CHAIN_UNAVAILABLE'
}

function sourceOf({ http, markets, currency }: FeederCommandOptions): MarketSource {
  if ((http === undefined) === (markets === undefined)) {
    throw new InputError('say where the market comes from: one of the two', { field: '--http, --markets' })
  }
  if (markets !== undefined) return new FileSource(markets)
  const url = (http === true ? DERIBIT_URL : http!).replace(/\/+$/, '')
  return new DeribitSource({ url, currencies: currency ?? ['BTC', 'ETH'] })
}

function deskOf(place: string): AggregatorDesk {
  return /^https?:\/\//.test(place) ? httpDesk(place) : folderDesk(place)
}

function needed({ oracle, key, aggregator }: FeederCommandOptions) {
  const missing = Object.entries({ '--oracle': oracle, '--key': key, '--aggregator': aggregator })
    .filter(([, value]) => value === undefined)
    .map(([name]) => name)
  if (missing.length > 0)
    throw new InputError('is needed, unless --fit is given', { field: missing.join(', ') })
  return { oracle: oracle!, key: key!, aggregator: aggregator! }
}
