import fc from 'fast-check'
import type { Account, Position } from '../../src/book/account.ts'
import { addCash, addPositions } from '../../src/book/liquidation/positions.ts'
import { divideUp } from '../../src/book/liquidation/price.ts'
import { marginIn, type RoundRisk } from '../../src/book/liquidation/requirement.ts'
import type { TransferTerms } from '../../src/book/liquidation/terms.ts'
import { CASH_ID, CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import { DIMS, greekDim, scenarioDim } from '../../src/protocol/risk-layout.ts'
import type { RiskVector } from '../../src/risk/vector.ts'
import { syntheticVectors, TEST_PARAMETERS, TestRandom } from '../support/synthetic.ts'

/** Settlement cash as the circuits want it: exactly CASH_LOT_NANO a lot. */
export const CASH: RiskVector = {
  id: CASH_ID,
  ratesNano: Array.from({ length: DIMS }, (_, dim) => (dim === 0 ? CASH_LOT_NANO : 0n)),
  longChargeNano: 0n,
  shortChargeNano: 0n,
}

/** An option on one underlying as a parabola of 32 moves from -16 to 16 percent: pays on both sides when long. */
export function option(id: number, underlying: number, valueNano = 50_000_000_000n): RiskVector {
  const ratesNano = new Array<bigint>(DIMS).fill(0n)
  ratesNano[0] = valueNano
  ratesNano[greekDim(underlying, 'delta')] = valueNano / 100n
  ratesNano[greekDim(underlying, 'gamma')] = valueNano / 200n
  ratesNano[greekDim(underlying, 'vega')] = valueNano / 300n
  for (let scenario = 0; scenario < 32; scenario++) {
    const move = BigInt(scenario - 16)
    ratesNano[scenarioDim(scenario)] = (valueNano * (move * move * 8n + move * 40n - 400n)) / 4_000n
  }
  return { id, ratesNano, longChargeNano: valueNano / 100n, shortChargeNano: valueNano / 50n }
}

/** A perpetual: linear in the move. */
export function perpetual(id: number, underlying: number, notionalNano = 60_000_000_000n): RiskVector {
  const ratesNano = new Array<bigint>(DIMS).fill(0n)
  ratesNano[0] = notionalNano / 1_000n
  ratesNano[greekDim(underlying, 'delta')] = notionalNano / 50n
  for (let scenario = 0; scenario < 32; scenario++) {
    ratesNano[scenarioDim(scenario)] = (notionalNano * BigInt(scenario - 16)) / 100n
  }
  return { id, ratesNano, longChargeNano: notionalNano / 50n, shortChargeNano: notionalNano / 50n }
}

/** Cash; options 2, 3 and 5 (two underlyings); perpetuals 4 and 6. */
export const VECTORS = [CASH, option(2, 0), option(3, 0), perpetual(4, 0), option(5, 1), perpetual(6, 1)]

export function roundOf(vectors: readonly RiskVector[] = VECTORS): RoundRisk {
  return { vectors: new Map(vectors.map((vector) => [vector.id, vector])), parameters: TEST_PARAMETERS }
}

export const ROUND = roundOf()
export const SLOTS = 16

/** Positions in short: { 2: -100n }. */
export function holding(lots: Readonly<Record<number, bigint>>): Position[] {
  return addPositions(Object.entries(lots).map(([id, quantityLots]) => ({ id: Number(id), quantityLots })))
}

export function account(accountId: number, positions: readonly Position[]): Account {
  return {
    accountId,
    owner: BigInt(accountId) << 8n,
    secret: BigInt(accountId) * 7_919n,
    nonce: 3n,
    positions,
  }
}

/** The entries with as much cash as puts equity at a percent of MM (0: nothing; 100: at MM), rounded up to a lot. */
export function atHealth(entries: readonly Position[], percent: bigint, round = ROUND): Position[] {
  const { equityNano, mmBpsNano } = marginIn(round, entries)
  const target = (mmBpsNano * percent) / 1_000_000n
  return addCash(entries, divideUp(target - equityNano, CASH_LOT_NANO))
}

/** The entries with cash such that equity stands a percent of the way from MM to SOFT. */
export function belowSoft(entries: readonly Position[], percent: bigint, round = ROUND): Position[] {
  const { equityNano, requirementNano } = marginIn(round, entries)
  const target = requirementNano.mm + ((requirementNano.soft - requirementNano.mm) * percent) / 100n
  return addCash(entries, divideUp(target - equityNano, CASH_LOT_NANO))
}

export const SLICE_TERMS: TransferTerms = {
  mode: 'slice',
  percent: 100n,
  costBps: 0n,
  discountBps: 0n,
  feeBps: 0n,
  escrowLots: 0n,
  cutoffBps: 0n,
  floorBps: 0n,
}

/** A random round of instruments 2 to 13, and a random portfolio of some of them. */
export const arbitraryEntries = fc
  .record({ seed: fc.integer({ min: 1, max: 1_000_000 }), count: fc.integer({ min: 1, max: 8 }) })
  .map(({ seed, count }) => {
    const random = new TestRandom(seed)
    const round = roundOf([CASH, ...syntheticVectors(13, seed).slice(1)])
    const entries = addPositions(
      Array.from({ length: count }, () => ({ id: 2 + random.below(12), quantityLots: random.signed(16) })),
    )
    return { round, entries }
  })
  .filter(({ entries }) => entries.length > 0)
