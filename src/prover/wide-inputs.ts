import type { Account, Position } from '../book/account.ts'
import type { RoundRisk } from '../book/liquidation/requirement.ts'
import { type WideList, wideList } from '../book/liquidation/wide.ts'
import { WitnessError } from '../protocol/errors.ts'
import { toField } from '../protocol/field.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { CASH_ID, CASH_LOT_NANO } from '../protocol/liquidation.ts'
import { unpackMarginParameters } from '../protocol/parameters.ts'
import type { MarginResult } from '../risk/margin.ts'
import { placeOf, type RiskTree } from '../risk/risk-tree.ts'
import { packVector } from '../risk/vector.ts'
import type { CircuitInput, RiskRound } from './margin-inputs.ts'

/** Inputs by name, still to be joined with others. */
export type NamedInputs = Readonly<Record<string, CircuitInput>>
/** Those of one account and its wide list. */
export type SideInputs = Readonly<
  Record<
    | 'accountId'
    | 'owner'
    | 'secret'
    | 'nonce'
    | 'id'
    | 'before'
    | 'after'
    | 'cashBefore'
    | 'cashAfter'
    | 'vector'
    | 'riskChildren',
    CircuitInput
  >
>

/** The round as the rules of the engine take it. Throws WitnessError for a tree of another size or without cash. */
export function roundRisk(instance: MarginInstance, round: RiskRound): RoundRisk {
  const { tree } = round
  if (tree.instance.riskLevels !== instance.riskLevels) {
    throw new WitnessError(`the risk tree was built for ${tree.instance.name}, not for ${instance.name}`)
  }
  const cash = tree.byId(CASH_ID)
  const [valueNano, ...rest] = cash?.ratesNano ?? []
  const isExact =
    valueNano === CASH_LOT_NANO &&
    rest.every((rate) => rate === 0n) &&
    cash?.longChargeNano === 0n &&
    cash.shortChargeNano === 0n
  if (!isExact) {
    throw new WitnessError(
      `instrument ${CASH_ID} of this round is not settlement cash of exactly ${CASH_LOT_NANO} nano-USD a lot`,
    )
  }
  return { vectors: tree.vectors, parameters: unpackMarginParameters(round.parameters) }
}

/** What every circuit takes once: the nodes of the risk root, and the path of cash. */
export function roundInputs({ tree }: RiskRound): NamedInputs {
  return { cashChildren: tree.path(placeOf(CASH_ID)), riskTop: tree.topNodes }
}

/** Identity and wide list of one account with the listed vectors. Throws WitnessError naming the slot that has none. */
export function sideInputs(
  account: Account,
  after: readonly Position[],
  instance: MarginInstance,
  tree: RiskTree,
): SideInputs {
  const wide = wideList(account.positions, after, instance.slots)
  return {
    accountId: BigInt(account.accountId),
    owner: account.owner,
    secret: account.secret,
    nonce: account.nonce,
    ...wideInputs(wide),
    ...vectorInputs(wide, tree),
  }
}

function wideInputs(wide: WideList) {
  return {
    id: wide.ids.map(BigInt),
    before: wide.beforeLots.map(toField),
    after: wide.afterLots.map(toField),
    cashBefore: toField(wide.cashBeforeLots),
    cashAfter: toField(wide.cashAfterLots),
  }
}

function vectorInputs({ ids }: WideList, tree: RiskTree) {
  const vectors = ids.map((id, slot) => {
    const vector = tree.byId(id)
    if (vector === undefined) {
      throw new WitnessError(`instrument ${id} (place ${placeOf(id)}) is not listed in this round`, { slot })
    }
    return packVector(vector)
  })
  return { vector: vectors, riskChildren: ids.map((id) => tree.path(placeOf(id))) }
}

/** The worst losses of one evaluation: worstMm<State> and worstExcess<State>. */
export function worstInputs(state: string, margin: MarginResult): NamedInputs {
  return {
    [`worstMm${state}`]: margin.worstMmNano,
    [`worstExcess${state}`]: margin.worstImNano - margin.worstMmNano,
  }
}

/** The same inputs under a side's names: before -> fromBefore. */
export function prefixed(prefix: string, inputs: NamedInputs): NamedInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `${prefix}${name[0]!.toUpperCase()}${name.slice(1)}`,
      value,
    ]),
  )
}
