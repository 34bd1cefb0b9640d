import { lnIntegerQ64 } from '../fixed-point/ln.ts'
import { clamp, mulDivDown } from '../fixed-point/q64.ts'
import { sqrtDown } from '../fixed-point/sqrt.ts'
import { black76Nano } from '../risk/black76.ts'
import { ProgramBuilder, type Solver, type Term } from '../risk/hedge/linear-program.ts'
import { MAX_VOL_NANO, MIN_VOL_NANO } from '../risk/market/check.ts'
import type { ExpiryQuote, SmilePoint } from '../risk/market/snapshot.ts'
import { smileSlice } from '../risk/surface.ts'
import type { QuotedPoint } from './surface-fit.ts'

/**
 * The nearest prices without arbitrage that lie within as many bid-asks as any such prices can: a mixed-integer program over
 * the call prices of one expiry. Raw SVI has five parameters, and forty quotes with narrow spreads more corners than that; here
 * every strike is free, and the rules are the only form. Prices are by the matrix's own pricing; the solver's answer is in
 * doubles, becomes integers, and is checked as such by whoever takes it.
 */
export interface ProjectionRequest {
  readonly secondsToExpiry: number
  readonly forwardNano: bigint
  readonly quotes: readonly QuotedPoint[]
  /** The curve to stay near, at the same strikes. */
  readonly near: readonly SmilePoint[]
  /** The expiry before, as it stands: at equal moneyness total variance may not fall. */
  readonly before?:
    | (Pick<ExpiryQuote, 'forwardNano' | 'smile'> & { readonly secondsToExpiry: number })
    | undefined
}

/** A strike outside its bid-ask costs one; everything else together far less, so that it only chooses among equals. */
const MISS_COST = 1e-2
const DISTANCE_COST = 1e-5
/** Prices in 1e-4 of the forward: the solver's tolerance of 1e-9 is then far below the rounding of a volatility. */
const UNITS = 1e4
/** A distance counts in spreads of at least this, or a penny option far out would outweigh the rest. */
const LEAST_SCALE = 1e-2
/** Prices this near to each other are one: a millionth of a cent on a forward of 68,000 USD. */
const SAME_UNITS = 1e-8

interface Node {
  readonly strikeNano: bigint
  /** K / F. */
  readonly x: number
  /** Call prices in UNITS of the forward. */
  readonly near: number
  readonly least: number
  readonly most: number
  readonly bid: number | undefined
  readonly ask: number | undefined
}

/**
 * Which strikes can lie inside together, then the nearest prices that do.
 * @returns undefined where the program has no answer (bounds of the expiry before that no prices keep).
 */
export function projectSmile(request: ProjectionRequest, solve: Solver): SmilePoint[] | undefined {
  const nodes = nodesOf(request)
  const first = pricesOf(nodes, undefined, solve)
  if (first === undefined) return undefined
  // The second program has the bounds themselves, and only the distances to choose by.
  const prices = pricesOf(nodes, first.inside, solve) ?? first
  return nodes.map((node, index) => {
    const price = prices.values[index]!
    const kept = Math.abs(price - node.near) <= SAME_UNITS
    const volNano = kept ? request.near[index]!.volNano : volAt(request, node, price)
    return { strikeNano: node.strikeNano, volNano: heldVolNano(request.quotes[index]!, node, price, volNano) }
  })
}

/** @returns how many of the strikes with bid and ask any prices without arbitrage can have inside. */
export function mostInside(request: ProjectionRequest, solve: Solver): number {
  return pricesOf(nodesOf(request), undefined, solve)?.inside.filter(Boolean).length ?? 0
}

/** @param inside which strikes have to lie within their bid-ask; undefined: as many as can. */
function pricesOf(nodes: readonly Node[], inside: readonly boolean[] | undefined, solve: Solver) {
  const builder = new ProgramBuilder()
  const columns = nodes.map(({ least, most, bid, ask }, index) =>
    inside?.[index]
      ? builder.column({ lower: Math.max(least, bid!), upper: Math.min(most, ask!) })
      : builder.column({ lower: least, upper: most }),
  )
  addShape(builder, nodes, columns)
  for (const [index, node] of nodes.entries()) addQuote(builder, node, columns[index]!, inside?.[index])
  const solution = solve(builder)
  if (solution.status === 'infeasible') return undefined
  const values = columns.map((column) => solution.values[column]!)
  // By the prices and not by the binaries, which are whole numbers to a millionth only.
  return { values, inside: nodes.map((node, index) => isInside(node, values[index]!)) }
}

function isInside({ bid, ask }: Node, price: number): boolean {
  if (bid === undefined || ask === undefined) return false
  return price >= bid - SAME_UNITS && price <= ask + SAME_UNITS
}

function nodesOf(request: ProjectionRequest): Node[] {
  const { forwardNano, quotes, near } = request
  return quotes.map(({ strikeNano, bidVolNano, askVolNano }, index) => {
    const call = (volNano: bigint) => callUnits(request, strikeNano, volNano)
    const isQuoted = bidVolNano !== undefined && askVolNano !== undefined && bidVolNano <= askVolNano
    return {
      strikeNano,
      x: Number(strikeNano) / Number(forwardNano),
      near: call(near[index]!.volNano),
      least: call(leastVolNano(request, strikeNano)),
      most: call(MAX_VOL_NANO),
      bid: isQuoted ? call(bidVolNano) : undefined,
      ask: isQuoted ? call(askVolNano) : undefined,
    }
  })
}

