import { accountRisk } from '../margin/book-risk.ts'
import { CENT_NANO, newFigures, type RiskFigures } from '../margin/kernel.ts'
import { ROW } from '../pricing/row.ts'
import type { EngineContext } from './engine.ts'
import { recordSale } from './engine.ts'

interface Candidate {
  readonly account: number
  /** MM over equity, basis points. */
  readonly leverage: number
}

/** Shares of the opposite legs that are tried against a counterparty, hundredths, the largest first. */
const SHARES = [100, 50, 25, 10, 5, 2, 1] as const
const MOST_LEGS = 255

/**
 * Deleveraging by water-filling on leverage, as src/book/liquidation/water-fill.ts: a level falls in bands, whoever stands at
 * or above it and holds the other side is closed against the account at the mark, the most leveraged first and none below
 * the band, until the account's buffer is restored and no further. Counterparties of an insolvent account take a haircut.
 */
export class Deleverager {
  readonly #context: EngineContext
  readonly #inCase: Uint8Array
  readonly #figures = newFigures()
  readonly #rows = new Int32Array(MOST_LEGS)
  readonly #lots = new Float64Array(MOST_LEGS)
  readonly #heldRows = new Int32Array(MOST_LEGS)
  readonly #heldLots = new Float64Array(MOST_LEGS)
  #legs = 0

  constructor(context: EngineContext, inCase: Uint8Array) {
    this.#context = context
    this.#inCase = inCase
  }

