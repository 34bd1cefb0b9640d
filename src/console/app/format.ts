/** Figures as people read them. Amounts come as whole numbers, or as texts of such. */
const CENT_NANO = 10_000_000n

/** 1234.5% of bps 123450; two digits below 10%. */
export function percentOfBps(bps: number | string | bigint): string {
  const percent = Number(bps) / 100
  const digits = Math.abs(percent) < 10 ? 2 : Math.abs(percent) < 100 ? 1 : 0
  return `${percent.toLocaleString('en', { maximumFractionDigits: digits })}%`
}

/** Lots of settlement cash are cents. */
export function usdOfLots(lots: string | bigint): string {
  return usdOfCents(BigInt(lots))
}

export function usdOfNano(nano: string | bigint): string {
  return usdOfCents(BigInt(nano) / CENT_NANO)
}

function usdOfCents(cents: bigint): string {
  const digits = cents < 0n ? -cents : cents
  const whole = (digits / 100n).toLocaleString('en')
  const rest = (digits % 100n).toString().padStart(2, '0')
  return `${cents < 0n ? '−' : ''}${whole}${rest === '00' ? '' : `.${rest}`} USD`
}

export function count(value: number): string {
  return value.toLocaleString('en')
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** 0x1234…abcd */
export function shortHash(hash: string): string {
  return hash.length > 14 ? `${hash.slice(0, 6)}…${hash.slice(-4)}` : hash
}

/** 2026-03-02 09:30:05 UTC */
export function instant(time: number | string): string {
  const date = typeof time === 'number' ? new Date(time * 1_000) : new Date(time)
  return Number.isNaN(date.getTime())
    ? String(time)
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** "3 min ago"; "in 20 s" for what is to come. */
export function relative(seconds: number, nowSeconds: number): string {
  const difference = Math.round(nowSeconds - seconds)
  const size = Math.abs(difference)
  const [amount, unit] =
    size < 90
      ? [size, 's']
      : size < 5_400
        ? [Math.round(size / 60), 'min']
        : size < 172_800
          ? [Math.round(size / 3_600), 'h']
          : [Math.round(size / 86_400), 'days']
  return difference >= 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`
}

/** 9 s, 1 min 05 s, 12 h 00 min 09 s */
export function duration(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds))
  const [hours, minutes, rest] = [Math.floor(left / 3_600), Math.floor(left / 60) % 60, left % 60]
  const two = (value: number) => `${value}`.padStart(2, '0')
  if (hours > 0) return `${hours} h ${two(minutes)} min ${two(rest)} s`
  return minutes > 0 ? `${minutes} min ${two(rest)} s` : `${rest} s`
}

/** "softLiquidation" and "CaseOpened" as words: "Soft liquidation", "Case opened". */
export function words(name: string): string {
  const spaced = name.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
