import type { BundleReport } from '../../bundle/index.ts'

/**
 * Why bundles are not one whole series of epochs, in sentences: whoever compiles a report chooses its epochs. Empty for a
 * series without a gap, and for bundles of no chain, whose epochs have no numbers.
 */
export function seriesFaults(reports: readonly BundleReport[]): string[] {
  const chains = reports.flatMap(({ chain }) => (chain === null ? [] : [chain]))
  const venues = new Set(chains.map(({ chainId, seals }) => `${seals} on chain ${chainId}`))
  if (venues.size > 1 || (venues.size === 1 && chains.length < reports.length)) {
    const others = chains.length < reports.length ? ['none'] : []
    return [
      `These bundles are not of one venue: ${[...venues, ...others].join('; ')}. Do not read them as one series.`,
    ]
  }
  const epochs = chains.map(({ epoch }) => BigInt(epoch)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return epochs.slice(1).flatMap((epoch, index) => {
    const before = epochs[index]!
    if (epoch === before) return [`Epoch ${epoch} stands here more than once.`]
    if (epoch === before + 1n) return []
    return epoch === before + 2n
      ? [`Epoch ${before + 1n} is missing.`]
      : [`Epochs ${before + 1n} to ${epoch - 1n} are missing.`]
  })
}
