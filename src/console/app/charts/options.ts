import type uPlot from 'uplot'
import { colourName, dashOf } from './marks.ts'
import type { PlotProps, Series } from './plot.tsx'

export interface Look {
  /** The y axis begins at zero, and reaches at least this. */
  readonly leastTop?: number
  /** Whole numbers along x: epochs, rounds. */
  readonly isWholeX?: boolean
  readonly formatY?: (y: number) => string
  /** Written along the y axis. */
  readonly yName?: string
  /** Lines alone. */
  readonly hasNoPoints?: boolean
}

/** Colours are read from the style, so that they are those of the theme. */
export function plotOptions(
  { series, xs, xName, formatX, height = 220, look = {} }: PlotProps,
  host: HTMLElement,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const axis = {
    stroke: colour('soft'),
    grid: { stroke: colour('grid'), width: 1 },
    ticks: { stroke: colour('grid'), width: 1, size: 4 },
    font: '12px system-ui, sans-serif',
    labelFont: '12px system-ui, sans-serif',
    labelSize: 18,
  }
  const formatY = look.formatY ?? series[0]?.format ?? String
  return {
    width: Math.max(host.clientWidth, 60),
    height,
    legend: { show: false },
    padding: [12, 14, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { size: 8 } },
    scales: { x: { time: false, range: xRange(xs) }, y: { range: yRange(look) } },
    axes: [
      {
        ...axis,
        label: xName,
        values: (_, splits) => splits.map((x) => (x === null ? '' : formatX(x))),
        space: 64,
        size: 30,
        ...(look.isWholeX && { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] }),
      },
      {
        ...axis,
        ...(look.yName && { label: look.yName }),
        size: 52,
        values: (_, splits) => splits.map((y) => (y === null ? '' : formatY(y))),
      },
    ],
    series: [
      {},
      ...series.map((each, index) =>
        seriesOptions(each, index, colour, look.hasNoPoints === true ? undefined : xs.length),
      ),
    ],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  }
}

function seriesOptions(
  { name, isScatter }: Series,
  index: number,
  colour: (name: string) => string,
  /** Of the points that are marked; undefined: none are. */
  length: number | undefined,
): uPlot.Series {
  const stroke = colour(colourName(index))
  return {
    label: name,
    stroke,
    width: isScatter ? 0 : 2,
    dash: [...dashOf(index)],
    spanGaps: true,
    points: {
      show: isScatter === true || (length !== undefined && length < 40),
      size: isScatter ? 9 : 5,
      fill: stroke,
      stroke,
    },
  }
}

/** One value alone stands in the middle. */
function xRange(xs: readonly number[]): uPlot.Range.MinMax {
  const [least, most] = [Math.min(...xs), Math.max(...xs)]
  const margin = most === least ? 1 : (most - least) * 0.02
  return [least - margin, most + margin]
}

function yRange({ leastTop }: Look): uPlot.Scale.Range {
  if (leastTop !== undefined) return (_, __, most) => [0, Math.max(leastTop, (most ?? 0) * 1.1)]
  return (_, least, most) => {
    const margin = most === least ? Math.max(Math.abs(most) * 0.1, 0.01) : (most - least) * 0.08
    return [least - margin, most + margin]
  }
}
