import { describe, expect, it } from 'vitest'
import { MarketEngine } from '../../src/stress/engine/market-engine.ts'
import { ATTACKER } from '../../src/stress/market/agents.ts'
import type { SwitchablePart } from '../../src/stress/parts.ts'
import { ENGINES } from '../../src/stress/parts.ts'
import { ENGINE_NAMES } from '../../src/stress/result.ts'
import { outcomeOf, runOnce } from '../../src/stress/run.ts'
import { Simulation } from '../../src/stress/simulate.ts'
import { CRASH, engine, pathFor, smallWorld } from './support.ts'

const ALL = ENGINE_NAMES.map((name) => engine(name))
const MODEL = { kind: 'model', model: CRASH, steps: 90, stepSeconds: 60, correlation: 0.8 } as const

describe('value', () => {
  it('is conserved to the cent and the lot at every step, in every engine, over random books, paths and markets', () => {
    let worked = 0
    for (let run = 0; run < 6; run++) {
      const parameters = {
        impactLaw: run % 2 === 0 ? ('linear' as const) : ('squareRoot' as const),
        depthUsd: [3e6, 4e7, Number.POSITIVE_INFINITY][run % 3]!,
        reservesUsd: run === 1 ? 0 : 200_000,
        liquidatorCapitalUsd: 500_000 * (run + 1),
        houseCapitalUsd: 1_000_000,
        oracleDelaySeconds: 60 * (run % 3),
      }
      const world = smallWorld(parameters, {
        seed: run,
        healthFrom: 1.02,
        healthTo: 2,
        spotCollateral: run % 2,
      })
      const attackPlan = { underlying: 0, notionalUsd: -5e6, startStep: 5, pushSteps: 4, waitSteps: 20 }
      const { outcomes } = runOnce({ world, source: MODEL, engines: ALL, seed: run, attackPlan }, run)
      for (const { conserved, losses, lots } of outcomes) {
        expect(conserved).toBe(true)
        const {
          badDebtCents,
          insuranceCents,
          gammaReserveCents,
          houseCents,
          socialisedCents,
          uncoveredCents,
        } = losses
        expect(insuranceCents + gammaReserveCents + houseCents + socialisedCents + uncoveredCents).toBe(
          badDebtCents,
        )
        worked += Object.values(lots).reduce((a, b) => a + b, 0)
      }
    }
    expect(worked).toBeGreaterThan(500)
  })

  it('is counted: a cent that comes from nowhere is seen', () => {
    const world = smallWorld()
    const simulation = new Simulation({ world, path: pathFor(CRASH, 0, 5), engine: engine('none') })
    simulation.venue.ledger.agentCash[~ATTACKER]! += 1
    expect(simulation.run().conserved).toBe(false)
  })
})

describe('the same request', () => {
  it('gives the same bytes', () => {
    const once = () =>
      JSON.stringify(runOnce({ world: smallWorld(), source: MODEL, engines: ALL, seed: 3 }, 1, true))
    expect(once()).toBe(once())
  })

  it('and another seed another path', () => {
    const low = (seed: number) =>
      runOnce({ world: smallWorld(), source: MODEL, engines: [engine('none')], seed }, 0).path.spot[0]!
    expect(low(1)).not.toEqual(low(2))
  })
})

describe('an engine with its parts off', () => {
  it.each(['portfolio', 'linear'] as const)(
    'is the market engine, written apart, byte for byte (%s margin)',
    (margin) => {
      const world = smallWorld({ depthUsd: 5e6, executionDelaySeconds: 120 })
      let sold = 0
      for (let run = 0; run < 3; run++) {
        const path = pathFor(CRASH, run)
        const off = Object.fromEntries(Object.keys(ENGINES.tacit).map((part) => [part, false]))
        const parts = { ...ENGINES.tacit, ...off, marketOrders: true, margin }
        const baseline = new Simulation({
          world,
          path,
          engine: { name: 'none', parts: { ...ENGINES.none, margin } },
        }).run().recorder
        const request = { world, path, engine: { name: 'x', parts }, baseline }
        const staged = new Simulation(request).run()
        const simple = new Simulation({ ...request, engineOf: (context) => new MarketEngine(context) }).run()
        const bytes = (simulation: Simulation) =>
          JSON.stringify([
            outcomeOf(simulation, 'x', run, baseline),
            simulation.recorder.trace(simulation.venue, 'x'),
            [...simulation.venue.ledger.cash],
            [...simulation.venue.ledger.lots],
          ])
        expect(bytes(staged)).toBe(bytes(simple))
        sold += staged.tally.lots.market
      }
      expect(sold).toBeGreaterThan(20)
    },
  )

  it('does nothing of what that part does, and is the next simpler engine once all are off', () => {
    const world = smallWorld({ depthUsd: 1e7 })
    const parts: [SwitchablePart, 'soft' | 'sealed' | 'dutch' | 'house' | 'deleveraged'][] = [
      ['softHedge', 'soft'],
      ['sealedAuction', 'sealed'],
      ['dutchAuction', 'dutch'],
      ['clearingHouse', 'house'],
      ['deleveraging', 'deleveraged'],
    ]
    const path = pathFor(CRASH, 1)
    const run = (change: object) => new Simulation({ world, path, engine: engine('tacit', change) }).run()
    for (const [part, taker] of parts) expect(run({ [part]: false }).tally.lots[taker]).toBe(0)
    const off = {
      partialLots: false,
      sealedAuction: false,
      dutchAuction: false,
      clearingHouse: false,
      deleveraging: false,
      gammaReserve: false,
      marketOrders: true,
    }
    const soft = new Simulation({ world, path, engine: engine('portfolio-soft') }).run()
    const reduced = run(off)
    expect([...reduced.venue.ledger.cash]).toEqual([...soft.venue.ledger.cash])
    expect(reduced.recorder.price).toEqual(soft.recorder.price)
  })
})

