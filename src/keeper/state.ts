import type { CaseAward, EngineCase } from '../chain/engine-client/cases.ts'
import type { EngineParameters } from '../chain/engine-client/parameters.ts'
import type { Threshold } from '../protocol/claims.ts'
import type { Tier } from '../risk/margin.ts'

/** What the keeper knows when it decides: the chain as it is, and the book under the latest round. All of it is data. */
export interface KeeperState {
  readonly paused: boolean
  /** The latest round is too old: the engine's clock stands. */
  readonly stale: boolean
  /** Seconds. */
  readonly chainTime: bigint
  readonly engineTime: bigint
  readonly round: RoundView
  /** Whether the private book is the book of the head, so that proofs about it are possible. */
  readonly bookIsHead: boolean
  /** The case that has reserved the head, or undefined. */
  readonly reservedBy: string | undefined
  readonly parameters: EngineParameters
  readonly accounts: readonly AccountView[]
  readonly cases: readonly CaseView[]
  readonly house: HouseView
  readonly deposits: readonly DepositView[]
}

export interface RoundView {
  readonly sequence: bigint
  /** Whether its risk vectors are at hand. Without them nothing can be swept or proven. */
  readonly isKnown: boolean
  /** Whether the rounds before it bear its prices out: nothing is sold or withdrawn on it otherwise. */
  readonly confirms: boolean
  /** Of the circuit breaker (BREAKER_LEVELS). */
  readonly level: number
}

/** Position of a statement on chain; zeros when there is none. */
export interface RecordAt {
  readonly round: bigint
  readonly head: bigint
  /** Chain time of the round, seconds; 0 when there is none. */
  readonly roundTime: bigint
}

/** One account of the book. */
export interface AccountView {
  readonly tag: bigint
  /** In the latest round. */
  readonly tier: Tier
  /** Head at which a move last changed it; 0 for none. */
  readonly touched: bigint
  readonly below: Readonly<Record<'mm' | 'soft', RecordAt>>
  readonly covered: Readonly<Record<'mm' | 'soft', RecordAt>>
  /** Its open case, or the case that it is bid in as a sub-account. */
  readonly caseId: string | undefined
}

/** An open case. */
export interface CaseView {
  readonly engineCase: EngineCase
  readonly award: CaseAward
  /** The account as the book has it; undefined when the book has no such tag. */
  readonly account: AccountView | undefined
  /** Whether nothing but a debt is left of the account. */
  readonly isBareDebt: boolean
  /** Whether every active liquidator was shown the present lot. */
  readonly isDisclosed: boolean
  /** Of the rounds of its trigger and of its lot: nobody can challenge either any more; one was rejected. */
  readonly rounds: 'open' | 'final' | 'rejected'
}

export interface HouseView {
  readonly capitalLots: bigint
  readonly carriedLots: bigint
  readonly depthLots: bigint
  /** Sub-accounts that can take a lot now. */
  readonly freeSubTags: readonly bigint[]
  readonly inventories: readonly InventoryView[]
}

/** What the house carries of one case. */
export interface InventoryView {
  readonly subTag: bigint
  readonly caseId: string
  readonly takenLots: bigint
  readonly leftLots: bigint
  /** Chain time of the last step; 0 before the first. */
  readonly lastStep: bigint
  /** Cash that can leave the sub-account with E >= IM, lots. */
  readonly spareLots: bigint
  /** Whether it holds positions of the lot, and somebody takes orders to trade them. */
  readonly isTradable: boolean
  /** Chain time of its last orders; 0 before the first. */
  readonly orderedAt: bigint
  /** Whether the award came to nothing, so that the sub-account holds nothing of it. */
  readonly isVoid: boolean
}

/** A deposit that is paid in, not in the book yet, and that the book can take. */
export interface DepositView {
  readonly depositId: bigint
  readonly tag: bigint
  /** Chain time before which the vault takes no other plain deposit of the account. */
  readonly notBefore: bigint
  /** Whether the leaf is held for a case: only a cure is taken then. */
  readonly isHeld: boolean
  /** Whether it is to be left alone, for the vault's reasons or a bidder's. */
  readonly isBarred: boolean
  /** Whether the account is at or above SOFT with it, in the latest round. */
  readonly isEnough: boolean
}

/** What the keeper does next. At most one for a case and an account at a time. */
export type Action =
  | { readonly kind: 'trigger'; readonly tag: bigint; readonly threshold: 'mm' | 'soft' }
  | { readonly kind: 'attest'; readonly tag: bigint; readonly threshold: Exclude<Threshold, 'zero'> }
  | { readonly kind: 'open'; readonly tag: bigint; readonly caseKind: 'soft' | 'full' }
  | { readonly kind: CaseActionKind; readonly caseId: string }
  | {
      readonly kind: 'finish'
      readonly caseId: string
      readonly stage: 'soft' | 'sealed' | 'dutch' | 'house'
    }
  | { readonly kind: 'absorb'; readonly caseId: string; readonly subTag: bigint }
  | { readonly kind: 'workOff'; readonly subTag: bigint; readonly lots: bigint }
  | { readonly kind: 'release'; readonly caseId: string }
  | { readonly kind: 'order'; readonly subTag: bigint }
  | { readonly kind: 'applyDeposit'; readonly tag: bigint; readonly depositId: bigint }
  | { readonly kind: 'cure'; readonly caseId: string; readonly depositId: bigint }

/** Steps that name a case and nothing else. */
export type CaseActionKind =
  | 'confirm'
  | 'cancel'
  | 'escalate'
  | 'lapse'
  | 'disclose'
  | 'startSettlement'
  | 'voidCase'
  | 'settle'
  | 'fail'
  | 'deleverage'
  | 'cover'

/** Actions that change the book's head. A second one would be proven against a head that the first has left. */
const HEAD_MOVERS: readonly Action['kind'][] = [
  'settle',
  'deleverage',
  'cover',
  'workOff',
  'applyDeposit',
  'cure',
]

export function movesHead(action: Action): boolean {
  return HEAD_MOVERS.includes(action.kind)
}

/** What an action is about: the case, else the account. No two actions of one pass share it. */
export function subjectOf(action: Action): string {
  if ('caseId' in action) return action.caseId
  return `tag ${'subTag' in action ? action.subTag : action.tag}`
}
