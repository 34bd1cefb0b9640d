import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { refuseForeignChain } from '../../chain/deploy.ts'
import { unpackWord } from '../../protocol/packed-word.ts'
import { BOOK_TOTAL_BITS } from '../../protocol/ranges.ts'
import {
  GAUGE_WORD,
  SEAL_COUNTS,
  SEAL_POLICIES,
  SEAL_TOTALS,
  type SealPolicy,
} from '../../protocol/solvency.ts'
import { type BookPassResult, proveBook } from '../../prover/book-pass/pass.ts'
import type { PassArtifacts, PassProgress } from '../../prover/book-pass/request.ts'
import { RUN_FILES } from '../../prover/book-pass/run-folder.ts'
import { keyNotice } from '../../prover/provenance.ts'
import { type Attach, type Invocation, newCommand } from '../command.ts'
import { type EpochContext, epochContextSignal, epochFileOf } from '../epoch.ts'
import { writeEpochBundle } from '../epoch-bundle.ts'
import {
  checkTerms,
  type EpochTerms,
  type EpochTermsOptions,
  readTerms,
  withChainOfEpoch,
} from '../epoch-terms.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { writeWhole } from '../files.ts'
import { grouped, hex32, usd, wrapped } from '../format.ts'
import { type KeyPair, keyPair, PAIR_HELP } from '../key-folders.ts'
import {
  type BookOptions,
  describeOption,
  type ProverOptions,
  withBook,
  withProver,
  withRounds,
} from '../options.ts'
import { toJson } from '../output.ts'
import { openArtifacts, openSealArtifacts } from '../prover.ts'
import { loadSession, riskRoundOf, type Session } from '../session.ts'
import { pairsText } from '../table.ts'

interface SolvencyOptions extends BookOptions, ProverOptions, EpochTermsOptions {
  // Both extend the same option.
  readonly cache?: string
  readonly workers: number
  readonly out: string
}

const EPOCH_FILE = 'epoch.json'

export function solvencyCommand(attach: Attach): Command {
  const command = withProver(
    withBook(
      newCommand({
        name: 'solvency',
        summary: 'prove a whole book: solvency, netting, collateral, accounts below MM, the gauge',
        description:
          'Proves every account of a book as one step of the solvency chain, then the seal over all of them, into a ' +
          'folder. A run that was killed goes on when it is started again with the same arguments: no finished proof ' +
          'is made twice. A book that breaks a rule is refused before the first proof (exit code 1). With a deployment the ' +
          'seal is for the epoch that the venue has designated there; tacit epoch post then submits it.',
        examples: [
          'solvency --liquidity 2000000,1000000 --reserves 50000 --out epoch-1',
          'solvency --book book.json --rounds rounds/ --deployment deployment.json --out epoch-7',
          'solvency --book book.json --market btc.json --market eth.json --liquidity 2000000,1000000 ' +
            '--policy aggregates --chain-id 31337 --seals 0x... --epoch 7 --out epoch-7',
        ],
      }),
    ),
  )
  describeOption(command, '--keys', `${PAIR_HELP} (default: development keys, for local chains only)`)
  withRounds(withChainOfEpoch(withStatement(command)))
    .option('--workers <number>', 'worker processes, each with an engine of one thread', countOfWorkers, 2)
    .requiredOption('--out <folder>', 'folder of the run: made, or gone on with (required)')
  return attach<SolvencyOptions>(command, solvency)
}

function withStatement(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--policy <name>',
        'what the seal shows: predicates alone (default), or counts and sums as well',
      ).choices([...SEAL_POLICIES]),
    )
    .option(
      '--reserves <usd>',
      'funds outside the book that cover shortfalls (default: 0, or what the fund holds)',
    )
    .option(
      '--liquidity <usd,...>',
      'what the market offers to hedge with, by underlying: P&L at the small gamma shock (required without --deployment)',
    )
    .option(
      '--ledger <symbol=lots,...>',
      "the vault's ledger in lots (default: what the book holds of cash and spot, which shows nothing of a vault)",
    )
}

async function solvency({ io, out, options }: Invocation<SolvencyOptions>): Promise<ExitCode> {
  checkTerms(options)
  const keyFolders = keyPair(options.keys, options.instance)
  const session = await loadSession(options, out)
  const terms = await readTerms(options, session, io)
  const artifacts = await openPassArtifacts(session, keyFolders, { io, out, options, args: [] })
  refuseContext(artifacts, terms.context)
  const { context, policy } = terms
  const result = await prove(session, terms, artifacts, { io, out, options, args: [] })
  const file = epochFileOf(session, artifacts, result, context, policy)
  const path = join(options.out, EPOCH_FILE)
  writeWhole(path, `${toJson(file, 2)}\n`)
  out.notice(`wrote ${path}; keep ${join(options.out, RUN_FILES.secret)} to yourself: it opens the chain`)
  const bundle = await writeEpochBundle(options.out, { session, artifacts, result, terms, keyFolders })
  out.notice(`wrote ${bundle}, with which a stranger can verify the book (tacit verify)`)
  if (options.deployment === undefined && options.ledger === undefined) {
    out.notice("THE BOOK'S OWN LEDGER: without --ledger the seal says nothing of what a vault holds.")
  }
  if (context === undefined) out.notice('OFFLINE CONTEXT: no contract takes this epoch (see --deployment).')
  out.print(describe(session, result, policy))
  out.result({
    ...file,
    references: terms.references,
    gaugeBps: gauges(session, result),
    belowMm: result.seal.signals.belowMm,
    stepsProven: result.stepsProven,
    stepsFound: result.stepsFound,
    out: options.out,
    bundle,
  })
  return EXIT.done
}

