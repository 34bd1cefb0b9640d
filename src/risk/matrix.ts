import { InputError, OutOfRangeError, TacitError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { type MarginParameters, packMarginParameters } from '../protocol/parameters.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { BASIS_POINTS, CHARGE_BITS } from '../protocol/ranges.ts'
import { FIRST_SCENARIO_DIM, VALUE_DIM } from '../protocol/risk-layout.ts'
import { marginParametersOf, type RiskConfiguration } from './configuration.ts'
import type { Listing } from './listing.ts'
import { marginOfTotals } from './margin.ts'
import type { InstrumentQuote, MarketSnapshot } from './market/snapshot.ts'
import { prepareRound, riskVector } from './rates.ts'
import { type RiskEntry, RiskTree, riskLeaf } from './risk-tree.ts'
import { checkVectorRanges, type RiskVector } from './vector.ts'

/** Added to both charges of a halted instrument, basis points of the largest of its mark and scenario P&L. */
export const HALT_CHARGE_BPS = 2_500n

export interface MatrixRequest {
  readonly snapshot: MarketSnapshot
  readonly configuration: RiskConfiguration
  readonly instance: MarginInstance
  /** The last round's listing; Listing.empty for the first round. */
  readonly listing: Listing
  /** The last round's matrix, from which halted instruments take their standing vectors. */
  readonly previous?: Pick<RiskMatrix, 'vectors' | 'halted'> | undefined
}

/** One round's public risk: every vector under one root. */
export interface RiskMatrix {
  readonly asOfSeconds: number
  readonly instance: MarginInstance
  readonly tree: RiskTree
  /** tree.vectors: by id, the zero vector included. */
  readonly vectors: ReadonlyMap<number, RiskVector>
  readonly root: bigint
  /** Ids of this round's instruments. */
  readonly listing: Listing
  readonly parameters: MarginParameters
  /** packMarginParameters(parameters): the circuit's public signal. */
  readonly parametersWord: bigint
  /** In order of place. */
  readonly halted: readonly HaltedInstrument[]
}

export interface HaltedInstrument {
  readonly symbol: string
  readonly id: number
  readonly reason: string
  /**
   * The last vector it was priced with, before the raise of charges: kept from round to round, so that a long halt
   * does not raise a raise. Undefined: it never had one, and the round leaves it out.
   */
  readonly standing: RiskVector | undefined
}

/** The work on one instrument; independent of every other, so that it can be spread over threads. */
export interface MatrixJob {
  readonly instrument: InstrumentQuote
  readonly id: number
}

export type MatrixOutcome =
  | { readonly id: number; readonly entry: RiskEntry }
  | { readonly id: number; readonly haltReason: string }

export interface MatrixPlan {
  readonly listing: Listing
  /** One per quoted instrument, in the snapshot's order. */
  readonly jobs: readonly MatrixJob[]
}

export type PriceInstrument = (instrument: InstrumentQuote, id: number) => RiskVector

/**
 * The risk matrix of a round: lists the instruments, prices each to a vector, hashes the tree. Pure and
 * deterministic: same request, same root. An instrument whose rate is out of range, or that is listed and not
 * quoted, is halted: its last vector stands with charges raised (raiseCharges), or it is left out when it never had
 * one. Any other failure throws, naming the instrument.
 * @param price stands in for the pricing of an instrument in tests.
 */
export function buildRiskMatrix(
  hasher: Hasher,
  request: MatrixRequest,
  price: PriceInstrument = pricerOf(request),
): RiskMatrix {
  const plan = planMatrix(request)
  const outcomes = plan.jobs.map((job) => hashOutcome(hasher, priceJob(job, price)))
  return finishMatrix(hasher, request, plan, outcomes)
}

/** The pricing of a round's instruments; prepares what they share. Throws InputError for a bad snapshot. */
export function pricerOf(request: Pick<MatrixRequest, 'snapshot' | 'configuration'>): PriceInstrument {
  const context = prepareRound(request.snapshot, request.configuration)
  return (instrument, id) => riskVector(context, instrument, id)
}

/** Step 1: ids for this round's instruments. Errors as Listing.update. */
export function planMatrix({ snapshot, listing, instance }: MatrixRequest): MatrixPlan {
  const next = listing.update(snapshot.instruments, instance)
  const jobs = snapshot.instruments.map((instrument) => ({
    instrument,
    id: next.bySymbol(instrument.symbol)!.id,
  }))
  return { listing: next, jobs }
}

export type PricedJob =
  | { readonly id: number; readonly vector: RiskVector }
  | { readonly id: number; readonly haltReason: string }

/** Step 2a, per instrument. A number out of range halts; any other error is thrown with the instrument's name. */
export function priceJob({ instrument, id }: MatrixJob, price: PriceInstrument): PricedJob {
  try {
    const vector = price(instrument, id)
    checkVectorRanges(vector)
    return { id, vector }
  } catch (error) {
    if (error instanceof OutOfRangeError) return { id, haltReason: error.message }
    throw nameInstrument(error, instrument.symbol)
  }
}

/** Step 2b, per instrument: its leaf, the dearer half of the hashing. */
export function hashOutcome(hasher: Hasher, priced: PricedJob): MatrixOutcome {
  if ('haltReason' in priced) return priced
  return { id: priced.id, entry: { vector: priced.vector, leaf: riskLeaf(hasher, priced.vector) } }
}

/** Step 3: halted instruments take their standing vectors, and the tree is hashed. Order of outcomes is free. */
export function finishMatrix(
  hasher: Hasher,
  request: MatrixRequest,
  plan: MatrixPlan,
  outcomes: readonly MatrixOutcome[],
): RiskMatrix {
  const parameters = marginParametersOf(request.configuration)
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]))
  const entries: RiskEntry[] = []
  const halted: HaltedInstrument[] = []
  for (const { symbol, id } of plan.listing.instruments) {
    const outcome = byId.get(id)
    if (outcome !== undefined && 'entry' in outcome) {
      entries.push(outcome.entry)
      continue
    }
    const standing = standingVector(request.previous, id)
    halted.push({ symbol, id, reason: outcome?.haltReason ?? 'not quoted this round', standing })
    if (standing !== undefined) {
      const vector = raiseCharges(standing, parameters)
      entries.push({ vector, leaf: riskLeaf(hasher, vector) })
    }
  }
  const tree = RiskTree.ofEntries(hasher, request.instance, entries)
  return {
    asOfSeconds: request.snapshot.asOfSeconds,
    instance: request.instance,
    tree,
    vectors: tree.vectors,
    root: tree.root,
    listing: plan.listing,
    parameters,
    parametersWord: packMarginParameters(parameters),
    halted,
  }
}

