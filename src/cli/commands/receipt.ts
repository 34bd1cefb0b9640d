import type { Command } from 'commander'
import { receiptOf, writeReceipt } from '../../bundle/receipt.ts'
import { accountIndex } from '../accounts.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { writeWhole } from '../files.ts'
import { hex32, wrapped } from '../format.ts'
import { type BookOptions, withBook, withRounds } from '../options.ts'
import { loadSession } from '../session.ts'
import { pairsText } from '../table.ts'

interface ReceiptOptions extends BookOptions {
  readonly account: string
  readonly out: string
}

export function receiptCommand(attach: Attach): Command {
  const base = withBook(
    newCommand({
      name: 'receipt',
      summary: "write an account owner's receipt: what their account is in the book",
      description:
        "Writes a file with one account's opening and its path in the book. With it and a bundle of the same book its " +
        'owner sees that exactly their positions are counted, once (check-receipt). The file is private.',
      examples: [
        'receipt --account "iron condor" --out receipt.json',
        'receipt --market btc.json --book book.csv --account 1001 --out receipt.json',
        'receipt --rounds rounds/ --book book.json --account 1001 --out receipt.json',
      ],
    }),
  )
  const command = withRounds(base)
    .requiredOption('--account <name|id>', 'the account (required)')
    .requiredOption('--out <file>', 'where the receipt goes (required)')
  return attach<ReceiptOptions>(command, async ({ options, out }) => {
    const session = await loadSession(options, out)
    const index = accountIndex(session, options.account)
    const opening = session.book.opening(index)
    writeWhole(options.out, writeReceipt(receiptOf(session.instance, opening)))
    out.notice(`wrote ${options.out}: PRIVATE, it holds the account's positions and its secret`)
    const { accountId, positions } = opening.account
    const of = [
      ['account', `${accountId}, at index ${index} of ${opening.count}`],
      ['positions', String(positions.length)],
      ['book root', hex32(opening.bookRoot)],
    ] as const
    out.print(`${pairsText(of, 2)}\n\n${wrapped('Good for bundles of this book only.', 2)}`)
    out.result({ out: options.out, accountId, index, count: opening.count, bookRoot: opening.bookRoot })
    return EXIT.done
  })
}
