import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { Aggregator, type AggregatorReport } from '../../feeder/aggregator.ts'
import { Bonds } from '../../feeder/bonds.ts'
import { FolderServer } from '../../feeder/folder-desk.ts'
import { DEFAULT_DESK_SERVER, type DeskServer, serveDesk } from '../../feeder/http-server.ts'
import { aggregatorFile } from '../../feeder/kept-file.ts'
import { reportJson } from '../../feeder/report-json.ts'
import { ChainError, InputError } from '../../protocol/errors.ts'
import { type Attach, type Invocation, newCommand } from '../command.ts'
import { readSigner, withKey } from '../engine-options.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { aggregatorLines } from '../feeder-view.ts'
import { parseWhole } from '../oracle-options.ts'
import { type OracleWorkOptions, withOracleWork, workOnOracle } from '../oracle-work.ts'
import type { Output } from '../output.ts'

interface Listen {
  readonly host: string
  readonly port: number
}

interface AggregatorCommandOptions extends OracleWorkOptions {
  readonly key: string
  readonly listerKey?: string
  readonly listen?: Listen
  readonly folder?: string
  readonly state: string
  readonly once?: boolean
  readonly waitSeconds: number
  readonly gatherSeconds: number
  readonly lookSeconds: number
}

export function aggregatorCommand(attach: Attach): Command {
  const command = withKey(
    withOracleWork(
      newCommand({
        name: 'aggregator',
        summary: "collect feeders' contents, propose the round of their medians, and post it",
        description:
          'Takes signed contents of listed feeders by HTTP or from a folder, makes the round of their medians, has it ' +
          'signed by the quorum and posts it with its raw data and the bond, which it takes back when the challenge ' +
          'window is over. While no round can be made it says why. Nobody has to trust it: feeders recompute what it ' +
          'proposes. It goes on where it was stopped.',
        examples: [
          'aggregator --oracle 0x... --rpc https://... --key poster.key',
          'aggregator --oracle 0x... --key poster.key --folder shared/ --clock chain --once --json',
        ],
      }),
    ),
  )
    .option(
      '--listen <host:port>',
      `take contents by HTTP here (default without --folder: ${DEFAULT_DESK_SERVER.host}:${DEFAULT_DESK_SERVER.port})`,
      parseListen,
    )
    .option('--folder <folder>', 'take contents from a folder that feeders share')
    .option(
      '--lister-key <file>',
      "key of the listing's keeper: what a quorum quotes and is not listed is listed before the round",
    )
    .option('--state <file>', 'where it is remembered what goes on', 'aggregator.state.json')
    .option('--once', 'post one round and end')
    .option('--wait-seconds <number>', 'with --once: how long to wait for a round', parseWhole, 120)
    .option(
      '--gather-seconds <number>',
      'wait so long for the others once a quorum has spoken',
      parseWhole,
      5,
    )
    .option('--look-seconds <number>', 'pause between two looks', parseWhole, 1)
  return attach<AggregatorCommandOptions>(command, runAggregator)
}

async function runAggregator({ io, out, options }: Invocation<AggregatorCommandOptions>): Promise<ExitCode> {
  return workOnOracle(
    options,
    io,
    out,
    async ({ provider, connection, parameters, reader, making, clock }) => {
      const poster = readSigner(options.key, provider)
      const aggregator = new Aggregator({
        ...{ reader, making, poster, clock, parameters },
        lister: options.listerKey === undefined ? undefined : readSigner(options.listerKey, provider),
        memory: aggregatorFile(options.state),
        gatherSeconds: options.gatherSeconds,
      })
      const doors = await openDoors(aggregator, options, out)
      const bonds = new Bonds(connection, poster, options.fromBlock)
      const chainSeconds = async () => (await provider.getBlock('latest'))!.timestamp
      try {
        return await work({ aggregator, doors, bonds, chainSeconds }, options, out)
      } finally {
        await doors.server?.close()
      }
    },
  )
}

interface Doors {
  readonly server: DeskServer | undefined
  readonly folder: FolderServer | undefined
}

async function openDoors(
  aggregator: Aggregator,
  { listen, folder }: AggregatorCommandOptions,
  out: Output,
): Promise<Doors> {
  const isServing = listen !== undefined || folder === undefined
  const server = isServing ? await serveDesk(aggregator, listen) : undefined
  if (server !== undefined) out.notice(`takes contents at ${server.url}`)
  if (folder !== undefined) out.notice(`takes contents from ${folder}`)
  return { server, folder: folder === undefined ? undefined : new FolderServer(folder, aggregator) }
}

interface Working {
  readonly aggregator: Aggregator
  readonly doors: Doors
  readonly bonds: Bonds
  readonly chainSeconds: () => Promise<number>
}

/** 0: a round was posted. 1: none came about within the time (only with --once). */
async function work(working: Working, options: AggregatorCommandOptions, out: Output): Promise<ExitCode> {
  const until = performance.now() + options.waitSeconds * 1_000
  let told = ''
  for (;;) {
    const report = await stepSafely(working, options, out)
    const text = report === undefined ? told : aggregatorLines(report).join('\n')
    const isNews = text !== told
    if (isNews) out.print(text)
    told = text
    if (options.once === true) {
      const isOver = performance.now() >= until
      if (report?.state === 'posted' || isOver) {
        out.result(reportJson(report ?? working.aggregator.report))
        return report?.state === 'posted' ? EXIT.done : EXIT.no
      }
    } else if (isNews && report !== undefined) out.result(reportJson(report))
    await sleep(options.lookSeconds * 1_000)
  }
}

async function stepSafely(
  { aggregator, doors, bonds, chainSeconds }: Working,
  { once }: AggregatorCommandOptions,
  out: Output,
): Promise<AggregatorReport | undefined> {
  try {
    const refused = await doors.folder?.exchange()
    for (const { file, rule } of refused ?? []) out.notice(`${file} not taken: ${rule}`)
    const report = await out.task('a step', () => aggregator.step())
    await doors.folder?.exchange()
    if (report.state === 'posted') {
      const back = await bonds.reclaim(await chainSeconds())
      if (back.length > 0) out.notice(`bonds of rounds ${back.join(', ')} are back`)
    }
    return report
  } catch (error) {
    // A chain that does not answer for a while, or a configuration that is about to be told to us.
    if (once === true || !(error instanceof ChainError || error instanceof InputError)) throw error
    out.notice(error.message)
    return undefined
  }
}

function parseListen(text: string): Listen {
  const match = /^([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(text)
  if (match === null || Number(match[2]) > 65_535) {
    throw new InvalidArgumentError('It must be host:port, e.g. 127.0.0.1:8790.')
  }
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) }
}
