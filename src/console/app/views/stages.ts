/** Stages and events of cases, in words and tones. */
import { count, percentOfBps, shortHash, usdOfLots, words } from '../format.ts'
import type { Tone } from '../parts/common.tsx'
import { thresholdOfCode } from './thresholds.ts'

export function isOver(stage: string): boolean {
  return stage.toLowerCase() === 'closed'
}

const STAGE_WORDS: Readonly<Record<string, string>> = {
  soft: 'Offers for a hedge',
  sealed: 'Sealed bids',
  dutch: 'Public sale',
  house: 'Clearing house',
  shortfall: 'Debt left',
}

/** A stage as the contracts name it, in words. */
export function stageWords(stage: string): string {
  return STAGE_WORDS[stage.toLowerCase()] ?? words(stage)
}

export function stageTone(stage: string): Tone {
  const tones: Readonly<Record<string, Tone>> = {
    opened: 'warning',
    shortfall: 'bad',
    deleveraging: 'bad',
    awarded: 'accent',
    closed: 'plain',
  }
  return tones[stage.toLowerCase()] ?? 'accent'
}

const GOOD = /settled|cured|cancelled|covered|closed/i
const BAD = /trigger|shortfall|failed|lost|deleverag/i

export function eventTone(event: string): '' | 'good' | 'bad' {
  if (BAD.test(event)) return 'bad'
  return GOOD.test(event) ? 'good' : ''
}

type Values = Readonly<Record<string, string | number | boolean>>

/** What an event says, for people; texts that are hashes are shortened, what is of no interest is left out. */
export function eventWords(values: Values): string {
  return Object.entries(values)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${nameWords(name)} ${valueWords(name, value)}`)
    .join(', ')
}

/** Of the case, which stands above; or packed words that the lot's card shows unpacked. */
const LEFT_OUT = new Set([
  'caseId',
  'tag',
  'slice',
  'commitment',
  'context',
  'summary',
  'greeks',
  'claim',
  'kind',
])

const NAMES: Readonly<Record<string, string>> = {
  subTag: 'sub-account',
  roundSequence: 'round',
  headSequence: 'head',
  settleBy: 'by',
  threshold: 'below',
}
/** Times of the engine's clock, which is no calendar's. */
const ENGINE_SECONDS = new Set(['since', 'settleBy'])

const STAGE_VALUES = new Set(['from', 'to', 'soldIn'])

function nameWords(name: string): string {
  const bare = name.replace(/Bps$|Lots$/, '')
  return NAMES[name] ?? bare.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase()
}

function valueWords(name: string, value: string | number | boolean): string {
  if (/Bps$/.test(name)) return percentOfBps(String(value))
  if (/Lots$/.test(name)) return usdOfLots(String(value))
  if (ENGINE_SECONDS.has(name)) return `second ${count(Number(value))} of the engine's clock`
  if (name === 'threshold') return thresholdOfCode(Number(value))
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (STAGE_VALUES.has(name)) return stageWords(String(value)).toLowerCase()
  const text = String(value)
  if (/^0x0{40}$/.test(text)) return 'nobody'
  if (/^\d{20,}$/.test(text)) return shortHash(`0x${BigInt(text).toString(16).padStart(64, '0')}`)
  return text.startsWith('0x') ? shortHash(text) : text
}
