import { type BundleReport, percent, type StatementFigures, setupWords } from '../../bundle/index.ts'
import { BASIS_POINTS } from '../../protocol/ranges.ts'
import { dollars, grouped, hex32, instant } from './text.ts'

/** A label and its value, for a list or a table. */
export interface Row {
  readonly label: string
  readonly value: string
}

/** What the seal states, in the order in which a reader asks. */
export function statementRows(figures: StatementFigures): Row[] {
  const { collateral, gauges } = figures
  const held = collateral.map(({ symbol, units }) => `${units} ${symbol}`).join(', ')
  return [
    { label: 'Accounts', value: grouped(figures.accounts) },
    { label: 'Prices of', value: instant(figures.asOfSeconds) },
    { label: 'Collateral of all accounts', value: held === '' ? 'none' : held },
    { label: 'Reserves that cover shortfalls', value: dollars(figures.reservesNano) },
    { label: 'Accounts below maintenance margin', value: grouped(figures.belowMm) },
    ...gauges.map(({ underlying, gaugeBps, liquidityNano }) => ({
      label: `Stress gauge ${underlying}`,
      value: `${percent(gaugeBps)} of ${dollars(liquidityNano)} hedge liquidity`,
    })),
    { label: 'Disclosure', value: figures.policy },
  ]
}

/** Sums and tiers, where the policy discloses them. */
export function aggregateRows({ aggregates, accounts }: StatementFigures): Row[] {
  if (aggregates === undefined) return []
  const tiers = tierCounts(accounts, aggregates)
  return [
    ...tiers.map(({ name, count }) => ({ label: name, value: grouped(count) })),
    { label: 'Shortfall of insolvent accounts', value: dollars(aggregates.shortfallNano) },
    { label: 'Equity of all accounts', value: dollars(aggregates.equityNano) },
    { label: 'Maintenance margin of all', value: dollars(aggregates.requirementMmBpsNano / BASIS_POINTS) },
  ]
}

export interface TierCount {
  readonly name: string
  readonly count: number
}

/** Accounts per tier, from sound to insolvent. Counts are below 2^21. */
export function tierCounts(
  accounts: number,
  aggregates: NonNullable<StatementFigures['aggregates']>,
): TierCount[] {
  const [reduceOnly, soft, full, insolvent] = [
    aggregates.reduceOnly,
    aggregates.softLiquidation,
    aggregates.fullLiquidation,
    aggregates.insolvent,
  ].map(Number) as [number, number, number, number]
  return [
    { name: 'Healthy', count: accounts - reduceOnly - soft - full - insolvent },
    { name: 'Reduce-only', count: reduceOnly },
    { name: 'Soft liquidation', count: soft },
    { name: 'Full liquidation', count: full },
    { name: 'Insolvent', count: insolvent },
  ]
}

/** Hashes, keys and where on a chain the bundle belongs. */
export function referenceRows({ statement, keys, chain, digest, stepsRoot }: BundleReport): Row[] {
  const rows: (Row | undefined)[] = [
    statement && { label: 'Book root', value: hex32(statement.bookRoot) },
    statement && { label: 'Risk root', value: hex32(statement.riskRoot) },
    statement && { label: 'Margin parameters', value: hex32(statement.parameters) },
    digest === undefined ? undefined : { label: 'Digest of the bundle', value: digest },
    stepsRoot === undefined ? undefined : { label: 'Root of the steps', value: stepsRoot },
    ...keys.map(({ role, circuit, hash }) => ({ label: `Key of the ${role} (${circuit})`, value: hash })),
    ...keys.map(({ role, setup }) => ({ label: `Setup of the ${role} key`, value: setupWords(setup) })),
    chain === null
      ? { label: 'Chain', value: 'none: made offline' }
      : { label: 'Chain', value: `epoch ${chain.epoch} of ${chain.seals} on chain ${chain.chainId}` },
  ]
  return rows.filter((row) => row !== undefined)
}
