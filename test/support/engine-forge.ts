import type { Account, Position } from '../../src/book/account.ts'
import { accountLeaf, accountTag } from '../../src/book/leaf.ts'
import { sliceCommitment } from '../../src/book/liquidation/commitments.ts'
import { greekUnits, greekUnitsWord } from '../../src/book/liquidation/greek-units.ts'
import { pathAfterWrite, rootAfterWrite, writtenPath } from '../../src/book/liquidation/paths.ts'
import {
  addCash,
  addPositions,
  cashOf,
  entriesOf,
  scaledTowardZero,
  subtractPositions,
} from '../../src/book/liquidation/positions.ts'
import { feeLots, priceLots } from '../../src/book/liquidation/price.ts'
import { marginIn, reliefBpsNano } from '../../src/book/liquidation/requirement.ts'
import { type LotSummary, lotSummary } from '../../src/book/liquidation/summary.ts'
import { toField } from '../../src/protocol/field.ts'
import {
  ADJUST_CHANGE,
  DISCOUNT_BIAS_BPS,
  LOT_SUMMARY,
  LOT_TERMS,
  TRANSFER_PLACES,
  TRANSFER_TERMS,
} from '../../src/protocol/liquidation.ts'
import { packWord } from '../../src/protocol/packed-word.ts'
import type { CircuitInputs } from '../../src/prover/margin-inputs.ts'
import { prefixed, roundInputs, sideInputs, worstInputs } from '../../src/prover/wide-inputs.ts'
import type { EngineWorld } from './engine-world.ts'

/**
 * Inputs of lot, transfer and adjust with no rule checked: everything that hangs on a figure (leaves, roots, worst
 * losses, commitments) follows from it, so that a witness breaks the rule that a test bends and nothing else. For a
 * statement that keeps every rule they are those of src/prover; the tests hold them to that.
 */

export const SALT = 0x5a17n
export const CONTEXT = 0xc0de77n

/** Codes of the modes; 3 is none. */
export const MODES = { slice: 0n, soft: 1n, deleverage: 2n } as const
/** Codes of the kinds; 3 is none. */
export const KINDS = { deposit: 0n, withdrawal: 1n, cover: 2n } as const

export interface ForgedLot {
  readonly mode: bigint
  readonly percent: bigint
  readonly moved: readonly Position[]
  /** Default 0: the overshoot is looked at as if nothing were paid. */
  readonly costBps?: bigint
  readonly summary?: Partial<Record<keyof LotSummary, bigint>>
  readonly greeks?: readonly bigint[]
}

/** The fields that a lot and a transfer share. */
function shareTerms({ mode, percent, costBps = 0n }: ForgedLot) {
  return { mode, percent, costBiasedBps: costBps + DISCOUNT_BIAS_BPS }
}

/** What one percent less would leave: the circuit's third state. */
function stateLess(positions: readonly Position[], { mode, percent, moved }: ForgedLot) {
  const base = mode === MODES.slice ? entriesOf(positions) : moved
  return subtractPositions(positions, scaledTowardZero(base, percent - 1n, 100n))
}

export function percentOf(positions: readonly Position[], percent: bigint): Position[] {
  return scaledTowardZero(entriesOf(positions), percent, 100n)
}

export function forgeLot(world: EngineWorld, index: number, forged: ForgedLot): CircuitInputs {
  const { hasher, instance, round, risk } = world
  const opening = world.opening(index)
  const { account } = opening
  const { positions } = account
  const remaining = subtractPositions(positions, forged.moved)
  const before = marginIn(risk, positions)
  const after = marginIn(risk, remaining)
  const alone = marginIn(risk, forged.moved)
  const relief = reliefBpsNano(before, after)
  // A negative relief has no summary of its own; the forgery is of something else then.
  const { insolvent, ...honest } = lotSummary(before, alone, relief < 0n ? 0n : relief)
  const summary = { ...honest, insolvent: insolvent ? 1n : 0n, ...forged.summary }
  const { cashAfter: _, ...side } = sideInputs(account, remaining, instance, round.tree)
  return {
    bookRoot: opening.bookRoot,
    riskRoot: round.tree.root,
    parameters: round.parameters,
    tag: accountTag(hasher, account.secret),
    place: BigInt(index),
    leaf: opening.leaf,
    terms: packWord(LOT_TERMS, shareTerms(forged)),
    slice: sliceCommitment(
      hasher,
      { salt: SALT, reliefBpsNano: toField(relief), moved: forged.moved },
      instance.slots,
    ),
    summary: packWord(LOT_SUMMARY, summary),
    greeks: greekUnitsWord(forged.greeks ?? greekUnits(alone, honest.carryLots)),
    context: CONTEXT,
    ...side,
    ...worstInputs('Before', before),
    ...worstInputs('After', after),
    ...worstInputs('Less', marginIn(risk, stateLess(positions, forged))),
    ...worstInputs('Slice', alone),
    ...roundInputs(round),
    bookChildren: opening.path,
    count: BigInt(opening.count),
    salt: SALT,
  }
}

export interface ForgedTransfer extends ForgedLot {
  readonly discountBps?: bigint
  readonly feeBps?: bigint
  readonly escrowLots?: bigint
  readonly cutoffBps?: bigint
  readonly floorBps?: bigint
  /** In place of the price and the fee that follow from the terms. */
  readonly priceLots?: bigint
  readonly feeLots?: bigint
  /** What the receiver pays, where it is not what the account gets. */
  readonly paidLots?: bigint
  /** What arrives at the receiver, where it is not what left. */
  readonly received?: readonly Position[]
  /** In place of the two places, 0 and 1. Twice the same: the receiver is what the first write has left there. */
  readonly places?: readonly [number, number]
  /** In place of the receiver's owner, or 0 in a deleveraging. */
  readonly ownerTo?: bigint
}

