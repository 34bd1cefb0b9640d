import { InputError } from '../../protocol/errors.ts'
import { FIRST_GREEK_DIM, greekDim, UNDERLYINGS } from '../../protocol/risk-layout.ts'
import { type Holding, isBelow, type MarginResult, marginOf } from '../margin.ts'
import { HedgeInfeasibleError, type HedgeLimit } from './errors.ts'
import { checkInstruments, type HedgeInstrument } from './instruments.ts'
import type { Solver } from './linear-program.ts'
import { type Margins, type RealTrade, type SoftShape, type SoftTargets, solveSoft } from './soft-program.ts'
import { type HedgeAccount, type SoftOutcome, type SoftRule, softOutcome } from './soft-rules.ts'
import { legsAround, restores, smallestLegs } from './soft-scale.ts'

export interface SoftHedgeOptions {
  /** Total short gamma falls by at least this share of it, basis points, where there is any. Default 100: one percent. */
  readonly gammaFallBps?: bigint
  /**
   * Discount and fee that the account may come to pay, basis points of relief: the hedge restores SOFT after them, and the
   * exact stop counts them as well. Default 0.
   */
  readonly costBps?: bigint
}

export interface SoftHedge extends SoftOutcome {
  /** m: what leaves the account, by increasing id, without cash. Every rule of a soft lot holds. */
  readonly legs: readonly Holding[]
  /** Sum of |lots| times the cost of a lot in the market. */
  readonly costNano: bigint
}

const DEFAULT_GAMMA_FALL_BPS = 100n
/** How often a program is tightened by what whole lots broke, before its shape is given up. */
const MAX_TIGHTENINGS = 12

/**
 * The cheapest hedge of an account below SOFT that the circuits accept as a soft lot and that restores SOFT after its costs:
 * a linear program in doubles proposes it, whole lots are cut from it by the smallest multiple that restores SOFT, and
 * marginOf and softOutcome decide, exactly. Cheapest up to that rounding; where the slots bind, up to what the mixed-integer
 * search finds. Deterministic. Throws InputError for an account that is not below SOFT or that holds an id twice and for bad
 * instruments, HedgeInfeasibleError naming the limit where there is no hedge.
 */
export function softHedge(
  account: HedgeAccount,
  instruments: readonly HedgeInstrument[],
  solver: Solver,
  options: SoftHedgeOptions = {},
): SoftHedge {
  const tradable = checkInstruments(instruments, account.vectors)
  if (new Set(account.holdings.map(({ id }) => id)).size < account.holdings.length) {
    throw new InputError('an instrument stands twice in the account', { field: 'holdings' })
  }
  const before = marginOf(account.holdings, account.vectors, account.parameters)
  if (!isBelow(before, 'soft')) {
    throw new InputError('the account is not below SOFT: there is nothing to hedge', { field: 'holdings' })
  }
  const search = new SoftSearch(account, before, tradable, solver, options)
  return search.run()
}

class SoftSearch {
  readonly #account: HedgeAccount
  readonly #before: MarginResult
  readonly #instruments: readonly HedgeInstrument[]
  readonly #costs: ReadonlyMap<number, bigint>
  readonly #solver: Solver
  readonly #targets: SoftTargets
  /** By what was proposed, in every shape. */
  readonly #broken = new Set<SoftRule>()

  constructor(
    account: HedgeAccount,
    before: MarginResult,
    instruments: readonly HedgeInstrument[],
    solver: Solver,
    options: SoftHedgeOptions,
  ) {
    this.#account = account
    this.#before = before
    this.#instruments = instruments
    this.#costs = new Map(instruments.map(({ id, costNano }) => [id, costNano]))
    this.#solver = solver
    const { gammaFallBps = DEFAULT_GAMMA_FALL_BPS, costBps = 0n } = options
    this.#targets = { gammaFallBps, costBps }
  }

