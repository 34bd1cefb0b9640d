import type { ListedCase } from '../chain/engine-client/case-list.ts'
import type { EngineCase } from '../chain/engine-client/cases.ts'
import { lotsUsd } from './demo/liquidation/tell.ts'
import { hex32, shortHash } from './format.ts'
import { tableText } from './table.ts'

/** Cases as people read them. */
export const STAGE_WORDS: Readonly<Record<EngineCase['stage'], string>> = {
  none: 'unknown',
  opened: 'to be confirmed',
  soft: 'soft offers',
  sealed: 'sealed bids',
  dutch: 'public auction',
  house: 'clearing house',
  deleveraging: 'deleveraging',
  awarded: 'to be settled',
  shortfall: 'debt to be paid',
  closed: 'over',
}

export function casesTable(cases: readonly ListedCase[], full: boolean): string {
  const name = (hash: string) => (full ? hash : shortHash(hash))
  const rows = cases.map(({ engineCase }) => [
    name(engineCase.caseId),
    name(hex32(engineCase.tag)),
    engineCase.insolvent ? `${engineCase.kind}, insolvent` : engineCase.kind,
    STAGE_WORDS[engineCase.stage],
    `${engineCase.percent}`,
    `${engineCase.capBps}`,
    lotsUsd(engineCase.carryLots),
    lotsUsd(engineCase.reliefLots),
  ])
  const columns = [
    { head: 'case' },
    { head: 'account tag' },
    { head: 'kind' },
    { head: 'stage' },
    { head: 'percent', align: 'right' },
    { head: 'cap bps', align: 'right' },
    { head: 'carry USD <=', align: 'right' },
    { head: 'relief USD >=', align: 'right' },
  ] as const
  return tableText(columns, rows)
}

export function caseJson({ engineCase, award, blockNumber }: ListedCase) {
  const isSold = BigInt(award.winner) !== 0n
  return { ...engineCase, blockNumber, award: isSold ? award : null }
}
