import { useMemo, useState } from 'preact/hooks'
import type { Case } from '../../../service/client/index.ts'
import { useLive } from '../data/loaded.ts'
import { publicClient } from '../data/service.ts'
import { instant, percentOfBps, plural, shortHash, words } from '../format.ts'
import { Ago, Badge, Card, Empty, Fact, Hash, PageHead, Show } from '../parts/common.tsx'
import { Rows } from '../parts/table.tsx'
import { linkTo } from '../route.ts'
import { Lot } from './lot.tsx'
import { OwnBids } from './own-bids.tsx'
import { eventTone, eventWords, isOver, stageTone, stageWords } from './stages.ts'

export function CasesView({ id }: { readonly id: string | undefined }) {
  return id === undefined ? <CaseList /> : <CasePage id={id} />
}

const FILTERS = { all: 'All', open: 'Open', closed: 'Closed' } as const
type Filter = keyof typeof FILTERS

function CaseList() {
  const { data, reload } = useLive('cases', () => publicClient.cases(200), [
    'case',
    'bid',
    'award',
    'settlement',
  ])
  const [filter, setFilter] = useState<Filter>('all')
  return (
    <>
      <PageHead title="Cases">
        Liquidations, from the proof that an account is below its threshold to the settlement. An account is
        known by its tag; what it holds stays with its owner, the venue, and whoever was shown the lot.
      </PageHead>
      <Card title="Liquidation cases">
        <fieldset class="choices">
          <legend class="hidden-text">Which cases</legend>
          {(Object.keys(FILTERS) as Filter[]).map((each) => (
            <label key={each}>
              <input type="radio" name="filter" checked={filter === each} onChange={() => setFilter(each)} />
              {FILTERS[each]}
            </label>
          ))}
        </fieldset>
        <Show data={data} reload={reload}>
          {(cases) => <CaseTable cases={cases.filter((one) => matches(one, filter))} filter={filter} />}
        </Show>
      </Card>
    </>
  )
}

function matches({ stage }: Case, filter: Filter): boolean {
  return filter === 'all' || (filter === 'closed') === isOver(stage)
}

function CaseTable({ cases, filter }: { readonly cases: readonly Case[]; readonly filter: Filter }) {
  if (cases.length === 0) {
    return (
      <Empty title={filter === 'open' ? 'Nobody is being liquidated' : 'No cases'}>
        A case opens with a proven trigger.
      </Empty>
    )
  }
  return (
    <Rows
      caption="Cases, newest first"
      rows={cases}
      keyOf={({ caseId }) => caseId}
      columns={[
        {
          name: 'Case',
          cell: ({ caseId }) => (
            <a class="hash" href={linkTo('cases', caseId)}>
              {shortHash(caseId)}
            </a>
          ),
        },
        { name: 'Kind', cell: ({ kind }) => words(kind) },
        { name: 'Stage', cell: ({ stage }) => <Badge tone={stageTone(stage)}>{stageWords(stage)}</Badge> },
        {
          name: 'Sold',
          isNumber: true,
          cell: ({ percent, lot }) =>
            lot?.isHedge ? 'a hedge' : percent === undefined ? '–' : `${percent}%`,
        },
        { name: 'Bids', isNumber: true, cell: ({ bids }) => bids.length },
        {
          name: 'Discount',
          isNumber: true,
          cell: ({ award }) => (award === null ? '–' : percentOfBps(award.discountBps)),
        },
        { name: 'Changed', isNumber: true, cell: ({ updatedAt }) => <Ago time={updatedAt} /> },
      ]}
    />
  )
}

