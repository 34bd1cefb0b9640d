import { useState } from 'preact/hooks'
import type { ChainSeal, FeedItem, Overview } from '../../../service/client/index.ts'
import { Gauge } from '../charts/gauge.tsx'
import { useFeed } from '../data/feed.ts'
import { useLive } from '../data/loaded.ts'
import { publicClient } from '../data/service.ts'
import { count, plural, usdOfLots, words } from '../format.ts'
import { Ago, Badge, Card, Empty, Fact, Message, PageHead, Show, Stat, Stats } from '../parts/common.tsx'
import { linkTo } from '../route.ts'
import { GaugeHistory, newestStanding, SealTable, SolvencyHistory, Tiers, usedGauges } from './seals.tsx'
import { stageWords } from './stages.ts'
import { underlyingName } from './underlyings.ts'

export function OverviewView() {
  const { data, reload } = useLive('overview', publicClient.overview, [
    'round',
    'head',
    'case',
    'award',
    'settlement',
    'seal',
    'fund',
    'engine',
    'jobs',
  ])
  return (
    <>
      <PageHead title="Overview">
        What the venue has proven of its whole book, and what happens now. Every figure here follows from
        proofs or from the chain; no position does.
      </PageHead>
      <Show data={data} reload={reload}>
        {(overview) => <Everything overview={overview} />}
      </Show>
    </>
  )
}

function Everything({ overview }: { readonly overview: Overview }) {
  const { seals, chain, clock } = overview
  return (
    <>
      {chain?.trouble && (
        <Message tone="warning" title="The chain is not being read at present.">
          <span>{chain.trouble}</span>
        </Message>
      )}
      {clock?.isPaused && <Message tone="warning" title="The engine is paused." />}
      {clock?.isStale && (
        <Message
          tone="warning"
          title="The newest round is too old: the engine's clock stands until the next."
        />
      )}
      <Figures overview={overview} />
      <div class="columns">
        <div class="stack">
          <StressCard seals={seals} />
          <Card title="Solvency history" note="Accounts below maintenance margin, as each seal proves it.">
            <SolvencyHistory seals={seals} />
          </Card>
        </div>
        <div class="stack">
          <TierCard seals={seals} />
          <Activity />
          <FundsCard overview={overview} />
        </div>
      </div>
      <Card title="Seals on the chain" note="Newest first. A final seal can be challenged no more.">
        <SealTable seals={seals} />
      </Card>
    </>
  )
}

function Figures({
  overview: { chain, round, head, finalSequence, cases, seals },
}: {
  readonly overview: Overview
}) {
  const seal = newestStanding(seals)
  return (
    <Stats>
      <Stat
        name="Below maintenance margin"
        value={seal?.belowMm ?? '–'}
        note={
          seal === undefined
            ? 'no seal yet'
            : `of ${plural(seal.accounts ?? 0, 'account')}, seal ${seal.epoch}`
        }
      />
      <Stat
        name="Open cases"
        value={<a href={linkTo('cases')}>{count(cases.open)}</a>}
        note={stagesText(cases.byStage) || 'nobody is being liquidated'}
      />
      <Stat
        name="Risk round"
        value={round === null ? '–' : <a href={linkTo('oracle', round.sequence)}>{round.sequence}</a>}
        note={round === null ? 'none posted' : <Ago time={round.timeSeconds} />}
      />
      <Stat
        name="Book head"
        value={head === null ? '–' : count(head.sequence)}
        note={
          head === null
            ? 'none'
            : finalSequence
              ? `head ${finalSequence} is proven and final`
              : 'none is final yet'
        }
      />
      <Stat
        name="Newest block"
        value={chain === null ? '–' : count(chain.block)}
        note={chain === null ? 'this service follows none' : <Behind chain={chain} />}
      />
    </Stats>
  )
}

function Behind({ chain }: { readonly chain: NonNullable<Overview['chain']> }) {
  const behind = chain.headBlock - chain.block
  return <>{behind > 0 ? `${plural(behind, 'block')} behind` : <Ago time={chain.seenAt} />}</>
}

