/** A chart of lines, by uPlot: for the eye, for the keyboard, and as a table. */
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { THEME_EVENT } from '../theme.ts'
import { DataTable } from './data-table.tsx'
import { colourVariable, dashOf } from './marks.ts'
import { type Look, plotOptions } from './options.ts'

export interface Series {
  readonly name: string
  /** At each x; null where there is none. */
  readonly values: readonly (number | null)[]
  readonly format: (value: number) => string
  /** Marks without a line. */
  readonly isScatter?: boolean
}

export interface PlotProps {
  readonly caption: string
  readonly xName: string
  readonly xs: readonly number[]
  readonly formatX: (x: number) => string
  readonly series: readonly Series[]
  readonly height?: number
  readonly look?: Look
}

export function Plot(props: PlotProps) {
  const [isTable, setTable] = useState(false)
  const [at, setAt] = useState<number | null>(null)
  const id = useId()
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption>
        <span id={id}>{props.caption}</span>
        <button type="button" class="button small" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {isTable ? 'Show as chart' : 'Show as table'}
        </button>
      </figcaption>
      {isTable ? (
        <DataTable {...props} />
      ) : (
        <>
          <Legend series={props.series} />
          <Canvas {...props} at={at} setAt={setAt} />
          <Readout {...props} at={at} />
        </>
      )}
    </figure>
  )
}

function Legend({ series }: Pick<PlotProps, 'series'>) {
  if (series.length < 2) return null
  return (
    <ul class="legend">
      {series.map(({ name, isScatter }, index) => (
        <li key={name}>
          <svg width="22" height="10" aria-hidden="true">
            {isScatter ? (
              <circle cx="11" cy="5" r="4" fill={colourVariable(index)} />
            ) : (
              <line
                x1="0"
                x2="22"
                y1="5"
                y2="5"
                stroke={colourVariable(index)}
                stroke-width="2.5"
                stroke-dasharray={dashOf(index).join(' ')}
              />
            )}
          </svg>
          {name}
        </li>
      ))}
    </ul>
  )
}

interface CanvasProps extends PlotProps {
  readonly at: number | null
  readonly setAt: (at: number | null) => void
}

function Canvas(props: CanvasProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>()
  const { xs, series, at, setAt, caption } = props
  useEffect(() => {
    const host = place.current!
    const draw = () => {
      plot.current?.destroy()
      plot.current = new uPlot(
        plotOptions(props, host, (index) => setAt(index)),
        [[...xs], ...series.map(({ values }) => [...values])] as uPlot.AlignedData,
        host,
      )
    }
    draw()
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: host.clientWidth, height: props.height ?? 220 }),
    )
    resized.observe(host)
    addEventListener(THEME_EVENT, draw)
    return () => {
      removeEventListener(THEME_EVENT, draw)
      resized.disconnect()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [JSON.stringify([xs, series.map(({ name, values }) => [name, values])])])
  const move = (event: KeyboardEvent) => {
    const next = nextIndex(event.key, at, xs.length)
    if (next === undefined) return
    event.preventDefault()
    setAt(next)
    const left = plot.current?.valToPos(xs[next]!, 'x') ?? -10
    plot.current?.setCursor({ left, top: 10 }, false)
  }
  return (
    <div
      class="plot"
      ref={place}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrows move through its values
      tabIndex={0}
      role="application"
      aria-label={`Chart: ${caption}. Arrow keys go through the values.`}
      onKeyDown={move}
    />
  )
}

/** undefined: another key's business. */
export function nextIndex(key: string, at: number | null, length: number): number | undefined {
  if (length === 0) return undefined
  if (key === 'ArrowRight') return Math.min(length - 1, (at ?? -1) + 1)
  if (key === 'ArrowLeft') return Math.max(0, (at ?? length) - 1)
  if (key === 'Home') return 0
  if (key === 'End') return length - 1
  return undefined
}

function Readout({ at, xs, series, xName, formatX }: CanvasProps | (PlotProps & { at: number | null })) {
  const index = at !== null && at < xs.length ? at : null
  return (
    <div class="readout" aria-live="polite">
      {index === null
        ? ' '
        : `${xName} ${formatX(xs[index]!)}: ${series
            .filter(({ values }) => values[index] !== null && values[index] !== undefined)
            .map(({ name, values, format }) => `${name} ${format(values[index]!)}`)
            .join(' · ')}`}
    </div>
  )
}
