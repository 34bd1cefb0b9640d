import { type Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_INSTANCE, MARGIN_INSTANCES, type MarginInstanceName } from '../protocol/instances.ts'

/** Options that several commands share, under one name and one meaning. */
export interface InstanceOptions {
  readonly instance: MarginInstanceName
}

export interface RoundOptions extends InstanceOptions {
  readonly market?: readonly string[]
  /** Folder of market files, the last of which is the round. */
  readonly rounds?: string
  readonly configuration?: string
  readonly seed: number
}

export interface BookOptions extends RoundOptions {
  readonly book?: string
}

export interface ProverOptions {
  readonly keys?: string
  readonly cache?: string
  readonly backend?: 'auto' | 'builtin' | 'engine' | 'wasmcurves' | 'rapidsnark'
  readonly rapidsnark?: string
}

export interface ContextOptions {
  readonly chainId?: bigint
  readonly attestor?: string
  readonly beneficiary?: string
}

export function withInstance(command: Command): Command {
  return command.addOption(
    new Option('--instance <name>', 'circuit instance (margin-4 takes the small sample market)')
      .choices(Object.keys(MARGIN_INSTANCES))
      .default(DEFAULT_INSTANCE.name),
  )
}

/** @param otherwise what happens without a market file */
export function withMarket(command: Command, otherwise: string): Command {
  return command
    .option(
      '--market <file>',
      "market file, Tacit's own format or a Deribit book summary; repeat for one market of several files " +
        `(default: ${otherwise})`,
      collect,
    )
    .option(
      '--configuration <file>',
      'risk configuration in JSON (default: the built-in one for BTC and ETH)',
    )
    .option('--seed <number>', 'seed of the generated market and book', parseSeed, 1)
}

export function withRound(command: Command): Command {
  return withMarket(withInstance(command), 'the generated sample market')
}

export function withBook(command: Command): Command {
  return withRound(command).option(
    '--book <file>',
    'accounts in JSON or CSV (default: a generated sample book over the market)',
  )
}

export function withRounds(command: Command): Command {
  return command.option(
    '--rounds <folder>',
    'market files of all rounds so far; the last one is the round that the book stands on',
  )
}

export function withProver(command: Command): Command {
  return withKeys(command)
    .addOption(
      new Option(
        '--backend <name>',
        'prover: rapidsnark if installed, else the built-in engine (wasmcurves where it cannot run)',
      )
        .choices(['auto', 'builtin', 'engine', 'wasmcurves', 'rapidsnark'])
        .default('auto'),
    )
    .option('--rapidsnark <program>', 'path of the rapidsnark program; naming it insists on it')
}

export function withKeys(command: Command): Command {
  return withCache(command).option(
    '--keys <folder>',
    'keys of a finished ceremony (default: development keys, for local chains only)',
  )
}

/** Says of a shared option what it is to one command. */
export function describeOption(command: Command, long: string, description: string): void {
  command.options.find((option) => option.long === long)!.description = description
}

export function withCache(command: Command): Command {
  return command.option(
    '--cache <folder>',
    'where circuits, keys and contracts are kept (default: $TACIT_CACHE, or build/cache of the checkout)',
  )
}

export function withContext(command: Command): Command {
  return command
    .option('--chain-id <number>', 'chain that the proof is for', parseChainId)
    .option('--attestor <address>', 'MarginAttestor contract that the proof is for')
    .option('--beneficiary <address>', 'whom the proof speaks for; nobody else can use it')
}

function collect(file: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, file]
}

export function parseSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(seed < 2 ** 32)) throw new InvalidArgumentError('It must be an unsigned integer of 32 bits.')
  return seed
}

function parseChainId(text: string): bigint {
  if (!/^[1-9]\d{0,19}$/.test(text)) throw new InvalidArgumentError('It must be a positive whole number.')
  return BigInt(text)
}