function stagesText(byStage: Overview['cases']['byStage']): string {
  const open = Object.entries(byStage).filter(([stage, n]) => n > 0 && stage !== 'closed' && stage !== 'none')
  return open.map(([stage, n]) => `${n} ${stageWords(stage).toLowerCase()}`).join(', ')
}

function StressCard({ seals }: { readonly seals: readonly ChainSeal[] }) {
  const seal = newestStanding(seals)
  return (
    <Card
      title="Stress gauge"
      note="Proven short gamma of accounts that are below their liquidation threshold, or one named scenario away from it, over what the market offers to hedge it with."
      actions={seal && <Badge>Seal {seal.epoch}</Badge>}
    >
      {seal === undefined ? (
        <Empty title="No seal yet">The gauge is proven with the first sealed epoch.</Empty>
      ) : (
        <>
          {usedGauges(seal).map((gauge) => (
            <Gauge key={gauge.underlying} name={underlyingName(gauge)} bps={gauge.bps} />
          ))}
          <p class="small soft">At 100% hedging all of them would take all the liquidity there is.</p>
          <GaugeHistory seals={seals} />
        </>
      )}
    </Card>
  )
}

function TierCard({ seals }: { readonly seals: readonly ChainSeal[] }) {
  const seal = newestStanding(seals)
  return (
    <Card
      title="Tiers"
      note="How many accounts are in which tier of margin; which ones, nobody sees."
      actions={seal && <Badge>Seal {seal.epoch}</Badge>}
    >
      {seal === undefined ? <Empty title="No seal yet" /> : <Tiers seal={seal} />}
    </Card>
  )
}

function FundsCard({ overview: { funds } }: { readonly overview: Overview }) {
  if (funds === null) return null
  return (
    <Card
      title="Funds"
      note="In the order of losses: fee, insurance, Gamma Reserve, clearing house, and then everybody."
    >
      <dl class="facts">
        <Fact name="Insurance fund">{usdOfLots(funds.insuranceLots)}</Fact>
        <Fact name="Gamma Reserve">{usdOfLots(funds.gammaReserveLots)}</Fact>
        <Fact name="Clearing-house capital">{usdOfLots(funds.houseCapitalLots)}</Fact>
        <Fact name="Carried by the clearing house">{usdOfLots(funds.houseCarriedLots)}</Fact>
        <Fact name="The venue's bond">{usdOfLots(funds.venueBondLots)}</Fact>
      </dl>
    </Card>
  )
}

const SHOWN = 12

function Activity() {
  const [items, setItems] = useState<readonly FeedItem[]>([])
  const feed = useFeed((kind) => {
    if (kind !== 'jobs' && kind !== 'open') setItems([...feed.items])
  })
  const shown = (items.length > 0 ? items : feed.items).slice(0, SHOWN)
  return (
    <Card title="As it happens" note="Since this page was opened.">
      {shown.length === 0 ? (
        <Empty title="Nothing yet">
          Rounds, triggers, bids, settlements and seals appear here as they happen.
        </Empty>
      ) : (
        <ol class="feed" aria-label="Newest events first">
          {shown.map((item, index) => (
            <li key={`${item.block}-${item.event}-${shown.length - index}`}>
              <span>
                <Badge tone={item.kind === 'trigger' ? 'bad' : item.kind === 'settlement' ? 'good' : 'plain'}>
                  {words(item.kind)}
                </Badge>{' '}
                {words(item.event)} <SubjectLink subject={item.subject} />
              </span>
              <span class="soft small">{item.atSeconds === null ? '' : <Ago time={item.atSeconds} />}</span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}

/** "case:0x…", "round:7", "seal:2" */
function SubjectLink({ subject }: { readonly subject: string | null }) {
  const [kind, id] = subject?.split(':') ?? []
  if (kind === undefined || id === undefined) return null
  if (kind === 'case') return <a href={linkTo('cases', id)}>case {id.slice(0, 8)}…</a>
  if (kind === 'round') return <a href={linkTo('oracle', id)}>round {id}</a>
  return <span class="soft">{`${kind} ${id.slice(0, 12)}`}</span>
}
