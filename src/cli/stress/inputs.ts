import { readBook } from '../../book/read.ts'
import { InputError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { parseConfiguration } from '../../risk/configuration-file.ts'
import { DEFAULT_CONFIGURATION } from '../../risk/default-configuration.ts'
import { Listing } from '../../risk/listing.ts'
import { readMarket } from '../../risk/market/read.ts'
import { sampleMarket } from '../../risk/market/sample.ts'
import { arraysOfAccounts, type BookArrays } from '../../stress/book/arrays.ts'
import { DEFAULT_GENERATED, generateBook } from '../../stress/book/generate.ts'
import { type BookTilt, tiltBook } from '../../stress/book/tilt.ts'
import { checkParameters } from '../../stress/parameters.ts'
import { readBars } from '../../stress/path/bars.ts'
import {
  checkModel,
  DEFAULT_HESTON,
  DEFAULT_MERTON,
  DEFAULT_SHOCK,
  type PathModel,
} from '../../stress/path/models.ts'
import { emptyPath } from '../../stress/path/path.ts'
import { type PathSource, pathOf } from '../../stress/run.ts'
import type { StressSetup } from '../../stress/setup.ts'
import { readTextFile } from '../files.ts'
import { enginesOf, parametersOf, type StressOptions } from './options.ts'

export interface StressInputs {
  readonly setup: StressSetup
  readonly marketSource: string
  readonly bookSource: string
  readonly pathSource: string
  readonly runs: number
  /** The book of a scenario that is about the book: generated so, or a venue's own tilted so. */
  readonly bookWith: (change: BookTilt) => BookArrays
  readonly isOwnBook: boolean
}

const MOST_RUNS = 100_000

/** Reads and checks everything before anything runs. Throws InputError naming file, row, field and rule. */
export function loadStress(options: StressOptions): StressInputs {
  const instance = MARGIN_INSTANCES[options.instance]
  const files = options.market ?? []
  const size = instance.riskLevels < 4 ? 'small' : 'full'
  const snapshot =
    files.length > 0 ? readMarket(files.map(readTextFile)) : sampleMarket({ seed: options.seed, size })
  const configuration =
    options.configuration === undefined ? DEFAULT_CONFIGURATION : configurationOf(options.configuration)
  const listing = Listing.empty.update(snapshot.instruments, instance)
  const parameters = parametersOf(options)
  checkParameters(parameters)
  const generated = {
    ...DEFAULT_GENERATED,
    accounts: options.accounts,
    seed: options.seed,
    shortGammaUsd: options.shortGamma,
  }
  const own =
    options.book === undefined
      ? undefined
      : arraysOfAccounts(
          readBook(readTextFile(options.book), listing, instance).map(({ account }) => account),
        )
  const bookWith = (change: BookTilt) =>
    own === undefined
      ? generateBook(snapshot, configuration, listing, { ...generated, ...change })
      : tiltBook(own, snapshot, configuration, listing, change)
  const source = sourceOf(options, snapshot.underlyings.length, parameters.volBeta)
  return {
    setup: {
      snapshot,
      configuration,
      listing: listing.instruments.map(({ symbol, id }) => [symbol, id] as const),
      book: own ?? bookWith({}),
      parameters,
      source,
      engines: enginesOf(options),
      seed: options.seed,
    },
    marketSource: files.length > 0 ? files.join(', ') : `sample market, seed ${options.seed}`,
    bookSource: options.book ?? `generated book, seed ${options.seed}`,
    pathSource: pathWords(options),
    runs: runsOf(options),
    bookWith,
    isOwnBook: own !== undefined,
  }
}

function configurationOf(path: string) {
  const { name, text } = readTextFile(path)
  return parseConfiguration(text, name)
}

function runsOf({ runs, bars }: StressOptions): number {
  if (!Number.isSafeInteger(runs) || runs < 1 || runs > MOST_RUNS) {
    throw new InputError(`must be a whole number from 1 to ${MOST_RUNS}`, { field: '--runs' })
  }
  // Bars are one path, and everything else follows from it.
  return bars === undefined ? runs : 1
}

function sourceOf(options: StressOptions, underlyings: number, volBeta: number): PathSource {
  if (options.bars !== undefined) {
    if (options.bars.length > underlyings) {
      throw new InputError(`${options.bars.length} files for ${underlyings} underlyings`, { field: '--bars' })
    }
    const files = options.bars.map((path) => {
      const { name, text } = readTextFile(path)
      return readBars(name, text)
    })
    const window = { fromSeconds: timeOf('--from', options.from), toSeconds: timeOf('--to', options.to) }
    const source = { kind: 'bars', files, window } as const
    pathOf(source, underlyings, options.seed, 0)
    return source
  }
  const steps = Math.round((options.hours * 3_600) / options.step)
  emptyPath(1, steps, options.step)
  const model = modelOf(options, volBeta)
  checkModel(model)
  return { kind: 'model', model, steps, stepSeconds: options.step, correlation: 0.8 }
}

function modelOf({ model, spot, vol, skew, ramp, recovery }: StressOptions, volBeta: number): PathModel {
  if (model === 'merton') return DEFAULT_MERTON
  if (model === 'heston') return DEFAULT_HESTON
  return {
    ...DEFAULT_SHOCK,
    spotMove: spot / 100,
    volMove: vol / 100,
    skewMove: skew / 100,
    rampSeconds: ramp * 60,
    recovery: recovery / 100,
    volFollows: volBeta,
  }
}

function timeOf(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z$/.test(text)
  const millis = isTime ? Date.parse(text) : Number.NaN
  if (Number.isNaN(millis)) throw new InputError('must be a time as 2021-05-19T00:00Z', { field })
  return millis / 1_000
}

function pathWords({ bars, model, spot, vol, skew, ramp, from, to }: StressOptions): string {
  if (bars !== undefined)
    return `bars of ${bars.join(', ')}${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`
  if (model !== 'shock') return `${model} model`
  const tilt = skew === 0 ? '' : `, skew ${skew}%`
  return `price ${spot}%, volatility ${vol}%${tilt} within ${ramp} minutes`
}
