import type { OracleRound } from '../../../service/client/index.ts'
import { useLive } from '../data/loaded.ts'
import { publicClient } from '../data/service.ts'
import { Ago, Badge, Card, Empty, Fact, Hash, PageHead, Show, type Tone } from '../parts/common.tsx'
import { Rows } from '../parts/table.tsx'
import { linkTo } from '../route.ts'
import { parseMarket, parseScenarios } from './market.ts'
import { Scenarios } from './scenarios.tsx'
import { Surface } from './surface.tsx'

const ROUND = ['round'] as const

export function OracleView({ id }: { readonly id: string | undefined }) {
  const { data, reload } = useLive('rounds', () => publicClient.oracleRounds(50), ROUND)
  return (
    <>
      <PageHead title="Oracle">
        Rounds: prices and volatility that a quorum of feeders signed, and the risk vectors that follow from
        them. Anybody can recompute a round, and challenge one whose root does not follow.
      </PageHead>
      <Show data={data} reload={reload}>
        {(rounds) => {
          const shown = id === undefined ? rounds[0] : rounds.find(({ sequence }) => `${sequence}` === id)
          return (
            <>
              {shown === undefined ? (
                <StoredRounds missing={id} />
              ) : (
                <>
                  <RoundCard round={shown} isNewest={shown === rounds[0]} />
                  {shown.hasMarket && <MarketCharts key={shown.riskRoot} riskRoot={shown.riskRoot} />}
                </>
              )}
              {rounds.length > 0 && <RoundList rounds={rounds} />}
            </>
          )
        }}
      </Show>
    </>
  )
}

/** A service that follows no chain has rounds all the same. */
function StoredRounds({ missing }: { readonly missing: string | undefined }) {
  const { data, reload } = useLive('stored rounds', () => publicClient.rounds(1), ROUND)
  return (
    <Show data={data} reload={reload}>
      {([newest]) =>
        newest === undefined || missing !== undefined ? (
          <Card title="Rounds">
            <Empty
              title={missing === undefined ? 'No round yet' : `Round ${missing} is not among the newest`}
            >
              {missing === undefined ? 'Feeders post the first one.' : 'Choose one of the newest.'}
            </Empty>
          </Card>
        ) : (
          <>
            <Card title={`Round ${newest.seq} of this service`} note="Not followed on a chain.">
              <dl class="facts">
                <Fact name="Prices of">
                  <Ago time={newest.asOfSeconds} />
                </Fact>
                <Fact name="Instruments">{newest.instruments}</Fact>
                <Fact name="Halted">{newest.halted}</Fact>
                <Fact name="Risk root">
                  <Hash value={newest.riskRoot} />
                </Fact>
              </dl>
            </Card>
            <MarketCharts riskRoot={newest.riskRoot} />
          </>
        )
      }
    </Show>
  )
}

const STATUS: Readonly<Record<OracleRound['status'], readonly [Tone, string]>> = {
  open: ['accent', 'Open to challenge'],
  settleable: ['good', 'Stands'],
  rejected: ['bad', 'Rejected'],
}

function RoundCard({ round, isNewest }: { readonly round: OracleRound; readonly isNewest: boolean }) {
  const [tone, text] = STATUS[round.status]
  return (
    <Card
      title={`Round ${round.sequence}${isNewest ? ', the newest' : ''}`}
      actions={<Badge tone={tone}>{text}</Badge>}
    >
      <dl class="facts">
        {round.spots.map(({ symbol, usd }) => (
          <Fact key={symbol} name={`${symbol} spot`}>
            {Number(usd).toLocaleString('en', { maximumFractionDigits: 2 })} USD
          </Fact>
        ))}
        <Fact name="Prices of">
          <Ago time={round.timeSeconds} />
        </Fact>
        <Fact name="Posted in block">{round.block}</Fact>
        <Fact name="Challenge">
          {round.challengeUntil === null ? (
            'none: final at once'
          ) : (
            <ChallengeEnd until={round.challengeUntil} />
          )}
        </Fact>
        <Fact name="Risk root">
          <Hash value={round.riskRoot} />
        </Fact>
        <Fact name="Market data">
          <Hash value={round.marketHash} />
        </Fact>
        <Fact name="Configuration">
          <Hash value={round.configurationHash} />
        </Fact>
        {round.poster !== null && (
          <Fact name="Posted by">
            <Hash value={round.poster} />
          </Fact>
        )}
        {round.challenge !== null && (
          <Fact name="Rejected by">
            <Hash value={round.challenge.challenger} /> (judge {round.challenge.judge})
          </Fact>
        )}
      </dl>
    </Card>
  )
}

function ChallengeEnd({ until }: { readonly until: number }) {
  return (
    <>
      window {until * 1_000 > Date.now() ? 'ends' : 'ended'} <Ago time={until} />
    </>
  )
}

function MarketCharts({ riskRoot }: { readonly riskRoot: string }) {
  const { data, reload } = useLive(riskRoot, () => publicClient.market(riskRoot))
  return (
    <Show data={data} reload={reload}>
      {({ market, configuration }) => (
        <>
          <Surface market={parseMarket(market)} />
          <Scenarios scenarios={parseScenarios(configuration)} />
        </>
      )}
    </Show>
  )
}

function RoundList({ rounds }: { readonly rounds: readonly OracleRound[] }) {
  return (
    <Card title="Newest rounds">
      <Rows
        caption="Rounds, newest first"
        first={8}
        rows={rounds}
        keyOf={({ sequence }) => sequence}
        columns={[
          { name: 'Round', cell: ({ sequence }) => <a href={linkTo('oracle', sequence)}>{sequence}</a> },
          {
            name: 'Status',
            cell: ({ status }) => <Badge tone={STATUS[status][0]}>{STATUS[status][1]}</Badge>,
          },
          { name: 'Prices of', cell: ({ timeSeconds }) => <Ago time={timeSeconds} /> },
          {
            name: 'Spot, USD',
            isNumber: true,
            cell: ({ spots }) =>
              spots
                .map(
                  ({ symbol, usd }) =>
                    `${symbol} ${Number(usd).toLocaleString('en', { maximumFractionDigits: 0 })}`,
                )
                .join(' · ') || '–',
          },
          { name: 'Block', isNumber: true, cell: ({ block }) => block },
        ]}
      />
    </Card>
  )
}
