import { InputError, OutOfRangeError } from '../protocol/errors.ts'
import { DEFAULT_INSTANCE, type MarginInstance } from '../protocol/instances.ts'
import { OWNER_BITS, SECRET_BITS } from '../protocol/ranges.ts'
import type { Tier } from '../risk/margin.ts'
import { SplitMix64 } from '../risk/market/prng.ts'
import type { InstrumentQuote, MarketSnapshot } from '../risk/market/snapshot.ts'
import type { Account, Position } from './account.ts'
import type { BookEntry, InstrumentsBySymbol } from './entry.ts'
import { roundCash, type TierOf, tuneCash } from './sample-cash.ts'
import { pickInstrument } from './sample-pick.ts'
import { STRATEGIES, type Strategy } from './sample-strategies.ts'

/** At most this many accounts, market makers included. */
export const MAX_SAMPLE_ACCOUNTS = 24
const FIRST_ACCOUNT_ID = 1001
/** What an account without positions keeps: a whole number of dollars, which has no requirement. */
const IDLE_CASH_USD = 250_000n
const BASIS_POINTS = 10_000n
const NANO = 1_000_000_000n

export interface SampleBookOptions {
  /** Unsigned 32-bit. */
  readonly seed: number
  readonly snapshot: MarketSnapshot
  /** Ids of the snapshot's instruments; must know every one of them. */
  readonly instruments: InstrumentsBySymbol
  /** Tier of a portfolio in the snapshot's round; must not fall when cash grows. */
  readonly tierOf: TierOf
  readonly instance?: MarginInstance
}

export interface SampleEntry extends BookEntry {
  readonly name: string
  /** The tier that the account is in. */
  readonly tier: Tier
}

/**
 * A book of 8 to 24 accounts over any market that lists options: strategies named for their risk, in every tier, and
 * market makers who take the other side of every derivative, so that each nets to zero across the book; cash and
 * every spot asset are positive in total. Cash is tuned so that each account lands in its tier. Deterministic in its
 * options. Its secrets come from a public seed and protect nothing: a sample, never a real book.
 * Throws InputError when the market has no cash or an instrument without an id, OutOfRangeError for a bad seed.
 */
export function sampleBook(options: SampleBookOptions): SampleEntry[] {
  const { seed, instance = DEFAULT_INSTANCE } = options
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new OutOfRangeError('seed', seed, 'must be an unsigned integer of 32 bits')
  }
  const random = new SplitMix64(BigInt(seed))
  const cash = options.snapshot.instruments.find(({ kind }) => kind === 'cash')
  if (cash === undefined)
    throw new InputError('a sample book needs a market with cash', { field: 'instruments' })
  const cashId = idOf(cash, options.instruments)
  const clients = chooseClients(options, random, instance)
  const makers = makerPositions(options, clients, instance)
  const drafts = [
    ...clients.map(({ strategy, holdings }) => ({ ...strategy, holdings })),
    ...makers.map((holdings, index) => ({
      name: `market maker ${index + 1}`,
      tier: 'healthy' as const,
      bufferPercent: 60n,
      holdings,
    })),
  ]
  const withCash = (holdings: readonly Position[], quantityLots: bigint) =>
    sorted(quantityLots === 0n ? holdings : [...holdings, { id: cashId, quantityLots }])
  const cashLots = drafts.map(({ holdings, tier, bufferPercent }) => {
    if (holdings.length === 0) return (IDLE_CASH_USD * NANO) / cash.lotNano
    const tierAt = (lots: bigint) => options.tierOf(withCash(holdings, lots))
    const tuned = tuneCash(tierAt, tier, bufferPercent ?? random.between(15n, 60n))
    return roundCash(tierAt, tuned)
  })
  endowMakers(cashLots)
  return drafts.map(({ name, holdings }, index): SampleEntry => {
    const positions = withCash(holdings, cashLots[index]!)
    return { name, tier: options.tierOf(positions), account: sampleAccount(random, index, positions) }
  })
}

interface Client {
  readonly strategy: Strategy
  /** Without cash. */
  readonly holdings: readonly Position[]
}

