/** The venue's own work: publishing its book, handing it to the service, vouching, and a new day after a crash. Boundary. */
import type { Account, Position } from '../book/account.ts'
import { addCash, cashOf, entriesOf } from '../book/liquidation/positions.ts'
import { divideDown } from '../book/liquidation/price.ts'
import { marginIn } from '../book/liquidation/requirement.ts'
import { writeJsonBook } from '../book/write.ts'
import { listCases, listSubAccounts } from '../chain/engine-client/case-list.ts'
import { sendTo, viewOf } from '../chain/engine-client/connection.ts'
import { followHead } from '../keeper/follow.ts'
import { publishVenueBook } from '../keeper/publish.ts'
import { CASH_ID, CASH_LOT_NANO } from '../protocol/liquidation.ts'
import { clientPositions, makerPositions, type PricedMarket } from './cast.ts'
import type { LiveWorld } from './world.ts'

export class VenueDesk {
  readonly #world: LiveWorld
  /** Root of the book that the service was given last. */
  #given: bigint | undefined

  constructor(world: LiveWorld) {
    this.#world = world
  }

  /** Publishes the first book and brings the cash in that it says. */
  async open(): Promise<void> {
    const { context, signer, stage } = this.#world
    await publishVenueBook(context, signer('venue'))
    const cash = context.venueBook.book.accounts.reduce((sum, { positions }) => sum + cashOf(positions), 0n)
    await sendTo(stage.connection, 'vault', 'bringIn', [CASH_ID, cash], signer('venue'))
    await this.give()
  }

  /** Whether the service has the book as it is now. */
  get isGiven(): boolean {
    return this.#given === this.#world.context.venueBook.book.root
  }

  /** Hands the book to the service whenever it has changed. */
  async give(): Promise<void> {
    const { context, rounds, names, venue } = this.#world
    const { book } = context.venueBook
    if (this.#given === book.root) return
    const { root } = book
    const entries = book.accounts.map((account, place) => ({ account, name: names[place]! }))
    const { matrix, riskRoot } = rounds.newest
    await venue.addBook({ riskRoot, book: JSON.parse(writeJsonBook(entries, matrix.listing)) })
    this.#given = root
  }

  /** The venue's word for every sub-account of a person that holds nothing but cash and has none. */
  async vouchAll(): Promise<void> {
    const { context, stage, signer } = this.#world
    for (const sub of await listSubAccounts(stage.connection, context.fromBlock)) {
      const isVouched = sub.vouchedSequence !== 0n && sub.touchedSequence <= sub.vouchedSequence
      const place = context.venueBook.indexOf(sub.tag)
      if (isVouched || sub.caseId !== undefined || place === undefined) continue
      if (entriesOf(context.venueBook.book.account(place).positions).length > 0) continue
      await sendTo(stage.connection, 'liquidators', 'vouch', [sub.tag, sub.owner], signer('venue'))
    }
  }

  /**
   * A new day: clients trade back to where they stood, whoever bought a lot has closed it at mark, makers have the other
   * side, and the bank pays or takes the difference, so that all cash together is what the vault holds. Not while a case is
   * open. Whether it was done. @param crashed the market that a crash would make now
   */
  async renew(crashed: PricedMarket): Promise<boolean> {
    const { context, stage, signer } = this.#world
    if (!(await followHead(context)) || (await this.#hasOpenCases())) return false
    const { book } = context.venueBook
    const next = this.#nextPortfolios(
      crashed,
      await viewOf<bigint>(stage.connection, 'vault', 'ledgerOf', [CASH_ID]),
    )
    if (next === undefined) return false
    const before = book.accounts.map((account, index) => ({ index, account }))
    const after = before.map(({ index, account }) => ({ index, account: renewed(account, next[index]!) }))
    book.updateAll(after)
    try {
      await publishVenueBook(context, signer('venue'))
    } catch (error) {
      book.updateAll(before)
      throw error
    }
    await this.vouchAll()
    await this.give()
    return true
  }

  async #hasOpenCases(): Promise<boolean> {
    const { context, stage } = this.#world
    const listed = await listCases(stage.connection, context.fromBlock)
    return listed.some(({ engineCase }) => engineCase.stage !== 'closed')
  }

  /** Undefined where the makers have no room, or the bank no money. */
  #nextPortfolios(crashed: PricedMarket, ledgerLots: bigint): readonly Position[][] | undefined {
    const { context, places, rounds, instance } = this.#world
    const { book } = context.venueBook
    const clients = clientPositions(crashed)
    const subs = places.subAccounts.map((place) => {
      const { owner, positions } = book.account(place)
      // What the clearing house carries it works off by the engine's rules.
      return owner === BigInt(context.connection.deployment.house)
        ? [...positions]
        : closedAtMark(positions, rounds.newest.known.risk)
    })
    const makers = makerPositions([...clients, ...subs], crashed.risk, instance.slots)
    if (makers === undefined) return undefined
    const others = [...clients, ...makers, ...subs]
    const bank = ledgerLots - others.reduce((sum, positions) => sum + cashOf(positions), 0n)
    return bank < 0n ? undefined : [...clients, ...makers, addCash([], bank), ...subs]
  }
}

/** All positions sold at mark: their value as cash, rounded down. A debt stays as it is. */
function closedAtMark(
  positions: readonly Position[],
  risk: LiveWorld['rounds']['newest']['known']['risk'],
): Position[] {
  const { equityNano } = marginIn(risk, positions)
  return equityNano < 0n ? [...positions] : addCash([], divideDown(equityNano, CASH_LOT_NANO))
}

function renewed(account: Account, positions: readonly Position[]): Account {
  return { ...account, nonce: account.nonce + 1n, positions: [...positions] }
}
