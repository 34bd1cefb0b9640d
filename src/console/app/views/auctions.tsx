import { useMemo, useState } from 'preact/hooks'
import type { Auction, Auctions, ChainDeployment } from '../../../service/client/index.ts'
import { useNow } from '../clock.ts'
import { useLive } from '../data/loaded.ts'
import { publicClient } from '../data/service.ts'
import type { EngineClock } from '../data/types.ts'
import { duration, instant, percentOfBps, plural, shortHash, words } from '../format.ts'
import { Ago, Badge, Card, Empty, Fact, Message, PageHead, Show, type Tone } from '../parts/common.tsx'
import { linkTo } from '../route.ts'
import { BidDesk, canBid } from './bid-desk.tsx'
import { Lot } from './lot.tsx'
import { OwnBids } from './own-bids.tsx'

export function AuctionsView() {
  const { data, reload } = useLive('auctions', readBoard, [
    'case',
    'bid',
    'award',
    'settlement',
    'engine',
    'round',
  ])
  const deployment = useLive('deployment', publicClient.deployment)
  const cases = useLive('cases', () => publicClient.cases(200), ['case', 'bid', 'award', 'settlement'])
  return (
    <>
      <PageHead title="Auctions">
        Lots on sale. Bids of the first stage are sealed: a hash first, the bid after. Whoever is on the list
        is shown the lot's legs; everybody else sees coarse figures that a proof stands for.
      </PageHead>
      <Show data={data} reload={reload}>
        {({ auctions, clock, readAt }) => (
          <>
            {clock !== null && <OldBoard atSeconds={clock.atSeconds} />}
            {clock?.isPaused && (
              <Message tone="warning" title="The engine is paused. Nothing is sold meanwhile." />
            )}
            {clock?.isStale && (
              <Message tone="warning" title="The newest round is too old: all clocks stand until the next." />
            )}
            {auctions.length === 0 && (
              <Card title="The board">
                <Empty title="Nothing is on sale">
                  A lot comes here when a trigger was confirmed on a newer round.
                </Empty>
              </Card>
            )}
            {auctions.map((auction) => (
              <AuctionCard
                key={auction.caseId}
                auction={auction}
                clock={clock}
                readAt={readAt}
                deployment={deployment.data.state === 'ready' ? deployment.data.value : undefined}
                reload={reload}
              />
            ))}
          </>
        )}
      </Show>
      {deployment.data.state === 'ready' && cases.data.state === 'ready' && (
        <OwnBids cases={cases.data.value} deployment={deployment.data.value} reload={cases.reload} />
      )}
    </>
  )
}

/** A chain may stand still, and a service may not reach its node: neither is to be taken for a quiet market. */
const OLD_SECONDS = 180

function OldBoard({ atSeconds }: { readonly atSeconds: number }) {
  const now = useNow(10_000)
  if (now - atSeconds < OLD_SECONDS) return null
  return (
    <Message tone="warning" title="What stands here may be old.">
      <span>
        The newest block that this service has read is of {instant(atSeconds)}, <Ago time={atSeconds} />.
      </span>
    </Message>
  )
}

type Board = Auctions & {
  /** Unix seconds of this machine. */
  readonly readAt: number
}

async function readBoard(): Promise<Board> {
  return { ...(await publicClient.auctions()), readAt: Date.now() / 1_000 }
}

const PHASES: Readonly<Record<Auction['phase'], readonly [Tone, string]>> = {
  offers: ['accent', 'Offers for a hedge'],
  commit: ['accent', 'Sealing bids'],
  reveal: ['warning', 'Opening bids'],
  falling: ['accent', 'Public: the discount rises'],
  floor: ['warning', 'Public: at its highest discount'],
  house: ['plain', 'Clearing house'],
  ended: ['plain', 'Ended'],
  awarded: ['good', 'Awarded, to be settled'],
}

export interface AuctionProps {
  readonly auction: Auction
  readonly deployment: ChainDeployment | undefined
  readonly reload: () => void
}

interface ClockProps {
  readonly clock: EngineClock | null
  readonly readAt: number
}

function AuctionCard({ auction, deployment, reload, clock, readAt }: AuctionProps & ClockProps) {
  const [isOpen, setOpen] = useState(false)
  const [tone, phase] = PHASES[auction.phase]
  return (
    <Card
      title={`${words(auction.mode)} sale of case ${shortHash(auction.caseId)}`}
      actions={<Badge tone={tone}>{phase}</Badge>}
    >
      <dl class="facts">
        <Fact name="Ends in">
          <Countdown auction={auction} clock={clock} readAt={readAt} />
        </Fact>
        {auction.discountBps !== null && <Fact name="Discount now">{percentOfBps(auction.discountBps)}</Fact>}
        <Fact name="Bids">{bidsText(auction)}</Fact>
        <Fact name="Case">
          <a href={linkTo('cases', auction.caseId)}>its timeline</a>
        </Fact>
      </dl>
      <Lot lot={auction.lot} />
      {auction.award !== null && (
        <p>
          Sold to <span class="hash">{shortHash(auction.award.winner)}</span> at a discount of{' '}
          {percentOfBps(auction.award.discountBps)}.
        </p>
      )}
      <div>
        <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Close the desk' : canBid(auction) ? 'Bid with a wallet' : 'See with a wallet'}
        </button>
      </div>
      {isOpen && deployment !== undefined && (
        <BidDesk auction={auction} deployment={deployment} reload={reload} />
      )}
      {isOpen && deployment === undefined && <Empty title="This service follows no chain" />}
    </Card>
  )
}

function bidsText({ mode, commitments, reveals, offers }: Auction): string {
  if (mode === 'soft') return plural(offers, 'offer')
  if (mode !== 'sealed') return 'the first taker has it'
  return `${commitments} sealed, ${reveals} opened`
}

/** By the engine's clock, which stands while the oracle is stale or the engine paused. */
function Countdown({ auction, clock, readAt }: ClockProps & { readonly auction: Auction }) {
  const now = useNow()
  const until = auction.phase === 'commit' ? auction.commitEnds : auction.endsAt
  const started = useMemo(() => ({ readAt, clock }), [readAt])
  if (until === null || started.clock === null) return <>–</>
  const stands = started.clock.isPaused || started.clock.isStale
  const engineNow = started.clock.engineSeconds + (stands ? 0 : now - started.readAt)
  const left = until - engineNow
  return (
    <span class="countdown" role="timer">
      {left <= 0 ? 'time is up' : duration(left)}
      {stands && <span class="soft small"> (the clock stands)</span>}
    </span>
  )
}
