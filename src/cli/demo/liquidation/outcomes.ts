import type { EventLog } from 'ethers'
import { cashOf, entriesOf } from '../../../book/liquidation/positions.ts'
import { marginIn } from '../../../book/liquidation/requirement.ts'
import { listCases } from '../../../chain/engine-client/case-list.ts'
import { latestKnownRound } from '../../../keeper/prove-claim.ts'
import { isBelow } from '../../../risk/margin.ts'
import { PLANS, ROLES, type Role } from './cast.ts'
import type { Setting } from './setting.ts'

/** What became of one case, from the chain's events and the book's openings. */
export interface CaseOutcome {
  readonly role: Role
  readonly name: string
  readonly caseId: string
  /** Where it was sold, or how it ended. */
  readonly way: string
  readonly winner: string
  readonly discountBps: bigint
  readonly escrowLots: bigint
  readonly feeLots: bigint
  readonly taxLots: bigint
  readonly ending: string
  /** Of the liquidated account, now. */
  readonly cashLots: bigint
  readonly positions: number
  /** Whether its equity is at or above SOFT on the latest round. */
  readonly isAtSoft: boolean
}

const ENDINGS = [
  'settled',
  'recovered',
  'cured',
  'lapsed',
  'escalated',
  'covered',
  'unsold',
  'voided',
] as const

/** One row for each of the four, in the order of the story. */
export async function outcomesOf(
  { stage, context }: Pick<Setting, 'stage' | 'context'>,
  tags: Readonly<Record<Role, bigint>>,
): Promise<CaseOutcome[]> {
  const { engine } = stage.connection.contracts
  const [closed, settled, deleveraged] = (await Promise.all(
    ['CaseClosed', 'Settled', 'Deleveraged'].map((name) => engine.queryFilter(name)),
  )) as [EventLog[], EventLog[], EventLog[]]
  const listed = await listCases(stage.connection)
  const { risk } = await latestKnownRound(context)
  const names = new Map<string, string>([[stage.deployment.house.toLowerCase(), 'clearing house']])
  for (const part of ['alice', 'bob'] as const) names.set((await stage.address(part)).toLowerCase(), part)
  return ROLES.flatMap((role) => {
    const found = listed.find(({ engineCase }) => engineCase.tag === tags[role])
    if (found === undefined) return []
    const { engineCase, award } = found
    const of = (logs: EventLog[]) => logs.filter(({ args }) => args.caseId === engineCase.caseId)
    const sale = of(settled)[0]
    const steps = of(deleveraged).length
    const { positions } = context.venueBook.opening(tags[role]).account
    return [
      {
        role,
        name: PLANS[role].name,
        caseId: engineCase.caseId,
        way: sale === undefined ? `deleveraging, ${steps} steps` : award.soldIn,
        winner:
          sale === undefined ? 'counterparties' : (names.get(award.winner.toLowerCase()) ?? award.winner),
        discountBps: sale === undefined ? 0n : award.discountBps,
        escrowLots: (sale?.args.escrowLots as bigint | undefined) ?? 0n,
        feeLots: (sale?.args.feeLots as bigint | undefined) ?? 0n,
        taxLots: (sale?.args.taxLots as bigint | undefined) ?? 0n,
        ending: ENDINGS[Number(of(closed)[0]?.args.ending ?? -1)] ?? 'open',
        cashLots: cashOf(positions),
        positions: entriesOf(positions).length,
        isAtSoft: !isBelow(marginIn(risk, positions), 'soft'),
      },
    ]
  })
}