export function forgeTransfer(world: EngineWorld, forged: ForgedTransfer): CircuitInputs {
  const { hasher, instance, round, risk } = world
  const [fromIndex, toIndex] = forged.places ?? [0, 1]
  const from = world.opening(fromIndex)
  const { moved, received = moved } = forged
  const { discountBps = 0n, feeBps = 0n, escrowLots = 0n, cutoffBps = 0n, floorBps = 0n } = forged
  const fromBefore = from.account.positions
  const before = marginIn(risk, fromBefore)
  const remaining = subtractPositions(fromBefore, moved)
  const relief = reliefBpsNano(before, marginIn(risk, remaining))
  const price = forged.priceLots ?? priceLots(marginIn(risk, moved).equityNano, discountBps, relief)
  const fee = forged.feeLots ?? feeLots(feeBps, relief < 0n ? 0n : relief)
  const fromAfter = next(from.account, addCash(remaining, price - fee))
  const leafFrom = leafOf(world, fromAfter)
  const write = { index: fromIndex, leaf: leafFrom, path: from.path }
  const to = toIndex === fromIndex ? { ...from, account: fromAfter } : world.opening(toIndex)
  const toPath = toIndex === fromIndex ? writtenPath(hasher, write) : pathAfterWrite(hasher, write, to)
  const bought = addPositions(to.account.positions, received)
  const toAfter = next(to.account, addCash(bought, escrowLots - (forged.paidLots ?? price)))
  const leafTo = leafOf(world, toAfter)
  const ownerTo = forged.ownerTo ?? (forged.mode === MODES.deleverage ? 0n : to.account.owner)
  const terms = { discountBiasedBps: discountBps + DISCOUNT_BIAS_BPS, feeBps, feeLots: fee }
  const sides = {
    ...prefixed('from', {
      ...sideOf(world, from.account, fromAfter.positions),
      ...worstInputs('Before', before),
      ...worstInputs('After', marginIn(risk, fromAfter.positions)),
      ...worstInputs('Less', marginIn(risk, stateLess(fromBefore, forged))),
    }),
    ...prefixed('to', {
      ...sideOf(world, to.account, toAfter.positions),
      ...worstInputs('Before', marginIn(risk, to.account.positions)),
      ...worstInputs('After', marginIn(risk, toAfter.positions)),
    }),
  }
  return {
    bookRoot: from.bookRoot,
    nextRoot: rootAfterWrite(hasher, { index: toIndex, leaf: leafTo, path: toPath }, to.count),
    riskRoot: round.tree.root,
    parameters: round.parameters,
    tagFrom: accountTag(hasher, from.account.secret),
    tagTo: accountTag(hasher, to.account.secret),
    places: packWord(TRANSFER_PLACES, { from: BigInt(fromIndex), to: BigInt(toIndex), ownerTo }),
    leafFrom,
    leafTo,
    terms: packWord(TRANSFER_TERMS, {
      ...shareTerms(forged),
      ...terms,
      escrowLots,
      cutoffBps,
      floorBps,
    }),
    slice: sliceCommitment(hasher, { salt: SALT, reliefBpsNano: toField(relief), moved }, instance.slots),
    context: CONTEXT,
    ...sides,
    ...roundInputs(round),
    fromChildren: from.path,
    toChildren: toPath,
    count: BigInt(from.count),
    salt: SALT,
  }
}

export interface ForgedAdjust {
  readonly kind: bigint
  readonly instrumentId: number
  readonly lots: bigint
  /** The state after, where it is not what follows from the change. */
  readonly after?: readonly Position[]
  readonly place?: number
}

export function forgeAdjust(world: EngineWorld, forged: ForgedAdjust): CircuitInputs {
  const { hasher, round, risk } = world
  const { kind, instrumentId, lots, place = 0 } = forged
  const opening = world.opening(place)
  const { account } = opening
  const quantityLots = kind === KINDS.withdrawal ? -lots : lots
  const positions = forged.after ?? addPositions(account.positions, [{ id: instrumentId, quantityLots }])
  const after = next(account, positions)
  const leaf = leafOf(world, after)
  const { owner: accountOwner, ...side } = sideOf(world, account, positions)
  return {
    bookRoot: opening.bookRoot,
    nextRoot: rootAfterWrite(hasher, { index: place, leaf, path: opening.path }, opening.count),
    riskRoot: round.tree.root,
    parameters: round.parameters,
    tag: accountTag(hasher, account.secret),
    owner: kind === KINDS.withdrawal ? account.owner : 0n,
    place: BigInt(place),
    leaf,
    change: packWord(ADJUST_CHANGE, { kind, instrumentId: BigInt(instrumentId), lots }),
    context: CONTEXT,
    ...side,
    accountOwner,
    ...worstInputs('After', marginIn(risk, positions)),
    ...roundInputs(round),
    bookChildren: opening.path,
    count: BigInt(opening.count),
  }
}

/** What is left of too many positions when the first falls off, as it does in a circuit that does not look. */
function fitting(world: EngineWorld, positions: readonly Position[]): readonly Position[] {
  return positions.slice(-world.instance.slots)
}

function leafOf(world: EngineWorld, account: Account): bigint {
  const positions = fitting(world, account.positions)
  return accountLeaf(world.hasher, { ...account, positions }, world.instance.slots)
}

function sideOf(world: EngineWorld, account: Account, after: readonly Position[]) {
  const side = sideInputs(account, fitting(world, after), world.instance, world.round.tree)
  return { ...side, cashAfter: toField(cashOf(after)) }
}

function next(account: Account, positions: readonly Position[]): Account {
  return { ...account, nonce: account.nonce + 1n, positions }
}
