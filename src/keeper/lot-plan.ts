import { AbiCoder, id, keccak256 } from 'ethers'
import type { Account } from '../book/account.ts'
import { sliceCommitment } from '../book/liquidation/commitments.ts'
import { type CostParameters, lotCosts } from '../book/liquidation/costs.ts'
import { chooseSlice, closeOnePosition, type Lot, lotOf } from '../book/liquidation/lot.ts'
import { marginIn } from '../book/liquidation/requirement.ts'
import { RuleError } from '../book/liquidation/rules.ts'
import { takenWholeOnly } from '../book/liquidation/slice.ts'
import { healthOf } from '../book/liquidation/summary.ts'
import type { LotShare } from '../book/liquidation/terms.ts'
import { ToolError } from '../protocol/errors.ts'
import { toField } from '../protocol/field.ts'
import { WHOLE_PERCENT } from '../protocol/liquidation.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { HedgeInfeasibleError } from '../risk/hedge/errors.ts'
import type { Solver } from '../risk/hedge/linear-program.ts'
import { softHedge } from '../risk/hedge/soft.ts'
import { isBelow } from '../risk/margin.ts'
import type { KnownRound } from './rounds.ts'

/**
 * What a case sells. Everything here follows from the account, the round and the case alone, so that a keeper that was
 * started again proves the settlement of a lot that an earlier one put on sale.
 */
export interface LotPlan {
  readonly lot: Lot
  /** Opens the slice commitment. */
  readonly salt: bigint
}

export interface LotRequest {
  readonly account: Account
  readonly kind: 'soft' | 'full'
  readonly caseId: string
  readonly round: KnownRound
  readonly slotCount: number
  readonly solver: Solver
  /**
   * The most that the sale of a lot of this mode can cost, basis points of relief, as the engine fixes it: the lot is the
   * least that restores SOFT after it.
   */
  readonly costBps: (mode: LotShare['mode']) => bigint
}

/** The costs of an account's lot under the engine's parameters, by mode. */
export function planCosts(
  positions: Account['positions'],
  round: KnownRound,
  parameters: CostParameters,
): LotRequest['costBps'] {
  const margin = marginIn(round.risk, positions)
  const standing = { health: healthOf(margin), insolvent: isBelow(margin, 'zero') }
  return (mode) => lotCosts(mode, standing, parameters).costBps
}

const SALT_DOMAIN = id('tacit.keeper.slice-salt.v1')

/**
 * The salt of a lot: a keyed hash, with the account's secret as the key. Nobody who does not know the secret can tell it
 * from a random one, and nothing of the secret can be told from it.
 */
export function lotSalt(account: Pick<Account, 'secret'>, caseId: string, riskRoot: bigint): bigint {
  const words = [SALT_DOMAIN, account.secret, caseId, riskRoot]
  return toField(
    BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256', 'bytes32', 'uint256'], words))),
  )
}

/** The lot of a case. Throws RuleError or HedgeInfeasibleError where the account has none. */
export function planLot(request: LotRequest): LotPlan {
  const { account, kind, caseId, round } = request
  const lot = kind === 'full' ? fullLot(request) : softLot(request)
  return { lot, salt: lotSalt(account, caseId, round.proving.tree.root) }
}

/**
 * The lot that a case has on sale, made again. Throws ToolError when it is not the one that the chain holds a commitment
 * to: the book, the market or the solver is another than when it was proven.
 */
export function replanLot(hasher: Hasher, request: LotRequest, commitment: bigint): LotPlan {
  const plan = planLot(request)
  const { salt, lot } = plan
  const opening = { salt, reliefBpsNano: lot.reduction.reliefBpsNano, moved: lot.moved }
  if (sliceCommitment(hasher, opening, request.slotCount) === commitment) return plan
  throw new ToolError(
    `the lot of case ${request.caseId} cannot be made again: this book or this market is another than when it was proven`,
  )
}

/** A fraction of everything; for an account whose positions leave no slot for cash, one position whole. */
function fullLot({ account, round, slotCount, costBps }: LotRequest): Lot {
  const { positions } = account
  try {
    return chooseSlice(positions, round.risk, slotCount, costBps('slice'))
  } catch (error) {
    if (!(error instanceof RuleError) || !takenWholeOnly(positions, slotCount)) throw error
    const one = closeOnePosition(positions, round.risk, slotCount, costBps('soft'))
    if (one === undefined) throw error
    return one
  }
}

/** The cheapest hedge that restores SOFT; where there is none, the one position whose closing helps the most. */
function softLot({ account, round, slotCount, solver, costBps }: LotRequest): Lot {
  const { vectors, parameters } = round.risk
  const { positions } = account
  const hedged = { holdings: positions, vectors, parameters, slots: slotCount }
  const terms = { mode: 'soft', percent: WHOLE_PERCENT, costBps: costBps('soft') } as const
  try {
    const { legs } = softHedge(hedged, round.instruments, solver, terms)
    return lotOf(positions, legs, terms, round.risk, slotCount)
  } catch (error) {
    if (!(error instanceof HedgeInfeasibleError)) throw error
    const one = closeOnePosition(positions, round.risk, slotCount, terms.costBps)
    if (one === undefined) throw error
    return one
  }
}
