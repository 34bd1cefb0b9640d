import { describe, expect, it } from 'vitest'
import { scenarioDim } from '../../src/protocol/risk-layout.ts'
import { type GapSearchOptions, searchWorstGap } from '../../src/risk/adversarial.ts'
import { maximise } from '../../src/risk/adversarial-simplex.ts'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { marginOf } from '../../src/risk/margin.ts'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import { pricerOf } from '../../src/risk/matrix.ts'

const snapshot = sampleMarket({ seed: 1, size: 'small' })
const short: GapSearchOptions = { seed: 7n, moves: 64, rounds: 2, against: 'im' }

/**
 * What this search may find before someone looks at the scenario set again: loss over requirement, basis points, for
 * books built to have it (docs/risk-model.md). Longer searches on a larger market find more.
 */
const BOUND_BPS = { im: 17_000n, mm: 20_000n, BTC: 12_000n, ETH: 12_500n }

describe('searchWorstGap', () => {
  const gap = searchWorstGap(snapshot, DEFAULT_CONFIGURATION, short)

  it('finds a book that loses more between the scenarios than on any of them, within the documented bound', () => {
    expect(gap.lossNano).toBeGreaterThan(gap.margin.stressMmNano)
    expectNear(gap.lossOfRequirementBps, BOUND_BPS.im)
    expect(gap.ratios.length).toBe(short.moves)
    expect(gap.ratios.toSorted((one, other) => one - other)).toEqual(gap.ratios)
  })

  it('stays within the documented bounds against MM and with one underlying alone', () => {
    const search = (options: Partial<GapSearchOptions>) =>
      searchWorstGap(snapshot, DEFAULT_CONFIGURATION, { ...short, ...options })
    expectNear(search({ against: 'mm' }).lossOfRequirementBps, BOUND_BPS.mm)
    for (const underlying of ['BTC', 'ETH'] as const) {
      const alone = search({ underlying })
      expectNear(alone.lossOfRequirementBps, BOUND_BPS[underlying])
      expect(alone.book.every(({ symbol }) => symbol.startsWith(underlying))).toBe(true)
    }
  })

  it('finds the worst book of a move: no book of one or two legs does worse', () => {
    const vectorsAt = (configuration: typeof DEFAULT_CONFIGURATION) => {
      const price = pricerOf({ snapshot, configuration })
      return new Map(
        snapshot.instruments.map((instrument, index) => [index + 1, price(instrument, index + 1)]),
      )
    }
    const now = vectorsAt(DEFAULT_CONFIGURATION)
    const probe = { ...DEFAULT_CONFIGURATION, scenarios: [gap.move], gaugeScenario: gap.move.name }
    const then = vectorsAt(probe)
    const parameters = marginParametersOf(DEFAULT_CONFIGURATION)
    const random = new SplitMix64(3n)
    const leg = () => ({
      id: Number(random.between(1n, BigInt(snapshot.instruments.length))),
      quantityLots: random.between(-1_000n, 1_000n),
    })
    for (let draw = 0; draw < 3_000; draw++) {
      const book = draw % 2 === 0 ? [leg()] : [leg(), leg()]
      const loss = book.reduce(
        (sum, { id, quantityLots }) => sum - quantityLots * then.get(id)!.ratesNano[scenarioDim(0)]!,
        0n,
      )
      const requirement = marginOf(book, now, parameters).requirementNano.im
      expect(10_000n * loss <= (gap.lossOfRequirementBps + 1n) * requirement).toBe(true)
    }
  })

  it('reports what full revaluation and the exact formula give', () => {
    const probe = {
      ...DEFAULT_CONFIGURATION,
      scenarios: [gap.move],
      gaugeScenario: gap.move.name,
    }
    const [atMove, now] = [probe, DEFAULT_CONFIGURATION].map((configuration) =>
      pricerOf({ snapshot, configuration }),
    )
    const legs = gap.book.map(({ symbol, quantityLots }, index) => ({
      instrument: snapshot.instruments.find((instrument) => instrument.symbol === symbol)!,
      id: index + 1,
      quantityLots,
    }))
    const loss = legs.reduce(
      (sum, { instrument, id, quantityLots }) =>
        sum - quantityLots * atMove!(instrument, id).ratesNano[scenarioDim(0)]!,
      0n,
    )
    expect(loss).toBe(gap.lossNano)
    const vectors = new Map(legs.map(({ instrument, id }) => [id, now!(instrument, id)]))
    const { requirementNano } = marginOf(legs, vectors, marginParametersOf(DEFAULT_CONFIGURATION))
    expect(requirementNano.im).toBe(gap.requirementNano)
    expect(gap.lossOfRequirementBps).toBe((10_000n * loss + requirementNano.im - 1n) / requirementNano.im)
  })

  it('moves inside the range of the regular scenarios', () => {
    const rows = DEFAULT_CONFIGURATION.scenarios.filter(({ regular }) => regular)
    for (const [symbol, shock] of Object.entries(gap.move.shocks)) {
      for (const field of ['spotBps', 'volBps', 'skewBps'] as const) {
        const values = rows.map((row) => row.shocks[symbol]?.[field] ?? 0n)
        expect(values.some((value) => value <= shock[field])).toBe(true)
        expect(values.some((value) => value >= shock[field])).toBe(true)
      }
    }
  })

  it('finds the same again from the same seed, and holds the loss against MM where asked', () => {
    const quick = { ...short, moves: 32, rounds: 1 }
    const again = () => searchWorstGap(snapshot, DEFAULT_CONFIGURATION, quick)
    expect(again()).toEqual(again())
    const { margin, requirementNano } = searchWorstGap(snapshot, DEFAULT_CONFIGURATION, {
      ...quick,
      against: 'mm',
    })
    expect(requirementNano).toBe(margin.requirementNano.mm)
  })

  it('refuses counts below one', () => {
    expect(() => searchWorstGap(snapshot, DEFAULT_CONFIGURATION, { ...short, moves: 0 })).toThrow('moves')
    expect(() => searchWorstGap(snapshot, DEFAULT_CONFIGURATION, { ...short, rounds: 1.5 })).toThrow('rounds')
  })
})

describe('maximise', () => {
  const rows = (...lists: number[][]) => lists.map((list) => Float64Array.from(list))

  it('solves a program whose answer is known', () => {
    // max 3x + 5y with x <= 4, 2y <= 12 and 3x + 2y <= 18: 36 at (2, 6).
    const { value, columns } = maximise(
      rows([1 / 4, 0], [0, 1 / 6], [1 / 6, 1 / 9]),
      Float64Array.from([3, 5]),
    )
    expect(value).toBeCloseTo(36, 9)
    expect(columns[0]).toBeCloseTo(2, 9)
    expect(columns[1]).toBeCloseTo(6, 9)
  })

  it('stays at nothing where nothing gains, and names the direction where nothing bounds it', () => {
    expect(maximise(rows([1, 1]), Float64Array.from([-1, 0])).value).toBe(0)
    const { value, columns } = maximise(rows([1, -1]), Float64Array.from([0, 1]))
    expect(value).toBe(Number.POSITIVE_INFINITY)
    expect([...columns]).toEqual([0, 1])
  })
})

/** At most the bound, and not so far below it that the bound says nothing. */
function expectNear(found: bigint, bound: bigint): void {
  expect(found).toBeLessThanOrEqual(bound)
  expect(Number(found)).toBeGreaterThan(Number(bound) * 0.8)
}
