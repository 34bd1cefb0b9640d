import type { Command } from 'commander'
import { stressPage } from '../../stress/report/page.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { writeWhole } from '../files.ts'
import { withBook } from '../options.ts'
import { toJson } from '../output.ts'
import { loadStress } from '../stress/inputs.ts'
import { type StressOptions, withStress } from '../stress/options.ts'
import { stressText } from '../stress/show.ts'
import { study } from '../stress/study.ts'

export function stressCommand(attach: Attach): Command {
  const command = withStress(
    withBook(
      newCommand({
        name: 'stress',
        summary: 'what liquidations would do to a book in a crash, by engine',
        description:
          'Simulates a book of accounts through a move of prices and volatility, with hedgers, an order book that has depth ' +
          'and recovers, an oracle, liquidators and reserves, under five engines side by side: none, futures-style margin ' +
          'with market orders, portfolio margin with market orders, with soft liquidation, and the full engine. Deterministic ' +
          'in its seed. docs/stress.md has the model and every parameter.',
        examples: [
          'stress',
          'stress --market btc.json --book book.csv --spot -20 --vol 50 --report stress.html',
          'stress --bars btc.csv --bars eth.csv --from 2021-05-19T00:00Z --to 2021-05-20T00:00Z',
          'stress --model merton --runs 200 --phase-map --scenario all --reserves 99 --out stress.json',
        ],
      }),
    ),
  )
  return attach<StressOptions>(command, async ({ options, out }) => {
    const inputs = loadStress(options)
    const result = await study(inputs, options, out)
    out.print(stressText(result))
    for (const [path, text] of [
      [options.report, () => stressPage(result)],
      [options.out, () => `${toJson(result)}\n`],
    ] as const) {
      if (path === undefined) continue
      writeWhole(path, text())
      out.notice(`wrote ${path}`)
    }
    out.result(result)
    return EXIT.done
  })
}
