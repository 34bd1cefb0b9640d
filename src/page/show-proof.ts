import type { BundleReport } from '../bundle/index.ts'
import { element } from './element.ts'
import type { ProofOutcome } from './messages.ts'
import { sign } from './show-checks.ts'
import { rowList } from './show-report.ts'
import { hex32, instant } from './view/text.ts'
import { areProduction } from './view/verdict.ts'

type Made = Extract<ProofOutcome, { kind: 'made' }>

const DEVELOPMENT_WARNING =
  'Development keys: anyone could have forged this proof. It proves nothing to others; use it for testing only.'

/** A proof that was made and verified, to be saved. */
export function proofView({ file, text, seconds, threads }: Made, keys: BundleReport['keys']): HTMLElement {
  const production = areProduction(keys)
  const { signals, context, statement, verificationKeyHash, round } = file
  const blob = new Blob([text], { type: 'application/json' })
  const by = threads === 0 ? 'one worker' : `${threads} threads`
  return frame(
    production ? 'good' : 'warning',
    'made',
    'Your proof is made',
    production ? undefined : element('p', { class: 'alarm' }, DEVELOPMENT_WARNING),
    element('p', {}, `It shows of one account of this book: ${statement}. This page has verified it.`),
    rowList([
      { label: 'Tag of your account', value: hex32(signals.tag) },
      { label: 'Prices of', value: instant(round.asOfSeconds) },
      {
        label: 'Good for',
        value:
          context === null
            ? 'anybody with the file; no contract takes it'
            : `${context.beneficiary}, at ${context.attestor} on chain ${context.chainId}`,
      },
      { label: 'Verification key', value: verificationKeyHash },
      { label: 'Made in', value: `${seconds.toFixed(1)} s, by ${by}` },
    ]),
    element(
      'p',
      {},
      element(
        'a',
        { href: URL.createObjectURL(blob), download: 'coverage.json', class: 'button', id: 'save-proof' },
        'Save the proof',
      ),
    ),
    element(
      'p',
      {},
      'Whoever gets the file checks it with ',
      element('code', {}, 'tacit verify coverage.json'),
      '. Of your account it holds the tag and nothing else.',
    ),
  )
}

export function refusalView(title: string, reason: string): HTMLElement {
  return frame('bad', 'refused', title, element('p', {}, reason))
}

function frame(
  tone: 'good' | 'warning' | 'bad',
  proof: string,
  title: string,
  ...children: readonly (HTMLElement | undefined)[]
): HTMLElement {
  return element(
    'section',
    { class: `verdict ${tone}`, 'data-proof': proof },
    element('h4', { tabindex: '-1' }, sign(tone), title),
    ...children,
  )
}
