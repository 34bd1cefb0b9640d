import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { deribitQuotes } from '../oracle/deribit-quotes.ts'
import { type QuotedMarket, withoutQuotes } from '../oracle/quoted-market.ts'
import { InputError } from '../protocol/errors.ts'
import { deribitAdapter } from '../risk/market/deribit.ts'
import type { TextFile } from '../risk/market/json.ts'
import { readMarket } from '../risk/market/read.ts'
import type { MarketSource } from './source.ts'

/**
 * A replay of captured markets: a folder whose entries are markets, each a file, or a folder of the files that make one together
 * (a response for each currency, say). Files that are added later are read as well. Boundary module: files.
 */
export class FileSource implements MarketSource {
  readonly name: string
  readonly #folder: string
  readonly #read = new Map<string, QuotedMarket>()

  /** @throws InputError unless the folder is there */
  constructor(folder: string) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new InputError('is not a folder of markets', { file: folder })
    }
    this.#folder = folder
    this.name = `replay of ${folder}`
  }

  async take(afterSeconds: number): Promise<QuotedMarket | undefined> {
    for (const entry of readdirSync(this.#folder).sort()) {
      if (this.#read.has(entry)) continue
      const files = marketFiles(join(this.#folder, entry))
      if (files.length > 0) this.#read.set(entry, quotedMarket(files))
    }
    return [...this.#read.values()]
      .filter(({ snapshot }) => snapshot.asOfSeconds > afterSeconds)
      .sort((a, b) => a.snapshot.asOfSeconds - b.snapshot.asOfSeconds)[0]
  }
}

/** One market of files of any known format; with bid and ask where they are Deribit's. @throws InputError */
export function quotedMarket(files: readonly TextFile[]): QuotedMarket {
  const snapshot = readMarket(files)
  const summaries = files.filter(({ text }) => deribitAdapter.detect(text))
  const market = withoutQuotes(snapshot)
  return summaries.length === 0 ? market : { ...market, expiries: deribitQuotes(snapshot, summaries) }
}

/** Names that end otherwise are drafts, or no markets. */
function marketFiles(path: string): TextFile[] {
  const names = statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .map((name) => join(path, name))
    : [path]
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, text: readFileSync(name, 'utf8') }))
}
