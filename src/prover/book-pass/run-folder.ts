/**
 * The folder of one book pass: its header, its secret, its journal and a file per proof. Boundary module: files and
 * randomness. Whatever is in it survives a kill at any moment: a proof's file appears whole, then its line in the journal.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../protocol/errors.ts'
import { sha256 } from '../provenance.ts'
import type { Proof } from '../verify.ts'
import { blindOf } from './blinds.ts'
import { writeDurably } from './durable.ts'
import { checkHeader, headerHash, headerText, type PassHeader } from './header.ts'
import { Journal, type JournalLine } from './journal.ts'
import { lockFolder } from './lock.ts'
import type { ProvenStep, StepLink } from './request.ts'

export const RUN_FILES = {
  header: 'run.json',
  /** Whoever has it can open every state of the chain, given the book's totals: never to be published. */
  secret: 'run.secret',
  journal: 'journal.jsonl',
  steps: 'steps',
  seal: 'seal.json',
} as const

const SECRET_BYTES = 32

export interface StoredSeal {
  /** Public signals in the order of the circuit. */
  readonly signals: readonly bigint[]
  readonly proof: Proof
}

export class RunFolder {
  readonly folder: string
  readonly #unlock: () => void
  readonly #journal: Journal
  readonly #lines: readonly JournalLine[]
  readonly #secret: Uint8Array
  readonly #headerHash: string

  private constructor(folder: string, header: PassHeader, unlock: () => void) {
    this.folder = folder
    this.#unlock = unlock
    this.#secret = openSecret(folder, header)
    this.#headerHash = headerHash(header)
    const { journal, lines } = Journal.open(join(folder, RUN_FILES.journal))
    this.#journal = journal
    this.#lines = lines
  }

  /**
   * Opens or makes the run of a header, for this process alone. Throws InputError when the folder holds another run,
   * another process is at work in it, it cannot be written, or its journal is damaged before its last line.
   */
  static open(folder: string, header: PassHeader): RunFolder {
    try {
      mkdirSync(join(folder, RUN_FILES.steps), { recursive: true })
    } catch (cause) {
      throw new InputError('cannot be made or written', { file: folder }, { cause })
    }
    const unlock = lockFolder(folder)
    try {
      return new RunFolder(folder, header, unlock)
    } catch (error) {
      unlock()
      throw error
    }
  }

  /** The blind of the state that has counted so many accounts. */
  blindAt(count: number): bigint {
    return blindOf(this.#secret, this.#headerHash, count)
  }

  /** Indices of steps whose proof is in its file and in the journal, unharmed. Throws InputError for a foreign line. */
  journaledSteps(links: readonly StepLink[]): Set<number> {
    const file = join(this.folder, RUN_FILES.journal)
    const finished = new Map<number, string>()
    for (const [row, line] of this.#lines.entries()) {
      if (line.kind !== 'step') continue
      const link = links[line.index]
      if (link === undefined || !sameLink(line, link)) {
        throw new InputError('names a step that is not of this run: start in another folder', {
          file,
          row: row + 1,
        })
      }
      finished.set(line.index, line.file)
    }
    return new Set(
      [...finished].filter(([index, hash]) => this.#isWhole(index, hash)).map(([index]) => index),
    )
  }

  /** A step whose file is there although the journal does not know it: the run was killed in between. */
  unjournaledStep(link: StepLink): ProvenStep | undefined {
    if (!existsSync(this.#stepPath(link.index))) return undefined
    try {
      const step = this.readStep(link.index)
      return step.chainIn === link.chainIn && step.chainOut === link.chainOut ? step : undefined
    } catch {
      return undefined
    }
  }

  /** On return the proof is on the disk and counts. */
  saveStep(step: ProvenStep): void {
    const { index, chainIn, chainOut, proof } = step
    const links = { chainIn: chainIn.toString(), chainOut: chainOut.toString() }
    const text = `${JSON.stringify({ index, ...links, proof })}\n`
    writeDurably(this.#stepPath(index), text)
    this.#journal.append({ kind: 'step', index, ...links, file: sha256(text) })
  }

  /** Throws InputError when the file is not there or is no step's. */
  readStep(index: number): ProvenStep {
    const path = this.#stepPath(index)
    const read = readJson(path) as { index: number; chainIn: string; chainOut: string; proof: Proof }
    if (read.index !== index) throw new InputError(`is not of step ${index}`, { file: path })
    return { index, chainIn: BigInt(read.chainIn), chainOut: BigInt(read.chainOut), proof: read.proof }
  }

  saveSeal({ signals, proof }: StoredSeal): void {
    const text = `${JSON.stringify({ signals: signals.map(String), proof }, null, 2)}\n`
    writeDurably(join(this.folder, RUN_FILES.seal), text)
    this.#journal.append({ kind: 'seal', statement: statementHash(signals), file: sha256(text) })
  }

  /** The seal of exactly this statement, when the run has made it. */
  finishedSeal(signals: readonly bigint[]): StoredSeal | undefined {
    const line = this.#lines.findLast(({ kind }) => kind === 'seal')
    const path = join(this.folder, RUN_FILES.seal)
    if (line?.kind !== 'seal' || line.statement !== statementHash(signals) || !existsSync(path))
      return undefined
    const text = readFileSync(path, 'utf8')
    if (sha256(text) !== line.file) return undefined
    return { signals, proof: (JSON.parse(text) as { proof: Proof }).proof }
  }

  close(): void {
    this.#journal.close()
    this.#unlock()
  }

  #isWhole(index: number, hash: string): boolean {
    const path = this.#stepPath(index)
    return existsSync(path) && sha256(readFileSync(path)) === hash
  }

  #stepPath(index: number): string {
    return join(this.folder, RUN_FILES.steps, `${index.toString().padStart(7, '0')}.json`)
  }
}

/** The secret is there before the header is, and the header before the first proof. */
function openSecret(folder: string, header: PassHeader): Uint8Array {
  const [headerPath, secretPath] = [join(folder, RUN_FILES.header), join(folder, RUN_FILES.secret)]
  const begun = existsSync(headerPath)
  if (begun) checkHeader(readFileSync(headerPath, 'utf8'), header, headerPath)
  if (!existsSync(secretPath)) {
    if (begun) {
      throw new InputError('is missing: the chain of this run cannot be continued. Start in another folder', {
        file: secretPath,
      })
    }
    writeDurably(secretPath, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, 0o600)
  }
  // A folder that was copied may have lost the mode.
  if ((statSync(secretPath).mode & 0o077) !== 0) chmodSync(secretPath, 0o600)
  const text = readFileSync(secretPath, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new InputError('is no secret of a run: start in another folder', { file: secretPath })
  }
  if (!begun) writeDurably(headerPath, headerText(header))
  return Buffer.from(text, 'hex')
}

function sameLink(line: { chainIn: string; chainOut: string }, link: StepLink): boolean {
  return line.chainIn === link.chainIn.toString() && line.chainOut === link.chainOut.toString()
}

function statementHash(signals: readonly bigint[]): string {
  return sha256(signals.join(','))
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new InputError('is no readable proof', { file: path }, { cause })
  }
}