/**
 * What stands for a halted instrument: the last rates, and both charges raised by HALT_CHARGE_BPS of the largest of
 * |mark| and |scenario P&L|, rounded up and held within the charge range. A halt is a mark that nobody vouches for,
 * so it weighs on whoever holds it, on either side. The long raise stops where one lot's maintenance requirement
 * (mmFactor of its worst over all scenarios, and the charge) reaches its value: a fully paid lot stays covered, as in rates.ts.
 */
export function raiseCharges(vector: RiskVector, parameters: MarginParameters): RiskVector {
  const value = vector.ratesNano[VALUE_DIM]!
  const scenarios = vector.ratesNano.slice(FIRST_SCENARIO_DIM)
  const largest = [value, ...scenarios].reduce((most, rate) => max(most, abs(rate)), 0n)
  const raise = divideUp(HALT_CHARGE_BPS * largest, BASIS_POINTS)
  const limit = (1n << BigInt(CHARGE_BITS)) - 1n
  const long = vector.longChargeNano
  const needNano = marginOfTotals(vector.ratesNano, 0n, parameters).worstImNano
  const room = value - divideUp(parameters.mmFactorBps * needNano, BASIS_POINTS)
  return {
    ...vector,
    longChargeNano: min(limit, max(long, min(long + raise, room))),
    shortChargeNano: min(limit, vector.shortChargeNano + raise),
  }
}

function standingVector(previous: MatrixRequest['previous'], id: number): RiskVector | undefined {
  return previous?.halted.find((halted) => halted.id === id)?.standing ?? previous?.vectors.get(id)
}

/** The same failure, told with the instrument's name. */
function nameInstrument(error: unknown, symbol: string): TacitError {
  const options = { cause: error }
  if (error instanceof InputError) return new InputError(`${symbol}: ${error.rule}`, error.location, options)
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof TacitError ? error.code : 'INPUT_INVALID'
  return new TacitError(code, `${symbol}: ${message}`, options)
}

function divideUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}