  /** Whether the account is covered afterwards, or holds nothing any more. */
  run(account: number): boolean {
    const { adlStartBps, adlEndBps, adlBandBps } = this.#context.venue.parameters
    const candidates = this.#candidates(account)
    const { tally } = this.#context
    const usedBefore = tally.deleveragedUsd
    const useless = new Set<number>()
    for (let level = adlStartBps; level >= adlEndBps && !this.#isDone(account); level -= adlBandBps) {
      for (const { account: other } of candidates) {
        const leverage = this.#leverage(other)
        if (this.#isDone(account)) break
        if (leverage < level) continue
        const best = this.#mostLeveraged(candidates, useless)
        if (useless.has(other)) continue
        const usd = this.#against(account, other, Math.max(0, level - adlBandBps))
        // Whoever cannot help however low the level is is not asked again.
        if (usd === 0 && this.#feasibleShare(account, other, 0) === undefined) useless.add(other)
        if (usd > 0) this.#record(account, other, usd, leverage, best)
      }
    }
    if (tally.deleveragedUsd > usedBefore) tally.lots.deleveraged++
    return this.#isDone(account)
  }

  /** Everybody with equity, in no case, who holds some of the other side; the most leveraged first, ties by number. */
  #candidates(account: number): Candidate[] {
    const { venue, risk } = this.#context
    const { ledger } = venue
    const candidates: Candidate[] = []
    for (let other = 0; other < ledger.accounts; other++) {
      if (other === account || this.#inCase[other] === 1 || risk.equity[other]! <= 0) continue
      if (risk.mm[other] === 0 || !this.#oppose(account, other)) continue
      candidates.push({ account: other, leverage: (risk.mm[other]! / risk.equity[other]!) * 1e4 })
    }
    return candidates.sort((a, b) => b.leverage - a.leverage || a.account - b.account)
  }

  /** Fills the legs that could be closed between two accounts; whether there are any. */
  #oppose(account: number, other: number): boolean {
    const { ledger } = this.#context.venue
    const start = account * ledger.stride
    this.#legs = 0
    for (let slot = start; slot < start + ledger.counts[account]!; slot++) {
      const row = ledger.rows[slot]!
      const mine = ledger.lots[slot]!
      const theirs = ledger.held(other, row)
      if (mine * theirs >= 0) continue
      this.#rows[this.#legs] = row
      this.#lots[this.#legs++] = Math.sign(mine) * Math.min(Math.abs(mine), Math.abs(theirs))
    }
    return this.#legs > 0
  }

  /** Closes what is feasible between two accounts; USD of notional. */
  #against(account: number, other: number, floorBps: number): number {
    const share = this.#feasibleShare(account, other, floorBps)
    if (share === undefined) return 0
    const percent = this.#context.parts.partialLots ? this.#leastRestoring(account, share) : share
    return this.#close(account, other, percent)
  }

  #feasibleShare(account: number, other: number, floorBps: number): number | undefined {
    if (!this.#oppose(account, other)) return undefined
    return SHARES.find((share) => this.#isFeasible(account, other, share, floorBps))
  }

  /** MM of both falls, and the counterparty keeps its equity above IM and its leverage at or above the floor. */
  #isFeasible(account: number, other: number, percent: number, floorBps: number): boolean {
    const { risk } = this.#context
    if (this.#after(account, -1, percent).mm >= risk.mm[account]!) return false
    const theirs = this.#after(other, 1, percent)
    const equity = theirs.equity - this.#haircut(account, percent)
    return equity > 0 && equity >= theirs.im && theirs.mm * 1e4 >= floorBps * equity
  }

  /** The least percent at which the account's buffer is restored; `most` where none below it does. */
  #leastRestoring(account: number, most: number): number {
    let low = 0
    let high = most
    while (high - low > 1) {
      const middle = (low + high) >> 1
      const after = this.#after(account, -1, middle)
      if (after.equity >= after.soft) high = middle
      else low = middle
    }
    return high
  }

  /** Margin of an account with a percent of the legs added (sign 1) or taken away, at mark: equity stays. */
  #after(account: number, sign: 1 | -1, percent: number): RiskFigures {
    const { venue } = this.#context
    const { ledger, kernel, rows } = venue
    const start = account * ledger.stride
    const count = ledger.counts[account]!
    for (let slot = 0; slot < count; slot++) {
      const row = ledger.rows[start + slot]!
      let lots = ledger.lots[start + slot]!
      for (let leg = 0; leg < this.#legs; leg++) {
        if (this.#rows[leg] === row) lots += sign * this.#part(leg, percent)
      }
      this.#heldRows[slot] = row
      this.#heldLots[slot] = lots
    }
    kernel.portfolio(rows, this.#heldRows, this.#heldLots, 0, count, ledger.cash[account]!, this.#figures)
    this.#figures.equity = this.#context.risk.equity[account]!
    return this.#figures
  }

  #part(leg: number, percent: number): number {
    return Math.trunc((this.#lots[leg]! * percent) / 100)
  }

  /** Nano-USD that the counterparty of an insolvent account gives up: at most what is missing. */
  #haircut(account: number, percent: number): number {
    const { risk, venue } = this.#context
    const missing = -risk.equity[account]!
    if (missing <= 0) return 0
    const relief = risk.mm[account]! - this.#after(account, -1, percent).mm
    return Math.min(missing, (Math.max(0, relief) * venue.parameters.adlHaircutBps) / 1e4)
  }

  #close(account: number, other: number, percent: number): number {
    const { venue, tally } = this.#context
    const { ledger, kernel, rows } = venue
    const haircutCents = Math.floor(this.#haircut(account, percent) / CENT_NANO)
    let value = 0
    let usd = 0
    for (let leg = 0; leg < this.#legs; leg++) {
      const row = this.#rows[leg]!
      const lots = this.#part(leg, percent)
      value += lots * rows[row * ROW]!
      usd += Math.abs(venue.deltaUsd(row, lots))
      ledger.moveLots(account, other, row, lots)
    }
    ledger.pay(other, account, Math.floor(value / CENT_NANO) + haircutCents)
    tally.haircut += haircutCents
    for (const side of [account, other])
      this.#refresh(side, accountRisk(kernel, rows, ledger, side, this.#figures))
    return usd
  }

  #refresh(account: number, { equity, mm, im, soft }: RiskFigures): void {
    const { risk } = this.#context
    risk.equity[account] = equity
    risk.mm[account] = mm
    risk.im[account] = im
    risk.soft[account] = soft
  }

  #isDone(account: number): boolean {
    const { venue, risk } = this.#context
    if (venue.ledger.counts[account] === 0) return true
    return risk.equity[account]! >= (this.#context.parts.partialLots ? risk.soft : risk.mm)[account]!
  }

  /** Leverage, as it is now, of the most leveraged counterparty that could still help. */
  #mostLeveraged(candidates: readonly Candidate[], useless: ReadonlySet<number>): number {
    let most = 0
    for (const { account } of candidates) {
      if (!useless.has(account)) most = Math.max(most, this.#leverage(account))
    }
    return most
  }

  #leverage(account: number): number {
    const { risk } = this.#context
    return risk.equity[account]! > 0 ? (risk.mm[account]! / risk.equity[account]!) * 1e4 : 0
  }

  /** Fair: nobody who could help stood more than a band above the one that was used. */
  #record(account: number, other: number, usd: number, before: number, best: number): void {
    const { tally, venue } = this.#context
    tally.deleveraged.add(other)
    tally.deleveragedUsd += usd
    if (before >= best - venue.parameters.adlBandBps) tally.fairUsd += usd
    recordSale(this.#context, account, usd)
  }
}
