import type { Tier } from '../risk/margin.ts'

/** Numbers and names as people read them. Rounding here is for the eye; nothing is computed from it. */

const NANO = 1_000_000_000n

type Rounding = 'down' | 'up' | 'nearest'

/** An amount of nano-USD in units of `unitUsd` dollars, whole, with thousands separated. */
export function wholeUsd(amountNano: bigint, rounding: Rounding = 'nearest', unitUsd = 1n): string {
  const unit = NANO * unitUsd
  const shift = { down: 0n, up: unit - 1n, nearest: unit / 2n }[rounding]
  return grouped(floorDivide(amountNano + shift, unit))
}

/** Dollars with cents, rounded half up. */
export function usd(amountNano: bigint): string {
  const cents = floorDivide(amountNano + NANO / 200n, NANO / 100n)
  const magnitude = cents < 0n ? -cents : cents
  const text = `${grouped(magnitude / 100n)}.${(magnitude % 100n).toString().padStart(2, '0')}`
  return cents < 0n ? `-${text}` : text
}

export function grouped(value: bigint | number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** 2026-03-02 09:30:00 UTC */
export function instant(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** A field element as 0x and 64 hex digits. */
export function hex32(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}

/** 0x12345678...9abc for a long hash. */
export function shortHash(hash: string): string {
  return hash.length <= 20 ? hash : `${hash.slice(0, 10)}...${hash.slice(-4)}`
}

/** Field elements in running text: nobody reads 77 digits. */
export function shortenNumbers(text: string): string {
  return text.replace(/\d{30,}/g, (digits) => `${digits.slice(0, 6)}...${digits.slice(-4)}`)
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

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value < 0n && value % divisor !== 0n ? quotient - 1n : quotient
}
