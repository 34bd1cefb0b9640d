import type { RiskConfiguration, ScenarioRow, UnderlyingCharges, UnderlyingShock } from './configuration.ts'

/**
 * The default risk configuration for BTC and ETH; the third underlying is free. Numbers follow venues in production:
 * the spot and volatility ranges, (30/DTE) powers, volatility floor and tails of Deribit's portfolio margin, the
 * factors, haircuts, perpetual and short-option charges of Derive's PMRM v2. ETH's spot range is 5/4 of BTC's,
 * about the ratio of their implied volatilities. 32 rows:
 *   10 co-moving  both +-16% (BTC) and 0 with volatility up and down (at spot 0 these are vol-only), +-12% and +-4%
 *                 with it down
 *   12 alone      one underlying at +-16% with its volatility up, and at +-16% and +-6% with it down, the other at 0
 *                 with its volatility down
 *    4 opposing   the underlyings part, by 10% and by 4%: the falling one's volatility rises, the rising one's falls
 *    2 skew       the smile steepens, and inverts, at unchanged spot
 *    4 tails      -66% to +500%, volatility up, weighted 16% / |move|; extreme rows, so for the initial margin only
 * Rows are few and books are many, so they stand where a search for the worst book between them gained most
 * (docs/risk-model.md): volatility down wherever one underlying sits still, for that is where books of long options
 * lose and a co-moving grid does not look. The standard volatility shock is that of the rows that lower it.
 */
const UP = 5_000n
const DOWN = -2_500n

const ETH_PER_BTC = { numerator: 5n, denominator: 4n }
/** Move and weight of each tail, basis points; weight = 1,600 * 10,000 / |move|, rounded down. */
const TAIL_MOVES = [-6_600n, 10_000n, 20_000n, 50_000n]
const SKEW_BPS = 1_000n
const RANGE = 1_600n
const SIGNS = [-1n, 1n]

const CO_MOVING = [
  ...SIGNS.map((sign) => together(sign * RANGE, UP)),
  ...SIGNS.map((sign) => together(sign * RANGE, DOWN)),
  ...SIGNS.map((sign) => together((sign * RANGE * 3n) / 4n, DOWN)),
  ...SIGNS.map((sign) => together((sign * RANGE) / 4n, DOWN)),
  together(0n, UP),
  together(0n, DOWN),
]

const ALONE = [
  ...SIGNS.flatMap((sign) => alone(sign * RANGE, UP, '')),
  ...SIGNS.flatMap((sign) => alone(sign * RANGE, DOWN, '-vol-down')),
  ...SIGNS.flatMap((sign) => alone((sign * RANGE * 3n) / 8n, DOWN, '-vol-down')),
]

const OPPOSING = [
  apart('btc-up-eth-down', 1_000n),
  apart('btc-down-eth-up', -1_000n),
  apart('btc-up-eth-down-near', 400n),
  apart('btc-down-eth-up-near', -400n),
]

const SKEW = [
  row('skew-steepens', { BTC: shock(0n, 0n, SKEW_BPS), ETH: shock(0n, 0n, SKEW_BPS) }),
  row('skew-inverts', { BTC: shock(0n, 0n, -SKEW_BPS), ETH: shock(0n, 0n, -SKEW_BPS) }),
]

const TAILS = TAIL_MOVES.map((spotBps) => ({
  name: `tail${percent(spotBps)}`,
  regular: false,
  weightBps: (RANGE * 10_000n) / (spotBps < 0n ? -spotBps : spotBps),
  shocks: { BTC: shock(spotBps, UP), ETH: shock(spotBps, UP) },
}))

export const DEFAULT_CONFIGURATION: RiskConfiguration = {
  name: 'tacit-default-btc-eth',
  underlyings: ['BTC', 'ETH'],
  scenarios: [...CO_MOVING, ...ALONE, ...OPPOSING, ...SKEW, ...TAILS],
  greekShocks: { spotBps: 200n, volBps: 2_500n },
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

/** Both underlyings, each by the same share of its range. */
function together(btcBps: bigint, volBps: bigint): ScenarioRow {
  return row(`spot${percent(btcBps)}-vol-${volBps > 0n ? 'up' : 'down'}`, {
    BTC: shock(btcBps, volBps),
    ETH: shock(ethMove(btcBps), volBps),
  })
}

/** Two rows: one underlying moves, the other stands still with its volatility down. */
function alone(btcBps: bigint, volBps: bigint, suffix: string): ScenarioRow[] {
  const ethBps = ethMove(btcBps)
  const still = shock(0n, DOWN)
  return [
    row(`btc${percent(btcBps)}${suffix}`, { BTC: shock(btcBps, volBps), ETH: still }),
    row(`eth${percent(ethBps)}${suffix}`, { BTC: still, ETH: shock(ethBps, volBps) }),
  ]
}

function apart(name: string, btcBps: bigint): ScenarioRow {
  const [btcVolBps, ethVolBps] = btcBps > 0n ? [DOWN, UP] : [UP, DOWN]
  return row(name, { BTC: shock(btcBps, btcVolBps), ETH: shock(-ethMove(btcBps), ethVolBps) })
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

/** +16%, -7.5%, +0%: for names of rows. */
function percent(bps: bigint): string {
  return `${bps < 0n ? '' : '+'}${Number(bps) / 100}%`
}
