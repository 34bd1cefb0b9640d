/** An account by its index, or an agent by the complement of its number: ~0 is the first agent. */
export type Party = number

/**
 * Who holds what: accounts of the venue in sparse slots, and the other parties (agents) in dense ones. Cash in whole cents and
 * positions in whole lots, both exact in doubles below 2^53. Nothing is made or lost: every change is a move between two
 * parties, and `totals` is the same before and after.
 */
export class Ledger {
  readonly accounts: number
  /** Slots of an account, without cash. */
  readonly stride: number
  readonly instruments: number
  readonly counts: Uint8Array
  /** Index of the instrument, by slot. */
  readonly rows: Int32Array
  readonly lots: Float64Array
  readonly cash: Float64Array
  readonly agents: number
  readonly agentCash: Float64Array
  /** By agent and instrument. */
  readonly agentLots: Float64Array

  constructor(accounts: number, stride: number, instruments: number, agents: number) {
    this.accounts = accounts
    this.stride = stride
    this.instruments = instruments
    this.agents = agents
    this.counts = new Uint8Array(accounts)
    this.rows = new Int32Array(accounts * stride)
    this.lots = new Float64Array(accounts * stride)
    this.cash = new Float64Array(accounts)
    this.agentCash = new Float64Array(agents)
    this.agentLots = new Float64Array(agents * instruments)
  }

  /** Lots of an instrument that a party holds, 0 where it holds none. */
  held(party: Party, row: number): number {
    if (party < 0) return this.agentLots[~party * this.instruments + row]!
    const slot = this.#slotOf(party, row)
    return slot < 0 ? 0 : this.lots[slot]!
  }

  cashOf(party: Party): number {
    return party < 0 ? this.agentCash[~party]! : this.cash[party]!
  }

  /** Whether the account could be given some of this instrument. */
  hasRoom(account: number, row: number): boolean {
    return this.counts[account]! < this.stride || this.#slotOf(account, row) >= 0
  }

  /** Lots from one party to another, and nothing for them; negative: the other way. */
  moveLots(from: Party, to: Party, row: number, lots: number): void {
    this.#add(from, row, -lots)
    this.#add(to, row, lots)
  }

  /** Cents from one party to another; negative: the other way. */
  pay(from: Party, to: Party, cents: number): void {
    this.#credit(from, -cents)
    this.#credit(to, cents)
  }

  /** All cash, then all lots of each instrument: what no step changes. */
  totals(into: Float64Array = new Float64Array(this.instruments + 1)): Float64Array {
    into.fill(0)
    let cash = 0
    for (let agent = 0; agent < this.agents; agent++) cash += this.agentCash[agent]!
    for (let account = 0; account < this.accounts; account++) {
      cash += this.cash[account]!
      const start = account * this.stride
      const end = start + this.counts[account]!
      for (let slot = start; slot < end; slot++) into[1 + this.rows[slot]!]! += this.lots[slot]!
    }
    into[0] = cash
    for (let index = 0; index < this.agentLots.length; index++) {
      into[1 + (index % this.instruments)]! += this.agentLots[index]!
    }
    return into
  }

  /** The same holdings, to run another engine on. */
  copy(): Ledger {
    const copy = new Ledger(this.accounts, this.stride, this.instruments, this.agents)
    for (const field of ['counts', 'rows', 'lots', 'cash', 'agentCash', 'agentLots'] as const) {
      copy[field].set(this[field])
    }
    return copy
  }

  /** Sets up a position; the caller answers for where it is from. Used while a book is laid out. */
  place(party: Party, row: number, lots: number): void {
    this.#add(party, row, lots)
  }

  #slotOf(account: number, row: number): number {
    const start = account * this.stride
    const end = start + this.counts[account]!
    for (let slot = start; slot < end; slot++) if (this.rows[slot] === row) return slot
    return -1
  }

  #credit(party: Party, cents: number): void {
    if (party < 0) this.agentCash[~party]! += cents
    else this.cash[party]! += cents
  }

  #add(party: Party, row: number, lots: number): void {
    if (lots === 0) return
    if (party < 0) this.agentLots[~party * this.instruments + row]! += lots
    else this.#addToAccount(party, row, lots)
  }

  #addToAccount(account: number, row: number, lots: number): void {
    const slot = this.#slotOf(account, row)
    if (slot < 0) {
      const count = this.counts[account]!
      if (count >= this.stride) throw new RangeError(`account ${account} has no slot left`)
      const free = account * this.stride + count
      this.rows[free] = row
      this.lots[free] = lots
      this.counts[account] = count + 1
      return
    }
    const next = this.lots[slot]! + lots
    if (next !== 0) {
      this.lots[slot] = next
      return
    }
    const last = account * this.stride + --this.counts[account]!
    this.rows[slot] = this.rows[last]!
    this.lots[slot] = this.lots[last]!
  }
}
