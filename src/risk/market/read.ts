import { InputError } from '../../protocol/errors.ts'
import { type ComposeOptions, composeSnapshot, type MarketAdapter } from './adapter.ts'
import { deribitAdapter } from './deribit.ts'
import type { TextFile } from './json.ts'
import { nativeAdapter } from './native.ts'
import type { MarketSnapshot } from './snapshot.ts'

/** Every format that Tacit reads. The first that knows a text as its own reads it. */
export const MARKET_ADAPTERS: readonly MarketAdapter[] = [nativeAdapter, deribitAdapter]

/**
 * One market from one or more files, of one or more formats. Throws InputError naming file, row, field and rule; a
 * market is either whole or refused.
 */
export function readMarket(files: readonly TextFile[], options: ComposeOptions = {}): MarketSnapshot {
  const byAdapter = new Map<MarketAdapter, TextFile[]>()
  for (const file of files) {
    const adapter = MARKET_ADAPTERS.find((candidate) => candidate.detect(file.text))
    if (adapter === undefined) {
      const known = MARKET_ADAPTERS.map(({ name }) => name).join(', ')
      throw new InputError(`is not a market file of any known format (${known})`, { file: file.name })
    }
    const group = byAdapter.get(adapter)
    if (group === undefined) byAdapter.set(adapter, [file])
    else group.push(file)
  }
  return composeSnapshot(
    [...byAdapter].map(([adapter, group]) => adapter.parse(group)),
    options,
  )
}
