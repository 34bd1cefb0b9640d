/** A venue for load and faults: the small market, and books of any even size whose derivatives net to zero. */
import { createHash } from 'node:crypto'
import { writeNativeMarket } from '../../src/risk/market/native.ts'
import { sampleMarket, shiftMarket } from '../../src/risk/market/sample.ts'
import type { TacitClient } from '../../src/service/client/index.ts'

export const LIQUIDITY = { BTC: '2000000', ETH: '1000000' }
const FIRST_ACCOUNT = 1_001
const QUANTITY = '0.25'

/** A round so many hours after the first, its spot a little lower with each. */
export function marketAt(hours: number): Record<string, unknown> {
  const market = sampleMarket({ seed: 1, size: 'small' })
  const shifted =
    hours === 0
      ? market
      : shiftMarket(market, { spotBps: BigInt(-25 * hours), volBps: 0n, secondsLater: 3_600 * hours })
  return JSON.parse(writeNativeMarket(shifted))
}

export interface VenueBook {
  readonly [field: string]: unknown
  readonly format: string
  readonly version: number
  readonly accounts: Record<string, unknown>[]
}

/**
 * Long and short in turn, all well covered.
 * @param seed other secrets, and so another root
 */
export function bookOf(count: number, seed: string): VenueBook {
  if (count % 2 !== 0) throw new RangeError(`a netted book of ${count} accounts cannot be made of pairs`)
  const hex = (what: string, digits: number) =>
    `0x${createHash('sha256').update(`${seed} ${what}`).digest('hex').slice(0, digits)}`
  const accounts = Array.from({ length: count }, (_, i) => ({
    accountId: FIRST_ACCOUNT + i,
    owner: hex(`owner ${i}`, 40),
    secret: hex(`secret ${i}`, 60),
    nonce: 0,
    positions: [
      { instrument: 'USD', quantity: '100000' },
      { instrument: 'BTC-PERPETUAL', quantity: i % 2 === 0 ? QUANTITY : `-${QUANTITY}` },
    ],
  }))
  return { format: 'tacit.book', version: 1, accounts }
}

/** The account at this place of such a book. */
export function accountAt(index: number): number {
  return FIRST_ACCOUNT + index
}

export interface HeldBook {
  readonly riskRoot: string
  readonly bookRoot: string
  readonly count: number
}

export async function handIn(venue: TacitClient, count: number, seed: string): Promise<HeldBook> {
  const { riskRoot } = await venue.addRound({ markets: [marketAt(0)] })
  const { bookRoot } = await venue.addBook({ riskRoot, book: bookOf(count, seed) })
  return { riskRoot, bookRoot, count }
}
