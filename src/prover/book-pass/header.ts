/** What a run is bound to: everything that its chain states are made of, and the keys of its proofs. */
import { ledgerWords } from '../../book/ledger.ts'
import { InputError } from '../../protocol/errors.ts'
import { sha256 } from '../provenance.ts'
import type { EpochRequest, PassArtifacts } from './request.ts'

const FORMAT = 'tacit.book-pass'
const VERSION = 1

/** Integers are decimal texts. Policy, reserves and liquidity are the seal's alone: they may change without a new chain. */
export interface PassHeader {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  readonly instance: string
  readonly bookRoot: string
  readonly count: number
  readonly riskRoot: string
  readonly parameters: string
  readonly ledger: readonly string[]
  readonly context: string
  /** sha256 of the proving key of the steps, hex. */
  readonly stepKey: string
}

const WORDS: Readonly<Record<keyof PassHeader, string>> = {
  format: 'format',
  version: 'version',
  instance: 'circuit instance',
  bookRoot: 'book root',
  count: 'number of accounts',
  riskRoot: 'risk root',
  parameters: 'margin parameters',
  ledger: 'ledger',
  context: 'context',
  stepKey: 'proving key',
}

export function passHeader(epoch: EpochRequest, artifacts: PassArtifacts): PassHeader {
  return {
    format: FORMAT,
    version: VERSION,
    instance: epoch.instance.name,
    bookRoot: epoch.book.root.toString(),
    count: epoch.book.count,
    riskRoot: epoch.round.tree.root.toString(),
    parameters: epoch.round.parameters.toString(),
    ledger: ledgerWords(epoch.ledger).map(String),
    context: epoch.context.toString(),
    stepKey: artifacts.step.provenance.zkeyHash,
  }
}

export function headerText(header: PassHeader): string {
  return `${JSON.stringify(header, null, 2)}\n`
}

export function headerHash(header: PassHeader): string {
  return sha256(headerText(header))
}

/** Throws InputError naming what differs, unless the text is exactly this header's. */
export function checkHeader(found: string, header: PassHeader, file: string): void {
  if (found === headerText(header)) return
  let other: Partial<PassHeader>
  try {
    other = JSON.parse(found) as Partial<PassHeader>
  } catch (cause) {
    throw new InputError('is damaged: it is no JSON. Start in another folder', { file }, { cause })
  }
  const names = Object.keys(WORDS) as (keyof PassHeader)[]
  const differing = names.filter((name) => JSON.stringify(other?.[name]) !== JSON.stringify(header[name]))
  const what = differing.map((name) => WORDS[name]).join(', ') || 'format'
  throw new InputError(`this folder holds the run of another epoch (${what}): name another folder`, { file })
}