/** Between 0 and its width a vertical spread, and convex: from a strike of 0 on, where a call is the forward. */
function addShape(builder: ProgramBuilder, nodes: readonly Node[], columns: readonly number[]): void {
  const widths = nodes.map(({ x }, index) => x - (index === 0 ? 0 : nodes[index - 1]!.x))
  const last = nodes.length - 1
  nodes.forEach((_, i) => {
    // The fall before a strike is from the one before it, or from the forward.
    const before: Term[] = i === 0 ? [] : [[columns[i - 1]!, 1 / widths[i]!]]
    const forward = i === 0 ? UNITS / widths[i]! : 0
    const fall: Term[] = [...before, [columns[i]!, -1 / widths[i]!]]
    if (i === 0) builder.atMost(UNITS - forward, fall)
    const next = i === last ? 0 : 1 / widths[i + 1]!
    const after: Term[] = i === last ? [] : [[columns[i + 1]!, next]]
    // Never below the fall that follows: after the last strike 0.
    builder.atLeast(-forward, [...before, [columns[i]!, -1 / widths[i]! - next], ...after])
  })
}

/**
 * Costs of lying away from the near curve, and outside the bid-ask.
 * @param inside true: its bounds are the column's own; false: it lies outside, as little as may be; undefined: it is to be counted.
 */
function addQuote(builder: ProgramBuilder, node: Node, column: number, inside: boolean | undefined): void {
  const { near, bid, ask, least, most } = node
  const scale = Math.max(LEAST_SCALE, bid === undefined ? 0.05 * near : ask! - bid)
  const distance = builder.column({ cost: DISTANCE_COST / scale })
  builder.atLeast(-near, [
    [distance, 1],
    [column, -1],
  ])
  builder.atLeast(near, [
    [distance, 1],
    [column, 1],
  ])
  if (bid === undefined || ask === undefined || inside === true) return
  const outside = inside === undefined ? builder.column({ cost: 1, upper: 1, integer: true }) : undefined
  // c + miss >= bid and c - miss <= ask; a miss needs the strike to count as outside.
  for (const [bound, sign, room] of [
    [bid, 1, Math.max(0, bid - least)],
    [ask, -1, Math.max(0, most - ask)],
  ] as const) {
    const miss = builder.column({ cost: MISS_COST / scale, upper: room })
    builder.atLeast(sign * bound, [
      [column, sign],
      [miss, 1],
    ])
    if (outside !== undefined) {
      builder.atMost(0, [
        [miss, 1],
        [outside, -room],
      ])
    }
  }
}

/** Total variance at equal moneyness is not below that of the expiry before, read as the matrix reads it. */
function leastVolNano(
  { before, forwardNano, secondsToExpiry }: ProjectionRequest,
  strikeNano: bigint,
): bigint {
  if (before === undefined || before.smile.length === 0) return MIN_VOL_NANO
  const alike = mulDivDown(strikeNano, before.forwardNano, forwardNano)
  if (alike === 0n) return MIN_VOL_NANO
  const volNano = smileSlice(before.smile).volNano(alike, lnIntegerQ64(alike))
  const square = (volNano * volNano * BigInt(before.secondsToExpiry)) / BigInt(secondsToExpiry)
  const least = sqrtDown(square) + 1n
  return least < MIN_VOL_NANO ? MIN_VOL_NANO : least > MAX_VOL_NANO ? MAX_VOL_NANO : least
}

/** Of the right that is out of the money, whose price keeps its digits; a call in UNITS of the forward. */
function callUnits(request: ProjectionRequest, strikeNano: bigint, volNano: bigint): number {
  const { forwardNano } = request
  const intrinsic = strikeNano < forwardNano ? forwardNano - strikeNano : 0n
  return ((Number(outNano(request, strikeNano, volNano)) + Number(intrinsic)) / Number(forwardNano)) * UNITS
}

function outNano(
  { forwardNano, secondsToExpiry }: ProjectionRequest,
  strikeNano: bigint,
  volNano: bigint,
): bigint {
  const right = strikeNano < forwardNano ? 'put' : 'call'
  return black76Nano(right, forwardNano, strikeNano, volNano, secondsToExpiry)
}

/** The least volatility (1e-9) whose price is not below. */
function volAt(request: ProjectionRequest, { strikeNano }: Node, price: number): bigint {
  const { forwardNano } = request
  const intrinsic = strikeNano < forwardNano ? Number(forwardNano - strikeNano) : 0
  const targetNano = BigInt(Math.max(0, Math.round((price / UNITS) * Number(forwardNano) - intrinsic)))
  let low = leastVolNano(request, strikeNano)
  let high = MAX_VOL_NANO
  while (low < high) {
    const middle = (low + high) >> 1n
    if (outNano(request, strikeNano, middle) < targetNano) low = middle + 1n
    else high = middle
  }
  return low
}

/** A volatility lies within its bid-ask where its price does: rounding must not take it out. */
function heldVolNano(quote: QuotedPoint, node: Node, price: number, volNano: bigint): bigint {
  if (!isInside(node, price)) return volNano
  return clamp(volNano, quote.bidVolNano!, quote.askVolNano!)
}
