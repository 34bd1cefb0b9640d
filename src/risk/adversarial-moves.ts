import { BASIS_POINTS } from '../protocol/ranges.ts'
import type { RiskConfiguration, ScenarioRow, UnderlyingShock } from './configuration.ts'
import type { SplitMix64 } from './market/prng.ts'

/** A convex combination of scenario rows: shares by row, in SHARES-ths, that add up to SHARES. */
export type Mix = ReadonlyMap<ScenarioRow, bigint>

const SHARES = 64n

/** The rows that span the moves: regular and undamped. */
export function spanningRows({ scenarios }: RiskConfiguration): readonly ScenarioRow[] {
  return scenarios.filter(({ regular, weightBps }) => regular && weightBps === BASIS_POINTS)
}

/** Two or three rows mixed in shares of eighths, drawn anew. */
export function drawMix(rows: readonly ScenarioRow[], random: SplitMix64): Mix {
  const first = random.between(1n, 6n)
  const second = random.between(1n, 7n - first)
  const mix = new Map<ScenarioRow, bigint>()
  for (const share of [first, second, 8n - first - second])
    give(mix, pick(rows, random), share * (SHARES / 8n))
  return mix
}

/** A mix nearby: up to eight shares go from one of its rows to any row. */
export function nudgeMix(mix: Mix, rows: readonly ScenarioRow[], random: SplitMix64): Mix {
  const nudged = new Map(mix)
  const from = pick([...mix.keys()], random)
  const have = mix.get(from)!
  let moved = random.between(1n, 8n)
  if (moved > have) moved = have
  if (moved === have) nudged.delete(from)
  else nudged.set(from, have - moved)
  give(nudged, pick(rows, random), moved)
  return nudged
}

/** The move as a scenario row: spot, volatility and skew of every underlying mixed alike. */
export function moveOf(mix: Mix, name: string, underlyings: readonly string[]): ScenarioRow {
  const shocks = underlyings.map((symbol) => [symbol, mixShock(mix, symbol)] as const)
  return { name, regular: true, weightBps: BASIS_POINTS, shocks: Object.fromEntries(shocks) }
}

function mixShock(mix: Mix, symbol: string): UnderlyingShock {
  // Division truncates toward zero, which stays inside the hull of rows that include an unshocked one.
  const of = (field: keyof UnderlyingShock) =>
    [...mix].reduce((sum, [row, share]) => sum + share * (row.shocks[symbol]?.[field] ?? 0n), 0n) / SHARES
  return { spotBps: of('spotBps'), volBps: of('volBps'), skewBps: of('skewBps') }
}

function give(mix: Map<ScenarioRow, bigint>, row: ScenarioRow, share: bigint): void {
  mix.set(row, (mix.get(row) ?? 0n) + share)
}

function pick<T>(items: readonly T[], random: SplitMix64): T {
  return items[Number(random.between(0n, BigInt(items.length - 1)))]!
}
