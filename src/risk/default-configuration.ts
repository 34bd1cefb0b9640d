import type { RiskConfiguration, ScenarioRow, UnderlyingCharges, UnderlyingShock } from './configuration.ts'

/**
 * The default risk configuration for BTC and ETH; the third underlying is free. Numbers follow venues in production:
 * the spot and volatility ranges, (30/DTE) powers, volatility floor and tails of Deribit's portfolio margin, the
 * factors, haircuts, perpetual and short-option charges of Derive's PMRM v2. ETH's spot range is 5/4 of BTC's,
 * about the ratio of their implied volatilities. 32 rows:
 *   18 grid       9 co-moving spot buckets (+-16% for BTC) x volatility up, down; at spot 0 these are vol-only
 *    4 single     one underlying at the end of its range with volatility up, the other still
 *    2 opposing   the underlyings part: the falling one's volatility rises, the rising one's falls
 *    2 skew       the smile steepens, and inverts, at unchanged spot
 *    6 tails      -66% to +500%, volatility up, weighted 16% / |move|; extreme rows, so for the initial margin only
 * The grid is 4% apart (BTC), so the standard greek shock is 2%: the greeks floor sees what lies between two nodes.
 */
const UP: Volatility = { name: 'vol-up', bps: 5_000n }
const DOWN: Volatility = { name: 'vol-down', bps: -2_500n }

/** Spot buckets of the grid, basis points. */
const BTC_BUCKETS = [-1_600n, -1_200n, -800n, -400n, 0n, 400n, 800n, 1_200n, 1_600n]
const ETH_PER_BTC = { numerator: 5n, denominator: 4n }
/** Move and weight of each tail, basis points; weight = 1,600 * 10,000 / |move|, rounded down. */
const TAIL_MOVES = [-6_600n, -3_300n, 5_000n, 10_000n, 20_000n, 50_000n]
const SKEW_BPS = 1_000n
const OPPOSING_BTC_BPS = 1_000n

interface Volatility {
  readonly name: string
  readonly bps: bigint
}

const GRID = BTC_BUCKETS.flatMap((spotBps) =>
  [UP, DOWN].map((vol) =>
    row(`spot${percent(spotBps)}-${vol.name}`, {
      BTC: shock(spotBps, vol.bps),
      ETH: shock(ethMove(spotBps), vol.bps),
    }),
  ),
)

const RANGE = 1_600n
const SINGLE = [
  row(`btc${percent(-RANGE)}`, { BTC: shock(-RANGE, UP.bps) }),
  row(`btc${percent(RANGE)}`, { BTC: shock(RANGE, UP.bps) }),
  row(`eth${percent(-ethMove(RANGE))}`, { ETH: shock(-ethMove(RANGE), UP.bps) }),
  row(`eth${percent(ethMove(RANGE))}`, { ETH: shock(ethMove(RANGE), UP.bps) }),
]

const OPPOSING = [
  row('btc-up-eth-down', {
    BTC: shock(OPPOSING_BTC_BPS, DOWN.bps),
    ETH: shock(-ethMove(OPPOSING_BTC_BPS), UP.bps),
  }),
  row('btc-down-eth-up', {
    BTC: shock(-OPPOSING_BTC_BPS, UP.bps),
    ETH: shock(ethMove(OPPOSING_BTC_BPS), DOWN.bps),
  }),
]

const SKEW = [
  row('skew-steepens', { BTC: shock(0n, 0n, SKEW_BPS), ETH: shock(0n, 0n, SKEW_BPS) }),
  row('skew-inverts', { BTC: shock(0n, 0n, -SKEW_BPS), ETH: shock(0n, 0n, -SKEW_BPS) }),
]

const TAILS = TAIL_MOVES.map((spotBps) => ({
  name: `tail${percent(spotBps)}`,
  regular: false,
  weightBps: (RANGE * 10_000n) / (spotBps < 0n ? -spotBps : spotBps),
  shocks: { BTC: shock(spotBps, UP.bps), ETH: shock(spotBps, UP.bps) },
}))

export const DEFAULT_CONFIGURATION: RiskConfiguration = {
  name: 'tacit-default-btc-eth',
  underlyings: ['BTC', 'ETH'],
  scenarios: [...GRID, ...SINGLE, ...OPPOSING, ...SKEW, ...TAILS],
  greekShocks: { spotBps: 200n, volBps: 1_000n },
  charges: [charges('BTC', 200n), charges('ETH', 1_500n)],
  volatility: {
    shortPowerBps: 3_000n,
    longPowerBps: 1_300n,
    scalingFloorSeconds: 86_400,
    skewLimitNano: 2_500_000_000n,
    shockedFloorNano: 500_000_000n,
    minimumNano: 50_000_000n,
    maximumNano: 20_000_000_000n,
  },
  factors: {
    mmFactorBps: 8_000n,
    imFactorBps: 10_000n,
    softShareBps: 5_000n,
    gammaMultiplierBps: 20_000n,
  },
  gaugeScenario: 'spot-16%-vol-up',
}

function charges(underlying: string, haircutBps: bigint): UnderlyingCharges {
  return {
    underlying,
    spotLongBps: haircutBps,
    // Who owes spot must buy it back; a perpetual's charge stands for that cost, where the haircut is larger it does.
    spotShortBps: haircutBps > 300n ? haircutBps : 300n,
    linearBps: 300n,
    shortOptionBps: 30n,
    optionLiquidityBps: 100n,
    pinBps: 50n,
    pinWidthBps: 100n,
    pinWindowSeconds: 4 * 3_600,
  }
}

function row(name: string, shocks: ScenarioRow['shocks']): ScenarioRow {
  return { name, regular: true, weightBps: 10_000n, shocks }
}

function shock(spotBps: bigint, volBps: bigint, skewBps = 0n): UnderlyingShock {
  return { spotBps, volBps, skewBps }
}

function ethMove(btcBps: bigint): bigint {
  return (btcBps * ETH_PER_BTC.numerator) / ETH_PER_BTC.denominator
}

/** +16%, -4%, +0%: for names of rows. */
function percent(bps: bigint): string {
  return `${bps < 0n ? '' : '+'}${bps / 100n}%`
}
