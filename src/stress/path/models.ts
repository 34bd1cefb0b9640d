import { OutOfRangeError } from '../../protocol/errors.ts'
import type { Random } from '../random.ts'
import { emptyPath, type PricePath } from './path.ts'

const YEAR_SECONDS = 365 * 86_400
const LEAST_VARIANCE = 1e-6

/** Jump diffusion: R. Merton, "Option pricing when underlying stock returns are discontinuous", J. Financial Economics 3, 1976. */
export interface MertonModel {
  readonly kind: 'merton'
  /** A year, as 1 = 100%. */
  readonly volatility: number
  readonly jumpsPerDay: number
  /** Mean and standard deviation of the log of a jump. */
  readonly jumpMean: number
  readonly jumpDeviation: number
}

/** Stochastic volatility: S. Heston, "A closed-form solution for options with stochastic volatility", RFS 6, 1993. */
export interface HestonModel {
  readonly kind: 'heston'
  readonly volatility: number
  readonly longVolatility: number
  /** A year: the half-life of a variance shock is ln 2 / this. */
  readonly meanReversion: number
  readonly volOfVol: number
  readonly correlation: number
}

/** A move that an operator names: in so many seconds to these factors, and there it stays; noise around it. */
export interface ShockModel {
  readonly kind: 'shock'
  readonly spotMove: number
  readonly volMove: number
  readonly skewMove: number
  readonly rampSeconds: number
  /** Share of the spot move that comes back in the second half of the rest of the path. */
  readonly recovery: number
  readonly noiseVolatility: number
  /** StressParameters.volBeta: what volatility does with the price anyway counts toward volMove, not on top of it. */
  readonly volFollows: number
}

export type PathModel = MertonModel | HestonModel | ShockModel

export const DEFAULT_MERTON: MertonModel = {
  kind: 'merton',
  volatility: 0.8,
  jumpsPerDay: 3,
  jumpMean: -0.03,
  jumpDeviation: 0.04,
}
export const DEFAULT_HESTON: HestonModel = {
  kind: 'heston',
  volatility: 1.2,
  longVolatility: 0.8,
  meanReversion: 10,
  volOfVol: 4,
  correlation: -0.5,
}
export const DEFAULT_SHOCK: ShockModel = {
  kind: 'shock',
  spotMove: -0.2,
  volMove: 0.5,
  skewMove: 0,
  rampSeconds: 3_600,
  recovery: 0,
  noiseVolatility: 0.6,
  volFollows: 0,
}

export interface PathRequest {
  readonly steps: number
  readonly stepSeconds: number
  /** How each underlying moves with the first, and how much of its noise is its own. */
  readonly betas: readonly number[]
  readonly correlation: number
}

/** Later underlyings move 5/4 of the first, as the scenarios have it (src/risk/default-configuration.ts). */
export function betasOf(underlyings: number): number[] {
  return Array.from({ length: underlyings }, (_, index) => (index === 0 ? 1 : 1.25))
}

/** One path. Same model, request and random stream: same path. Throws OutOfRangeError naming what is impossible. */
export function drawPath(model: PathModel, request: PathRequest, random: Random): PricePath {
  checkModel(model)
  const { steps, stepSeconds, betas } = request
  const path = emptyPath(betas.length, steps, stepSeconds)
  if (model.kind === 'merton') fillMerton(model, request, random, path)
  else if (model.kind === 'heston') fillHeston(model, request, random, path)
  else fillShock(model, request, random, path)
  return path
}

export function checkModel(model: PathModel): void {
  const atLeast = (name: string, value: number, least: number) => {
    if (!(value >= least) || !Number.isFinite(value))
      throw new OutOfRangeError(name, value, `must be at least ${least}`)
  }
  if (model.kind === 'shock') {
    atLeast('spotMove', model.spotMove, -0.99)
    atLeast('volMove', model.volMove, -0.9)
    atLeast('rampSeconds', model.rampSeconds, 0)
    atLeast('noiseVolatility', model.noiseVolatility, 0)
    atLeast('volFollows', model.volFollows, 0)
    if (!(model.recovery >= 0 && model.recovery <= 1)) {
      throw new OutOfRangeError('recovery', model.recovery, 'must be a share from 0 to 1')
    }
    if (!(Math.abs(model.skewMove) <= 0.35)) {
      throw new OutOfRangeError(
        'skewMove',
        model.skewMove,
        'must be within 0.35 a standard deviation of either sign',
      )
    }
    return
  }
  atLeast('volatility', model.volatility, 0)
  if (model.kind === 'merton') {
    atLeast('jumpsPerDay', model.jumpsPerDay, 0)
    atLeast('jumpDeviation', model.jumpDeviation, 0)
    return
  }
  for (const name of ['longVolatility', 'meanReversion', 'volOfVol'] as const) atLeast(name, model[name], 0)
  if (!(Math.abs(model.correlation) <= 1)) {
    throw new OutOfRangeError('correlation', model.correlation, 'must be from -1 to 1')
  }
}

