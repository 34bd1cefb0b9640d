import { type Command, InvalidArgumentError } from 'commander'
import { InputError } from '../../protocol/errors.ts'
import { DEFAULT_PARAMETERS, type StressParameters } from '../../stress/parameters.ts'
import {
  ENGINES,
  type EngineSetting,
  PART_WORDS,
  type SwitchablePart,
  tacitWithout,
} from '../../stress/parts.ts'
import { ENGINE_NAMES, type EngineName } from '../../stress/result.ts'
import type { BookOptions } from '../options.ts'

export interface StressOptions extends BookOptions {
  readonly accounts: number
  readonly shortGamma: number
  readonly spot: number
  readonly vol: number
  readonly skew: number
  readonly ramp: number
  readonly recovery: number
  readonly model: 'shock' | 'merton' | 'heston'
  readonly bars?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly hours: number
  readonly step: number
  readonly runs: number
  readonly threads: number
  readonly depth: number
  readonly impact: 'linear' | 'square-root'
  readonly set?: readonly string[]
  readonly engine?: readonly string[]
  readonly without?: readonly string[]
  readonly phaseMap?: boolean
  readonly phaseRuns: number
  readonly scenario?: readonly string[]
  readonly reserves?: number
  readonly report?: string
  readonly out?: string
}

export function withStress(command: Command): Command {
  return withRuns(withPath(command))
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

/** The book where there is no file, and where prices go. */
function withPath(command: Command): Command {
  return command
    .option('--accounts <number>', 'accounts of a generated book', number, 400)
    .option(
      '--short-gamma <USD>',
      'what its writers together trade for a move of one percent',
      number,
      20_000_000,
    )
    .option('--spot <percent>', 'move of the price', number, -20)
    .option(
      '--vol <percent>',
      'move of every volatility, what follows from the price included; impact of trades adds to it',
      number,
      50,
    )
    .option('--skew <percent>', 'tilt of the smile a standard deviation; positive: puts steepen', number, 0)
    .option('--ramp <minutes>', 'time that the move takes', number, 60)
    .option('--recovery <percent>', 'share of the move that comes back later', number, 0)
    .option(
      '--model <name>',
      'shock (the move above), merton (jumps) or heston (stochastic volatility)',
      modelName,
      'shock',
    )
    .option(
      '--bars <file>',
      'price bars in CSV, one file per underlying of the market in its order; repeat',
      collect,
    )
    .option('--from <time>', 'first bar, as 2021-05-19T00:00Z')
    .option('--to <time>', 'last bar')
    .option('--hours <number>', 'length of a path that is not bars', number, 4)
    .option('--step <seconds>', 'one step of it', number, 60)
}

/** How much is run, on what plumbing, and what is made of it. */
function withRuns(command: Command): Command {
  return command
    .option('--runs <number>', 'paths; bars are one path', number, 20)
    .option('--threads <number>', 'worker threads; the result is the same with any', number, 2)
    .option(
      '--depth <USD>',
      'notional that moves the first underlying by one percent',
      number,
      DEFAULT_PARAMETERS.depthUsd,
    )
    .option('--impact <law>', 'linear or square-root', lawName, 'linear')
    .option('--set <name=value>', 'any other parameter of docs/stress.md; repeat', collect)
    .option('--engine <name>', `engines to run (default: all): ${ENGINE_NAMES.join(', ')}; repeat`, collect)
    .option(
      '--without <part>',
      `also the full engine without a part: ${Object.keys(PART_WORDS).join(', ')}; repeat`,
      collect,
    )
    .option('--phase-map', 'also sweep the size of the book against depth')
    .option('--phase-runs <number>', 'runs of each cell of the map', number, 12)
    .option('--scenario <name>', 'also a named scenario, or all; repeat', collect)
    .option('--reserves <percent>', 'also size insurance and Gamma Reserve for this confidence', number)
    .option('--report <file>', 'write a page of HTML with charts')
    .option('--out <file>', 'write the whole result as JSON')
}

/** The engines that were asked for; the run without liquidations is always there. Throws InputError for an unknown name. */
export function enginesOf({ engine, without }: StressOptions): EngineSetting[] {
  const wanted = engine ?? ENGINE_NAMES
  const unknown = wanted.find((name) => !ENGINE_NAMES.includes(name as EngineName))
  if (unknown !== undefined) {
    throw new InputError(`there is no engine "${unknown}"; there are ${ENGINE_NAMES.join(', ')}`, {
      field: '--engine',
    })
  }
  const names = ENGINE_NAMES.filter((name) => name === 'none' || wanted.includes(name))
  const settings = names.map((name): EngineSetting => ({ name, parts: ENGINES[name] }))
  return [...settings, ...(without ?? []).map((part) => tacitWithout([partNamed(part)]))]
}

function partNamed(name: string): SwitchablePart {
  if (name in PART_WORDS && name !== 'marketOrders') return name as SwitchablePart
  const known = Object.keys(PART_WORDS).filter((part) => part !== 'marketOrders')
  throw new InputError(`there is no part "${name}"; there are ${known.join(', ')}`, { field: '--without' })
}

/** Throws InputError for a name that is no parameter and a value that is no number; ranges are checkParameters'. */
export function parametersOf({ depth, impact, set }: StressOptions): StressParameters {
  const changes: Record<string, number> = {}
  for (const text of set ?? []) {
    const [name, value, ...rest] = text.split('=')
    const isKnown = name !== undefined && name in DEFAULT_PARAMETERS && name !== 'impactLaw'
    if (!isKnown || value === undefined || rest.length > 0) {
      throw new InputError(`"${text}" is not name=value with a parameter of docs/stress.md`, {
        field: '--set',
      })
    }
    changes[name] = number(value)
  }
  const impactLaw = impact === 'linear' ? 'linear' : 'squareRoot'
  return { ...DEFAULT_PARAMETERS, depthUsd: depth, ...changes, impactLaw }
}

function number(text: string): number {
  const value = /^-?(\d+(\.\d+)?([eE]\d+)?|Infinity)$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.')
  return value
}

function modelName(text: string): string {
  if (text === 'shock' || text === 'merton' || text === 'heston') return text
  throw new InvalidArgumentError('It must be shock, merton or heston.')
}

function lawName(text: string): string {
  if (text === 'linear' || text === 'square-root') return text
  throw new InvalidArgumentError('It must be linear or square-root.')
}
