import { MaxUint256 } from 'ethers'
import { coverChange, withdrawalChange } from '../book/liquidation/adjust.ts'
import { chooseLegs } from '../book/liquidation/deleverage-legs.ts'
import type { TransferTerms } from '../book/liquidation/terms.ts'
import { standingAt } from '../book/liquidation/water-fill.ts'
import { withdrawalContext } from '../chain/context.ts'
import {
  caseOfTag,
  coverCase,
  coverContext,
  deleverageCase,
  type EngineCase,
  readAward,
  readCase,
  settleCase,
  transferContext,
} from '../chain/engine-client/cases.ts'
import { sendTo, viewOf } from '../chain/engine-client/connection.ts'
import { deleveragingLevelBps } from '../chain/engine-client/liquidator.ts'
import { readParameters } from '../chain/engine-client/parameters.ts'
import { toSolidityProof } from '../chain/generate-verifier.ts'
import { ContractRefusal, type Sent } from '../chain/transactions.ts'
import { adjustSignalsToArray } from '../protocol/engine-signals.ts'
import { ToolError } from '../protocol/errors.ts'
import { CASH_ID, WHOLE_PERCENT } from '../protocol/liquidation.ts'
import { adjustWitness } from '../prover/adjust-inputs.ts'
import { transferWitness } from '../prover/transfer-inputs.ts'
import type { Acted } from './act.ts'
import { soldLotRequest } from './act-confirm.ts'
import type { KeeperContext } from './context.ts'
import { lotSalt, replanLot } from './lot-plan.ts'
import { latestKnownRound, settleableRound } from './prove-claim.ts'
import type { KnownRound } from './rounds.ts'
import type { PendingMove } from './venue-book.ts'

/** Actions that change the book: each is written down, sent, and applied to the venue's book when the head has it. */
export async function moving(
  context: KeeperContext,
  pending: PendingMove,
  send: () => Promise<Sent>,
): Promise<Sent> {
  const { venueBook } = context
  venueBook.begin(pending)
  try {
    const sent = await send()
    venueBook.follow(pending.nextRoot)
    return sent
  } catch (error) {
    // A refusal is certain. Of anything else nobody knows yet whether it went through.
    if (error instanceof ContractRefusal) venueBook.abandon()
    throw error
  }
}

/** Settles what was sold, on the round that it was sold on. */
export async function settle(context: KeeperContext, caseId: string): Promise<Acted> {
  const { connection, hasher, venueBook, rounds, keeper } = context
  const [engineCase, award] = await Promise.all([readCase(connection, caseId), readAward(connection, caseId)])
  const round = rounds.byRoot(engineCase.riskRoot)
  if (round === undefined)
    throw new ToolError('the market of the round that the lot was proven on is not at hand')
  const { lot, salt } = replanLot(hasher, soldLotRequest(context, engineCase, round), engineCase.slice)
  const terms: TransferTerms = {
    mode: engineCase.kind === 'full' ? 'slice' : 'soft',
    percent: engineCase.percent,
    costBps: engineCase.capBps + engineCase.feeBps,
    discountBps: award.discountBps - award.taxBps,
    feeBps: engineCase.feeBps + award.taxBps,
    escrowLots: award.escrowLots,
    cutoffBps: 0n,
    floorBps: 0n,
  }
  const pair = { from: venueBook.opening(engineCase.tag), to: venueBook.opening(award.subTag) }
  const made = await proveTransfer(context, caseId, pair, round, { terms, moved: lot.moved, salt })
  const sent = await moving(context, made.pending, () => settleCase(connection, keeper, caseId, made.proven))
  const { priceLots, feeLots } = made.outcome
  return { sent, detail: `price ${priceLots} lots, fees ${feeLots} lots, escrow ${award.escrowLots} lots` }
}

async function proveTransfer(
  { connection, hasher, venueBook, provers }: KeeperContext,
  caseId: string,
  pair: Parameters<typeof transferWitness>[2],
  round: KnownRound,
  statement: Omit<Parameters<typeof transferWitness>[4], 'context'>,
) {
  const witness = transferWitness(hasher, venueBook.instance, pair, round.proving, {
    ...statement,
    context: transferContext(connection.deployment, caseId),
  })
  const proven = await provers.transfer.prove(witness)
  const { outcome } = witness
  const pending: PendingMove = {
    nextRoot: proven.signals.nextRoot,
    changes: [
      { index: pair.from.index, account: outcome.from },
      { index: pair.to.index, account: outcome.to },
    ],
  }
  return { proven, outcome, pending }
}

/**
 * One step of deleveraging against the counterparty of highest leverage that stands at the present level and can be used.
 * Nothing is sent while nobody stands there.
 */
