import { type FeederContent, feederContentHash } from '../oracle/feeder-content.ts'
import type { Receipt } from './desk.ts'
import type { SignedMessage } from './signatures.ts'

/**
 * What feeders have said for the round that is being collected. A feeder may speak again with a newer market, as long as
 * the round has not been made: the newest counts. Two that differ for one time both stay, so that admission sees the
 * equivocation and drops the feeder. What is older than what stands was reordered on its way, and changes nothing. Pure.
 */
export class Collection {
  readonly sequence: number
  readonly #byFeeder = new Map<string, SignedMessage[]>()

  constructor(sequence: number) {
    this.sequence = sequence
  }

  /** @param message its signature was checked */
  take(message: SignedMessage): Receipt {
    const { feeder, content } = message
    if (content.sequence !== this.sequence) {
      return refuse(`is for round ${content.sequence}, and round ${this.sequence} is collected`)
    }
    const held = this.#byFeeder.get(feeder) ?? []
    const newest = held[0]?.content.asOfSeconds ?? 0
    if (content.asOfSeconds < newest) return refuse(`is older than what ${feeder} said before`)
    if (content.asOfSeconds > newest) this.#byFeeder.set(feeder, [message])
    else if (!held.some((one) => isSame(one.content, content))) {
      // Two are enough to show that a feeder says two things; more would only take room.
      if (held.length < 2) this.#byFeeder.set(feeder, [...held, message])
    }
    return { taken: true }
  }

  get messages(): SignedMessage[] {
    return [...this.#byFeeder.values()].flat()
  }
}

function isSame(a: FeederContent, b: FeederContent): boolean {
  return feederContentHash(a) === feederContentHash(b)
}

function refuse(rule: string): Receipt {
  return { taken: false, rule }
}
