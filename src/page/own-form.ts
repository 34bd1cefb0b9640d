/** What the owner of an account chooses before a proof: which claim, and for whom. */
import { type BundleReport, contextAddress, type OwnClaim, type ProofContext } from '../bundle/index.ts'
import { THRESHOLDS } from '../protocol/claims.ts'
import { InputError } from '../protocol/errors.ts'
import { element } from './element.ts'
import { COVERAGE, isCovered, type OwnFigures } from './view/own.ts'
import { usd } from './view/text.ts'

const CHAIN_ID = /^[1-9]\d{0,19}$/

export class OwnForm {
  readonly claims: HTMLFieldSetElement
  readonly audience: HTMLFieldSetElement
  readonly #contract = radio('audience', 'contract', false)
  readonly #chainId = field('own-chain-id')
  readonly #attestor = field('own-attestor')
  readonly #beneficiary = field('own-beneficiary')

  constructor(figures: OwnFigures, chain: BundleReport['chain']) {
    this.claims = claimChoice(figures)
    this.#chainId.value = chain?.chainId ?? ''
    this.#attestor.value = chain?.references?.attestor ?? ''
    const anybody = radio('audience', 'anybody', true)
    const terms = element(
      'div',
      { class: 'terms', hidden: true },
      labelled(this.#chainId, 'Chain id'),
      labelled(this.#attestor, 'MarginAttestor contract'),
      labelled(this.#beneficiary, 'Beneficiary: whom the proof speaks for. The address stands in the proof.'),
    )
    this.audience = element(
      'fieldset',
      {},
      element('legend', {}, 'For whom?'),
      choice(anybody, 'For anybody who gets the file; no contract takes it'),
      choice(this.#contract, 'For a contract, which takes it from one address only'),
      terms,
    )
    this.audience.addEventListener('change', () => {
      terms.hidden = !this.#contract.checked
    })
  }

  /** @throws InputError naming the field */
  read(): OwnClaim {
    const chosen = this.claims.querySelector<HTMLInputElement>('input:checked')?.value
    const threshold = THRESHOLDS.find((name) => name === chosen)
    if (threshold === undefined) throw new InputError('choose what to prove')
    return { claim: { threshold, below: false }, context: this.#context() }
  }

  #context(): ProofContext | undefined {
    if (!this.#contract.checked) return undefined
    const chainId = this.#chainId.value.trim()
    if (!CHAIN_ID.test(chainId))
      throw new InputError('must be a positive whole number', { field: 'Chain id' })
    return {
      chainId: BigInt(chainId),
      attestor: contextAddress(this.#attestor.value.trim(), 'MarginAttestor contract'),
      beneficiary: contextAddress(this.#beneficiary.value.trim(), 'Beneficiary'),
    }
  }
}

/** The strongest claim that holds is chosen; the others can be, and the answer then says why there is no proof. */
function claimChoice(figures: OwnFigures): HTMLFieldSetElement {
  const strongest = COVERAGE.find(({ threshold }) => isCovered(figures, threshold)) ?? COVERAGE[0]!
  return element(
    'fieldset',
    {},
    element('legend', {}, 'What do you prove? Your equity is at or above'),
    ...COVERAGE.map((offer) => {
      const { threshold, name } = offer
      const holds = isCovered(figures, threshold)
      const amount = threshold === 'zero' ? '' : `, ${usd(figures.requirementNano[threshold])} USD`
      const answer = holds ? 'it is' : 'it is below'
      return choice(
        radio('threshold', threshold, offer === strongest),
        `${name}${amount}`,
        element('span', { class: `answer ${holds ? 'good' : 'bad'}` }, answer),
      )
    }),
  )
}

function choice(input: HTMLInputElement, text: string, answer?: HTMLElement): HTMLElement {
  return element('label', { class: 'choice' }, input, element('span', {}, text), answer)
}

function radio(name: string, value: string, checked: boolean): HTMLInputElement {
  return element('input', { type: 'radio', name, value, checked })
}

function field(id: string): HTMLInputElement {
  return element('input', { id, autocomplete: 'off', spellcheck: 'false' })
}

function labelled(input: HTMLInputElement, text: string): HTMLElement {
  return element('p', {}, element('label', { for: input.id }, text), input)
}
