import type { Command } from 'commander'
import { roundJson } from '../accounts.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { writeWhole } from '../files.ts'
import { grouped, hex32, instant } from '../format.ts'
import { haltedJson, matrixJson, vectorOf, vectorText } from '../matrix-view.ts'
import { type RoundOptions, withRound } from '../options.ts'
import { toJson } from '../output.ts'
import { loadRound, type RoundSession } from '../session.ts'
import { pairsText, tableText } from '../table.ts'

interface MatrixOptions extends RoundOptions {
  readonly out?: string
  readonly instrument?: string
}

export function matrixCommand(attach: Attach): Command {
  const command = withRound(
    newCommand({
      name: 'matrix',
      summary: 'build the public risk matrix of a market and its root',
      description:
        'Prices every instrument under every scenario and hashes the vectors to one root. Same market and ' +
        'configuration, same root, on every machine.',
      examples: [
        'matrix',
        'matrix --instrument BTC-PERPETUAL',
        'matrix --market btc.json --market eth.json --out matrix.json',
      ],
    }),
  )
    .option('--out <file>', 'write all vectors as JSON')
    .option('--instrument <symbol>', 'show the vector of one instrument')
  return attach<MatrixOptions>(command, async ({ options, out }) => {
    const session = await loadRound(options, out)
    const view = options.instrument === undefined ? undefined : vectorOf(session, options.instrument)
    if (options.out !== undefined) {
      writeWhole(options.out, `${toJson(matrixJson(session), 1)}\n`)
      out.notice(`wrote ${options.out}`)
    }
    if (view === undefined) out.print(summary(session))
    else out.print(vectorText(session, view, out.colour))
    out.result({
      ...roundJson(session),
      halted: haltedJson(session),
      ...(view === undefined ? {} : { symbol: view.symbol, lotNano: view.lotNano, vector: view.vector }),
      ...(options.out === undefined ? {} : { out: options.out }),
    })
    return EXIT.done
  })
}

function summary(session: RoundSession): string {
  const { matrix, snapshot, configuration } = session
  const symbols = snapshot.underlyings.map(({ symbol }) => symbol).join(', ')
  const pairs = pairsText([
    ['market', session.marketSource],
    ['as of', instant(matrix.asOfSeconds)],
    ['instruments', `${grouped(snapshot.instruments.length)} on ${symbols}`],
    ['configuration', `${configuration.name}: ${configuration.scenarios.length} scenarios`],
    ['configuration hash', session.configurationHash],
    ['market hash', session.marketHash],
    ['risk root', hex32(matrix.root)],
    ['halted', matrix.halted.length === 0 ? 'none' : grouped(matrix.halted.length)],
  ])
  if (matrix.halted.length === 0) return pairs
  const rows = matrix.halted.map(({ symbol, reason, standing }) => [
    symbol,
    standing === undefined ? 'left out' : 'last vector stands',
    reason,
  ])
  return `${pairs}\n\n${tableText([{ head: 'halted' }, { head: '' }, { head: 'because' }], rows)}`
}
