/** `tacit verify` for a bundle. Boundary module: reads the file, and a chain where one is named. */
import { open } from 'node:fs/promises'
import { JsonRpcProvider } from 'ethers'
import { BUNDLE_FORMAT, BUNDLE_SUFFIX } from '../bundle/records.ts'
import type { Check } from '../bundle/verify/check.ts'
import type { BundleReport, BundleVerdict } from '../bundle/verify/report.ts'
import { type VerifiedBundle, verifyBundle } from '../bundle/verify/verify.ts'
import { bundleChunks } from '../bundle/write-file.ts'
import { compareWithChain } from '../chain/compare-bundle.ts'
import { type BundleOptions, verifySurroundings } from './bundle-options.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { requireExisting } from './files.ts'
import { paint, shortenNumbers, wrapped } from './format.ts'
import type { Output } from './output.ts'

export interface VerifyBundleOptions extends BundleOptions {
  readonly keys?: string
  readonly rpc?: string
}

const EXIT_OF: Readonly<Record<BundleVerdict, ExitCode>> = {
  valid: EXIT.done,
  invalid: EXIT.no,
  refused: EXIT.input,
  'valid-development-keys': EXIT.developmentKeys,
  'valid-unpinned-keys': EXIT.unknownKeys,
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
  const verified = await out.task('verifying', async (update) => {
    const surroundings = await verifySurroundings(
      options,
      options.keys === undefined ? [] : [options.keys],
      update,
    )
    return verifyBundle(bundleChunks(file), surroundings)
  })
  const report = await withChain(verified, options.rpc)
  out.print(reportText(report, out.colour))
  out.result(report)
  return EXIT_OF[report.verdict]
}

async function withChain({ report, header }: VerifiedBundle, rpc: string | undefined): Promise<BundleReport> {
  if (rpc === undefined || header === undefined || report.verdict === 'refused') return report
  const provider = new JsonRpcProvider(rpc, undefined, { staticNetwork: false })
  try {
    const compared = await compareWithChain({ header, report, provider, nowMs: () => performance.now() })
    const failed = compared.filter(({ verdict }) => verdict === 'fail')
    const checks = [...report.checks, ...compared]
    if (failed.length === 0) return { ...report, words: [...report.words, agreement(compared)], checks }
    const words = [
      'Not valid: the bundle does not agree with the chain.',
      ...failed.map(({ title, evidence }) => `${title}: NO (${evidence})`),
    ]
    return { ...report, verdict: 'invalid', words, checks }
  } finally {
    provider.destroy()
  }
}

/** In words: that the chain has all of it, and whether it is final there. */
function agreement(compared: readonly Check[]): string {
  const { evidence } = compared.find(({ id }) => id === 'chain-final')!
  return `The chain has this round, this book and this seal: ${evidence}.`
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
