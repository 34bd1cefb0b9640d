import type { Command } from 'commander'
import { type Attach, newCommand } from '../command.ts'
import { type DemoOptions, playDemo } from '../demo/play.ts'
import { EXIT } from '../exit-codes.ts'
import { withBook, withProver } from '../options.ts'

export function demoCommand(attach: Attach): Command {
  const command = withProver(
    withBook(
      newCommand({
        name: 'demo',
        summary: 'the whole of it on a local chain: attest, trigger, refuse, liquidate',
        description:
          "Starts a local chain, deploys, posts a risk round and a book, prints every account's margin, proves one " +
          'healthy account covered and one distressed account below its threshold, and shows forged, copied, replayed ' +
          'and stale proofs being refused. Then the market crashes: one account is hedged, one sold by sealed bids, one taken ' +
          'by the clearing house, one deleveraged; a table says who got what, and value is checked to the last unit. The ' +
          'first run builds five circuits and their keys, which takes some minutes.',
        examples: [
          'demo',
          'demo --instance margin-4 --json',
          'demo --instance margin-4 --seal',
          'demo --market btc_option_book_summary.json --market eth_option_book_summary.json',
        ],
      }),
    ),
  ).option(
    '--seal',
    'prove the whole book at the end and have its seal made final: a proof an account more, about a second each',
  )
  return attach<DemoOptions>(command, async ({ io, out, options }) => {
    const report = await playDemo(options, io, out)
    out.print()
    out.print(
      `Done in ${report.timings.total.toFixed(1)} s: 1 attested, 1 triggered, ${report.refused.length} refused, ` +
        `${report.liquidation.cases.length} liquidated. ` +
        'Everything that was started is closed.',
    )
    out.result(report)
    return EXIT.done
  })
}
