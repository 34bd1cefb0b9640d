import type { SmilePoint } from '../risk/market/snapshot.ts'
import type { SignedContent } from './admission.ts'
import { expiryName } from './content-check.ts'
import type { ActivityContent, ExpiryContent, MarkContent, SpotContent } from './feeder-content.ts'
import { type MedianOf, medianOf } from './median.ts'
import type { QuorumParameters } from './oracle-parameters.ts'
import { calendarArbitrage, smileArbitrage } from './smile-arbitrage.ts'

/** An outlier: who said it, of what. */
export interface Outlier {
  readonly feeder: string
  /** E.g. "spot BTC", "forward BTC 1772784000", "vol BTC 1772784000 68000000000000". */
  readonly quantity: string
}

/** The medians of a round: what its matrix is made from. */
export interface RoundMedians {
  readonly asOfSeconds: number
  readonly spots: readonly (SpotContent & { readonly lowestNano: bigint; readonly highestNano: bigint })[]
  readonly expiries: readonly (ExpiryContent & { readonly smileFrom: SmileSource })[]
  readonly marks: readonly MarkContent[]
  readonly activities: readonly ActivityContent[]
  readonly outliers: readonly Outlier[]
  /** Quantities that some feeder gave and fewer than the quorum: not part of the round. */
  readonly withoutQuorum: readonly string[]
}

/**
 * median: node by node. feeder: the medians together would have had arbitrage, so the smile of the one feeder nearest to them
 * stands whole. unresolved: that one has some at the median forward too; the medians stand, and whoever posts is told.
 */
export type SmileSource = 'median' | 'feeder' | 'unresolved'

/**
 * Medians over admitted contents, quantity by quantity, each by at least the quorum. The same contents in any order give the
 * same medians.
 * @returns undefined when fewer than the quorum were admitted.
 */
export function roundMedians(
  contents: readonly SignedContent[],
  parameters: QuorumParameters,
): RoundMedians | undefined {
  if (contents.length < parameters.quorum) return undefined
  const tally = new Tally(contents, parameters)
  const times = tally.median('time', ({ content }) => BigInt(content.asOfSeconds))!
  const asOfSeconds = Number(times.value)
  const spots = tally.each(
    'spot',
    ({ content }) => content.spots,
    symbolOf,
    ({ symbol }, of) => {
      const spot = of('spot', (said) => said.spotNano)
      return { symbol, spotNano: spot.value, lowestNano: spot.lowest, highestNano: spot.highest }
    },
  )
  const marks = tally.each(
    'mark',
    ({ content }) => content.marks,
    symbolOf,
    ({ symbol }, of) => ({
      symbol,
      markNano: of('mark', (said) => said.markNano).value,
      cumulativeFundingNano: of('funding', (said) => said.cumulativeFundingNano).value,
    }),
  )
  const activities = tally.each('activity', ({ content }) => content.activities, symbolOf, activityMedian)
  // An expiry may pass between the first feeder's time and the middle one.
  const live = tally.expiries().filter(({ expirySeconds }) => expirySeconds > asOfSeconds)
  const expiries = withoutArbitrage(live, contents, asOfSeconds)
  return {
    asOfSeconds,
    spots,
    expiries,
    marks,
    activities,
    outliers: tally.outliers,
    withoutQuorum: tally.missing,
  }
}

const symbolOf = ({ symbol }: { readonly symbol: string }) => symbol

type MedianBy<T> = (name: string, value: (said: T) => bigint) => MedianOf

/** High and low are stretched to hold the medians of open and close, which come from other feeders. */
function activityMedian({ symbol }: ActivityContent, of: MedianBy<ActivityContent>): ActivityContent {
  const median = (field: Exclude<keyof ActivityContent, 'symbol' | 'endSeconds'>) =>
    of(field, (said) => said[field]).value
  const [openNano, closeNano] = [median('openNano'), median('closeNano')]
  const ends = [openNano, closeNano]
  return {
    symbol,
    endSeconds: Number(of('endSeconds', (said) => BigInt(said.endSeconds)).value),
    openNano,
    highNano: [median('highNano'), ...ends].reduce((a, b) => (a > b ? a : b)),
    lowNano: [median('lowNano'), ...ends].reduce((a, b) => (a < b ? a : b)),
    closeNano,
    volumeNano: median('volumeNano'),
    depthNano: median('depthNano'),
    impliedVolNano: median('impliedVolNano'),
  }
}

/** Takes medians and keeps account of outliers and of what has no quorum. */
class Tally {
  readonly outliers: Outlier[] = []
  readonly missing: string[] = []
  readonly #contents: readonly SignedContent[]
  readonly #parameters: QuorumParameters

  constructor(contents: readonly SignedContent[], parameters: QuorumParameters) {
    this.#contents = contents
    this.#parameters = parameters
  }

