import { type VerifyOptions, verifyBundle } from '../../bundle/index.ts'
import type { BundleReport, BundleVerdict } from '../../bundle/verify/report.ts'
import { chunksOf } from '../../page/chunks.ts'
import { compareKeys, FOREIGN_KEY, isFailure, type UsedKeys } from './chain-keys.ts'
import type { Verdict, VerifySealJob } from './messages.ts'

const TITLES: Readonly<Record<BundleVerdict, readonly [Verdict['tone'], string]>> = {
  valid: ['good', 'Valid'],
  'valid-unpinned-keys': ['good', 'Valid for the keys in the bundle'],
  'valid-development-keys': ['warning', 'Valid, with development keys'],
  invalid: ['bad', 'Not valid'],
  refused: ['bad', 'Refused'],
}

/** The whole book: every account's proof, every link, the round from raw data, and the seal; then its keys. */
export async function verifySeal(
  { bundle, asOfSeconds, chainKeys }: VerifySealJob,
  surroundings: Omit<VerifyOptions, 'asOfSeconds' | 'pins'>,
): Promise<Omit<Verdict, 'milliseconds'>> {
  const { report } = await verifyBundle(
    chunksOf(bundle, () => {}),
    { ...surroundings, asOfSeconds },
  )
  const keyChecks = compareKeys(usedKeys(report), chainKeys)
  const checks = [
    ...report.checks.map(({ title, verdict, evidence }) => ({ title, verdict, evidence })),
    ...keyChecks,
  ]
  const isValid = report.verdict !== 'invalid' && report.verdict !== 'refused'
  if (isValid && keyChecks.some(isFailure)) return { ...FOREIGN_KEY, checks }
  const [tone, title] = TITLES[report.verdict]
  return { tone, title, words: report.words, checks }
}

/** A bundle's steps are proofs of the margin circuit. */
function usedKeys({ keys }: BundleReport): UsedKeys {
  return Object.fromEntries(keys.map(({ role, hash }) => [role === 'step' ? 'margin' : 'seal', hash]))
}
