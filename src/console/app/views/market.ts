/** A round's raw data as the charts need them. The worker is who checks; these are the same texts as numbers. */
export interface Smile {
  readonly underlying: string
  readonly expirySeconds: number
  readonly forward: number
  /** By increasing strike. */
  readonly points: readonly { readonly strike: number; readonly vol: number }[]
}

export interface MarketData {
  readonly asOfSeconds: number
  readonly underlyings: readonly { readonly symbol: string; readonly spot: number }[]
  readonly smiles: readonly Smile[]
}

interface RawMarket {
  readonly asOf: number
  readonly underlyings: readonly { symbol: string; spot: string }[]
  readonly expiries: readonly {
    underlying: string
    expiry: number
    forward: string
    smile: readonly { strike: string; vol: string }[]
  }[]
}

export function parseMarket(raw: object): MarketData {
  const { asOf, underlyings, expiries } = raw as RawMarket
  return {
    asOfSeconds: asOf,
    underlyings: underlyings.map(({ symbol, spot }) => ({ symbol, spot: Number(spot) })),
    smiles: expiries
      .filter(({ smile }) => smile.length > 0)
      .map(({ underlying, expiry, forward, smile }) => ({
        underlying,
        expirySeconds: expiry,
        forward: Number(forward),
        points: smile.map(({ strike, vol }) => ({ strike: Number(strike), vol: Number(vol) })),
      })),
  }
}

/** Percent. */
export interface Shock {
  readonly underlying: string
  readonly spot: number
  readonly vol: number
  readonly skew: number
}

export interface Scenario {
  readonly name: string
  readonly isRegular: boolean
  /** Percent of the P&L that counts. */
  readonly weight: number
  readonly isGauge: boolean
  readonly shocks: readonly Shock[]
}

interface RawScenario {
  readonly name: string
  readonly regular: boolean
  readonly weightBps: string | number
  readonly shocks: Readonly<
    Record<string, { spotBps: string | number; volBps: string | number; skewBps?: string | number }>
  >
}

export function parseScenarios(configuration: object): Scenario[] {
  const { scenarios = [], gaugeScenario } = configuration as {
    scenarios?: readonly RawScenario[]
    gaugeScenario?: string
  }
  const percent = (bps: string | number | undefined) => Number(bps ?? 0) / 100
  return scenarios.map(({ name, regular, weightBps, shocks }) => ({
    name,
    isRegular: regular,
    weight: percent(weightBps),
    isGauge: name === gaugeScenario,
    shocks: Object.entries(shocks).map(([underlying, { spotBps, volBps, skewBps }]) => ({
      underlying,
      spot: percent(spotBps),
      vol: percent(volBps),
      skew: percent(skewBps),
    })),
  }))
}

/** The same between the listed strikes alone. */
export function listedVolAt(points: Smile['points'], strike: number): number | null {
  return strike < points[0]!.strike || strike > points.at(-1)!.strike ? null : volAt(points, strike)
}

/** Even steps over all listed strikes, in shares of the forwards. */
export function strikeGrid(smiles: readonly Smile[], steps: number): number[] {
  const ratios = smiles.flatMap(({ forward, points }) => points.map(({ strike }) => strike / forward))
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  return Array.from({ length: steps + 1 }, (_, index) => least + ((most - least) * index) / steps)
}

/** Linear between points and flat beyond them, as the matrix reads a smile, but in strikes: for the eye. */
export function volAt(points: Smile['points'], strike: number): number {
  const above = points.findIndex((point) => point.strike >= strike)
  if (above < 0) return points.at(-1)!.vol
  const upper = points[above]!
  const lower = points[above - 1]
  if (upper.strike === strike || lower === undefined) return upper.vol
  return lower.vol + ((upper.vol - lower.vol) * (strike - lower.strike)) / (upper.strike - lower.strike)
}