  /** Of one value a feeder, over those who say it; undefined without a quorum. */
  median(quantity: string, value: (one: SignedContent) => bigint | undefined): MedianOf | undefined {
    const said = this.#contents.flatMap((one) => {
      const of = value(one)
      return of === undefined ? [] : [{ feeder: one.feeder, value: of }]
    })
    if (said.length < this.#parameters.quorum) {
      this.missing.push(quantity)
      return undefined
    }
    const median = medianOf(said, this.#parameters)
    for (const feeder of median.outliers) this.outliers.push({ feeder, quantity })
    return median
  }

  /** Of every item that a quorum has, by name. */
  each<T, R>(
    kind: string,
    items: (one: SignedContent) => readonly T[],
    nameOf: (item: T) => string,
    make: (item: T, of: MedianBy<T>) => R,
  ): R[] {
    const named = this.#contents.map((one) => ({
      one,
      byName: new Map(items(one).map((item) => [nameOf(item), item])),
    }))
    const names = [...new Set(named.flatMap(({ byName }) => [...byName.keys()]))].sort()
    return names.flatMap((name) => {
      const holders = named.filter(({ byName }) => byName.has(name))
      if (holders.length < this.#parameters.quorum) {
        this.missing.push(`${kind} ${name}`)
        return []
      }
      const saidBy = new Map(holders.map(({ one, byName }) => [one, byName.get(name)!]))
      const of: MedianBy<T> = (field, value) =>
        this.median(`${field} ${name}`, (one) => {
          const said = saidBy.get(one)
          return said === undefined ? undefined : value(said)
        })!
      return [make(saidBy.values().next().value!, of)]
    })
  }

  /** By underlying, then time. */
  expiries(): ExpiryContent[] {
    const found = this.each(
      'expiry',
      ({ content }) => content.expiries,
      expiryName,
      (expiry, of) => ({
        symbol: expiry.symbol,
        expirySeconds: expiry.expirySeconds,
        forwardNano: of('forward', (said) => said.forwardNano).value,
        smile: this.#smile(expiryName(expiry)),
      }),
    )
    return found.sort((a, b) =>
      a.symbol === b.symbol ? a.expirySeconds - b.expirySeconds : a.symbol < b.symbol ? -1 : 1,
    )
  }

  #smile(name: string): SmilePoint[] {
    const smileOf = ({ content }: SignedContent) =>
      content.expiries.find((expiry) => expiryName(expiry) === name)?.smile ?? []
    const nodes = this.each(
      'vol',
      smileOf,
      ({ strikeNano }) => `${name} ${strikeNano}`,
      ({ strikeNano }, of) => ({
        strikeNano,
        volNano: of('vol', (said) => said.volNano).value,
      }),
    )
    return nodes.sort((a, b) => (a.strikeNano < b.strikeNano ? -1 : 1))
  }
}

type MedianExpiry = RoundMedians['expiries'][number]

/** Medians of curves free of arbitrage need not be free of it themselves: then the nearest feeder's curve stands whole. */
function withoutArbitrage(
  expiries: readonly ExpiryContent[],
  contents: readonly SignedContent[],
  asOfSeconds: number,
): MedianExpiry[] {
  const done: MedianExpiry[] = []
  for (const expiry of expiries) {
    const last = done.at(-1)
    const before = last?.symbol === expiry.symbol && last.smile.length > 0 ? last : undefined
    const isFree = (smile: readonly SmilePoint[]) =>
      smile.length === 0 ||
      (smileArbitrage(expiry.forwardNano, smile, expiry.expirySeconds - asOfSeconds) === undefined &&
        (before === undefined || calendarArbitrage(asOfSeconds, before, { ...expiry, smile }) === undefined))
    if (isFree(expiry.smile)) {
      done.push({ ...expiry, smileFrom: 'median' })
      continue
    }
    const whole = nearestSmile(expiry, contents)
    const stands = whole !== undefined && isFree(whole)
    done.push({
      ...expiry,
      smile: stands ? whole : expiry.smile,
      smileFrom: stands ? 'feeder' : 'unresolved',
    })
  }
  return done
}

/**
 * Among feeders with every node of the medians, the one whose distances to them sum to least; the first of equals. A liar can
 * only be it by being as near to the medians as the nearest honest feeder.
 */
function nearestSmile(expiry: ExpiryContent, contents: readonly SignedContent[]): SmilePoint[] | undefined {
  let best: { smile: SmilePoint[]; distance: bigint } | undefined
  for (const { content } of contents) {
    const said = content.expiries.find((other) => expiryName(other) === expiryName(expiry))?.smile ?? []
    const vols = new Map(said.map(({ strikeNano, volNano }) => [strikeNano, volNano]))
    if (!expiry.smile.every(({ strikeNano }) => vols.has(strikeNano))) continue
    const smile = expiry.smile.map(({ strikeNano }) => ({ strikeNano, volNano: vols.get(strikeNano)! }))
    const distance = smile.reduce((sum, { volNano }, index) => {
      const apart = volNano - expiry.smile[index]!.volNano
      return sum + (apart < 0n ? -apart : apart)
    }, 0n)
    if (best === undefined || distance < best.distance) best = { smile, distance }
  }
  return best?.smile
}
