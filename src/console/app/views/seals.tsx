import type { ChainSeal } from '../../../service/client/index.ts'
import { Plot } from '../charts/plot.tsx'
import { count, percentOfBps, plural, usdOfNano, words } from '../format.ts'
import { Ago, Badge, Empty, Fact, type Tone } from '../parts/common.tsx'
import { Rows } from '../parts/table.tsx'
import { listed, underlyingName } from './underlyings.ts'

const STANDING: readonly string[] = ['pending', 'final']

/** The newest that was not rejected. @param seals newest first */
export function newestStanding(seals: readonly ChainSeal[]): ChainSeal | undefined {
  return seals.find(({ status, belowMm }) => STANDING.includes(status) && belowMm !== null)
}

/** Oldest first, without those that came to nothing. */
function history(seals: readonly ChainSeal[]): ChainSeal[] {
  return seals.filter(({ status, belowMm }) => STANDING.includes(status) && belowMm !== null).reverse()
}

export function usedGauges({ gauge }: ChainSeal): ChainSeal['gauge'] {
  return listed(gauge, ({ bps }) => [bps])
}

export function GaugeHistory({ seals }: { readonly seals: readonly ChainSeal[] }) {
  const past = history(seals)
  const names = new Map(
    past.flatMap((seal) => usedGauges(seal).map((each) => [each.underlying, underlyingName(each)] as const)),
  )
  if (past.length < 2) return <p class="small soft">Its history is drawn from the second seal on.</p>
  return (
    <Plot
      caption="Gauge by epoch"
      xName="Epoch"
      xs={past.map(({ epoch }) => epoch)}
      formatX={(epoch) => `${epoch}`}
      series={[...names].map(([underlying, name]) => ({
        name,
        values: past.map(({ gauge }) => gauge.find((each) => each.underlying === underlying)?.bps ?? null),
        format: percentOfBps,
      }))}
      look={{ leastTop: 10_000, isWholeX: true, yName: 'Of hedge liquidity' }}
      height={190}
    />
  )
}

export function SolvencyHistory({ seals }: { readonly seals: readonly ChainSeal[] }) {
  const past = history(seals)
  if (past.length === 0)
    return (
      <Empty title="No seal yet">Each sealed epoch adds a point: the whole book, counted in a proof.</Empty>
    )
  const newest = past.at(-1)!
  return (
    <>
      <Plot
        caption="Accounts below maintenance margin by epoch"
        xName="Epoch"
        xs={past.map(({ epoch }) => epoch)}
        formatX={(epoch) => `${epoch}`}
        series={[
          { name: 'Below maintenance margin', values: past.map(({ belowMm }) => belowMm), format: count },
        ]}
        look={{ leastTop: 4, isWholeX: true, yName: 'Accounts' }}
        height={190}
      />
      <dl class="facts">
        <Fact name="Reserves in the newest seal">
          {newest.reservesNano === null ? '–' : usdOfNano(newest.reservesNano)}
        </Fact>
        {newest.shortfallNano !== null && (
          <Fact name="Shortfall of insolvent accounts">{usdOfNano(newest.shortfallNano)}</Fact>
        )}
        {newest.equityNano !== null && (
          <Fact name="Equity of all accounts">{usdOfNano(newest.equityNano)}</Fact>
        )}
        {newest.requirementMmNano !== null && (
          <Fact name="Maintenance margin of all">{usdOfNano(newest.requirementMmNano)}</Fact>
        )}
      </dl>
    </>
  )
}

const TIER_WORDS = {
  healthy: 'Healthy',
  reduceOnly: 'Reduce only',
  softLiquidation: 'Soft liquidation',
  fullLiquidation: 'Full liquidation',
  insolvent: 'Insolvent',
} as const
type TierName = keyof typeof TIER_WORDS

export function Tiers({ seal: { tiers, policy, belowMm, accounts } }: { readonly seal: ChainSeal }) {
  if (tiers === null) {
    return (
      <Empty title={`${plural(belowMm ?? 0, 'account')} of ${count(accounts ?? 0)} below maintenance margin`}>
        {`The venue's policy (${policy ?? 'unknown'}) discloses nothing more of the tiers.`}
      </Empty>
    )
  }
  const names = Object.keys(TIER_WORDS) as TierName[]
  const total = names.reduce((sum, name) => sum + tiers[name], 0)
  return (
    <>
      <div class="tiers" aria-hidden="true">
        {names
          .filter((name) => tiers[name] > 0)
          .map((name) => (
            <span key={name} class={`tier-${name}`} style={{ flexGrow: tiers[name] }} />
          ))}
      </div>
      <table>
        <caption class="hidden-text">Accounts by tier</caption>
        <thead>
          <tr>
            <th scope="col">Tier</th>
            <th scope="col" class="number">
              Accounts
            </th>
            <th scope="col" class="number">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <td>
                <span class={`swatch tier-${name}`} aria-hidden="true" />
                {TIER_WORDS[name]}
              </td>
              <td class="number">{count(tiers[name])}</td>
              <td class="number">{total === 0 ? '–' : percentOfBps((10_000 * tiers[name]) / total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

export function SealTable({ seals }: { readonly seals: readonly ChainSeal[] }) {
  if (seals.length === 0) return <Empty title="No seal was posted yet" />
  return (
    <Rows
      caption="Seals, newest first"
      first={6}
      rows={seals}
      keyOf={({ id }) => id}
      columns={[
        { name: 'Epoch', cell: ({ epoch }) => epoch },
        { name: 'Status', cell: ({ status }) => <Badge tone={sealTone(status)}>{words(status)}</Badge> },
        {
          name: 'Accounts',
          isNumber: true,
          cell: ({ accounts }) => (accounts === null ? '–' : count(accounts)),
        },
        {
          name: 'Below maintenance',
          isNumber: true,
          cell: ({ belowMm }) => (belowMm === null ? '–' : count(belowMm)),
        },
        {
          name: 'Gauge',
          isNumber: true,
          cell: ({ gaugeBps }) => (gaugeBps === null ? '–' : percentOfBps(gaugeBps)),
        },
        { name: 'Head', isNumber: true, cell: ({ headSequence }) => headSequence },
        { name: 'Round', isNumber: true, cell: ({ roundSequence }) => roundSequence },
        { name: 'Posted', isNumber: true, cell: ({ atSeconds }) => <Ago time={atSeconds} /> },
      ]}
    />
  )
}

function sealTone(status: string): Tone {
  if (status === 'final') return 'good'
  return status === 'rejected' ? 'bad' : status === 'pending' ? 'accent' : 'plain'
}
