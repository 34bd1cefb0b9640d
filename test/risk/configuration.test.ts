import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/protocol/errors.ts'
import { packMarginParameters } from '../../src/protocol/parameters.ts'
import { SCENARIOS } from '../../src/protocol/risk-layout.ts'
import { marginParametersOf, type RiskConfiguration } from '../../src/risk/configuration.ts'
import { parseConfiguration } from '../../src/risk/configuration-file.ts'
import { canonicalConfigurationJson, configurationHash } from '../../src/risk/configuration-hash.ts'
import { checkConfiguration } from '../../src/risk/configuration-rules.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'

type Mutable<T> = T extends readonly (infer E)[]
  ? Mutable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T
type Draft = Mutable<RiskConfiguration>

function changed(change: (draft: Draft) => void): RiskConfiguration {
  const draft = structuredClone(DEFAULT_CONFIGURATION) as Draft
  change(draft)
  return draft
}

describe('DEFAULT_CONFIGURATION', () => {
  const { scenarios } = DEFAULT_CONFIGURATION
  const moves = scenarios.map((row) => ({ row, btc: row.shocks.BTC, eth: row.shocks.ETH }))

  it('is sound and uses all 32 rows, 28 of them regular', () => {
    checkConfiguration(DEFAULT_CONFIGURATION)
    expect(scenarios.length).toBe(SCENARIOS)
    expect(scenarios.filter((row) => row.regular).length).toBe(28)
  })
  it('has a co-moving grid, single and opposing moves, vol-only, skew both ways and damped tails', () => {
    const regular = moves.flatMap(({ row, btc, eth }) => (row.regular && btc && eth ? [{ btc, eth }] : []))
    const where = (holds: (row: (typeof regular)[number]) => boolean) =>
      regular.filter(holds).map(({ btc }) => [btc.spotBps, btc.volBps])
    const coMoving = where(({ btc, eth }) => btc.volBps !== 0n && 5n * btc.spotBps === 4n * eth.spotBps)
    expect(coMoving).toEqual([
      [-1_600n, 5_000n],
      [1_600n, 5_000n],
      [-1_600n, -2_500n],
      [1_600n, -2_500n],
      [-1_200n, -2_500n],
      [1_200n, -2_500n],
      [-400n, -2_500n],
      [400n, -2_500n],
      [0n, 5_000n],
      [0n, -2_500n],
    ])
    const alone = [-1_600n, 1_600n].map((spotBps) => [spotBps, 5_000n])
    const aloneDown = [-1_600n, 1_600n, -600n, 600n].map((spotBps) => [spotBps, -2_500n])
    expect(where(({ btc, eth }) => btc.spotBps !== 0n && eth.spotBps === 0n)).toEqual([
      ...alone,
      ...aloneDown,
    ])
    expect(where(({ btc, eth }) => btc.spotBps === 0n && eth.spotBps !== 0n).length).toBe(6)
    for (const { btc, eth } of regular) {
      const still = [btc, eth].filter(({ spotBps }) => spotBps === 0n)
      if (still.length === 1) expect(still[0]!.volBps).toBe(-2_500n)
    }
    expect(where(({ btc, eth }) => btc.spotBps * eth.spotBps < 0n)).toEqual([
      [1_000n, -2_500n],
      [-1_000n, 5_000n],
      [400n, -2_500n],
      [-400n, 5_000n],
    ])
    expect(moves.map(({ btc }) => btc?.skewBps ?? 0n).filter((skew) => skew !== 0n)).toEqual([
      1_000n,
      -1_000n,
    ])
    const tails = moves.filter(({ row }) => !row.regular)
    expect(tails.map(({ btc }) => btc?.spotBps)).toEqual([-6_600n, 10_000n, 20_000n, 50_000n])
    for (const { row, btc } of tails) {
      // Damped to what the end of the regular range does to a linear position.
      const linear = Number(row.weightBps * btc!.spotBps) / 1e8
      expect(Math.abs(linear)).toBeCloseTo(0.16, 3)
    }
  })
  it('gives the circuit its parameters', () => {
    const parameters = marginParametersOf(DEFAULT_CONFIGURATION)
    expect(parameters.regularMask).toBe((1n << 28n) - 1n)
    expect(scenarios[Number(parameters.gaugeScenario)]!.name).toBe(DEFAULT_CONFIGURATION.gaugeScenario)
    expect(packMarginParameters(parameters)).toBeGreaterThan(0n)
  })
})

