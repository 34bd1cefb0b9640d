import type { Command } from 'commander'
import { checkReceipt, type ReceiptReport } from '../../bundle/check-receipt.ts'
import { MAX_RECEIPT_BYTES, parseReceipt } from '../../bundle/receipt.ts'
import { bundleChunks } from '../../bundle/write-file.ts'
import { InputError } from '../../protocol/errors.ts'
import { type BundleOptions, verifySurroundings, withBundle } from '../bundle-options.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { readSmallTextFile, requireExisting } from '../files.ts'
import { paint, shortenNumbers, tierText, usd, wrapped } from '../format.ts'
import { PAIR_HELP } from '../key-folders.ts'
import { pairsText, tableText } from '../table.ts'
import { checksText, exitCodeOfBundle, isBundle } from '../verify-bundle.ts'

interface CheckReceiptOptions extends BundleOptions {
  readonly keys?: string
}

export function checkReceiptCommand(attach: Attach): Command {
  const command = withBundle(
    newCommand({
      name: 'check-receipt',
      summary: 'see that a bundle counts exactly your positions, once',
      description:
        "Verifies a bundle whole, recomputes your account's leaf from your receipt, and looks it up among the leaves that " +
        'the bundle proves: it must stand there exactly once. Lists your positions with their marks and your margin.',
      examples: ['check-receipt receipt.json epoch-3.tacit.jsonl --key-hash 0x... --key-hash 0x...'],
    }),
  )
    .argument('<receipt>', 'your receipt, as receipt writes it')
    .argument('<bundle>', 'the bundle of the book')
    .option('--keys <folder>', `${PAIR_HELP}, that you trust`)
  return attach<CheckReceiptOptions>(command, async ({ options, args, out }) => {
    if (await isBundle(args[0]!)) {
      throw new InputError('is a bundle: the receipt comes first, then the bundle', { file: args[0]! })
    }
    const receipt = parseReceipt(readSmallTextFile(args[0]!, MAX_RECEIPT_BYTES))
    const bundle = requireExisting(args[1]!)
    const report = await out.task('verifying', async (update) => {
      const folders = options.keys === undefined ? [] : [options.keys]
      return checkReceipt(receipt, bundleChunks(bundle), await verifySurroundings(options, folders, update))
    })
    out.print(receiptText(report, out.colour))
    out.result(report)
    return exitCode(report)
  })
}

function exitCode({ verdict, bundleVerdict }: ReceiptReport): ExitCode {
  if (bundleVerdict === 'refused') return EXIT.input
  return verdict === 'counted' ? exitCodeOfBundle(bundleVerdict) : EXIT.no
}

function receiptText(report: ReceiptReport, colour: boolean): string {
  const counted = report.verdict === 'counted'
  const head = counted ? paint('COUNTED', '1;32', colour) : paint('NOT COUNTED', '1;31', colour)
  return [
    head,
    checksText(report.checks, colour),
    '',
    ...(counted ? [positionsText(report), '', marginText(report, colour), ''] : []),
    ...report.words.map((text) => wrapped(shortenNumbers(text), 2)),
  ].join('\n')
}

function positionsText({ positions }: ReceiptReport): string {
  if (positions.length === 0) return '  no positions'
  const right = { align: 'right' } as const
  return tableText(
    [
      { head: 'position' },
      { head: 'quantity', ...right },
      { head: 'mark USD', ...right },
      { head: 'value USD', ...right },
    ],
    positions.map(({ symbol, units, markNano, valueNano }) => [symbol, units, usd(markNano), usd(valueNano)]),
    2,
  )
}

function marginText({ margin }: ReceiptReport, colour: boolean): string {
  if (margin === undefined) return '  no margin'
  const { equityNano, requirementNano, tier } = margin
  return pairsText(
    [
      ['equity', `${usd(equityNano)} USD`],
      ['MM', `${usd(requirementNano.mm)} USD`],
      ['IM', `${usd(requirementNano.im)} USD`],
      ['tier', tierText(tier, colour)],
    ],
    2,
  )
}
