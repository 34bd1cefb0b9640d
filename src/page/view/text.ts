/** Numbers, times and hashes as people read them. Rounding here is for the eye; nothing is computed from it. */

const NANO = 1_000_000_000n
const NANO_PER_CENT = 10_000_000n

/** Dollars with cents, rounded half up. */
export function usd(amountNano: bigint): string {
  const cents = floorDivide(amountNano + NANO / 200n, NANO / 100n)
  const magnitude = cents < 0n ? -cents : cents
  const text = `${grouped(magnitude / 100n)}.${(magnitude % 100n).toString().padStart(2, '0')}`
  return cents < 0n ? `-${text}` : text
}

/** Dollars with cents as the words of a report say them: rounded towards zero. */
export function dollars(amountNano: bigint): string {
  return `${usd((amountNano / NANO_PER_CENT) * NANO_PER_CENT)} USD`
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

/** Field elements in running text: nobody reads 77 digits. */
export function shortenNumbers(text: string): string {
  return text.replace(/\d{30,}/g, (digits) => `${digits.slice(0, 6)}...${digits.slice(-4)}`)
}

/** JSON on one line as `tacit verify --json` prints it: bigints as decimal texts. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item))
}

export function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value < 0n && value % divisor !== 0n ? quotient - 1n : quotient
}
