import { type VerifyOptions, verifyBundle } from '../../bundle/index.ts'
import type { BundleVerdict } from '../../bundle/verify/report.ts'
import { chunksOf } from '../../page/chunks.ts'
import type { Verdict, VerifySealJob } from './messages.ts'

const TITLES: Readonly<Record<BundleVerdict, readonly [Verdict['tone'], string]>> = {
  valid: ['good', 'Valid'],
  'valid-unpinned-keys': ['good', 'Valid for the keys in the bundle'],
  'valid-development-keys': ['warning', 'Valid, with development keys'],
  invalid: ['bad', 'Not valid'],
  refused: ['bad', 'Refused'],
}

/** The whole book: every account's proof, every link, the round from raw data, and the seal. */
export async function verifySeal(
  { bundle, asOfSeconds }: VerifySealJob,
  surroundings: Omit<VerifyOptions, 'asOfSeconds'>,
): Promise<Omit<Verdict, 'milliseconds'>> {
  const { report } = await verifyBundle(
    chunksOf(bundle, () => {}),
    { ...surroundings, asOfSeconds },
  )
  const [tone, title] = TITLES[report.verdict]
  const checks = report.checks.map(({ title, verdict, evidence }) => ({ title, verdict, evidence }))
  return { tone, title, words: report.words, checks }
}