  run(): SoftHedge {
    const open: SoftShape = { instruments: this.#instruments }
    // Where the plain optimum fits the slots, no other fits better.
    const plain = this.#settle(open)
    if (plain !== undefined) return plain
    const found = (['closing', 'keeping'] as const)
      .map((slots) => this.#fitSlots(slots))
      .filter((hedge) => hedge !== undefined)
      .sort((a, b) => (a.costNano < b.costNano ? -1 : a.costNano > b.costNano ? 1 : 0))
    if (found[0] === undefined) throw new HedgeInfeasibleError(this.#obstacles())
    return found[0]
  }

  /** The mixed-integer program picks the instruments; the linear one over them finds the lots without its tolerances. */
  #fitSlots(slots: 'closing' | 'keeping'): SoftHedge | undefined {
    const trades = this.#solve({ instruments: this.#instruments, slots }, NO_MARGINS)
    if (trades === undefined) return undefined
    // A whole column of a millionth lets a fraction of a lot through.
    const picked = trades.filter(({ lots }) => Math.abs(lots) >= 0.5)
    const instruments = picked.map(({ instrument }) => instrument)
    const closed = new Set(
      slots === 'closing' ? picked.filter(isClosing).map(({ instrument }) => instrument.id) : [],
    )
    return this.#settle({ instruments, closed })
  }

  /** Solves a shape, tightening it by whatever whole lots break; undefined when it has no answer that holds. */
  #settle(shape: SoftShape): SoftHedge | undefined {
    let margins = NO_MARGINS
    for (let round = 0; round < MAX_TIGHTENINGS; round++) {
      const trades = this.#solve(shape, margins)
      if (trades === undefined) return undefined
      const legs = smallestLegs(trades, (candidate) =>
        restores(this.#account, this.#before, candidate, this.#targets.costBps),
      )
      const outcome = legs && this.#outcome(legs)
      if (legs !== undefined && outcome?.broken.length === 0) return this.#priced(legs)
      const near = this.#cheapestAround(trades)
      if (near !== undefined) return near
      for (const rule of outcome?.broken ?? []) this.#broken.add(rule)
      const tightened = this.#tighten(margins, outcome, trades, 2 ** round)
      if (tightened === undefined) return undefined
      margins = tightened
    }
    return undefined
  }

  #cheapestAround(trades: readonly RealTrade[]): SoftHedge | undefined {
    const around = legsAround(trades)
      .filter((legs) => legs.length > 0)
      .map((legs) => ({ legs, costNano: this.#costOf(legs) }))
      .sort((a, b) => (a.costNano < b.costNano ? -1 : a.costNano > b.costNano ? 1 : 0))
    const found = around.find(({ legs }) => this.#outcome(legs).broken.length === 0)
    return found && this.#priced(found.legs)
  }

  #costOf(legs: readonly Holding[]): bigint {
    return legs.reduce((sum, { id, quantityLots }) => sum + absolute(quantityLots) * this.#costs.get(id)!, 0n)
  }

  #priced(legs: readonly Holding[]): SoftHedge {
    return { ...this.#outcome(legs), legs, costNano: this.#costOf(legs) }
  }

  #outcome(legs: readonly Holding[]): SoftOutcome {
    return softOutcome(this.#account, legs, this.#targets.costBps)
  }

  #solve(shape: SoftShape, margins: Margins): RealTrade[] | undefined {
    return solveSoft(this.#account, this.#before, shape, margins, this.#targets, this.#solver)
  }

  /** Margins of what a lot of each leg can do to the broken limits, times `factor`; undefined where that is no help. */
  #tighten(
    margins: Margins,
    outcome: SoftOutcome | undefined,
    trades: readonly RealTrade[],
    factor: number,
  ): Margins | undefined {
    const grain = (rateOf: (rates: readonly bigint[]) => bigint) =>
      factor *
      trades.reduce((sum, { instrument }) => {
        const { ratesNano } = this.#account.vectors.get(instrument.id)!
        return sum + Number(absolute(rateOf(ratesNano)))
      }, 1)
    const risk = grain((rates) => rates.slice(FIRST_GREEK_DIM).map(absolute).reduce(larger))
    const gammas = Array.from({ length: UNDERLYINGS }, (_, underlying) =>
      grain((rates) => rates[greekDim(underlying, 'gamma')]!),
    )
    const isWorse = (underlying: number) =>
      outcome !== undefined &&
      outcome.after.shortGammaNano[underlying]! > outcome.before.shortGammaNano[underlying]!
    const broken: readonly SoftRule[] = outcome?.broken ?? ['softNotRestored']
    const has = (rule: SoftRule) => broken.includes(rule)
    const next = {
      soft: has('softNotRestored') ? risk : margins.soft,
      mm: has('mmNotLower') ? risk : margins.mm,
      im: has('imHigher') ? risk : margins.im,
      shortGamma: gammas.map((gamma, index) => (isWorse(index) ? gamma : margins.shortGamma[index]!)),
      totalShortGamma: has('shortGammaNotLower') ? gammas.reduce((a, b) => a + b) : margins.totalShortGamma,
    }
    const isTighter = TIGHTENED.some(has)
    return isTighter ? next : undefined
  }

  /** Which limits let a hedge exist when lifted alone. */
  #obstacles(): HedgeLimit[] {
    const isOpen = (without?: HedgeLimit) =>
      this.#solve({ instruments: this.#instruments, ...(without && { without }) }, NO_MARGINS) !== undefined
    if (isOpen()) {
      if (!SLOT_RULES.some((rule) => this.#broken.has(rule))) return ['wholeLots']
      return this.#broken.has('overshoot') ? ['slots', 'exactStop'] : ['slots']
    }
    const lifted = (['depth', 'initialMargin', 'shortGammaOfAnUnderlying', 'shortGamma'] as const).filter(
      isOpen,
    )
    return lifted.length > 0 ? lifted : ['soft']
  }
}

const NO_MARGINS: Margins = {
  soft: 0,
  mm: 0,
  im: 0,
  shortGamma: new Array<number>(UNDERLYINGS).fill(0),
  totalShortGamma: 0,
}
const SLOT_RULES: readonly SoftRule[] = ['wideSlots', 'slotsAfter', 'receiverSlots']
const TIGHTENED: readonly SoftRule[] = [
  'softNotRestored',
  'mmNotLower',
  'imHigher',
  'shortGammaHigher',
  'shortGammaNotLower',
]

function isClosing({ heldLots, lots }: RealTrade): boolean {
  return heldLots !== 0n && Math.abs(lots + Number(heldLots)) <= 1 + Math.abs(Number(heldLots)) / 1_000_000
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
