import { ATTACKER, DEALERS, HOUSE, liquidator } from './agents.ts'
import type { Venue } from './venue.ts'

/** Units of underlying: delta, sum of its magnitudes, and what all options are on. */
interface HedgerDelta {
  readonly net: number
  readonly gross: number
  readonly optionUnits: number
}

/**
 * Who follows delta. Accounts that hedge keep the delta that they began with, trading the difference in the hedge instrument
 * when it is out of a band; all of them at once are one order. Holders of inventory trade their delta away as fast as a share of
 * the depth allows; dealers, who keep no position, at once.
 */
export class Hedgers {
  readonly #venue: Venue
  readonly #accounts: Int32Array
  /** Units of underlying that each keeps, by hedger and underlying. */
  readonly #targets: Float64Array
  readonly #orders: Float64Array
  /** What each held when it last looked: by what has gone since, it knows what a sale took. */
  readonly #seenCounts: Uint8Array
  readonly #seenRows: Int32Array
  readonly #seenLots: Float64Array
  readonly #every: number

  constructor(venue: Venue) {
    this.#venue = venue
    const { hedgers } = venue.world
    this.#accounts = Int32Array.from([...hedgers.keys()].filter((account) => hedgers[account] === 1))
    this.#targets = new Float64Array(this.#accounts.length * venue.books.length)
    this.#orders = new Float64Array(this.#accounts.length)
    const { stride } = venue.ledger
    this.#seenCounts = new Uint8Array(this.#accounts.length)
    this.#seenRows = new Int32Array(this.#accounts.length * stride)
    this.#seenLots = new Float64Array(this.#accounts.length * stride)
    this.#every = Math.max(1, Math.ceil(venue.parameters.hedgeIntervalSeconds / venue.path.stepSeconds))
    for (let hedger = 0; hedger < this.#accounts.length; hedger++) {
      for (let underlying = 0; underlying < venue.books.length; underlying++) {
        this.#targets[hedger * venue.books.length + underlying] = this.#delta(hedger, underlying).net
      }
      this.#look(hedger)
    }
  }

