import { keccak256, toUtf8Bytes } from 'ethers'
import type { RiskConfiguration } from './configuration.ts'

// Apart from the rules, as loading ethers takes longer than pricing a whole round: worker threads need only those.

/**
 * One text for one configuration: JSON without blanks, keys sorted by code unit, bigints as decimal strings, arrays
 * in their order. parseConfiguration reads it back.
 */
export function canonicalConfigurationJson(configuration: RiskConfiguration): string {
  return canonicalJson(configuration)
}

/** keccak-256 of the canonical JSON (UTF-8) as 0x-hex of 32 bytes: what a round commits to. */
export function configurationHash(configuration: RiskConfiguration): string {
  return keccak256(toUtf8Bytes(canonicalConfigurationJson(configuration)))
}

function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
