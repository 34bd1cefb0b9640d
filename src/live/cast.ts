import type { Account, Position } from '../book/account.ts'
import { addCash, addPositions, entriesOf, negated } from '../book/liquidation/positions.ts'
import { divideUp } from '../book/liquidation/price.ts'
import { marginIn, type RoundRisk } from '../book/liquidation/requirement.ts'
import { pickInstrument } from '../book/sample-pick.ts'
import type { Leg } from '../book/sample-strategies.ts'
import { InputError } from '../protocol/errors.ts'
import { CASH_LOT_NANO } from '../protocol/liquidation.ts'
import { BASIS_POINTS, OWNER_BITS, SECRET_BITS } from '../protocol/ranges.ts'
import type { MarginResult } from '../risk/margin.ts'
import { SplitMix64 } from '../risk/market/prng.ts'
import type { MarketSnapshot } from '../risk/market/snapshot.ts'
import type { RiskMatrix } from '../risk/matrix.ts'

/**
 * Who is in the sample venue's book. Clients' cash is set in the crashed market, where it decides who falls below which
 * line; before the crash everybody is covered. Pure. Secrets come from a public seed and protect nothing.
 */
export interface PricedMarket {
  readonly snapshot: MarketSnapshot
  readonly matrix: RiskMatrix
  readonly risk: RoundRisk
}

interface ClientPlan {
  readonly name: string
  readonly underlying: number
  readonly sizeUsd: bigint
  readonly legs: readonly Leg[]
  /** Equity in the crashed market, from the requirements there: nano-USD. */
  readonly equityNano: (margin: MarginResult) => bigint
}

const option =
  (right: 'call' | 'put') =>
  (share: bigint, strikeBps: bigint, days = 25): Leg => ({ kind: 'option', right, share, days, strikeBps })
const put = option('put')
const call = option('call')
const perpetual = (share: bigint): Leg => ({ kind: 'perpetual', share })

/** Between MM and SOFT. */
const halfwayToSoft = ({ requirementNano: { mm, soft } }: MarginResult) => mm + (soft - mm) / 2n
const ofMm =
  (percent: bigint) =>
  ({ requirementNano }: MarginResult) =>
    (requirementNano.mm * percent) / 100n
const ofIm =
  (percent: bigint) =>
  ({ requirementNano }: MarginResult) =>
    (requirementNano.im * percent) / 100n

export const CLIENTS: readonly ClientPlan[] = [
  {
    name: 'put seller near the edge',
    underlying: 0,
    sizeUsd: 400_000n,
    legs: [put(-10_000n, 10_000n), put(-4_000n, 9_000n)],
    equityNano: halfwayToSoft,
  },
  {
    name: 'levered perpetual long',
    underlying: 0,
    sizeUsd: 400_000n,
    legs: [perpetual(10_000n)],
    equityNano: ofMm(60n),
  },
  {
    name: 'put seller',
    underlying: 0,
    sizeUsd: 250_000n,
    legs: [put(-10_000n, 10_000n), put(-10_000n, 9_000n)],
    equityNano: ofMm(70n),
  },
  {
    name: 'call seller',
    underlying: 0,
    sizeUsd: 300_000n,
    legs: [call(-10_000n, 11_000n)],
    equityNano: ofIm(300n),
  },
  {
    name: 'delta-hedged short gamma',
    underlying: 1,
    sizeUsd: 200_000n,
    legs: [call(-20_000n, 10_000n), perpetual(10_000n)],
    equityNano: ofIm(180n),
  },
  {
    name: 'protected perpetual long',
    underlying: 1,
    sizeUsd: 250_000n,
    legs: [perpetual(10_000n), put(10_000n, 9_000n)],
    equityNano: ofIm(140n),
  },
  {
    name: 'risk reversal',
    underlying: 1,
    sizeUsd: 150_000n,
    legs: [put(-10_000n, 9_000n), call(10_000n, 11_000n)],
    equityNano: ofIm(130n),
  },
  {
    name: 'call buyer',
    underlying: 0,
    sizeUsd: 100_000n,
    legs: [call(10_000n, 11_000n), call(10_000n, 10_000n)],
    equityNano: ofIm(250n),
  },
]

/** Clients that only hold and are in no danger: the rest makes a crash. */
export const MAKERS = 4
/** Of the other side, above its initial margin in the crashed market. */
const MAKER_EQUITY = ofIm(300n)
const BANK_LOTS = 500_000_000n
const FIRST_ACCOUNT_ID = 2001
const NANO = 1_000_000_000n

