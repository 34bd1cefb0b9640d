import { percentOfBps } from '../format.ts'

export interface GaugeProps {
  readonly name: string
  readonly bps: number
}

/** Where the colour changes: half of the liquidity, and all of it. For the eye alone: the engine reads the figure. */
export const GAUGE_MARKS_BPS = { warning: 5_000, bad: 10_000 } as const
const FULL_BPS = 15_000
const MARKS_BPS = [0, 5_000, 10_000, FULL_BPS]
const WIDTH = 300

/** Proven short gamma of stressed accounts, over what the market offers to hedge it with. */
export function Gauge({ name, bps }: GaugeProps) {
  const tone = bps >= GAUGE_MARKS_BPS.bad ? 'bad' : bps >= GAUGE_MARKS_BPS.warning ? 'warning' : 'good'
  const x = (value: number) => Math.min(WIDTH, (WIDTH * value) / FULL_BPS)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a meter element cannot be drawn with marks
    <div
      class="gauge"
      role="meter"
      aria-label={`Stress gauge of ${name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, bps / 100)}
      aria-valuetext={`${percentOfBps(bps)} of hedge liquidity`}
    >
      <div class="name">
        <span>{name}</span>
        <span class="value">{percentOfBps(bps)}</span>
      </div>
      <svg viewBox={`0 0 ${WIDTH} 26`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width={WIDTH} height="10" rx="5" />
        <rect class={`fill ${tone}`} width={Math.max(x(bps), bps > 0 ? 4 : 0)} height="10" rx="5" />
        {MARKS_BPS.map((mark) => (
          <line key={mark} class="tick" x1={x(mark)} x2={x(mark)} y1="10" y2="14" />
        ))}
      </svg>
      <div class="scale" aria-hidden="true">
        {MARKS_BPS.map((mark) => (
          <span key={mark} style={{ left: `${(100 * mark) / FULL_BPS}%` }}>
            {mark / 100}%
          </span>
        ))}
      </div>
    </div>
  )
}
