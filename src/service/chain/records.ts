/** What the events of one subject add up to, as it is stored: plain JSON, amounts as texts. */
import type { z } from 'zod'
import type { Kind, Stage } from '../../chain/engine-client/cases.ts'
import type { Award, Bid, ChainSeal, EngineClock, LotSummary, Overview } from '../api/chain-schemas.ts'

export const RECORD_KINDS = ['round', 'head', 'case', 'seal', 'liquidator'] as const
export type RecordKind = (typeof RECORD_KINDS)[number]

/** Where something stands on the chain. */
export interface Place {
  readonly block: number
  readonly transaction: string
  readonly atSeconds: number
}

export type EventValues = Readonly<Record<string, string | number | boolean>>

export interface RoundRecord extends Place {
  readonly sequence: number
  readonly riskRoot: string
  readonly timeSeconds: number
  readonly parameters: string
  readonly configurationHash: string
  readonly marketHash: string
  readonly isRejected: boolean
  readonly poster: string | null
  readonly challenge:
    | (Place & { readonly challenger: string; readonly judge: number; readonly rewardWei: string })
    | null
}

export interface HeadRecord extends Place {
  readonly sequence: number
  readonly bookRoot: string
  /** Accounts; null for a head that the engine or the vault made. */
  readonly count: number | null
}

/** Names of underlyings are the market's, which the chain does not know. */
type WithoutSymbols<T extends readonly object[]> = readonly Omit<T[number], 'symbol'>[]
type SealShape = z.output<typeof ChainSeal>
export type SealRecord = Readonly<Omit<SealShape, 'gauge'>> & {
  readonly gauge: WithoutSymbols<SealShape['gauge']>
}

type LotShape = z.output<typeof LotSummary>
export type LotRecord = Readonly<Omit<LotShape, 'greeks'>> & {
  readonly greeks: WithoutSymbols<LotShape['greeks']>
}
export type BidRecord = Readonly<z.output<typeof Bid>>
export type AwardRecord = Readonly<z.output<typeof Award>>

export interface TimelineEntry extends Place {
  readonly event: string
  readonly values: EventValues
}

export interface CaseRecord {
  readonly caseId: string
  readonly tag: string
  readonly kind: Kind
  readonly stage: Stage
  /** Round of the trigger, then of the newest lot. */
  readonly round: number
  /** Engine time since when the stage runs; 0 while the confirmation waits for a newer round. */
  readonly since: number
  readonly ending: string | null
  readonly lot: LotRecord | null
  readonly bids: readonly BidRecord[]
  readonly award: AwardRecord | null
  readonly timeline: readonly TimelineEntry[]
}

export interface LiquidatorRecord {
  readonly address: string
  readonly isWhitelisted: boolean
}

export interface RecordOf {
  readonly round: RoundRecord
  readonly head: HeadRecord
  readonly case: CaseRecord
  readonly seal: SealRecord
  readonly liquidator: LiquidatorRecord
}

/** What the contracts say, as of the last block that was read. */
export interface ChainStatus {
  readonly clock: Readonly<z.output<typeof EngineClock>>
  readonly finalSequence: number
  readonly funds: Readonly<NonNullable<z.output<typeof Overview>['funds']>>
  /** Of the engine, by name. */
  readonly parameters: Readonly<Record<string, string>>
}
