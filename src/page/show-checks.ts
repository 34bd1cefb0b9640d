import type { Check, KeySetup } from '../bundle/index.ts'
import { element } from './element.ts'
import { type AnswerView, answerOf, type Tone } from './view/verdict.ts'

const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', warning: '!', bad: '✕' }

/** Every check with its answer as sign and word; its evidence opens below, and is open where the answer is no. */
export function checkList(
  checks: readonly Check[],
  keys: readonly { readonly setup: KeySetup }[],
): HTMLElement {
  return element(
    'ol',
    { class: 'checks' },
    ...checks.map((check) => element('li', {}, checkItem(check, answerOf(check, keys)))),
  )
}

function checkItem(check: Check, { word, tone }: AnswerView): HTMLElement {
  return element(
    'details',
    { 'data-check': check.id, 'data-verdict': check.verdict, open: tone === 'bad' },
    element(
      'summary',
      {},
      sign(tone),
      element('span', { class: 'title' }, check.title),
      element('span', { class: `answer ${tone}` }, word),
    ),
    element('p', { class: 'evidence' }, check.evidence),
  )
}

/** For the eye alone; the word beside it says the same. */
export function sign(tone: Tone): HTMLElement {
  return element('span', { class: `sign ${tone}`, 'aria-hidden': 'true' }, SIGNS[tone])
}
