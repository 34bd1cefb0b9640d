import type { EngineName } from './result.ts'

/** What an engine is made of. Each part can be switched off; with all of them off nobody is liquidated. */
export interface EngineParts {
  readonly margin: 'linear' | 'portfolio'
  /** Below SOFT an account is hedged before it must be closed. Portfolio margin only. */
  readonly softHedge: boolean
  /** No more is sold than restores the buffer. Off: the whole account. */
  readonly partialLots: boolean
  readonly sealedAuction: boolean
  readonly dutchAuction: boolean
  readonly clearingHouse: boolean
  readonly deleveraging: boolean
  readonly gammaReserve: boolean
  /** The last stage: the order book takes whatever is left, at any price. */
  readonly marketOrders: boolean
}

export type SwitchablePart = Exclude<keyof EngineParts, 'margin'>

export interface EngineSetting {
  readonly name: string
  readonly parts: EngineParts
}

const NOTHING: EngineParts = {
  margin: 'portfolio',
  softHedge: false,
  partialLots: false,
  sealedAuction: false,
  dutchAuction: false,
  clearingHouse: false,
  deleveraging: false,
  gammaReserve: false,
  marketOrders: false,
}

export const ENGINES: Readonly<Record<EngineName, EngineParts>> = {
  none: NOTHING,
  'linear-market': { ...NOTHING, margin: 'linear', marketOrders: true },
  'portfolio-market': { ...NOTHING, marketOrders: true },
  'portfolio-soft': { ...NOTHING, softHedge: true, marketOrders: true },
  tacit: {
    margin: 'portfolio',
    softHedge: true,
    partialLots: true,
    sealedAuction: true,
    dutchAuction: true,
    clearingHouse: true,
    deleveraging: true,
    gammaReserve: true,
    marketOrders: false,
  },
}

export const PART_WORDS: Readonly<Record<SwitchablePart, string>> = {
  softHedge: 'soft hedge',
  partialLots: 'partial lots',
  sealedAuction: 'sealed bids',
  dutchAuction: 'Dutch auction',
  clearingHouse: 'clearing house',
  deleveraging: 'deleveraging',
  gammaReserve: 'Gamma Reserve',
  marketOrders: 'market orders',
}

/** The full engine without some of its parts; where nothing is left that sells, market orders do. */
export function tacitWithout(parts: readonly SwitchablePart[]): EngineSetting {
  const off = Object.fromEntries(parts.map((part) => [part, false]))
  const left = { ...ENGINES.tacit, ...off }
  const sells = left.sealedAuction || left.dutchAuction || left.clearingHouse || left.deleveraging
  const words = parts.map((part) => PART_WORDS[part]).join(', ')
  return { name: `tacit without ${words}`, parts: { ...left, marketOrders: !sells } }
}

export function partsInWords(parts: EngineParts): string[] {
  const on = (Object.keys(PART_WORDS) as SwitchablePart[]).filter((part) => parts[part])
  return [`${parts.margin} margin`, ...on.map((part) => PART_WORDS[part])]
}
