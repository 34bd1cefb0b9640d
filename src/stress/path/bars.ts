import { parse } from 'csv-parse/sync'
import { InputError } from '../../protocol/errors.ts'
import { emptyPath, type PricePath } from './path.ts'

/** One file of price bars of one underlying, in order of time. */
export interface Bars {
  readonly file: string
  /** Unix milliseconds of each bar's opening. */
  readonly times: readonly number[]
  readonly closes: readonly number[]
  readonly stepSeconds: number
}

export interface BarsWindow {
  /** Unix seconds, both included; undefined: as far as every file reaches. */
  readonly fromSeconds: number | undefined
  readonly toSeconds: number | undefined
}

const TIME_COLUMNS = ['open_time_ms', 'time_ms', 'timestamp_ms'] as const
const LEAST_BARS = 3

/**
 * Reads a CSV of bars: a header with open_time_ms (or time_ms) and close, one bar a row, equally spaced. Throws InputError with
 * file, row and rule for a missing column, a row cut short, a time that does not follow or leaves a hole, and a price that
 * is none.
 */
export function readBars(file: string, text: string): Bars {
  const rows = recordsOf(file, text)
  const [header, ...body] = rows
  const timeColumn = TIME_COLUMNS.map((name) => header?.indexOf(name) ?? -1).find((index) => index >= 0)
  const closeColumn = header?.indexOf('close') ?? -1
  if (header === undefined || timeColumn === undefined || closeColumn < 0) {
    throw new InputError('needs a header with open_time_ms and close', { file, row: 1 })
  }
  const times: number[] = []
  const closes: number[] = []
  for (const [index, row] of body.entries()) {
    const at = (field: string) => ({ file, row: index + 2, field })
    if (row.length !== header.length) {
      throw new InputError(`has ${row.length} of ${header.length} fields: the file is cut short or damaged`, {
        file,
        row: index + 2,
      })
    }
    const time = /^\d{12,14}$/.test(row[timeColumn]!) ? Number(row[timeColumn]) : Number.NaN
    if (!(time > (times.at(-1) ?? 0)))
      throw new InputError('must be milliseconds, later than the row before', at('time'))
    const close = /^\d{1,12}(\.\d{1,12})?$/.test(row[closeColumn]!) ? Number(row[closeColumn]) : Number.NaN
    if (!(close > 0)) throw new InputError('must be a price above zero', at('close'))
    times.push(time)
    closes.push(close)
  }
  return { file, times, closes, stepSeconds: spacingOf(file, times) }
}

function recordsOf(file: string, text: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, skip_empty_lines: true }) as string[][]
  } catch (cause) {
    throw new InputError('is no CSV file', { file }, { cause })
  }
}

function spacingOf(file: string, times: readonly number[]): number {
  if (times.length < LEAST_BARS) {
    throw new InputError(`has ${times.length} bars: a path needs at least ${LEAST_BARS}`, { file })
  }
  const spacing = times[1]! - times[0]!
  const hole = times.findIndex((time, index) => index > 0 && time - times[index - 1]! !== spacing)
  if (hole > 0) {
    const missing = (times[hole]! - times[hole - 1]!) / spacing - 1
    throw new InputError(
      `does not follow the row before by ${spacing / 1_000} s (${missing} bars missing): a path may not have a hole`,
      { file, row: hole + 2, field: 'time' },
    )
  }
  if (spacing % 1_000 !== 0) throw new InputError('bars must be whole seconds apart', { file })
  return spacing / 1_000
}

/**
 * The path of these bars, one file per underlying of the market in its order; an underlying without a file follows the first
 * file by its beta. Throws InputError for files of different spacing, and for a window that a file does not cover.
 */
export function pathOfBars(files: readonly Bars[], betas: readonly number[], window: BarsWindow): PricePath {
  const [first] = files
  if (first === undefined)
    throw new InputError('a historical path needs at least one file', { field: '--bars' })
  const from =
    window.fromSeconds === undefined
      ? Math.max(...files.map(({ times }) => times[0]!))
      : window.fromSeconds * 1_000
  const to =
    window.toSeconds === undefined
      ? Math.min(...files.map(({ times }) => times.at(-1)!))
      : window.toSeconds * 1_000
  const parts = files.map((bars) => cutBars(bars, first.stepSeconds, from, to))
  const path = emptyPath(betas.length, parts[0]!.length - 1, first.stepSeconds)
  betas.forEach((beta, index) => {
    const own = parts[index]
    const closes = own ?? parts[0]!
    closes.forEach((close, step) => {
      const factor = close / closes[0]!
      path.spot[index]![step] = own === undefined ? factor ** beta : factor
    })
  })
  return path
}

function cutBars(
  { file, times, closes, stepSeconds }: Bars,
  spacing: number,
  from: number,
  to: number,
): number[] {
  if (stepSeconds !== spacing) {
    throw new InputError(`has bars of ${stepSeconds} s beside one of ${spacing} s`, { file })
  }
  const start = times.indexOf(from)
  const end = times.indexOf(to)
  if (start < 0 || end < 0) {
    const iso = (time: number) => new Date(time).toISOString()
    throw new InputError(
      `does not cover ${iso(from)} to ${iso(to)}: it has ${iso(times[0]!)} to ${iso(times.at(-1)!)}`,
      { file },
    )
  }
  if (end - start < LEAST_BARS - 1) throw new InputError('the window holds fewer than three bars', { file })
  return closes.slice(start, end + 1)
}
