/** The part of the page on which the owner of a counted account proves that it is covered. */
import type { ReceiptReport } from '../bundle/index.ts'
import { TacitError } from '../protocol/errors.ts'
import { element } from './element.ts'
import type { ProofOutcome, ProvePhase } from './messages.ts'
import { OwnForm } from './own-form.ts'
import { proofView, refusalView } from './show-proof.ts'
import type { Verifier } from './verifier.ts'

const PHASES: Readonly<Record<ProvePhase, string>> = {
  pack: 'Reading the prover pack',
  key: 'Preparing the proving key',
  witness: 'Computing the witness',
  proof: 'Proving',
  check: 'Verifying the proof',
}
const INTRODUCTION =
  'A proof for others that your account is covered, made on this machine. It shows that some account of this book has ' +
  'this much equity, and neither what it holds, nor how much it has, nor whose it is: a tag stands for the account, the ' +
  'same one in all its proofs.'

export class OwnPanel {
  readonly view: HTMLElement
  readonly #verifier: Verifier
  readonly #form: OwnForm
  readonly #keys: ReceiptReport['bundle']['keys']
  readonly #chooser = element('input', { type: 'file', id: 'own-pack', hidden: true })
  readonly #choose = element('button', { type: 'button' }, 'Choose the prover pack')
  readonly #pack = element('p', { id: 'own-pack-state' })
  readonly #button = element(
    'button',
    { type: 'button', id: 'prove', class: 'primary', disabled: true },
    'Make the proof',
  )
  readonly #bar = element('progress', { hidden: true, 'aria-label': 'A proof is being made' })
  readonly #state = element('p', { id: 'own-state', role: 'status', 'aria-live': 'polite' })
  readonly #result = element('div', { id: 'own-result' })
  #file: File | undefined

  /** @param onPack told of a file that is chosen here as the pack, which is to be used */
  constructor(report: ReceiptReport, verifier: Verifier, onPack: (pack: File) => void) {
    const { bundle } = report
    this.#verifier = verifier
    this.#keys = bundle.keys
    this.#form = new OwnForm(report.margin!, bundle.chain)
    const circuit = bundle.keys.find(({ role }) => role === 'step')!.circuit
    this.#pack.textContent = `Drop the prover pack of ${circuit} on this page, or choose it. It is a file of many megabytes that comes with the page; "tacit setup --pack" makes it.`
    this.view = element(
      'section',
      { id: 'own', 'aria-labelledby': 'own-title' },
      element('h3', { id: 'own-title' }, 'Prove that you are covered'),
      element('p', {}, INTRODUCTION),
      this.#form.claims,
      this.#form.audience,
      this.#pack,
      element('p', {}, this.#choose, this.#chooser),
      element('p', {}, this.#button),
      this.#state,
      this.#bar,
      this.#result,
    )
    this.#chooser.addEventListener('change', () => {
      const file = this.#chooser.files?.[0]
      // The same file may be chosen again.
      this.#chooser.value = ''
      if (file !== undefined) onPack(file)
    })
    this.#choose.addEventListener('click', () => this.#chooser.click())
    this.#button.addEventListener('click', () => this.#prove())
    verifier.listen({
      inspected: (refused) => this.#inspected(refused),
      phase: (phase) => this.#say(`${PHASES[phase]} …`),
      done: (outcome) => this.#show(outcome),
    })
  }

  usePack(file: File): void {
    this.#file = file
    this.#button.disabled = true
    this.#pack.textContent = `Looking at ${file.name} …`
    this.#result.replaceChildren()
    this.#verifier.inspect(file)
  }

  #inspected(refused: string | undefined): void {
    const file = this.#file!
    this.#button.disabled = refused !== undefined
    const size = `${(file.size / 1e6).toFixed(1)} MB`
    this.#pack.textContent =
      refused === undefined ? `Prover pack: ${file.name}, ${size}` : 'There is no prover pack to use.'
    if (refused !== undefined) this.#result.replaceChildren(refusalView('This pack was refused', refused))
  }

  #prove(): void {
    this.#result.replaceChildren()
    try {
      const own = this.#form.read()
      this.#busy(true)
      this.#verifier.prove({ pack: this.#file!, own })
    } catch (error) {
      if (!(error instanceof TacitError)) throw error
      this.#show({ kind: 'refused', reason: `${error.message}.` })
    }
  }

  #show(outcome: ProofOutcome): void {
    this.#busy(false)
    const made = outcome.kind === 'made'
    this.#say(made ? 'Done: the proof is made.' : 'No proof was made.')
    const view = made ? proofView(outcome, this.#keys) : refusalView('No proof was made', outcome.reason)
    this.#result.replaceChildren(view)
    view.querySelector<HTMLElement>('[tabindex]')?.focus({ preventScroll: true })
    view.scrollIntoView({ block: 'nearest' })
  }

  #busy(busy: boolean): void {
    for (const control of [this.#button, this.#choose, this.#form.claims, this.#form.audience]) {
      control.disabled = busy
    }
    this.#bar.hidden = !busy
  }

  #say(sentence: string): void {
    if (this.#state.textContent !== sentence) this.#state.textContent = sentence
  }
}
