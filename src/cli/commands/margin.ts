import type { Command } from 'commander'
import { type AccountMargin, accountIndex, accountJson, accountMargins, roundJson } from '../accounts.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { grouped, instant } from '../format.ts'
import { type BookOptions, withBook } from '../options.ts'
import { loadSession, type Session } from '../session.ts'
import { accountDetail, accountsTable } from '../show-accounts.ts'

interface MarginOptions extends BookOptions {
  readonly account?: string
}

export function marginCommand(attach: Attach): Command {
  const command = withBook(
    newCommand({
      name: 'margin',
      summary: 'where every account of a book stands',
      description:
        'Computes the portfolio margin of every account: equity, maintenance (MM), soft (SOFT) and initial (IM) ' +
        'requirements, tier, the scenario that decides, and the linear model beside it.',
      examples: [
        'margin',
        'margin --account "iron condor"',
        'margin --market btc.json --market eth.json --book book.csv --json',
      ],
    }),
  ).option('--account <name|id>', 'one account in detail, with its positions')
  return attach<MarginOptions>(command, async ({ options, out }) => {
    const session = await loadSession(options, out)
    const accounts = accountMargins(session)
    const one = options.account === undefined ? undefined : accounts[accountIndex(session, options.account)]
    if (one === undefined) {
      out.print(
        `${session.marketSource}, ${instant(session.matrix.asOfSeconds)}: ` +
          `${grouped(session.snapshot.instruments.length)} instruments; ${session.bookSource}: ${accounts.length} accounts`,
      )
      out.print()
      out.print(accountsTable(session, accounts, { colour: out.colour }))
    } else out.print(accountDetail(session, one, out.colour))
    out.result({
      ...roundJson(session),
      book: session.bookSource,
      bookRoot: session.book.root,
      accounts: (one === undefined ? accounts : [one]).map((account) =>
        one === undefined ? accountJson(session, account) : detailJson(session, account),
      ),
    })
    return EXIT.done
  })
}

function detailJson(session: Session, account: AccountMargin) {
  const { positions } = account.entry.account
  return {
    ...accountJson(session, account),
    positions: positions.map(({ id, quantityLots }) => ({
      symbol: session.matrix.listing.byId(id)!.symbol,
      id,
      quantityLots,
      valueNano: quantityLots * session.matrix.vectors.get(id)!.ratesNano[0]!,
    })),
    scenarios: session.configuration.scenarios.map(({ name, regular }, index) => ({
      name,
      regular,
      lossNano: account.margin.lossesNano[index]!,
    })),
  }
}
