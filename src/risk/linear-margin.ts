import { InputError } from '../protocol/errors.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { greekDim, VALUE_DIM } from '../protocol/risk-layout.ts'
import type { Holding, VectorsById } from './margin.ts'
import type { InstrumentQuote, OptionQuote, UnderlyingQuote } from './market/snapshot.ts'

/** Rates of the linear model, in basis points of a notional. */
export interface LinearMarginParameters {
  /** Perpetuals, futures and short spot: initial and maintenance. */
  readonly linearInitialBps: bigint
  readonly linearMaintenanceBps: bigint
  /** Haircut on long spot collateral, for both requirements. */
  readonly spotHaircutBps: bigint
  /** Short option, initial: this less the out-of-the-money amount, at least the floor. Of underlying notional. */
  readonly optionInitialBps: bigint
  readonly optionInitialFloorBps: bigint
  /** Short option, maintenance. Of underlying notional. */
  readonly optionMaintenanceBps: bigint
}

/**
 * Ten times leverage on linear instruments, half of it for maintenance; options as the standard (not portfolio)
 * margin of large option venues: 15% of the underlying less the out-of-the-money amount but at least 10%, and 7.5%
 * for maintenance. Defaults for a comparison, not a recommendation.
 */
export const DEFAULT_LINEAR_MARGIN: LinearMarginParameters = {
  linearInitialBps: 1_000n,
  linearMaintenanceBps: 500n,
  spotHaircutBps: 500n,
  optionInitialBps: 1_500n,
  optionInitialFloorBps: 1_000n,
  optionMaintenanceBps: 750n,
}

/** What the linear model needs of a round. */
export interface LinearMarginRound {
  readonly vectors: VectorsById
  readonly instruments: { get(id: number): InstrumentQuote | undefined }
  readonly underlyings: readonly UnderlyingQuote[]
  /** GreekShocks.spotBps: the move that the delta dimension of the vectors stands for. */
  readonly deltaShockBps: bigint
}

export interface LinearMarginResult {
  readonly equityNano: bigint
  readonly initialNano: bigint
  readonly maintenanceNano: bigint
  /** One row per holding, in their order. */
  readonly positions: readonly PositionMargin[]
}

/** Nano-USD, >= 0, rounded up. */
export interface PositionMargin {
  readonly initialNano: bigint
  readonly maintenanceNano: bigint
}

const NANO = 1_000_000_000n

/**
 * The futures-style model that portfolio margin is compared with: each position pays for itself and nothing offsets
 * anything else. With q lots, the underlying notional N = |q| * lot * spot, and the delta notional
 * D = |q * delta rate| * 10,000 / deltaShockBps (what a 100% move of the underlying would make by the delta):
 *
 *   cash                     0
 *   long spot                haircut * mark
 *   perpetual, future,
 *     short spot             linear rate * D
 *   long option              its mark: paid in full, and no collateral for anything else
 *   short option, initial    max(linear rate * D, max(optionInitial * N - out-of-the-money amount, floor * N))
 *   short option, maint.     max(linear rate * D, optionMaintenance * N), at most the initial
 *
 * Equity is the value dimension, as in the portfolio model, so a short option's own mark is already deducted.
 * Throws InputError, naming the holding's index, for an id that the round does not have.
 */
export function linearMarginOf(
  holdings: readonly Holding[],
  round: LinearMarginRound,
  parameters: LinearMarginParameters = DEFAULT_LINEAR_MARGIN,
): LinearMarginResult {
  let equityNano = 0n
  const positions = holdings.map(({ id, quantityLots }, slot) => {
    const vector = round.vectors.get(id)
    if (quantityLots === 0n) return { initialNano: 0n, maintenanceNano: 0n }
    const instrument = round.instruments.get(id)
    if (vector === undefined || instrument === undefined) {
      throw new InputError(`no instrument has the id ${id} in this round`, { field: `slot ${slot}` })
    }
    const markNano = quantityLots * vector.ratesNano[VALUE_DIM]!
    equityNano += markNano
    if (instrument.kind === 'cash') return { initialNano: 0n, maintenanceNano: 0n }
    const deltaNano = quantityLots * vector.ratesNano[greekDim(instrument.underlying, 'delta')]!
    return positionMargin({ instrument, quantityLots, markNano, deltaNano }, round, parameters)
  })
  return {
    equityNano,
    initialNano: positions.reduce((sum, { initialNano }) => sum + initialNano, 0n),
    maintenanceNano: positions.reduce((sum, { maintenanceNano }) => sum + maintenanceNano, 0n),
    positions,
  }
}

interface PricedPosition {
  readonly instrument: Exclude<InstrumentQuote, { kind: 'cash' }>
  readonly quantityLots: bigint
  readonly markNano: bigint
  readonly deltaNano: bigint
}

function positionMargin(
  position: PricedPosition,
  round: LinearMarginRound,
  parameters: LinearMarginParameters,
): PositionMargin {
  const { instrument, quantityLots, markNano } = position
  const isLong = quantityLots > 0n
  if (instrument.kind === 'option' && isLong) return both(abs(markNano))
  if (instrument.kind === 'spot' && isLong) return both(shareUp(parameters.spotHaircutBps, abs(markNano)))
  const deltaNotionalNano = divideUp(abs(position.deltaNano) * BASIS_POINTS, round.deltaShockBps)
  const initialNano = shareUp(parameters.linearInitialBps, deltaNotionalNano)
  const maintenanceNano = shareUp(parameters.linearMaintenanceBps, deltaNotionalNano)
  if (instrument.kind !== 'option') return { initialNano, maintenanceNano }
  const option = shortOptionMargin(instrument, -quantityLots, round, parameters)
  const shortInitialNano = max(initialNano, option.initialNano)
  return {
    initialNano: shortInitialNano,
    maintenanceNano: min(shortInitialNano, max(maintenanceNano, option.maintenanceNano)),
  }
}

function shortOptionMargin(
  option: OptionQuote,
  shortLots: bigint,
  round: LinearMarginRound,
  parameters: LinearMarginParameters,
): PositionMargin {
  const { spotNano } = round.underlyings[option.underlying]!
  const lotsNano = shortLots * option.lotNano
  const notionalNano = divideUp(lotsNano * spotNano, NANO)
  const awayNano = option.right === 'call' ? option.strikeNano - spotNano : spotNano - option.strikeNano
  // Rounded down, so that the requirement is rounded up.
  const outOfTheMoneyNano = (lotsNano * max(0n, awayNano)) / NANO
  return {
    initialNano: max(
      shareUp(parameters.optionInitialBps, notionalNano) - outOfTheMoneyNano,
      shareUp(parameters.optionInitialFloorBps, notionalNano),
    ),
    maintenanceNano: shareUp(parameters.optionMaintenanceBps, notionalNano),
  }
}

function both(requirementNano: bigint): PositionMargin {
  return { initialNano: requirementNano, maintenanceNano: requirementNano }
}

function shareUp(bps: bigint, amountNano: bigint): bigint {
  return divideUp(bps * amountNano, BASIS_POINTS)
}

function divideUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
