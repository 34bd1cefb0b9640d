import type { Account, Position } from '../../../book/account.ts'
import { addCash, addPositions, negated } from '../../../book/liquidation/positions.ts'
import { divideUp } from '../../../book/liquidation/price.ts'
import { marginIn, type RoundRisk } from '../../../book/liquidation/requirement.ts'
import { pickInstrument } from '../../../book/sample-pick.ts'
import type { Leg } from '../../../book/sample-strategies.ts'
import { InputError } from '../../../protocol/errors.ts'
import { CASH_LOT_NANO } from '../../../protocol/liquidation.ts'
import { BASIS_POINTS, OWNER_BITS, SECRET_BITS } from '../../../protocol/ranges.ts'
import type { MarginResult } from '../../../risk/margin.ts'
import { SplitMix64 } from '../../../risk/market/prng.ts'
import type { MarketSnapshot } from '../../../risk/market/snapshot.ts'
import type { RiskMatrix } from '../../../risk/matrix.ts'

/** Who is liquidated in the demo, who takes the other side, and into which accounts lots go. Pure. */
export const ROLES = ['soft', 'sealed', 'house', 'deleveraged'] as const
export type Role = (typeof ROLES)[number]

interface RolePlan {
  readonly name: string
  readonly sizeUsd: bigint
  readonly legs: readonly Leg[]
  /** Equity in the crashed market, from the account's requirements there: nano-USD. */
  readonly equityNano: (margin: MarginResult) => bigint
}

const put = (share: bigint, strikeBps: bigint): Leg => ({
  kind: 'option',
  right: 'put',
  share,
  days: 25,
  strikeBps,
})

/** Between MM and SOFT. */
function halfwayToSoft({ requirementNano }: MarginResult): bigint {
  return requirementNano.mm + (requirementNano.soft - requirementNano.mm) / 2n
}

function shareOfMm(percent: bigint) {
  return ({ requirementNano }: MarginResult) => (requirementNano.mm * percent) / 100n
}

export const PLANS: Readonly<Record<Role, RolePlan>> = {
  soft: {
    name: 'put seller near the edge',
    sizeUsd: 400_000n,
    legs: [put(-10_000n, 10_000n), put(-4_000n, 9_000n)],
    equityNano: halfwayToSoft,
  },
  sealed: {
    name: 'levered perpetual long',
    sizeUsd: 400_000n,
    legs: [{ kind: 'perpetual', share: 10_000n }],
    equityNano: shareOfMm(60n),
  },
  house: {
    name: 'put seller below MM',
    sizeUsd: 250_000n,
    legs: [put(-10_000n, 10_000n), put(-10_000n, 9_000n)],
    equityNano: shareOfMm(55n),
  },
  deleveraged: {
    name: 'put seller too large to be sold',
    sizeUsd: 2_000_000n,
    legs: [put(-10_000n, 9_000n)],
    equityNano: shareOfMm(85n),
  },
}

/** The other side of all four, at 110% of its initial margin: levered enough to be deleveraged against. */
const COUNTERPARTY = 'market maker of the four'
const COUNTERPARTY_PERCENT = 110n
const NANO = 1_000_000_000n
const FIRST_ACCOUNT_ID = 900_001

export interface CastAccount {
  readonly name: string
  readonly account: Account
}

export type Cast = Readonly<Record<Role | 'counterparty', CastAccount>>

/**
 * Five accounts whose derivatives net to zero, with as much cash as puts each where its story needs it in the crashed
 * market. Throws InputError when the market lists nothing that such a story can be told with.
 */
export function liquidationCast(
  market: { readonly snapshot: MarketSnapshot; readonly matrix: RiskMatrix },
  risk: RoundRisk,
  seed: number,
): Cast {
  const random = new SplitMix64(BigInt(seed) + 900_000n)
  const account = (index: number, positions: readonly Position[]): Account => ({
    accountId: FIRST_ACCOUNT_ID + index,
    owner: random.bits(OWNER_BITS),
    secret: random.bits(SECRET_BITS),
    nonce: 0n,
    positions,
  })
  const entries = ROLES.map((role) => holdingsOf(market, PLANS[role]))
  const victims = ROLES.map((role, index) => {
    const { name, equityNano } = PLANS[role]
    return [role, { name, account: account(index, withEquity(entries[index]!, risk, equityNano)) }] as const
  })
  const others = withEquity(
    addPositions(...entries.map(negated)),
    risk,
    ({ requirementNano }) => (requirementNano.im * COUNTERPARTY_PERCENT) / 100n,
  )
  const counterparty = { name: COUNTERPARTY, account: account(ROLES.length, others) }
  return { ...(Object.fromEntries(victims) as Record<Role, CastAccount>), counterparty }
}

/** An account that holds nothing, for lots that its owner buys. */
export function emptySubAccount(accountId: number, owner: bigint, secret: bigint): Account {
  return { accountId, owner, secret, nonce: 0n, positions: [] }
}

function holdingsOf(
  { snapshot, matrix }: { readonly snapshot: MarketSnapshot; readonly matrix: RiskMatrix },
  { name, sizeUsd, legs }: RolePlan,
): Position[] {
  const { spotNano } = snapshot.underlyings[0]!
  const positions = legs.map((leg) => {
    const instrument = pickInstrument(snapshot, 0, leg)
    const listed = instrument === undefined ? undefined : matrix.listing.bySymbol(instrument.symbol)
    if (instrument === undefined || listed === undefined) {
      throw new InputError(`the market lists nothing for the "${name}" of the demo's liquidations`, {
        field: '--market',
      })
    }
    const sizeLots = (sizeUsd * NANO * NANO) / (spotNano * instrument.lotNano)
    return { id: listed.id, quantityLots: (sizeLots * leg.share) / BASIS_POINTS }
  })
  return addPositions(positions)
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
