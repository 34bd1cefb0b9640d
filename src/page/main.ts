/** The regulator's page: a bundle is dropped, and the same checks as those of `tacit verify` answer. Boundary module. */
import { type Desk, laidDown } from './drop.ts'
import { byId } from './element.ts'
import type { PageOutcome, PageProgress } from './messages.ts'
import { readOptions } from './options.ts'
import { OwnPanel } from './own-panel.ts'
import { receiptView } from './show-receipt.ts'
import { reportView } from './show-report.ts'
import { Verifier } from './verifier.ts'
import { VERDICTS } from './view/verdict.ts'

const input = byId('files', HTMLInputElement)
const zone = byId('zone', HTMLElement)
const stateText = byId('state', HTMLElement)
const bar = byId('bar', HTMLProgressElement)
const results = byId('results', HTMLElement)
const again = byId('again', HTMLButtonElement)
const optionTexts = {
  keyHashes: byId('key-hashes', HTMLTextAreaElement),
  maxAge: byId('max-age', HTMLInputElement),
  asOf: byId('as-of', HTMLInputElement),
}

const verifier = new Verifier()
let desk: Desk = { bundle: undefined, receipt: undefined, pack: undefined }
/** Of the account that was found counted. */
let panel: OwnPanel | undefined

async function take(files: readonly File[]): Promise<void> {
  if (files.length === 0) return
  const laid = await laidDown(desk, files).catch((error: unknown) => `A file could not be read: ${error}`)
  if (typeof laid === 'string') {
    stop(laid)
    return
  }
  const { bundle, receipt } = desk
  desk = laid
  if (panel !== undefined && laid.bundle === bundle && laid.receipt === receipt) panel.usePack(laid.pack!)
  else check()
}

/** Checks what lies on the desk. */
function check(): void {
  const { bundle, receipt } = desk
  again.hidden = bundle === undefined
  if (bundle === undefined) {
    stop(`The ${receipt === undefined ? 'prover pack' : 'receipt'} is here. Now drop the bundle of its book.`)
    return
  }
  const read = readOptions(
    {
      keyHashes: optionTexts.keyHashes.value,
      maxAge: optionTexts.maxAge.value,
      asOf: optionTexts.asOf.value,
    },
    Math.floor(Date.now() / 1_000),
  )
  if ('fault' in read) {
    stop(read.fault)
    return
  }
  clear()
  showProgress({ phase: 'reading', done: 0, total: 0, bytesRead: 0, bytes: bundle.size })
  verifier.verify(
    { bundle, receipt, options: read.options },
    {
      progress: showProgress,
      done: (outcome) => show(outcome, bundle.name),
      failed: (reason) => stop(`The check broke down, and there is no verdict: ${reason}`),
    },
  )
}

/** Nothing is being checked, and no older verdict stands beside the sentence that says why. */
function stop(sentence: string): void {
  verifier.stop()
  clear()
  bar.hidden = true
  say(sentence)
}

function clear(): void {
  panel = undefined
  results.replaceChildren()
}

const PHASES: Readonly<Record<PageProgress['phase'], string>> = {
  reading: 'Reading',
  round: 'Recomputing the risk matrix',
  leaves: 'Counting the leaves',
  steps: 'Verifying the proofs of the accounts',
}

function showProgress({ phase, done, total, bytesRead, bytes }: PageProgress): void {
  bar.hidden = false
  bar.max = Math.max(bytes, 1)
  bar.value = bytesRead
  say(total > 0 && phase !== 'round' ? `${PHASES[phase]}: ${done} of ${total}` : `${PHASES[phase]} …`)
}

function show({ report, receipt }: PageOutcome, fileName: string): void {
  bar.hidden = true
  const [verdict, ...rest] = reportView(report, fileName)
  results.replaceChildren(verdict, ...ownViews(receipt), ...rest)
  say(`Done: ${VERDICTS[report.verdict].title}.`)
  results.querySelector<HTMLElement>('#verdict-title')?.focus({ preventScroll: true })
  results.scrollIntoView({ block: 'start' })
}

/** What a receipt adds: whether its account is counted, and the way to prove that it is covered. */
function ownViews(receipt: PageOutcome['receipt']): HTMLElement[] {
  if (receipt === undefined) return []
  const view = receiptView(receipt)
  if (receipt.kind === 'refused' || receipt.report.verdict !== 'counted') return [view]
  panel = new OwnPanel(receipt.report, verifier, (pack) => {
    desk = { ...desk, pack }
    panel?.usePack(pack)
  })
  if (desk.pack !== undefined) panel.usePack(desk.pack)
  return [view, panel.view]
}

/** A screen reader is told of a change only. */
function say(sentence: string): void {
  if (stateText.textContent !== sentence) stateText.textContent = sentence
}

input.addEventListener('change', () => {
  const files = Array.from(input.files ?? [])
  // The same file may be chosen again.
  input.value = ''
  void take(files)
})
// Browsers open the chooser with the space bar; what looks like a button opens with the enter key as well.
input.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return
  event.preventDefault()
  input.click()
})
again.addEventListener('click', check)
// Anywhere on the page: a file that misses the zone would otherwise be opened in place of the page.
document.addEventListener('dragover', (event) => {
  event.preventDefault()
  zone.classList.add('over')
})
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) zone.classList.remove('over')
})
document.addEventListener('drop', (event) => {
  event.preventDefault()
  zone.classList.remove('over')
  void take(Array.from(event.dataTransfer?.files ?? []))
})
input.disabled = false
say('Ready. Nothing that you drop leaves this page.')