describe('deleveraging', () => {
  it('takes over where nobody has capital, by leverage, and moves no price', () => {
    const world = smallWorld(
      { liquidators: 0, houseCapitalUsd: 0, dutchSeconds: 60, depthUsd: 2e7 },
      { healthFrom: 1.02 },
    )
    let deleveraged = 0
    for (let run = 0; run < 2; run++) {
      const source = { ...MODEL, model: CRASH }
      const { outcomes } = runOnce({ world, source, engines: [engine('tacit')], seed: 2 }, run)
      const { deleveraging, lots, conserved, overshootBps } = outcomes[0]!
      expect(conserved).toBe(true)
      expect(lots.soft + lots.sealed + lots.dutch + lots.house + lots.market).toBe(0)
      expect(deleveraging.fairnessBps).toBeGreaterThan(8_000)
      // Closing at the mark moves no price; what differs is that hedgers with less to hedge trade less.
      expect(overshootBps).toBeLessThan(300)
      deleveraged += deleveraging.accounts
    }
    expect(deleveraged).toBeGreaterThan(3)
  })
})

describe('a market without impact', () => {
  it("shows no cascade: nobody is liquidated who would not be anyway, and prices are the path's", () => {
    const world = smallWorld({ depthUsd: Number.POSITIVE_INFINITY, reservesUsd: 1e9 })
    for (let run = 0; run < 3; run++) {
      const { outcomes, path, traces } = runOnce(
        { world, source: MODEL, engines: ALL.slice(0, 4), seed: 5 },
        run,
        true,
      )
      for (const { induced, overshootBps, overshootUpBps, cascadeDepth } of outcomes) {
        expect([induced, overshootBps, overshootUpBps]).toEqual([0, 0, 0])
        expect(cascadeDepth).toBeLessThanOrEqual(1)
      }
      expect(outcomes[2]!.breached).toBeGreaterThan(5)
      const spot = traces[0]!.priceUsd[0]![0]!
      expect(traces[2]!.priceUsd[0]!.at(-1)! / spot).toBeCloseTo(path.spot[0]!.at(-1)!, 6)
    }
  })
})

describe('more depth', () => {
  it('never makes a cascade larger: the mean difference is above zero by its interval at every step of four times the depth', () => {
    const depths = [1e7, 4e7, 16e7]
    const RUNS = 12
    const overshoots = depths.map((depthUsd) => {
      // Without hedgers the path without liquidations is the same at every depth.
      const world = smallWorld({ depthUsd, hedgerShareBps: 0 })
      return Array.from({ length: RUNS }, (_, run) => {
        const { outcomes } = runOnce(
          { world, source: MODEL, engines: [engine('portfolio-market')], seed: 9 },
          run,
        )
        return { overshoot: outcomes[0]!.overshootBps, induced: outcomes[0]!.induced }
      })
    })
    for (let index = 1; index < depths.length; index++) {
      const gains = overshoots[index - 1]!.map(
        ({ overshoot }, run) => overshoot - overshoots[index]![run]!.overshoot,
      )
      const mean = gains.reduce((a, b) => a + b, 0) / RUNS
      const deviation = Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (RUNS - 1))
      // Student's t for 11 degrees of freedom, two-sided 95%.
      expect(mean - (2.201 * deviation) / Math.sqrt(RUNS)).toBeGreaterThan(0)
      const induced = (at: number) => overshoots[at]!.reduce((sum, run) => sum + run.induced, 0)
      expect(induced(index)).toBeLessThanOrEqual(induced(index - 1))
    }
  })
})