describe('checkConfiguration', () => {
  const refusals: [string, string, (draft: Draft) => void][] = [
    ['name', 'empty', (d) => (d.name = '')],
    ['underlyings', '1 to 3', (d) => (d.underlyings = ['A', 'B', 'C', 'D'])],
    ['underlyings', 'repeat', (d) => (d.underlyings = ['BTC', 'BTC'])],
    ['scenarios', 'at most 32', (d) => d.scenarios.push({ ...d.scenarios[0]!, name: 'one more' })],
    ['scenarios', 'at least one', (d) => (d.scenarios = [])],
    ['scenarios', 'regular', (d) => (d.scenarios = d.scenarios.map((row) => ({ ...row, regular: false })))],
    ['scenarios[1].name', 'earlier', (d) => (d.scenarios[1]!.name = d.scenarios[0]!.name)],
    ['scenarios[0].weightBps', '0 to 10,000', (d) => (d.scenarios[0]!.weightBps = 10_001n)],
    ['scenarios[0].weightBps', '0 to 10,000', (d) => (d.scenarios[0]!.weightBps = -1n)],
    [
      'scenarios[0].shocks.BTC.spotBps',
      'above -10,000',
      (d) => (d.scenarios[0]!.shocks.BTC!.spotBps = -10_000n),
    ],
    [
      'scenarios[0].shocks.BTC.volBps',
      'above -10,000',
      (d) => (d.scenarios[0]!.shocks.BTC!.volBps = -10_000n),
    ],
    ['scenarios[0].shocks.ETH.skewBps', 'within', (d) => (d.scenarios[0]!.shocks.ETH!.skewBps = 20_001n)],
    [
      'scenarios[0].shocks.SOL',
      'underlyings',
      (d) => (d.scenarios[0]!.shocks.SOL = { spotBps: 0n, volBps: 0n, skewBps: 0n }),
    ],
    ['gaugeScenario', 'no scenario', (d) => (d.gaugeScenario = 'none')],
    ['greekShocks.spotBps', 'above 0', (d) => (d.greekShocks.spotBps = 0n)],
    ['greekShocks.volBps', 'below 10,000', (d) => (d.greekShocks.volBps = 10_000n)],
    ['charges', 'no entry for ETH', (d) => d.charges.pop()],
    ['charges[1].underlying', 'twice', (d) => (d.charges[1]!.underlying = 'BTC')],
    ['charges[0].underlying', 'not an underlying', (d) => (d.charges[0]!.underlying = 'SOL')],
    ['charges[0].linearBps', '0 to', (d) => (d.charges[0]!.linearBps = -1n)],
    ['charges[0].pinWindowSeconds', 'whole number', (d) => (d.charges[0]!.pinWindowSeconds = Number.NaN)],
    ['volatility.shortPowerBps', '0 to', (d) => (d.volatility.shortPowerBps = 10_001n)],
    ['volatility.scalingFloorSeconds', 'above 0', (d) => (d.volatility.scalingFloorSeconds = 0)],
    ['volatility.minimumNano', 'above 0', (d) => (d.volatility.minimumNano = 0n)],
    ['volatility.maximumNano', 'at least', (d) => (d.volatility.maximumNano = 1n)],
    ['volatility.skewLimitNano', 'deviations', (d) => (d.volatility.skewLimitNano = -1n)],
    ['factors', 'at least mmFactorBps', (d) => (d.factors.imFactorBps = 7_999n)],
    ['factors', 'at most 10,000', (d) => (d.factors.softShareBps = 10_001n)],
    ['factors.mmFactorBps', 'at most 10,000', (d) => (d.factors.mmFactorBps = 10_001n)],
    ['factors.gammaMultiplierBps', 'at least 10,000', (d) => (d.factors.gammaMultiplierBps = 9_999n)],
  ]
  it.each(refusals)('refuses a bad %s (%s)', (field, rule, change) => {
    const check = () => checkConfiguration(changed(change), 'my.json')
    expect(check).toThrow(InputError)
    expect(check).toThrow(`my.json, field "${field}": `)
    expect(check).toThrow(rule)
  })
})

describe('configurationHash', () => {
  it('is keccak-256 of the canonical JSON and does not depend on the order of keys', () => {
    const reversed = Object.fromEntries(
      Object.entries(DEFAULT_CONFIGURATION).reverse(),
    ) as unknown as RiskConfiguration
    expect(configurationHash(DEFAULT_CONFIGURATION)).toMatch(/^0x[0-9a-f]{64}$/)
    expect(configurationHash(reversed)).toBe(configurationHash(DEFAULT_CONFIGURATION))
  })
  it('changes with every kind of change', () => {
    const hashes = [
      changed(() => {}),
      changed((d) => (d.scenarios[0]!.regular = false)),
      changed((d) => d.scenarios.reverse()),
      changed((d) => (d.charges[0]!.pinBps += 1n)),
      changed((d) => (d.volatility.scalingFloorSeconds += 1)),
    ].map(configurationHash)
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(hashes[0]).toBe(configurationHash(DEFAULT_CONFIGURATION))
  })
})

describe('parseConfiguration', () => {
  const text = canonicalConfigurationJson(DEFAULT_CONFIGURATION)
  // biome-ignore lint/suspicious/noExplicitAny: the edits break the type on purpose.
  const edit = (change: (json: any) => void): string => {
    const json = JSON.parse(text)
    change(json)
    return JSON.stringify(json)
  }
  it('reads the canonical JSON back, and plain numbers too', () => {
    expect(parseConfiguration(text, 'a.json')).toEqual(DEFAULT_CONFIGURATION)
    const numbers = edit((json) => (json.greekShocks.spotBps = 200))
    expect(parseConfiguration(numbers, 'a.json')).toEqual(DEFAULT_CONFIGURATION)
  })
  it.each([
    ['not JSON', '{', 'my.json: is not JSON'],
    ['NaN', text.replace('"200"', 'NaN'), 'my.json: is not JSON'],
    [
      'a fraction',
      edit((j) => (j.scenarios[3].shocks.BTC.spotBps = 0.5)),
      'field "scenarios[3].shocks.BTC.spotBps"',
    ],
    ['an unsafe number', edit((j) => (j.greekShocks.spotBps = 1e20)), 'field "greekShocks.spotBps"'],
    [
      'a number with a unit',
      edit((j) => (j.scenarios[0].weightBps = '100%')),
      'field "scenarios[0].weightBps"',
    ],
    ['a missing field', edit((j) => delete j.volatility.minimumNano), 'field "volatility.minimumNano"'],
    ['an unknown field', edit((j) => (j.factors.extra = 1)), 'field "factors"'],
    ['an unsound value', edit((j) => (j.scenarios[0].weightBps = 10_001)), 'field "scenarios[0].weightBps"'],
    ['a list', '[]', 'my.json: '],
  ])('refuses %s', (_, bad, message) => {
    expect(() => parseConfiguration(bad, 'my.json')).toThrow(InputError)
    expect(() => parseConfiguration(bad, 'my.json')).toThrow(message)
  })
})