export async function deleverage(context: KeeperContext, caseId: string): Promise<Acted> {
  const { connection, venueBook, keeper } = context
  const engineCase = await readCase(connection, caseId)
  const round = await settleableRound(context)
  if (round === undefined)
    return { detail: 'the newest final round is held back, or its market is not at hand' }
  const [cutoffBps, { adlBandBps }, discountBps] = await Promise.all([
    deleveragingLevelBps(connection, caseId),
    readParameters(connection),
    haircutBps(context, engineCase),
  ])
  const terms: TransferTerms = {
    mode: 'deleverage',
    percent: WHOLE_PERCENT,
    // There is no fee: what the step costs is its discount, and a haircut is a gain.
    costBps: discountBps,
    discountBps,
    feeBps: 0n,
    escrowLots: 0n,
    cutoffBps,
    floorBps: cutoffBps > adlBandBps ? cutoffBps - adlBandBps : 0n,
  }
  const from = venueBook.opening(engineCase.tag)
  for (const index of standingAt(cutoffBps, venueBook.book.accounts, round.risk)) {
    const to = venueBook.book.opening(index)
    if (index === from.index || (await caseOfTag(connection, venueBook.tags[index]!)) !== undefined) continue
    const step = chooseLegs({
      from: from.account,
      to: to.account,
      terms,
      round: round.risk,
      slotCount: venueBook.instance.slots,
    })
    if (step === undefined) continue
    const salt = lotSalt(from.account, caseId, round.proving.tree.root)
    const made = await proveTransfer(context, caseId, { from, to }, round, { terms, moved: step.moved, salt })
    const sent = await moving(context, made.pending, () =>
      deleverageCase(connection, keeper, caseId, made.proven),
    )
    const end = step.restored ? ', the buffer is restored' : ''
    return { sent, detail: `level ${cutoffBps} bps, price ${made.outcome.priceLots} lots${end}` }
  }
  return { detail: `nobody to be used stands at ${cutoffBps} bps` }
}

/** As the engine has it: at mark; a haircut where nobody can pay the debt. */
async function haircutBps({ connection }: KeeperContext, engineCase: EngineCase): Promise<bigint> {
  if (!engineCase.insolvent) return 0n
  const coverableLots = await viewOf<bigint>(connection, 'fund', 'coverableLots')
  if (coverableLots >= engineCase.shortfallLots) return 0n
  return -(await readParameters(connection)).adlHaircutBps
}

/** Pays off what an insolvent account still owes; the fund pays in the loss order, the rest is socialised. */
export async function cover(context: KeeperContext, caseId: string): Promise<Acted> {
  const { connection, hasher, venueBook, provers, keeper } = context
  const { tag } = await readCase(connection, caseId)
  const opening = venueBook.opening(tag)
  const change = coverChange(opening.account)
  const round = await latestKnownRound(context)
  const witness = adjustWitness(hasher, venueBook.instance, opening, round.proving, {
    change,
    context: coverContext(connection.deployment, caseId),
  })
  const proven = await provers.adjust.prove(witness)
  const changes = [{ index: opening.index, account: witness.outcome.account }]
  const sent = await moving(context, { nextRoot: proven.signals.nextRoot, changes }, () =>
    coverCase(connection, keeper, caseId, proven),
  )
  return { sent, detail: `a debt of ${change.lots} lots` }
}

/** Takes capital out of a sub-account of the house that it can do without. */
export async function workOff(context: KeeperContext, subTag: bigint, lots: bigint): Promise<Acted> {
  const { connection, hasher, venueBook, provers, houseOperator } = context
  if (houseOperator === undefined) return { detail: 'the operator of the clearing house is somebody else' }
  const { chainId, vault, house } = connection.deployment
  const nonce = await viewOf<bigint>(connection, 'vault', 'nonces', [house])
  const terms = { recipient: house, nonce, deadline: MaxUint256 }
  const opening = venueBook.opening(subTag)
  const round = await latestKnownRound(context)
  const witness = adjustWitness(hasher, venueBook.instance, opening, round.proving, {
    change: withdrawalChange(CASH_ID, lots),
    context: withdrawalContext(chainId, vault, terms),
  })
  const { proof, signals } = await provers.adjust.prove(witness)
  const changes = [{ index: opening.index, account: witness.outcome.account }]
  const args = [
    toSolidityProof(proof),
    adjustSignalsToArray(signals),
    [terms.recipient, terms.nonce, terms.deadline, '0x'],
  ]
  const sent = await moving(context, { nextRoot: signals.nextRoot, changes }, () =>
    sendTo(connection, 'house', 'workOff', args, houseOperator),
  )
  return { sent, detail: `${lots} lots of capital leave the sub-account` }
}