/** Correlated standard normals, the first underlying's own first. */
function draws(random: Random, { betas, correlation }: PathRequest): number[] {
  const common = random.normal()
  const rest = Math.sqrt(1 - correlation * correlation)
  return betas.map((_, index) => (index === 0 ? common : correlation * common + rest * random.normal()))
}

/** Exact in law at every step; no drift but what makes prices martingales. Jumps are common, in proportion to beta. */
function fillMerton(model: MertonModel, request: PathRequest, random: Random, path: PricePath): void {
  const { steps, stepSeconds, betas } = request
  const years = stepSeconds / YEAR_SECONDS
  const jumps = (model.jumpsPerDay * stepSeconds) / 86_400
  const logs = betas.map(() => 0)
  const drifts = betas.map((beta) => {
    const gain = Math.exp(beta * model.jumpMean + (beta * model.jumpDeviation) ** 2 / 2) - 1
    return -((beta * model.volatility) ** 2 / 2) * years - jumps * gain
  })
  for (let step = 1; step <= steps; step++) {
    const noise = draws(random, request)
    let jump = 0
    for (let count = random.poisson(jumps); count > 0; count--) {
      jump += model.jumpMean + model.jumpDeviation * random.normal()
    }
    betas.forEach((beta, index) => {
      const diffusion = beta * model.volatility * Math.sqrt(years) * noise[index]!
      logs[index]! += drifts[index]! + diffusion + beta * jump
      path.spot[index]![step] = Math.exp(logs[index]!)
    })
  }
}

/** Full truncation Euler (Lord, Koekkoek and van Dijk, Quantitative Finance 10, 2010); one variance for all underlyings. */
function fillHeston(model: HestonModel, request: PathRequest, random: Random, path: PricePath): void {
  const { steps, stepSeconds, betas } = request
  const years = stepSeconds / YEAR_SECONDS
  const root = Math.sqrt(years)
  const own = Math.sqrt(1 - model.correlation ** 2)
  let variance = model.volatility ** 2
  const logs = betas.map(() => 0)
  for (let step = 1; step <= steps; step++) {
    const noise = draws(random, request)
    const positive = Math.max(0, variance)
    betas.forEach((beta, index) => {
      logs[index]! +=
        -((beta * beta * positive) / 2) * years + beta * Math.sqrt(positive) * root * noise[index]!
      path.spot[index]![step] = Math.exp(logs[index]!)
    })
    const shock = model.correlation * noise[0]! + own * random.normal()
    variance +=
      model.meanReversion * (model.longVolatility ** 2 - positive) * years +
      model.volOfVol * Math.sqrt(positive) * root * shock
    const level = Math.sqrt(Math.max(LEAST_VARIANCE, variance)) / Math.max(1e-3, model.volatility)
    // Volatilities of options of weeks follow the variance of now by half: it reverts before they expire.
    for (const series of path.vol) series[step] = Math.sqrt(level)
  }
}

function fillShock(model: ShockModel, request: PathRequest, random: Random, path: PricePath): void {
  const { steps, stepSeconds, betas } = request
  const root = Math.sqrt(stepSeconds / YEAR_SECONDS)
  const logs = betas.map(() => 0)
  const half = (model.rampSeconds + steps * stepSeconds) / 2
  for (let step = 1; step <= steps; step++) {
    const noise = draws(random, request)
    const seconds = step * stepSeconds
    const share = model.rampSeconds === 0 ? 1 : Math.min(1, seconds / model.rampSeconds)
    const back = seconds <= half ? 0 : model.recovery * ((seconds - half) / (steps * stepSeconds - half))
    betas.forEach((beta, index) => {
      logs[index]! += beta * model.noiseVolatility * root * noise[index]!
      // A later underlying falls by more, but nothing falls below a twentieth.
      const move = Math.max(-0.95, beta * model.spotMove) * share * (1 - back)
      path.spot[index]![step] = (1 + move) * Math.exp(logs[index]!)
      path.vol[index]![step] = (1 + model.volMove * share * (1 - back)) * (1 + move) ** model.volFollows
      path.skew[index]![step] = model.skewMove * share
    })
  }
}