function CasePage({ id }: { readonly id: string }) {
  const { data, reload } = useLive(`case ${id}`, () => publicClient.case(id), [
    'case',
    'bid',
    'award',
    'settlement',
  ])
  const deployment = useLive('deployment', publicClient.deployment)
  // The same list for the same case: what is asked of the wallet's node hangs on it.
  const shown = data.state === 'ready' ? data.value : undefined
  const cases = useMemo(() => (shown === undefined ? [] : [shown]), [shown])
  return (
    <>
      <PageHead title={`Case ${shortHash(id)}`}>
        <a href={linkTo('cases')}>All cases</a>
      </PageHead>
      <Show data={data} reload={reload}>
        {(one) => (
          <>
            <Summary one={one} />
            <div class="grid">
              <Card title="Timeline" note="From the trigger to the end, as the chain tells it.">
                <Timeline one={one} />
              </Card>
              <div class="stack">
                {one.lot !== null && (
                  <Card
                    title="The lot"
                    note="All that the public sees of it: coarse figures that a proof stands for."
                  >
                    <Lot lot={one.lot} />
                  </Card>
                )}
                <Bids one={one} />
                {deployment.data.state === 'ready' && (
                  <OwnBids cases={cases} deployment={deployment.data.value} reload={reload} />
                )}
              </div>
            </div>
          </>
        )}
      </Show>
    </>
  )
}

const WAY = ['opened', 'on sale', 'awarded', 'settled'] as const

/** How far a case is on the way that a case goes. */
function wayOf({ stage, ending }: Case): number {
  if (isOver(stage)) return ending === null || /settle|clos|cover/i.test(ending) ? WAY.length : WAY.length - 1
  if (stage === 'opened' || stage === 'none') return 0
  return stage === 'awarded' || stage === 'shortfall' ? 2 : 1
}

function Summary({ one }: { readonly one: Case }) {
  const way = wayOf(one)
  return (
    <Card
      title={`${words(one.kind)} liquidation`}
      actions={
        <Badge tone={stageTone(one.stage)}>
          {one.ending === null ? stageWords(one.stage) : words(one.ending)}
        </Badge>
      }
    >
      <ol class="steps" aria-label="Stages">
        {WAY.map((name, index) => (
          <li key={name} class={index < way ? 'done' : index === way && !isOver(one.stage) ? 'now' : ''}>
            {words(name)}
            {index === way && !isOver(one.stage) && <span class="hidden-text"> (now)</span>}
          </li>
        ))}
      </ol>
      <dl class="facts">
        <Fact name="Account's tag">
          <Hash value={one.tag} />
        </Fact>
        <Fact name="Risk round">
          <a href={linkTo('oracle', one.round)}>{one.round}</a>
        </Fact>
        {one.award !== null && (
          <>
            <Fact name="Sold to">
              <Hash value={one.award.winner} />
            </Fact>
            <Fact name="Discount">{percentOfBps(one.award.discountBps)}</Fact>
          </>
        )}
        <Fact name="As told by">{one.source === 'chain' ? 'the chain' : 'the venue'}</Fact>
      </dl>
    </Card>
  )
}

function Timeline({ one: { timeline } }: { readonly one: Case }) {
  if (timeline.length === 0) return <Empty title="No events yet" />
  return (
    <ol class="timeline">
      {timeline.map(({ event, block, atSeconds, values }, index) => (
        <li key={`${block}-${event}-${index.toString()}`} class={eventTone(event)}>
          <span class="what">{words(event)}</span>
          <span>{eventWords(values ?? {})}</span>
          <span class="soft small">
            <Ago time={atSeconds} /> · {instant(atSeconds)} · block {block}
          </span>
        </li>
      ))}
    </ol>
  )
}

function Bids({ one: { bids, award } }: { readonly one: Case }) {
  return (
    <Card title="Bids" note={plural(bids.length, 'bid')}>
      {bids.length === 0 ? (
        <Empty title="Nobody has bid yet" />
      ) : (
        <Rows
          caption="Bids"
          rows={bids}
          keyOf={({ bidder, mode }) => `${bidder} ${mode}`}
          columns={[
            { name: 'Bidder', cell: ({ bidder }) => <Hash value={bidder} /> },
            { name: 'How', cell: ({ mode }) => (mode === 'soft' ? 'Offer' : 'Sealed bid') },
            {
              name: 'Discount',
              isNumber: true,
              cell: ({ discountBps }) => (discountBps === null ? 'sealed' : percentOfBps(discountBps)),
            },
            {
              name: 'Result',
              cell: ({ bidder }) => (award?.winner === bidder ? <Badge tone="good">Won</Badge> : ''),
            },
          ]}
        />
      )}
    </Card>
  )
}
