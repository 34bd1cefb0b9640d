/** A seal from its events and the signals that it was submitted with. Pure. */
import { SEAL_STATUSES, type SealStatus } from '../../chain/seals.ts'
import { unpackWord } from '../../protocol/packed-word.ts'
import { BASIS_POINTS, BOOK_TOTAL_BITS } from '../../protocol/ranges.ts'
import { GAUGE_WORD, SEAL_COUNTS, SEAL_POLICIES, SEAL_TOTALS } from '../../protocol/solvency.ts'
import { type ChainEvent, placeOf } from './decode.ts'
import type { SealRecord } from './records.ts'

/** Values that are put beside SealSubmitted: signals of the call, and the count of its head. */
export const SEAL_VALUES = ['belowMm', 'gauge', 'reserves', 'policy', 'counts', 'totals', 'count'] as const

const ENDS: Readonly<Record<string, SealStatus>> = {
  SealFinal: 'final',
  SealRejected: 'rejected',
  SealOvertaken: 'overtaken',
}

export function foldSeal(events: readonly ChainEvent[]): SealRecord | undefined {
  const submitted = events.find(({ name }) => name === 'SealSubmitted')
  if (submitted === undefined) return undefined
  const end = events.find(({ name }) => ENDS[name] !== undefined)
  const { id, epoch, headSequence, roundSequence, stepsRoot } = submitted.values
  return {
    id: Number(id),
    epoch: Number(epoch),
    status: end === undefined ? SEAL_STATUSES[1] : ENDS[end.name]!,
    headSequence: Number(headSequence),
    roundSequence: Number(roundSequence),
    stepsRoot: String(stepsRoot),
    ...placeOf(submitted),
    ...disclosed(submitted.values),
    endedAtSeconds: end?.atSeconds ?? null,
  }
}

type Disclosed = Pick<
  SealRecord,
  | 'policy'
  | 'accounts'
  | 'belowMm'
  | 'gaugeBps'
  | 'gauge'
  | 'reservesNano'
  | 'tiers'
  | 'equityNano'
  | 'requirementMmNano'
  | 'shortfallNano'
>
const NOTHING: Disclosed = {
  policy: null,
  accounts: null,
  belowMm: null,
  gaugeBps: null,
  gauge: [],
  reservesNano: null,
  tiers: null,
  equityNano: null,
  requirementMmNano: null,
  shortfallNano: null,
}

/** What the seal says of the book. Nothing where its call could not be read: a contract in between hides it. */
function disclosed(values: ChainEvent['values']): Disclosed {
  if (SEAL_VALUES.some((name) => values[name] === undefined)) return NOTHING
  const word = (name: (typeof SEAL_VALUES)[number]) => BigInt(String(values[name]))
  const gauges = Object.values(unpackWord(GAUGE_WORD, word('gauge'))).map(Number)
  const policy = SEAL_POLICIES[Number(word('policy'))] ?? null
  const accounts = Number(word('count'))
  const common = {
    policy,
    accounts,
    belowMm: Number(word('belowMm')),
    gaugeBps: Math.min(Math.max(...gauges), Number(BASIS_POINTS)),
    gauge: gauges.map((bps, underlying) => ({ underlying, bps })),
    reservesNano: `${word('reserves')}`,
  }
  if (policy !== 'aggregates') return { ...NOTHING, ...common }
  const { shortfallNano, ...counts } = unpackWord(SEAL_COUNTS, word('counts'))
  const { equityBiasedNano, requirementMmBpsNano } = unpackWord(SEAL_TOTALS, word('totals'))
  const tiers = {
    reduceOnly: Number(counts.reduceOnly),
    softLiquidation: Number(counts.softLiquidation),
    fullLiquidation: Number(counts.fullLiquidation),
    insolvent: Number(counts.insolvent),
  }
  const others = Object.values(tiers).reduce((sum, count) => sum + count, 0)
  return {
    ...common,
    tiers: { healthy: accounts - others, ...tiers },
    equityNano: `${equityBiasedNano - (1n << BigInt(BOOK_TOTAL_BITS))}`,
    requirementMmNano: `${(requirementMmBpsNano + BASIS_POINTS - 1n) / BASIS_POINTS}`,
    shortfallNano: `${shortfallNano}`,
  }
}
