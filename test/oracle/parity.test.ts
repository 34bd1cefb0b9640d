import type { Contract } from 'ethers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { oracleSources } from '../../src/chain/generate-oracle.ts'
import { type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { configurationWords } from '../../src/chain/oracle-configuration.ts'
import { oracleTables } from '../../src/chain/oracle-tables.ts'
import { EXP_LIMIT_Q64, expQ64 } from '../../src/fixed-point/exp.ts'
import { lnIntegerQ64 } from '../../src/fixed-point/ln.ts'
import { normalCdfQ64 } from '../../src/fixed-point/normal.ts'
import { sqrtDown } from '../../src/fixed-point/sqrt.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { MAX_SCALE_BPS } from '../../src/protocol/ranges.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import { riskLeaf, topRoot } from '../../src/risk/risk-tree.ts'
import { expectedHash, randomCase, solidityCase } from './fixtures/pricing-cases.ts'
import { compareCases, pricingFactors, pricingHarness } from './fixtures/pricing-harness.ts'

/** A sample of what scripts/oracle/parity.ts compares a hundred thousand of. */
const CASES = 1_500
const AT_ONCE = 150

let chain: LocalChain
let harness: Contract
beforeAll(async () => {
  chain = await startLocalChain()
  harness = await pricingHarness(chain.signer(0))
}, 600_000)
afterAll(() => chain?.close())

it('prices the same instruments bit for bit as TypeScript', async () => {
  let outOfRange = 0
  for (let from = 0; from < CASES; from += AT_ONCE) {
    const cases = Array.from({ length: AT_ONCE }, (_, index) => randomCase(1_000_000 + from + index))
    outOfRange += (await compareCases(harness, cases)).outOfRange
  }
  // Few, and more than none: the edge of the ranges is reached.
  expect(outOfRange).toBeGreaterThan(0)
  expect(outOfRange).toBeLessThan(CASES / 10)
}, 120_000)

it('prices the extremes alike: wings, minutes to expiry, 5% and 500% volatility', async () => {
  const strikes = [1n, 100n, 9_000n, 10_000n, 11_000n, 1_000_000n]
  const cases = [60, 600, 3_600, 86_400, 400 * 86_400].flatMap((seconds) =>
    [50_000_000n, 5_000_000_000n].flatMap((volNano) =>
      strikes.flatMap((strikeBps) =>
        (['call', 'put'] as const).map((right) => extreme(seconds, volNano, strikeBps, right)),
      ),
    ),
  )
  const { priced } = await compareCases(harness, cases)
  expect(priced).toBeGreaterThan(cases.length / 2)
})

function extreme(seconds: number, volNano: bigint, strikeBps: bigint, right: 'call' | 'put') {
  const asOfSeconds = 1_772_443_800
  const spotNano = 68_000_000_000_000n
  const strikeNano = (spotNano * strikeBps) / 10_000n
  const expirySeconds = asOfSeconds + seconds
  const instrument = {
    ...{ kind: 'option' as const, symbol: 'X', lotNano: 10_000n, underlying: 0 },
    ...{ expirySeconds, strikeNano, right },
  }
  const expiries = [{ underlying: 0, expirySeconds, forwardNano: spotNano, smile: [{ strikeNano, volNano }] }]
  const underlyings = [{ symbol: 'BTC', spotNano }]
  return { id: 1, instrument, snapshot: { asOfSeconds, underlyings, expiries, instruments: [instrument] } }
}

it('scales alike up to the limits: shocks of spot that meet them, charges of all, a row beside its equal', async () => {
  const shock = (spotBps: bigint) => ({ BTC: { spotBps, volBps: 3_000n, skewBps: 0n } })
  const row = (name: string, regular: boolean, spotBps: bigint) => ({
    ...{ name, regular, weightBps: 10_000n, shocks: shock(spotBps) },
  })
  const configuration = {
    ...DEFAULT_CONFIGURATION,
    scenarios: [
      // Equal shocks, of which only the regular one is scaled.
      ...[row('fall', true, -1_600n), row('tail', false, -1_600n), row('rounds', true, 333n)],
      ...[row('deep', true, -6_000n), row('deeper', true, -9_700n), row('high', true, 900_000n)],
    ],
    charges: DEFAULT_CONFIGURATION.charges.map((charges) => ({
      ...{ ...charges, spotLongBps: 7_001n, shortOptionBps: 9_000n, pinBps: 3_333n },
    })),
    gaugeScenario: 'fall',
  }
  const scales = [10_000n, 10_001n, 13_333n, MAX_SCALE_BPS]
  const atScales = (one: ReturnType<typeof extreme>) =>
    scales.map((scaleBps) => ({
      ...one,
      snapshot: {
        ...one.snapshot,
        underlyings: one.snapshot.underlyings.map((quote) => ({ ...quote, scaleBps })),
      },
    }))
  const cases = [9_000n, 10_000n, 11_000n].flatMap((strikeBps) =>
    (['call', 'put'] as const).flatMap((right) => atScales(extreme(3_600, 800_000_000n, strikeBps, right))),
  )
  const { priced } = await compareCases(harness, cases, configuration)
  expect(priced).toBe(cases.length)
  // And a scale is no decoration: every one of them prices otherwise.
  const hashes = atScales(extreme(3_600, 800_000_000n, 10_000n, 'put')).map((one) =>
    expectedHash(one, configuration),
  )
  expect(new Set(hashes).size).toBe(scales.length)
})

it('notices a volatility that is a hundredth of a percent off', async () => {
  const [honest, other] = [500_000_000n, 500_050_000n].map((vol) => extreme(86_400, vol, 10_000n, 'call'))
  const call = harness.getFunction('hashes')
  const factors = pricingFactors(DEFAULT_CONFIGURATION)
  const hashOf = async (one: NonNullable<typeof honest>) => {
    const cases = [solidityCase(one, DEFAULT_CONFIGURATION)]
    return (await call.staticCall(configurationWords(DEFAULT_CONFIGURATION), factors, cases))[0][0]
  }
  const expected = expectedHash(honest!, DEFAULT_CONFIGURATION)
  expect(await hashOf(honest!)).toBe(expected)
  expect(await hashOf(other!)).not.toBe(expected)
})

it('has the same exp, ln, sqrt and normal distribution', async () => {
  const random = new SplitMix64(7n)
  const xs = Array.from({ length: 400 }, (_, index) => {
    const magnitude = random.bits(1 + (index % 130))
    return index % 3 === 0 ? -magnitude : magnitude
  })
  const results: bigint[] = await harness.getFunction('elementary').staticCall(xs)
  for (const [index, x] of xs.entries()) {
    const expected = [
      x > EXP_LIMIT_Q64 ? 0n : expQ64(x),
      x > 0n ? lnIntegerQ64(x) : 0n,
      x > 0n ? sqrtDown(x) : 0n,
      normalCdfQ64(x),
    ]
    expect(results.slice(4 * index, 4 * index + 4), `of ${x}`).toEqual(expected)
  }
})

it('hashes leaves, nodes and the root alike', async () => {
  const hasher = await poseidonHasher()
  const random = new SplitMix64(9n)
  for (let round = 0; round < 8; round++) {
    const ratesNano = Array.from({ length: 42 }, () => random.bits(38) * (random.bits(1) === 0n ? 1n : -1n))
    const vector = {
      id: 77 + round,
      ratesNano,
      longChargeNano: random.bits(38),
      shortChargeNano: random.bits(38),
    }
    const given = [true, ratesNano, vector.longChargeNano, vector.shortChargeNano]
    expect((await harness.getFunction('leaf').staticCall(vector.id, given))[0]).toBe(riskLeaf(hasher, vector))
    const nodes = Array.from({ length: 64 }, () => random.bits(253))
    const children = nodes.slice(0, 8)
    expect((await harness.getFunction('node').staticCall(children))[0]).toBe(
      hasher.hash('RISK_NODE', children),
    )
    expect((await harness.getFunction('root').staticCall(nodes))[0]).toBe(topRoot(hasher, nodes))
  }
})

it('generates its constants from what TypeScript computes with', () => {
  const { OracleConstants, LnSeries } = oracleSources()
  expect(OracleConstants).toContain(`TABLES_HASH = ${oracleTables().hash}`)
  // ln 2 in 120 binary digits, from another source than the one that generates: a float has 53 of them.
  const ln2 = /LN2_Q120 = (\d+)/.exec(OracleConstants!)![1]!
  expect(Number(BigInt(ln2)) / 2 ** 120).toBeCloseTo(Math.LN2, 15)
  expect(LnSeries!.match(/series = /g)).toHaveLength(19)
})
