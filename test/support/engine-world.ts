import type { Account, Position } from '../../src/book/account.ts'
import { Book, type BookOpening } from '../../src/book/book.ts'
import { addCash } from '../../src/book/liquidation/positions.ts'
import { divideUp } from '../../src/book/liquidation/price.ts'
import { marginIn, type RoundRisk } from '../../src/book/liquidation/requirement.ts'
import { MARGIN_INSTANCES, type MarginInstance } from '../../src/protocol/instances.ts'
import { CASH_ID, CASH_LOT_NANO } from '../../src/protocol/liquidation.ts'
import { type MarginParameters, packMarginParameters } from '../../src/protocol/parameters.ts'
import type { Hasher } from '../../src/protocol/poseidon.ts'
import { DIMS, greekDim, scenarioDim } from '../../src/protocol/risk-layout.ts'
import type { RiskRound } from '../../src/prover/margin-inputs.ts'
import { RiskTree } from '../../src/risk/risk-tree.ts'
import type { RiskVector } from '../../src/risk/vector.ts'
import { TEST_PARAMETERS } from './synthetic.ts'

/** A market of few instruments whose risks are plain to see, and a book of accounts that hold them. */

function vector(
  id: number,
  rates: Readonly<Record<number, bigint>>,
  charges: readonly [bigint, bigint] = [0n, 0n],
): RiskVector {
  const ratesNano = new Array<bigint>(DIMS).fill(0n)
  for (const [dim, rate] of Object.entries(rates)) ratesNano[Number(dim)] = rate
  return { id, ratesNano, longChargeNano: charges[0], shortChargeNano: charges[1] }
}

export const SETTLEMENT_CASH = vector(CASH_ID, { 0: CASH_LOT_NANO })

/** An option on one underlying as a parabola of the moves -16 to 15 percent. */
function option(id: number, underlying: number, valueNano: bigint): RiskVector {
  const rates: Record<number, bigint> = {
    0: valueNano,
    [greekDim(underlying, 'delta')]: valueNano / 100n,
    [greekDim(underlying, 'gamma')]: valueNano / 200n,
    [greekDim(underlying, 'vega')]: valueNano / 300n,
  }
  for (let scenario = 0; scenario < 32; scenario++) {
    const move = BigInt(scenario - 16)
    rates[scenarioDim(scenario)] = (valueNano * (move * move * 8n + move * 40n - 400n)) / 4_000n
  }
  return vector(id, rates, [valueNano / 100n, valueNano / 50n])
}

/** A perpetual: linear in the move, without gamma. */
function perpetual(id: number, underlying: number, notionalNano: bigint): RiskVector {
  const rates: Record<number, bigint> = {
    0: notionalNano / 1_000n,
    [greekDim(underlying, 'delta')]: notionalNano / 50n,
  }
  for (let scenario = 0; scenario < 32; scenario++) {
    rates[scenarioDim(scenario)] = (notionalNano * BigInt(scenario - 16)) / 100n
  }
  return vector(id, rates, [notionalNano / 50n, notionalNano / 50n])
}

/** Worth a nano-USD a lot and nothing else: places equity to the unit. */
export const NANO_ID = 7
/** Costs a nano-USD of charge a lot held short, and is worth nothing: places requirements to the unit. */
export const CHARGE_ID = 8

/** Cash; options 2, 3 (underlying 0) and 5 (underlying 1); perpetuals 4 and 6; and the two units. */
export const ENGINE_VECTORS: readonly RiskVector[] = [
  SETTLEMENT_CASH,
  option(2, 0, 50_000_000_007n),
  option(3, 0, 21_000_000_013n),
  perpetual(4, 0, 60_000_000_000n),
  option(5, 1, 30_000_000_011n),
  perpetual(6, 1, 45_000_000_000n),
  vector(NANO_ID, { 0: 1n }),
  vector(CHARGE_ID, {}, [0n, 1n]),
]

/** Cash, and options and perpetuals of both underlyings spread over the places of a full-size tree. */
export function spreadMarket(count: number): RiskVector[] {
  const ids = Array.from({ length: count }, (_, k) => 2 + 250 * k)
  return [
    SETTLEMENT_CASH,
    ...ids.map((id, k) => {
      const worthNano = 20_000_000_000n + 1_000_000_007n * BigInt(k)
      return k % 3 === 2 ? perpetual(id, k % 2, 2n * worthNano) : option(id, k % 2, worthNano)
    }),
  ]
}

