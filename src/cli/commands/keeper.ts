import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { getBytes, type Signer } from 'ethers'
import { Book } from '../../book/book.ts'
import { readBook } from '../../book/read.ts'
import type { KeeperContext } from '../../keeper/context.ts'
import { Keeper, type Pass, type Report } from '../../keeper/keeper.ts'
import { closeProvers } from '../../keeper/provers.ts'
import { KnownRounds } from '../../keeper/rounds.ts'
import { VenueBook } from '../../keeper/venue-book.ts'
import { InputError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES, type MarginInstance } from '../../protocol/instances.ts'
import { poseidonHasher } from '../../protocol/poseidon.ts'
import { loadHighsSolver } from '../../risk/hedge/highs.ts'
import { type Attach, type Invocation, newCommand } from '../command.ts'
import {
  type ChainOptions,
  openChain,
  readSecret,
  readSigner,
  withChain,
  withKey,
} from '../engine-options.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { readTextFile } from '../files.ts'
import { grouped, shortHash } from '../format.ts'
import { FileJournal, folderDesk, folderOrders } from '../keeper-files.ts'
import { type InstanceOptions, type ProverOptions, withInstance, withProver } from '../options.ts'
import { openKeeperProvers } from '../prover.ts'
import { RoundFolder } from '../round-folder.ts'

interface KeeperOptions extends ChainOptions, InstanceOptions, ProverOptions {
  readonly rpc: string
  readonly cache: string
  readonly key: string
  readonly book: string
  readonly rounds: string
  readonly configuration?: string
  readonly disclosures?: string
  readonly venueKey?: string
  readonly houseKey?: string
  readonly orders?: string
  readonly once?: boolean
  readonly every: number
}

export function keeperCommand(attach: Attach): Command {
  const command = withProver(
    withInstance(
      withKey(
        withChain(
          newCommand({
            name: 'keeper',
            summary: "watch rounds and liquidate: the venue's side of every case",
            description:
              'Watches the rounds of a deployed system, sweeps the book, and for what has crossed a tier proves and sends what ' +
              'the engine takes: triggers, cases, lots, packages for bidders, settlements, deleveraging, debts. It remembers ' +
              'nothing but the book, so it may be stopped and started at any time. It runs where the book is: at the venue.',
            examples: [
              'keeper --deployment deployment.json --key keeper.key --book book.json --rounds rounds/ --once',
              'keeper --deployment deployment.json --key keeper.key --book book.json --rounds rounds/ ' +
                '--disclosures packages/ --venue-key venue.key',
            ],
          }),
        ),
      ),
    ),
  )
    .requiredOption(
      '--book <file>',
      'the book of the head, JSON or CSV; rewritten as JSON when it changes (required)',
    )
    .requiredOption(
      '--rounds <folder>',
      'market files of the posted rounds, read in the order of their names from the first listing on (required)',
    )
    .option('--configuration <file>', 'risk configuration in JSON (default: the built-in one)')
    .option('--disclosures <folder>', 'where packages for bidders are put; needs --venue-key')
    .option('--venue-key <file>', 'X25519 secret key that packages are sealed with: 0x and 64 hex digits')
    .option('--house-key <file>', "private key of the clearing house's operator, to work its inventory off")
    .option('--orders <folder>', "where the clearing house's orders for the venue's market are put")
    .option('--once', 'do what there is to do now, and end')
    .option('--every <seconds>', 'how often to look', parseSeconds, 5)
  return attach<KeeperOptions>(command, runKeeper)
}