/** Accounts beside clients and makers, by whom they belong to. */
export interface Owners {
  /** Owns the last client's account, so that a visitor has something to sign in for. */
  readonly visitor: bigint
  readonly venue: bigint
  /** Owners of the empty sub-accounts that lots go into, one entry each. */
  readonly subAccounts: readonly bigint[]
}

/** The parts of the book, by the places of their accounts. */
export interface CastPlaces {
  readonly clients: readonly number[]
  readonly makers: readonly number[]
  readonly bank: number
  readonly subAccounts: readonly number[]
}

export interface Cast {
  /** Names by place; for people. */
  readonly names: readonly string[]
  readonly accounts: readonly Account[]
  readonly places: CastPlaces
}

/** The book as the venue opens. Throws InputError for a market that lists too little. */
export function openingCast(crashed: PricedMarket, slots: number, seed: number, owners: Owners): Cast {
  const random = new SplitMix64(BigInt(seed) + 910_000n)
  const clients = clientPositions(crashed)
  const makers = makerPositions(clients, crashed.risk, slots)
  if (makers === undefined) throw new InputError('the market makers have no room for the other side')
  const portfolios = [
    ...clients,
    ...makers,
    addCash([], BANK_LOTS),
    ...owners.subAccounts.map((): Position[] => []),
  ]
  const places = placesOf(owners.subAccounts.length)
  const ownerAt = (place: number): bigint => {
    if (place === places.clients.at(-1)) return owners.visitor
    if (place === places.bank) return owners.venue
    const sub = places.subAccounts.indexOf(place)
    return sub < 0 ? random.bits(OWNER_BITS) : owners.subAccounts[sub]!
  }
  const accounts = portfolios.map((positions, place) => ({
    accountId: FIRST_ACCOUNT_ID + place,
    owner: ownerAt(place),
    secret: random.bits(SECRET_BITS),
    nonce: 0n,
    positions,
  }))
  return { names: namesOf(places), accounts, places }
}

function placesOf(subAccounts: number): CastPlaces {
  const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)
  const bank = CLIENTS.length + MAKERS
  return {
    clients: from(0, CLIENTS.length),
    makers: from(CLIENTS.length, MAKERS),
    bank,
    subAccounts: from(bank + 1, subAccounts),
  }
}

function namesOf({ makers, subAccounts }: CastPlaces): string[] {
  return [
    ...CLIENTS.map(({ name }) => name),
    ...makers.map((_, i) => `market maker ${i + 1}`),
    'bank',
    ...subAccounts.map((_, i) => `sub-account ${i + 1}`),
  ]
}

/** What clients hold, with as much cash as puts each where the crash finds it. Throws InputError for a poor market. */
export function clientPositions(crashed: PricedMarket): Position[][] {
  return CLIENTS.map((plan) => withEquity(holdingsOf(crashed, plan), crashed.risk, plan.equityNano))
}

/**
 * The other side of everything that the others hold, dealt out over the makers; undefined when it needs more slots than
 * they have.
 */
export function makerPositions(
  others: readonly (readonly Position[])[],
  risk: RoundRisk,
  slots: number,
): Position[][] | undefined {
  const open = negated(addPositions(...others.map(entriesOf)))
  const room = slots - 1
  if (open.length > MAKERS * room) return undefined
  return Array.from({ length: MAKERS }, (_, maker) =>
    withEquity(open.slice(maker * room, (maker + 1) * room), risk, MAKER_EQUITY),
  )
}

function holdingsOf(
  { snapshot, matrix }: PricedMarket,
  { name, underlying, sizeUsd, legs }: ClientPlan,
): Position[] {
  const { spotNano } = snapshot.underlyings[underlying]!
  return addPositions(
    legs.map((leg) => {
      const instrument = pickInstrument(snapshot, underlying, leg)
      const listed = instrument === undefined ? undefined : matrix.listing.bySymbol(instrument.symbol)
      if (instrument === undefined || listed === undefined) {
        throw new InputError(`the market lists nothing for the "${name}" of the sample venue`)
      }
      const sizeLots = (sizeUsd * NANO * NANO) / (spotNano * instrument.lotNano)
      return { id: listed.id, quantityLots: (sizeLots * leg.share) / BASIS_POINTS }
    }),
  )
}

/** Cash changes equity and no requirement, so one division places the account. */
function withEquity(
  entries: readonly Position[],
  risk: RoundRisk,
  equityNano: (margin: MarginResult) => bigint,
): Position[] {
  const margin = marginIn(risk, entries)
  return addCash(entries, divideUp(equityNano(margin) - margin.equityNano, CASH_LOT_NANO))
}