  /** @param inCase 1 for accounts whose owners cannot trade. @param sold 1 for accounts that a sale changed; taken back. */
  trade(inCase: Uint8Array, sold: Uint8Array): void {
    const venue = this.#venue
    if (venue.step % this.#every !== 0) return
    this.#retarget(sold)
    for (let underlying = 0; underlying < venue.books.length; underlying++) {
      this.#tradeUnderlying(underlying, inCase)
      venue.hedgeAgent(DEALERS, underlying, Number.POSITIVE_INFINITY)
    }
    for (let hedger = 0; hedger < this.#accounts.length; hedger++) this.#look(hedger)
  }

  /**
   * Who was sold a part of does not trade back what the sale took, but has still to hedge what prices did to the rest: it was
   * off by the same in proportion to the options that it has left.
   */
  #retarget(sold: Uint8Array): void {
    const { length } = this.#venue.books
    for (let hedger = 0; hedger < this.#accounts.length; hedger++) {
      if (sold[this.#accounts[hedger]!] === 0) continue
      sold[this.#accounts[hedger]!] = 0
      for (let underlying = 0; underlying < length; underlying++) {
        const place = hedger * length + underlying
        const before = this.#seenDelta(hedger, underlying)
        const after = this.#delta(hedger, underlying)
        const left = before.optionUnits === 0 ? 0 : Math.min(1, after.optionUnits / before.optionUnits)
        this.#targets[place] = after.net + left * (this.#targets[place]! - before.net)
      }
    }
  }

  #look(hedger: number): void {
    const { ledger } = this.#venue
    const start = this.#accounts[hedger]! * ledger.stride
    const count = ledger.counts[this.#accounts[hedger]!]!
    this.#seenCounts[hedger] = count
    this.#seenRows.set(ledger.rows.subarray(start, start + count), hedger * ledger.stride)
    this.#seenLots.set(ledger.lots.subarray(start, start + count), hedger * ledger.stride)
  }

  #tradeUnderlying(underlying: number, inCase: Uint8Array): void {
    const venue = this.#venue
    const row = venue.world.hedgeRows[underlying]!
    const perLot = venue.marks.deltaUnits[row]!
    let net = 0
    for (let hedger = 0; hedger < this.#accounts.length; hedger++) {
      const account = this.#accounts[hedger]!
      const target = this.#targets[hedger * venue.books.length + underlying]!
      const delta = this.#delta(hedger, underlying)
      const off = target - delta.net
      const isIn = Math.abs(off) * 1e4 <= venue.parameters.hedgeBandBps * delta.gross
      // An account without options has no delta to follow.
      const isIdle =
        isIn || delta.optionUnits === 0 || inCase[account] === 1 || !venue.ledger.hasRoom(account, row)
      this.#orders[hedger] = isIdle ? 0 : Math.trunc(off / perLot) + 0
      net += this.#orders[hedger]!
    }
    const shift = venue.order(underlying, venue.deltaUsd(row, net))
    for (let hedger = 0; hedger < this.#accounts.length; hedger++) {
      if (this.#orders[hedger] !== 0)
        venue.tradeAt(this.#accounts[hedger]!, row, this.#orders[hedger]!, shift)
    }
  }

  #delta(hedger: number, underlying: number): HedgerDelta {
    const { ledger } = this.#venue
    const account = this.#accounts[hedger]!
    return this.#sum(ledger.rows, ledger.lots, account * ledger.stride, ledger.counts[account]!, underlying)
  }

  /** Of what it held when it last looked, at the prices of now. */
  #seenDelta(hedger: number, underlying: number): HedgerDelta {
    const start = hedger * this.#venue.ledger.stride
    return this.#sum(this.#seenRows, this.#seenLots, start, this.#seenCounts[hedger]!, underlying)
  }

  #sum(rows: Int32Array, lots: Float64Array, start: number, count: number, underlying: number): HedgerDelta {
    const { marks, pricer } = this.#venue
    let net = 0
    let gross = 0
    let optionUnits = 0
    for (let slot = start; slot < start + count; slot++) {
      const row = rows[slot]!
      if (this.#venue.underlyingOf(row) !== underlying) continue
      const units = lots[slot]! * marks.deltaUnits[row]!
      net += units
      gross += Math.abs(units)
      if (this.#venue.isOption(row))
        optionUnits += Math.abs(lots[slot]!) * pricer.instruments[row]!.unitsPerLot
    }
    return { net, gross, optionUnits }
  }
}

/**
 * Liquidators and the clearing house trade the delta of their inventory away, slowly, and pass its options on to dealers: together at
 * most a share of the depth each minute.
 */
export function workOff(venue: Venue): void {
  const { liquidators, participationBps, optionDepthUsd } = venue.parameters
  const share = (participationBps / 1e4) * (venue.path.stepSeconds / 60)
  const holders = [HOUSE, ...Array.from({ length: liquidators }, (_, index) => liquidator(index))]
  for (const holder of holders) {
    for (let underlying = 0; underlying < venue.books.length; underlying++) {
      venue.hedgeAgent(holder, underlying, (venue.books[underlying]!.depthUsd * share) / holders.length)
    }
    venue.passOptionsOn(holder, (optionDepthUsd * share) / holders.length)
  }
}

/** Somebody who pays to push the price: sells so much over some steps, and buys it back later. */
export interface AttackPlan {
  readonly underlying: number
  /** Signed: negative sells first. */
  readonly notionalUsd: number
  readonly startStep: number
  readonly pushSteps: number
  readonly waitSteps: number
}

export function attack(venue: Venue, plan: AttackPlan | undefined): void {
  if (plan === undefined) return
  const since = venue.step - plan.startStep
  const row = venue.world.hedgeRows[plan.underlying]!
  if (since >= 0 && since < plan.pushSteps) {
    const lots = venue.hedgeLots(plan.underlying, plan.notionalUsd / plan.pushSteps)
    if (lots !== 0) venue.tradeHedge(ATTACKER, row, lots)
  }
  const back = since - plan.pushSteps - plan.waitSteps
  if (back < 0 || back >= plan.pushSteps) return
  const held = venue.ledger.held(ATTACKER, row)
  const lots = -Math.trunc(held / (plan.pushSteps - back)) + 0
  if (lots !== 0) venue.tradeHedge(ATTACKER, row, lots)
}