async function runKeeper(invocation: Invocation<KeeperOptions>): Promise<ExitCode> {
  const { io, out, options } = invocation
  const instance: MarginInstance = MARGIN_INSTANCES[options.instance]
  if ((options.disclosures === undefined) !== (options.venueKey === undefined)) {
    throw new InputError('belong together: give both or neither', { field: '--disclosures, --venue-key' })
  }
  const rounds = new RoundFolder(options.rounds, instance, options.configuration)
  const chain = await openChain(options, io)
  try {
    const keeper = readSigner(options.key, chain.provider)
    const houseOperator =
      options.houseKey === undefined ? undefined : readSigner(options.houseKey, chain.provider)
    const known = new KnownRounds()
    await out.task('pricing the rounds', () => rounds.readNew(known))
    const venueBook = await readVenueBook(options.book, instance, rounds)
    const provers = await openKeeperProvers(instance, options, io, out)
    try {
      const context: KeeperContext = {
        connection: chain.connection,
        hasher: await poseidonHasher(),
        venueBook,
        rounds: known,
        provers,
        solver: await loadHighsSolver(),
        keeper,
        houseOperator,
        disclosures:
          options.disclosures === undefined
            ? undefined
            : folderDesk(
                options.disclosures,
                getBytes(readSecret(options.venueKey!, '0x and 64 hex digits')),
              ),
        orders: options.orders === undefined ? undefined : folderOrders(options.orders),
        fromBlock: chain.fromBlock,
      }
      return await keep(invocation, context, rounds, keeper)
    } finally {
      await closeProvers({ ...provers })
    }
  } finally {
    await rounds.close()
    chain.close()
  }
}

async function keep(
  { out, options }: Invocation<KeeperOptions>,
  context: KeeperContext,
  rounds: RoundFolder,
  signer: Signer,
): Promise<ExitCode> {
  const keeper = new Keeper(context)
  out.notice(`keeper ${await signer.getAddress()} at ${options.rpc}`)
  const told = (report: Report) => out.print(reportLine(report))
  const reports: Report[] = []
  const look = async (): Promise<Pass> => {
    await rounds.readNew(context.rounds)
    const pass = await keeper.pass({ told })
    reports.push(...pass.reports)
    return pass
  }
  if (options.once === true) {
    let pass = await look()
    while (pass.reports.some(({ outcome }) => outcome === 'done')) pass = await look()
    const hasFailed = reports.some(({ outcome }) => outcome === 'failed')
    out.print(summary(pass))
    out.result({ reports: reports.map(reportJson), open: pass.state.cases.length })
    return hasFailed ? EXIT.chain : EXIT.done
  }
  for (;;) {
    await look()
    await sleep(options.every * 1_000)
  }
}

async function readVenueBook(
  path: string,
  instance: MarginInstance,
  rounds: RoundFolder,
): Promise<VenueBook> {
  const hasher = await poseidonHasher()
  const entries = readBook(readTextFile(path), rounds.listing, instance)
  const journal = new FileJournal(path, entries, () => rounds.listing)
  const book = Book.from(
    entries.map(({ account }) => account),
    hasher,
    instance,
  )
  return new VenueBook(book, hasher, { journal, pending: journal.readPending() })
}

function reportLine(report: Report): string {
  const { action, outcome, sent, detail, error } = report
  const about = 'caseId' in action ? `case ${shortHash(action.caseId)}` : tagWords(action)
  const more = [detail, sent === undefined ? undefined : `gas ${grouped(sent.gasUsed)}`, error?.message]
  return `${outcome}: ${action.kind}, ${[about, ...more.filter((text) => text !== undefined)].join(', ')}`
}

function tagWords(action: { readonly tag: bigint } | { readonly subTag: bigint }): string {
  const tag = 'tag' in action ? action.tag : action.subTag
  return `tag ${shortHash(`0x${tag.toString(16)}`)}`
}

function reportJson({ action, outcome, sent, detail, caseId, error }: Report) {
  return {
    ...action,
    outcome,
    ...(sent === undefined ? {} : { transaction: sent.transaction, gas: Number(sent.gasUsed) }),
    ...(detail === undefined ? {} : { detail }),
    ...(caseId === undefined ? {} : { openedCase: caseId }),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  }
}

function summary({ state }: Pass): string {
  const { cases, round, bookIsHead, paused, stale } = state
  const faults = [
    paused ? 'the engine is paused' : undefined,
    stale ? 'the latest round is stale' : undefined,
    round.isKnown ? undefined : `the market of round ${round.sequence} is not in the folder`,
    round.confirms
      ? undefined
      : `the prices of round ${round.sequence} are held back until they are repeated`,
    bookIsHead ? undefined : 'the book is not the book of the head',
  ].filter((text) => text !== undefined)
  const rest = faults.length === 0 ? '' : `; ${faults.join('; ')}`
  return `round ${round.sequence}, ${cases.length} open cases, nothing left to do now${rest}`
}

function parseSeconds(text: string): number {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (seconds < 1) throw new InvalidArgumentError('It must be a whole number of seconds, at least 1.')
  return seconds
}
