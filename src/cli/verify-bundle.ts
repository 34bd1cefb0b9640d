/** `tacit verify` for a bundle. Boundary module: reads the file, and a chain where one is named. */
import { open } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { isAddress, JsonRpcProvider } from 'ethers'
import { BUNDLE_FORMAT, BUNDLE_SUFFIX } from '../bundle/records.ts'
import type { Check } from '../bundle/verify/check.ts'
import type { BundleReport, BundleVerdict } from '../bundle/verify/report.ts'
import { type VerifiedBundle, verifyBundle } from '../bundle/verify/verify.ts'
import { bundleChunks } from '../bundle/write-file.ts'
import { compareWithChain } from '../chain/compare-bundle.ts'
import { InputError } from '../protocol/errors.ts'
import { type BundleOptions, verifySurroundings } from './bundle-options.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { requireExisting } from './files.ts'
import { paint, shortenNumbers, wrapped } from './format.ts'
import type { Output } from './output.ts'

export interface ChainOfBundle {
  readonly rpc?: string
  /** EpochSeals of the venue, as the reader knows it. */
  readonly seals?: string
}

export interface VerifyBundleOptions extends BundleOptions, ChainOfBundle {
  readonly keys?: string
}

const EXIT_OF: Readonly<Record<BundleVerdict, ExitCode>> = {
  valid: EXIT.done,
  invalid: EXIT.no,
  refused: EXIT.input,
  'valid-development-keys': EXIT.developmentKeys,
  'valid-unpinned-keys': EXIT.unknownKeys,
}

export function withChainOfBundle(command: Command): Command {
  return command
    .option('--rpc <url>', 'for a bundle: compare it with the chain behind this node')
    .option(
      '--seals <address>',
      "with --rpc: the venue's EpochSeals contract, as you know it; every other contract follows from it",
      parseAddress,
    )
}

function parseAddress(text: string): string {
  if (!isAddress(text)) throw new InvalidArgumentError('It must be an address: 0x and 40 hex digits.')
  return text.toLowerCase()
}

export function exitCodeOfBundle(verdict: BundleVerdict): ExitCode {
  return EXIT_OF[verdict]
}

/** Enough of a file to tell a bundle's header from a proof file's first lines. */
const SNIFFED_BYTES = 4_096

/** Whether a file begins as a bundle does, sound or not; a proof file is one object over many lines. */
export async function isBundle(path: string): Promise<boolean> {
  const file = await open(requireExisting(path))
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0)
    const start = buffer.subarray(0, bytesRead).toString('latin1')
    return (
      path.endsWith(BUNDLE_SUFFIX) ||
      /"record"\s*:\s*"header"/.test(start) ||
      start.includes(`"${BUNDLE_FORMAT}"`)
    )
  } finally {
    await file.close()
  }
}

export async function runVerifyBundle(
  path: string,
  options: VerifyBundleOptions,
  out: Output,
): Promise<ExitCode> {
  const file = requireExisting(path)
  requireNode(options)
  const verified = await out.task('verifying', async (update) => {
    const surroundings = await verifySurroundings(
      options,
      options.keys === undefined ? [] : [options.keys],
      update,
    )
    return verifyBundle(bundleChunks(file), surroundings)
  })
  const report = await withChain(verified, options)
  out.print(reportText(report, out.colour))
  out.result(report)
  return EXIT_OF[report.verdict]
}

/** Throws InputError for a contract without a chain to look for it on. */
export function requireNode({ rpc, seals }: ChainOfBundle): void {
  if (seals !== undefined && rpc === undefined) throw new InputError('goes with --rpc', { field: '--seals' })
}

/** The report of a bundle with what the chain says of it, where a node was named. Throws ChainError when it is silent. */
export async function withChain(
  { report, header }: VerifiedBundle,
  { rpc, seals: trustedSeals }: ChainOfBundle,
): Promise<BundleReport> {
  if (rpc === undefined || header === undefined || report.verdict === 'refused') return report
  const provider = new JsonRpcProvider(rpc, undefined, { staticNetwork: false })
  try {
    const compared = await compareWithChain({
      header,
      report,
      provider,
      nowMs: () => performance.now(),
      trustedSeals,
    })
    const failed = compared.filter(({ verdict }) => verdict === 'fail')
    const checks = [...report.checks, ...compared]
    if (failed.length === 0) return { ...report, words: [...report.words, agreement(compared)], checks }
    const words = header.chain?.references
      ? [
          'Not valid: the bundle does not agree with the chain.',
          ...failed.map(({ title, evidence }) => `${title}: NO (${evidence})`),
        ]
      : [
          'Not valid against a chain: the bundle names no place on a chain, as one that was proven without a deployment. ' +
            'Without --rpc it is checked for what it shows by itself.',
        ]
    // What the file itself does not hold stays the first thing that is said.
    const own = report.verdict === 'invalid' ? report.words : []
    return { ...report, verdict: 'invalid', words: [...own, ...words], checks }
  } finally {
    provider.destroy()
  }
}

/** In words: that the chain has all of it, whether it is final there, and what of it was left unasked. */
function agreement(compared: readonly Check[]): string {
  const of = (id: string) => compared.find((check) => check.id === id)!
  const words = [`The chain has this round, this book and this seal: ${of('chain-final').evidence}.`]
  // Reserves, liquidity and sums stand in the transaction alone: the contract keeps no more than it needs.
  if (of('chain-posting').verdict !== 'pass') {
    words.push(
      'With which reserves, liquidity and sums it was submitted was not read (no such transaction is named).',
    )
  }
  if (of('chain-contract').verdict !== 'pass') {
    words.push("All that holds if the contracts are the venue's own: name its EpochSeals (--seals).")
  }
  return words.join(' ')
}

const HEADS: Readonly<Record<BundleVerdict, readonly [text: string, colour: string]>> = {
  valid: ['VALID', '1;32'],
  'valid-unpinned-keys': ['VALID, UNKNOWN KEYS', '1;33'],
  'valid-development-keys': ['VALID, DEVELOPMENT KEYS', '1;33'],
  invalid: ['NOT VALID', '1;31'],
  refused: ['REFUSED', '1;31'],
}

function reportText({ verdict, words, checks, milliseconds }: BundleReport, colour: boolean): string {
  const [head, code] = HEADS[verdict]
  return [
    paint(head, code, colour),
    checksText(checks, colour),
    '',
    ...words.map((text) => wrapped(shortenNumbers(text), 2)),
    '',
    `  ${(milliseconds / 1_000).toFixed(1)} s`,
  ].join('\n')
}

const ANSWERS = { pass: ['yes', '32'], fail: ['NO', '1;31'], skipped: ['-', '33'] } as const

/** One check a paragraph: its title, its answer, what the answer rests on. */
export function checksText(checks: readonly Check[], colour: boolean): string {
  return checks
    .map(({ title, verdict, evidence }) => {
      const [word, code] = ANSWERS[verdict]
      return `  ${paint(word.padEnd(4), code, colour)} ${title}\n${wrapped(shortenNumbers(evidence), 7)}`
    })
    .join('\n')
}
