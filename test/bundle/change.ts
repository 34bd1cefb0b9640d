import { BundleDigest } from '../../src/bundle/canonical.ts'
import type { JsonValue } from '../../src/bundle/strict-json.ts'

/** Ways to change a bundle that a stranger might think of. */
export type Path = readonly (string | number)[]

// biome-ignore lint/suspicious/noExplicitAny: tests change records in ways that their types forbid
export type Loose = any

/** Every scalar of a value with the way to it. */
export function scalars(value: Loose, path: Path = []): { path: Path; value: Loose }[] {
  if (value === null || typeof value !== 'object') return [{ path, value }]
  return Object.entries(value).flatMap(([key, member]) =>
    scalars(member, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

export function withValue(record: Loose, path: Path, value: Loose): Loose {
  if (path.length === 0) return value
  const [key, ...rest] = path as [string | number, ...(string | number)[]]
  const copy = Array.isArray(record) ? [...record] : { ...record }
  copy[key] = withValue(copy[key], rest, value)
  return copy
}

/** Another value of the same kind. */
export function other(value: Loose): Loose {
  if (value === null) return 'x'
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  if (/^-?\d+$/.test(value)) return `${BigInt(value) + 1n}`
  if (/^-?\d+\.\d+$/.test(value))
    return value.endsWith('1') ? `${value.slice(0, -1)}2` : `${value.slice(0, -1)}1`
  if (/^(0x)?[0-9a-f]{40,}$/.test(value)) return `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`
  const swaps: Record<string, string> = {
    call: 'put',
    put: 'call',
    step: 'seal',
    seal: 'step',
    'margin-4': 'margin-16',
  }
  return swaps[value] ?? `${value}x`
}

/** The lines with an end record that fits them again, as whoever forges a bundle would write. */
export function resealed(lines: readonly string[]): string[] {
  const digest = new BundleDigest()
  const body = lines.slice(0, -1)
  for (const line of body) digest.add(JSON.parse(line) as JsonValue)
  return [...body, JSON.stringify({ record: 'end', digest: digest.value })]
}

/** The lines with one record changed and the digest made to fit. */
export function changed(lines: readonly string[], at: number, change: (record: Loose) => Loose): string[] {
  const record = change(JSON.parse(lines[at]!))
  return resealed(lines.map((line, index) => (index === at ? JSON.stringify(record) : line)))
}

/** Index of the n-th record of a name. */
export function lineOf(lines: readonly string[], name: string, nth = 0): number {
  const found = lines.flatMap((line, index) => (JSON.parse(line).record === name ? [index] : []))
  return found[nth]!
}