/** The strategies that fit: into the slots beside cash, and with their market makers into the book. */
function chooseClients(options: SampleBookOptions, random: SplitMix64, instance: MarginInstance): Client[] {
  const clients: Client[] = []
  for (const strategy of STRATEGIES) {
    const sizeBps = random.between(6_000n, 16_000n)
    const holdings = strategyHoldings(options, strategy, sizeBps)
    // A market may list too little for a strategy, and its legs then cancel: an empty account says nothing.
    if (holdings.length === 0 && strategy.legs.length > 0) continue
    if (holdings.length >= instance.slots) continue
    const candidate = [...clients, { strategy, holdings }]
    const makers = makerPositions(options, candidate, instance).length
    if (candidate.length + makers <= MAX_SAMPLE_ACCOUNTS) clients.push({ strategy, holdings })
  }
  return clients
}

function strategyHoldings(options: SampleBookOptions, strategy: Strategy, sizeBps: bigint): Position[] {
  const { snapshot, instruments } = options
  const lots = new Map<number, bigint>()
  for (const leg of strategy.legs) {
    const underlying = (strategy.underlying + (leg.other ? 1 : 0)) % snapshot.underlyings.length
    const instrument = pickInstrument(snapshot, underlying, leg)
    if (instrument === undefined) continue
    const { spotNano } = snapshot.underlyings[underlying]!
    const sizeLots =
      (strategy.sizeUsd * sizeBps * NANO * NANO) / (BASIS_POINTS * spotNano * instrument.lotNano)
    const id = idOf(instrument, instruments)
    lots.set(id, (lots.get(id) ?? 0n) + (twoDigits(sizeLots) * leg.share) / BASIS_POINTS)
  }
  return [...lots]
    .filter(([, quantityLots]) => quantityLots !== 0n)
    .map(([id, quantityLots]) => ({ id, quantityLots }))
}

/** The other side of every derivative that clients hold, dealt out to as few makers as the slots allow. */
function makerPositions(
  { snapshot, instruments }: SampleBookOptions,
  clients: readonly Client[],
  instance: MarginInstance,
): Position[][] {
  const isDerivative = new Set(
    snapshot.instruments
      .filter(({ kind }) => kind !== 'cash' && kind !== 'spot')
      .map((instrument) => idOf(instrument, instruments)),
  )
  const net = new Map<number, bigint>()
  for (const { id, quantityLots } of clients.flatMap(({ holdings }) => holdings)) {
    if (isDerivative.has(id)) net.set(id, (net.get(id) ?? 0n) - quantityLots)
  }
  const open = sorted(
    [...net].filter(([, lots]) => lots !== 0n).map(([id, quantityLots]) => ({ id, quantityLots })),
  )
  const count = Math.ceil(open.length / (instance.slots - 1))
  return Array.from({ length: count }, (_, maker) => open.filter((_, index) => index % count === maker))
}

/** A bank has money: what accounts owe in cash is more than covered by the last account, a market maker. */
function endowMakers(cashLots: bigint[]): void {
  const total = cashLots.reduce((sum, lots) => sum + lots, 0n)
  if (total <= 0n && cashLots.length > 0) cashLots[cashLots.length - 1]! += 1n - 2n * total
}

function sampleAccount(random: SplitMix64, index: number, positions: readonly Position[]): Account {
  return {
    accountId: FIRST_ACCOUNT_ID + index,
    owner: random.bits(OWNER_BITS),
    secret: random.bits(SECRET_BITS),
    nonce: random.between(0n, 40n),
    positions,
  }
}

function idOf({ symbol }: InstrumentQuote, instruments: InstrumentsBySymbol): number {
  const id = instruments.bySymbol(symbol)?.id
  if (id === undefined) throw new InputError(`${symbol} is not listed`, { field: 'instrument' })
  return id
}

/** People trade round numbers: a positive count cut to its two leading digits. */
function twoDigits(lots: bigint): bigint {
  const unit = 10n ** BigInt(Math.max(0, lots.toString().length - 2))
  return (lots / unit) * unit
}

function sorted(positions: readonly Position[]): Position[] {
  return [...positions].sort((a, b) => a.id - b.id)
}
