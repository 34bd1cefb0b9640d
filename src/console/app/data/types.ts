/** Shapes of the interface that more than one view shows. */
import type { Auctions, FeedItem, Overview } from '../../../service/client/index.ts'

export type EngineClock = NonNullable<Auctions['clock']>
export type FeedKind = FeedItem['kind']
export type LotSummary = Auctions['auctions'][number]['lot']
export type Funds = NonNullable<Overview['funds']>
