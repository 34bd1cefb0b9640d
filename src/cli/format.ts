import { floorDivide, grouped } from '../page/view/text.ts'
import type { Tier } from '../risk/margin.ts'

export { grouped, hex32, instant, shortenNumbers, usd } from '../page/view/text.ts'

/** Numbers and names as people read them. Rounding here is for the eye; nothing is computed from it. */

const NANO = 1_000_000_000n

type Rounding = 'down' | 'up' | 'nearest'

/** An amount of nano-USD in units of `unitUsd` dollars, whole, with thousands separated. */
export function wholeUsd(amountNano: bigint, rounding: Rounding = 'nearest', unitUsd = 1n): string {
  const unit = NANO * unitUsd
  const shift = { down: 0n, up: unit - 1n, nearest: unit / 2n }[rounding]
  return grouped(floorDivide(amountNano + shift, unit))
}

/** 0x12345678...9abc for a long hash. */
export function shortHash(hash: string): string {
  return hash.length <= 20 ? hash : `${hash.slice(0, 10)}...${hash.slice(-4)}`
}

/** Words of a text on lines of at most `width`, each after `indent` blanks. */
export function wrapped(text: string, indent: number, width = 112): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width - indent) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((part) => `${' '.repeat(indent)}${part}`).join('\n')
}

export const TIER_WORDS: Readonly<Record<Tier, string>> = {
  healthy: 'healthy',
  reduceOnly: 'reduce',
  softLiquidation: 'soft liq',
  fullLiquidation: 'full liq',
  insolvent: 'insolvent',
}

const TIER_COLOURS: Readonly<Record<Tier, string>> = {
  healthy: '32',
  reduceOnly: '33',
  softLiquidation: '35',
  fullLiquidation: '31',
  insolvent: '1;31',
}

export function tierText(tier: Tier, colour: boolean): string {
  return paint(TIER_WORDS[tier], TIER_COLOURS[tier], colour)
}

export function bold(text: string, colour: boolean): string {
  return paint(text, '1', colour)
}

/** @param code of an ANSI colour */
export function paint(text: string, code: string, colour: boolean): string {
  return colour ? `\x1b[${code}m${text}\x1b[0m` : text
}
