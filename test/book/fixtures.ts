import type { Account, Position } from '../../src/book/account.ts'
import type { InstrumentsById, InstrumentsBySymbol } from '../../src/book/entry.ts'

export const SECRET = 1n << 200n
export const OWNER = 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaedn

const LISTED = [
  { symbol: 'USD', id: 1, lotNano: 10_000_000n },
  { symbol: 'BTC', id: 2, lotNano: 10_000n },
  { symbol: 'BTC-PERPETUAL', id: 3, lotNano: 10_000n },
  { symbol: 'ETH', id: 4099, lotNano: 100_000n },
  { symbol: 'BTC-27MAR26-80000-C', id: 8_200, lotNano: 10_000n },
  { symbol: 'WHOLE', id: 8_201, lotNano: 2_000_000_000n },
]
export const INSTRUMENTS: InstrumentsBySymbol & InstrumentsById = {
  bySymbol: (symbol) => LISTED.find((instrument) => instrument.symbol === symbol),
  byId: (id) => LISTED.find((instrument) => instrument.id === id),
}
export const LISTED_IDS = LISTED.map(({ id }) => id)

export function account(accountId: number, positions: readonly Position[] = [], nonce = 0n): Account {
  return { accountId, owner: OWNER, secret: SECRET + BigInt(accountId), nonce, positions }
}