function prove(
  session: Session,
  terms: EpochTerms,
  artifacts: PassArtifacts,
  { out, options }: Invocation<SolvencyOptions>,
): Promise<BookPassResult> {
  const { instance, hasher, book, matrix } = session
  const { ledger, reservesNano, liquidityNano, policy, context } = terms
  const { backend, rapidsnark, workers } = options
  return out.task(`proving ${book.count} accounts`, (update) =>
    proveBook({
      hasher,
      instance,
      book,
      round: riskRoundOf(matrix),
      ledger,
      reservesNano,
      liquidityNano,
      policy,
      context: epochContextSignal(context),
      artifacts,
      folder: options.out,
      workers,
      backend: rapidsnark === undefined ? { backend: backend ?? 'auto' } : { rapidsnark },
      notice: (message) => out.notice(message),
      progress: (progress) => update(progressText(progress)),
    }),
  )
}

async function openPassArtifacts(
  session: Session,
  keys: KeyPair,
  { io, out, options }: Invocation<SolvencyOptions>,
): Promise<PassArtifacts> {
  const cache = options.cache === undefined ? {} : { cache: options.cache }
  const of = (folder: string | undefined) => (folder === undefined ? cache : { ...cache, keys: folder })
  const step = await openArtifacts(session.instance, of(keys.step), io, out)
  const seal = await openSealArtifacts(of(keys.seal), io, out, keyNotice(step.provenance))
  return { step, seal }
}

/** Throws SetupError when keys must not be used on the epoch's chain. */
function refuseContext(artifacts: PassArtifacts, context: EpochContext | undefined): void {
  if (context === undefined) return
  for (const { name, provenance } of Object.values(artifacts)) {
    refuseForeignChain(context.chainId, { kind: provenance.kind, circuit: name })
  }
}

function progressText({ phase, done, total, stepsPerSecond, secondsLeft }: PassProgress): string {
  if (phase === 'seal') return 'the seal'
  const rate = stepsPerSecond === 0 ? '' : `, ${stepsPerSecond.toFixed(2)} a second`
  const left = secondsLeft === undefined ? '' : `, about ${duration(secondsLeft)} left`
  return `${grouped(done)} of ${grouped(total)}${rate}${left}`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** By symbol of the underlying. */
function gauges({ snapshot }: Session, { seal }: BookPassResult): Record<string, bigint> {
  const all = Object.values(unpackWord(GAUGE_WORD, seal.signals.gauge))
  return Object.fromEntries(snapshot.underlyings.map(({ symbol }, u) => [symbol, all[u]!]))
}

function describe(session: Session, result: BookPassResult, policy: SealPolicy): string {
  const { signals } = result.seal
  const gauge = Object.entries(gauges(session, result)).map(([symbol, bps]) => `${symbol} ${percent(bps)}`)
  const pairs = pairsText(
    [
      ['accounts', `${grouped(session.book.count)}, each counted once`],
      ['below MM', grouped(signals.belowMm)],
      ['shortfall', `within reserves of ${usd(signals.reserves)} USD`],
      ['gauge', gauge.join(', ')],
      ...(policy === 'aggregates' ? aggregates(result) : []),
      ['risk root', hex32(signals.riskRoot)],
      ['book root', hex32(signals.bookRoot)],
      ['steps', result.stepsRoot],
      ['proofs', `${grouped(result.stepsProven)} made now, ${grouped(result.stepsFound)} found finished`],
    ],
    2,
  )
  const shown =
    policy === 'predicates'
      ? 'The seal shows nothing else: no tier but the count below MM, no sum, no account.'
      : 'The seal shows counts and sums of the whole book, and no account.'
  return `${pairs}\n\n${wrapped(`Every derivative nets to zero, and all collateral of the ledger is there. ${shown}`, 2)}`
}

function aggregates({ seal }: BookPassResult): (readonly [string, string])[] {
  const counts = unpackWord(SEAL_COUNTS, seal.signals.counts)
  const sums = unpackWord(SEAL_TOTALS, seal.signals.totals)
  const { reduceOnly, softLiquidation, fullLiquidation, insolvent } = counts
  const tiers = `${reduceOnly} reduce, ${softLiquidation} soft, ${fullLiquidation} full, ${insolvent} insolvent`
  return [
    ['tiers', tiers],
    ['shortfall sum', `${usd(counts.shortfallNano)} USD`],
    ['requirement MM', `${usd(sums.requirementMmBpsNano / 10_000n)} USD`],
    ['equity', `${usd(sums.equityBiasedNano - EQUITY_BIAS)} USD`],
  ]
}

/** What SEAL_TOTALS adds to a signed equity. */
const EQUITY_BIAS = 1n << BigInt(BOOK_TOTAL_BITS)

function percent(bps: bigint): string {
  return `${grouped(bps / 100n)}.${(bps % 100n).toString().padStart(2, '0')}%`
}

function countOfWorkers(text: string): number {
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (workers < 1 || workers > 256) throw new InvalidArgumentError('It must be a whole number from 1 to 256.')
  return workers
}