export interface EngineWorld {
  readonly hasher: Hasher
  readonly instance: MarginInstance
  readonly round: RiskRound
  readonly risk: RoundRisk
  readonly book: Book
  opening(index: number): BookOpening
}

export interface EngineWorldOptions {
  readonly vectors?: readonly RiskVector[]
  readonly parameters?: MarginParameters
  readonly instance?: MarginInstance
}

export function engineWorld(
  hasher: Hasher,
  portfolios: readonly (readonly Position[])[],
  options: EngineWorldOptions = {},
): EngineWorld {
  const { vectors = ENGINE_VECTORS, parameters = TEST_PARAMETERS } = options
  const { instance = MARGIN_INSTANCES['margin-4'] } = options
  const tree = treeOf(hasher, instance, vectors)
  const accounts = portfolios.map((positions, index): Account => {
    return {
      accountId: 100 + index,
      owner: 0xabc0n + BigInt(index),
      secret: 7_919n * BigInt(index + 1),
      nonce: BigInt(3 + index),
      positions,
    }
  })
  const book = Book.from(accounts, hasher, instance)
  return {
    hasher,
    instance,
    round: { tree, parameters: packMarginParameters(parameters) },
    risk: { vectors: tree.vectors, parameters },
    book,
    opening: (index) => book.opening(index),
  }
}

/** Trees by their vectors and instance: a file of tests builds hundreds of worlds on one of them. */
const trees = new WeakMap<readonly RiskVector[], Map<string, RiskTree>>()

function treeOf(hasher: Hasher, instance: MarginInstance, vectors: readonly RiskVector[]): RiskTree {
  const ofVectors = trees.get(vectors) ?? new Map<string, RiskTree>()
  trees.set(vectors, ofVectors)
  const tree = ofVectors.get(instance.name) ?? RiskTree.of(hasher, instance, vectors)
  ofVectors.set(instance.name, tree)
  return tree
}

export const ENGINE_RISK: RoundRisk = {
  vectors: new Map(ENGINE_VECTORS.map((listed) => [listed.id, listed])),
  parameters: TEST_PARAMETERS,
}

/** Positions in short: { 2: -100n }. */
export function holding(lots: Readonly<Record<number, bigint>>): Position[] {
  return Object.entries(lots)
    .map(([id, quantityLots]) => ({ id: Number(id), quantityLots }))
    .filter(({ quantityLots }) => quantityLots !== 0n)
    .sort((a, b) => a.id - b.id)
}

/** The entries with as much cash as puts equity at a percent of MM, rounded up to a lot; negative: a debt. */
export function atHealth(entries: readonly Position[], percent: bigint, risk = ENGINE_RISK): Position[] {
  const { equityNano, mmBpsNano } = marginIn(risk, entries)
  return addCash(entries, divideUp((mmBpsNano * percent) / 1_000_000n - equityNano, CASH_LOT_NANO))
}

/** The entries with cash such that equity stands a percent of the way from MM to SOFT. */
export function towardSoft(entries: readonly Position[], percent: bigint, risk = ENGINE_RISK): Position[] {
  const { equityNano, requirementNano } = marginIn(risk, entries)
  const target = requirementNano.mm + ((requirementNano.soft - requirementNano.mm) * percent) / 100n
  return addCash(entries, divideUp(target - equityNano, CASH_LOT_NANO))
}

/** The entries with cash and nano lots such that equity is exactly this. They must hold neither. */
export function withEquity(entries: readonly Position[], equityNano: bigint, risk = ENGINE_RISK): Position[] {
  const missing = equityNano - marginIn(risk, entries).equityNano
  const nano = ((missing % CASH_LOT_NANO) + CASH_LOT_NANO) % CASH_LOT_NANO
  const lots = Object.fromEntries(entries.map(({ id, quantityLots }) => [id, quantityLots]))
  return holding({ ...lots, [CASH_ID]: (missing - nano) / CASH_LOT_NANO, [NANO_ID]: nano })
}
