/** Records from events. Pure: the same events give the same record, however often the chain was read. */
import { type ChainEvent, placeOf } from './decode.ts'
import { foldCase } from './fold-case.ts'
import { foldSeal } from './fold-seal.ts'
import type { HeadRecord, LiquidatorRecord, RecordKind, RecordOf, RoundRecord } from './records.ts'

export interface Folded {
  readonly kind: RecordKind
  readonly id: string
  /** Where it began. */
  readonly block: number
  readonly logIndex: number
  readonly isOpen: boolean
  readonly record: RecordOf[RecordKind]
}

/**
 * @param subject kind:id
 * @param events of the subject, in order
 * @param trigger of a case: the proof that it was opened on
 * @returns undefined when the events make no record: all of them were abandoned
 */
export function fold(
  subject: string,
  events: readonly ChainEvent[],
  trigger?: ChainEvent,
): Folded | undefined {
  const [kind, id] = [
    subject.slice(0, subject.indexOf(':')) as RecordKind,
    subject.slice(subject.indexOf(':') + 1),
  ]
  const [first] = events
  if (first === undefined) return undefined
  const at = { kind, id, block: first.block, logIndex: first.logIndex }
  if (kind === 'case') {
    const record = foldCase(events, trigger)
    return record && { ...at, record, isOpen: record.stage !== 'closed' }
  }
  if (kind === 'round') {
    const record = foldRound(events)
    return record && { ...at, record, isOpen: !record.isRejected }
  }
  if (kind === 'head') {
    const record = foldHead(events)
    return record && { ...at, record, isOpen: true }
  }
  if (kind === 'seal') {
    const record = foldSeal(events)
    return record && { ...at, record, isOpen: record.status === 'pending' }
  }
  const record = foldLiquidator(id, events)
  return { ...at, record, isOpen: record.isWhitelisted }
}

function foldRound(events: readonly ChainEvent[]): RoundRecord | undefined {
  const named = (name: string) => events.find((event) => event.name === name)
  const posted = named('RoundPosted')
  if (posted === undefined) return undefined
  const { values } = posted
  const won = named('ChallengeWon')
  return {
    sequence: Number(values.sequence),
    riskRoot: String(values.riskRoot),
    timeSeconds: Number(values.time),
    parameters: String(values.parameters),
    configurationHash: String(values.configurationHash),
    marketHash: String(values.marketHash),
    ...placeOf(posted),
    isRejected: named('RoundRejected') !== undefined,
    poster: (named('RoundData')?.values.poster as string | undefined) ?? null,
    challenge:
      won === undefined
        ? null
        : {
            challenger: String(won.values.challenger),
            judge: Number(won.values.judge),
            rewardWei: String(won.values.rewardWei),
            ...placeOf(won),
          },
  }
}

function foldHead(events: readonly ChainEvent[]): HeadRecord | undefined {
  const made = events.find(({ name }) => name === 'Published' || name === 'HeadMoved')
  if (made === undefined) return undefined
  const { sequence, bookRoot, count } = made.values
  return {
    sequence: Number(sequence),
    bookRoot: String(bookRoot),
    count: count === undefined ? null : Number(count),
    ...placeOf(made),
  }
}

function foldLiquidator(address: string, events: readonly ChainEvent[]): LiquidatorRecord {
  return { address, isWhitelisted: events.at(-1)?.name === 'Whitelisted' }
}
