import type { BundleVerdict, Check, KeySetup } from '../../bundle/index.ts'

/** How a verdict or an answer looks; every one also has words. */
export type Tone = 'good' | 'warning' | 'bad'

export interface VerdictView {
  readonly title: string
  readonly tone: Tone
}

export const VERDICTS: Readonly<Record<BundleVerdict, VerdictView>> = {
  valid: { title: 'Valid', tone: 'good' },
  'valid-unpinned-keys': { title: 'Valid, unknown keys', tone: 'warning' },
  'valid-development-keys': { title: 'Valid, development keys', tone: 'warning' },
  invalid: { title: 'Not valid', tone: 'bad' },
  refused: { title: 'Refused', tone: 'bad' },
}

export const DEVELOPMENT_WARNING =
  'Development keys: anyone could have forged these proofs. This bundle proves nothing to you; use it for testing only.'

export interface AnswerView {
  readonly word: string
  readonly tone: Tone
}

/** A check's answer. The one about the setup passes for keys that anyone can forge for: that is no plain yes. */
export function answerOf(check: Check, keys: readonly { readonly setup: KeySetup }[]): AnswerView {
  if (check.verdict === 'fail') return { word: 'Failed', tone: 'bad' }
  if (check.verdict === 'skipped') return { word: 'Not checked', tone: 'warning' }
  if (check.id === 'setup' && !areProduction(keys)) return { word: 'Warning', tone: 'warning' }
  return { word: 'Passed', tone: 'good' }
}

export function areProduction(keys: readonly { readonly setup: KeySetup }[]): boolean {
  return keys.every(({ setup }) => setup.kind === 'production')
}

/** One line on how many checks came out how. */
export function tally(checks: readonly Check[], keys: readonly { readonly setup: KeySetup }[]): string {
  const words = checks.map((check) => answerOf(check, keys).word.toLowerCase())
  return ['failed', 'warning', 'not checked', 'passed']
    .map((word) => ({ word, count: words.filter((other) => other === word).length }))
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => (word === 'warning' ? `${count} with a warning` : `${count} ${word}`))
    .join(', ')
}
