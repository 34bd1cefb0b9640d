import type { Command } from 'commander'
import { listCases } from '../../chain/engine-client/case-list.ts'
import { caseJson, casesTable } from '../case-view.ts'
import { type Attach, newCommand } from '../command.ts'
import { type ChainOptions, openChain, withChain } from '../engine-options.ts'
import { EXIT } from '../exit-codes.ts'
import { withCache } from '../options.ts'

interface CasesOptions extends ChainOptions {
  readonly all?: boolean
}

export function casesCommand(attach: Attach): Command {
  const command = withCache(
    withChain(
      newCommand({
        name: 'cases',
        summary: 'the cases of a liquidation engine',
        description:
          'Lists what is being liquidated, from the chain alone: tag, kind, stage, how much of the account is on sale, the ' +
          'highest discount, and the two public bounds of the lot. Nobody learns positions from it.',
        examples: [
          'cases --deployment deployment.json',
          'cases --deployment deployment.json --rpc https://... --all --json',
        ],
      }),
    ),
  ).option('--all', 'closed cases as well')
  return attach<CasesOptions>(command, async ({ io, out, options }) => {
    const chain = await openChain(options, io)
    try {
      const listed = await out.task('reading the cases', () => listCases(chain.connection, chain.fromBlock))
      const shown = listed.filter(({ engineCase }) => options.all === true || engineCase.stage !== 'closed')
      out.print(shown.length === 0 ? 'no case is open' : casesTable(shown, false))
      out.result({ cases: shown.map(caseJson) })
      return EXIT.done
    } finally {
      chain.close()
    }
  })
}
