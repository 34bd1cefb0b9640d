import { InputError } from '../protocol/errors.ts'
import { checkContent } from './content-check.ts'
import { type FeederContent, feederContentHash } from './feeder-content.ts'
import { lowerMiddle } from './median.ts'
import type { QuorumParameters } from './oracle-parameters.ts'

/** Content with the feeder that signed it; the signature was checked where it came in. */
export interface SignedContent {
  /** Checksum address. */
  readonly feeder: string
  readonly content: FeederContent
}

/** The round that is being made. */
export interface Collecting {
  readonly sequence: number
  /** Time of the round before; 0: none. */
  readonly previousSeconds: number
  /** The collector's clock. */
  readonly nowSeconds: number
  /** Feeders that may speak. */
  readonly feeders: readonly string[]
}

/** Why a feeder's content does not count. */
export type RefusalReason =
  | 'unknown-feeder'
  | 'other-round'
  | 'equivocation'
  | 'malformed'
  | 'ahead-of-clock'
  | 'not-newer'
  | 'far-in-time'
  | 'stuck'

export interface Refusal {
  readonly feeder: string
  readonly reason: RefusalReason
  readonly rule: string
}

export interface Admitted {
  /** One a feeder, in ascending order of feeders: whatever order they came in. */
  readonly contents: readonly SignedContent[]
  readonly refusals: readonly Refusal[]
}

/**
 * Which contents count for a round. The same content twice counts once; two that differ count not at all, as nobody knows
 * which one the feeder showed to others. Pure: the clock is an argument.
 */
export function admitContents(
  signed: readonly SignedContent[],
  collecting: Collecting,
  parameters: QuorumParameters,
): Admitted {
  const refusals: Refusal[] = []
  const byFeeder = new Map<string, SignedContent>()
  const twofold = new Set<string>()
  for (const one of signed) {
    const refused = refusalOf(one, collecting, parameters)
    if (refused !== undefined) {
      refusals.push(refused)
      continue
    }
    const other = byFeeder.get(one.feeder)
    if (other !== undefined && feederContentHash(other.content) !== feederContentHash(one.content)) {
      twofold.add(one.feeder)
    }
    byFeeder.set(one.feeder, one)
  }
  for (const feeder of twofold) {
    refusals.push({ feeder, reason: 'equivocation', rule: 'signed two contents for one round' })
    byFeeder.delete(feeder)
  }
  const alone = [...byFeeder.values()].sort((a, b) => (a.feeder < b.feeder ? -1 : 1))
  if (alone.length === 0) return { contents: [], refusals: sorted(refusals) }
  // The middle time, not the newest: one clock that runs ahead must not make the others old.
  const middle = Number(lowerMiddle(alone.map(({ content }) => BigInt(content.asOfSeconds))))
  const contents = alone.filter(({ feeder, content }) => {
    const apart = Math.abs(content.asOfSeconds - middle)
    if (apart <= parameters.maximumSpreadSeconds) return true
    refusals.push({ feeder, reason: 'far-in-time', rule: `is ${apart} s from the middle of the feeders` })
    return false
  })
  return { contents, refusals: sorted(refusals) }
}

function refusalOf(
  { feeder, content }: SignedContent,
  { sequence, previousSeconds, nowSeconds, feeders }: Collecting,
  { maximumSkewSeconds }: QuorumParameters,
): Refusal | undefined {
  const refuse = (reason: RefusalReason, rule: string): Refusal => ({ feeder, reason, rule })
  if (!feeders.includes(feeder)) return refuse('unknown-feeder', 'is not a feeder')
  if (content.sequence !== sequence) {
    return refuse('other-round', `is for round ${content.sequence}, not ${sequence}`)
  }
  if (!Number.isSafeInteger(content.asOfSeconds)) return refuse('malformed', 'has no time in whole seconds')
  if (content.asOfSeconds > nowSeconds + maximumSkewSeconds) {
    return refuse('ahead-of-clock', `is ${content.asOfSeconds - nowSeconds} s ahead`)
  }
  if (content.asOfSeconds <= previousSeconds) return refuse('not-newer', 'is not after the round before')
  try {
    checkContent(content)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return refuse('malformed', error.message)
  }
  return undefined
}

function sorted(refusals: readonly Refusal[]): Refusal[] {
  const key = ({ feeder, reason }: Refusal) => `${feeder} ${reason}`
  return [...refusals].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
