import { basename } from 'node:path'
import type { Command } from 'commander'
import type { BundleReport, BundleVerdict } from '../../bundle/verify/report.ts'
import { type VerifyOptions, verifyBundle } from '../../bundle/verify/verify.ts'
import { bundleChunks } from '../../bundle/write-file.ts'
import { type ReportedBundle, reportPage } from '../../page/report/report-page.ts'
import { type BundleOptions, verifySurroundings, withBundle } from '../bundle-options.ts'
import { type Attach, newCommand } from '../command.ts'
import { requireExisting, writeWhole } from '../files.ts'
import { PAIR_HELP } from '../key-folders.ts'
import {
  type ChainOfBundle,
  exitCodeOfBundle,
  requireNode,
  withChain,
  withChainOfBundle,
} from '../verify-bundle.ts'

interface ReportOptions extends BundleOptions, ChainOfBundle {
  readonly keys?: string
  readonly out: string
}

export function reportCommand(attach: Attach): Command {
  const command = withChainOfBundle(
    withBundle(
      newCommand({
        name: 'report',
        summary: 'verify bundles and write a report to file or print, as one page of HTML',
        description:
          'Verifies every bundle as verify does and writes one page of HTML, ready for A4: verdict, statement, figures that ' +
          'the policy discloses, every check with its evidence, hashes, keys and their setup; with several bundles also ' +
          'tiers and gauge over epochs. The newest bundle is shown in full. A report is written whatever the verdict is; ' +
          'the exit code is that of the worst.',
        examples: [
          'report epoch-3.tacit.jsonl --key-hash 0x... --key-hash 0x... --out report.html',
          'report epoch-1.tacit.jsonl epoch-2.tacit.jsonl epoch-3.tacit.jsonl --out report.html',
        ],
      }),
    ),
  )
    .argument('<bundle...>', 'bundles of one venue, by epoch')
    .option('--keys <folder>', `${PAIR_HELP}, that you trust`)
    .requiredOption('--out <file>', 'where the report goes (required)')
  return attach<ReportOptions>(command, async ({ options, args, out }) => {
    const files = args.map((path) => requireExisting(path))
    requireNode(options)
    const bundles = await out.task('verifying', async (update) => {
      const folders = options.keys === undefined ? [] : [options.keys]
      return verifyAll(files, await verifySurroundings(options, folders, update), options)
    })
    writeWhole(options.out, reportPage(bundles, Math.floor(Date.now() / 1_000)))
    for (const { file, report } of bundles) out.print(`${file}: ${report.verdict}`)
    out.notice(`wrote ${options.out}`)
    const worst = worstOf(bundles.map(({ report }) => report.verdict))
    out.result({ out: options.out, verdict: worst, bundles })
    return exitCodeOfBundle(worst)
  })
}

/** From the oldest round to the newest. Only the newest can be as recent as the reader asks. */
async function verifyAll(
  files: readonly string[],
  surroundings: VerifyOptions,
  options: ReportOptions,
): Promise<ReportedBundle[]> {
  const plain = { ...surroundings, maxAgeSeconds: undefined }
  const bundles: (ReportedBundle & { readonly path: string })[] = []
  for (const path of files) {
    const report = await withChain(await verifyBundle(bundleChunks(path), plain), options)
    bundles.push({ path, file: basename(path), report })
  }
  bundles.sort((a, b) => asOf(a.report) - asOf(b.report))
  const newest = bundles.pop()!
  const { report } =
    options.maxAge === undefined
      ? newest
      : { report: await withChain(await verifyBundle(bundleChunks(newest.path), surroundings), options) }
  return [...bundles, { ...newest, report }].map(({ file, report }) => ({ file, report }))
}

/** A file that states no time stands first. */
function asOf({ statement }: BundleReport): number {
  return statement?.asOfSeconds ?? 0
}

const WORST_FIRST: readonly BundleVerdict[] = [
  'refused',
  'invalid',
  'valid-development-keys',
  'valid-unpinned-keys',
  'valid',
]

function worstOf(verdicts: readonly BundleVerdict[]): BundleVerdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict))!
}
