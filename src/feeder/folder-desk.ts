import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../protocol/errors.ts'
import { parseJson } from '../risk/market/json.ts'
import type { Aggregator } from './aggregator.ts'
import {
  type AggregatorDesk,
  messageJson,
  messageSchema,
  proposalJson,
  proposalSchema,
  type Receipt,
  readMessage,
  verdictSchema,
} from './desk.ts'
import { writeWhole } from './kept-file.ts'

/**
 * A desk of files in a shared folder, for feeders and an aggregator on one machine or one disk:
 *   contents/, verdicts/   what feeders bring, a file each; the aggregator takes them away
 *   proposal.json          the round to sign, while there is one
 * Files are written under another name and renamed, so none is read half. Boundary module: files.
 */
export function folderDesk(folder: string): AggregatorDesk {
  const put = (kind: Kind, value: unknown): Receipt => {
    const text = JSON.stringify(value)
    const name = createHash('sha256').update(text).digest('hex').slice(0, 32)
    writeWhole(join(folder, kind, `${name}.json`), text)
    return { taken: true }
  }
  for (const kind of KINDS) mkdirSync(join(folder, kind), { recursive: true })
  return {
    takeContent: async (message) => put('contents', messageJson(message)),
    takeVerdict: async (verdict) => put('verdicts', verdict),
    async proposal() {
      const path = join(folder, PROPOSAL)
      if (!existsSync(path)) return undefined
      return readMessage(proposalSchema, parseJson({ name: path, text: readFileSync(path, 'utf8') }), path)
    },
  }
}

/** A file that the aggregator did not take, and why. */
export interface RefusedFile {
  readonly file: string
  readonly rule: string
}

/** The aggregator's end of a folder: brings it what lies there, and shows its proposal. To be called before and after a step. */
export class FolderServer {
  readonly #folder: string
  readonly #aggregator: Aggregator
  #shown: string | undefined

  constructor(folder: string, aggregator: Aggregator) {
    this.#folder = folder
    this.#aggregator = aggregator
    for (const kind of KINDS) mkdirSync(join(folder, kind), { recursive: true })
    rmSync(join(folder, PROPOSAL), { force: true })
  }

  async exchange(): Promise<RefusedFile[]> {
    const refused: RefusedFile[] = []
    for (const kind of KINDS) {
      const files = readdirSync(join(this.#folder, kind)).filter((name) => name.endsWith('.json'))
      for (const name of files.sort()) {
        const file = join(this.#folder, kind, name)
        const receipt = await this.#takeFile(kind, file)
        // The feeder may have seen a round on chain that the aggregator has not looked at yet.
        if (receipt === 'early') continue
        rmSync(file, { force: true })
        if (!receipt.taken) refused.push({ file, rule: receipt.rule })
      }
    }
    await this.#showProposal()
    return refused
  }

  async #takeFile(kind: Kind, file: string): Promise<Receipt | 'early'> {
    if (statSync(file).size > MOST_BYTES) return { taken: false, rule: `has more than ${MOST_BYTES} bytes` }
    try {
      const value = parseJson({ name: file, text: readFileSync(file, 'utf8') })
      if (kind === 'verdicts')
        return await this.#aggregator.takeVerdict(readMessage(verdictSchema, value, file))
      const message = readMessage(messageSchema, value, file)
      if (message.content.sequence > this.#aggregator.collecting) return 'early'
      return await this.#aggregator.takeContent(message)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      return { taken: false, rule: error.message }
    }
  }

  async #showProposal(): Promise<void> {
    const proposal = await this.#aggregator.proposal()
    const text = proposal === undefined ? undefined : JSON.stringify(proposalJson(proposal))
    if (text === this.#shown) return
    if (text === undefined) rmSync(join(this.#folder, PROPOSAL), { force: true })
    else writeWhole(join(this.#folder, PROPOSAL), text)
    this.#shown = text
  }
}

const KINDS = ['contents', 'verdicts'] as const
type Kind = (typeof KINDS)[number]
const PROPOSAL = 'proposal.json'
const MOST_BYTES = 1_048_576
