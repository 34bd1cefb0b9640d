import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { THRESHOLD_CODES } from '../../src/protocol/claims.ts'
import { DOMAIN_TAGS } from '../../src/protocol/domains.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { PARAMETER_FIELDS } from '../../src/protocol/parameters.ts'
import * as ranges from '../../src/protocol/ranges.ts'
import * as layout from '../../src/protocol/risk-layout.ts'
import { MARGIN_SIGNALS } from '../../src/protocol/signals.ts'
import { circomProtocol } from '../../src/prover/generate.ts'
import { readSymbols } from '../../src/prover/symbols.ts'
import { circuitArtifactsOf } from '../support/margin-artifacts.ts'

const circuits = join(import.meta.dirname, '../../circuits')
const protocol = circomProtocol()

function circomValue(name: string): bigint {
  return BigInt(new RegExp(`function ${name}\\(\\) \\{ return (\\d+); \\}`).exec(protocol)![1]!)
}

describe('Circom and TypeScript share one source', () => {
  it('for every range, dimension and tag that circuits name', () => {
    const constants: Readonly<Record<string, unknown>> = { ...ranges, ...layout }
    const named = readdirSync(circuits, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.circom'))
      .flatMap((path) => [...readFileSync(join(circuits, path), 'utf8').matchAll(/\b([A-Z][A-Z0-9_]+)\(\)/g)])
      .map((match) => match[1]!)
    for (const name of new Set(named)) {
      if (name.startsWith('POSEIDON')) continue
      if (name.startsWith('TAG_')) {
        expect(circomValue(name), name).toBe(DOMAIN_TAGS[name.slice(4) as keyof typeof DOMAIN_TAGS])
      } else if (name in constants) {
        expect(circomValue(name), name).toBe(BigInt(constants[name] as number))
      } else {
        expect(['GREEK_DIMS', 'CHAIN_TOTALS', 'PARAMETERS_BITS'], name).toContain(name)
      }
    }
  })

  it('for the parameters word and the threshold codes', () => {
    const table = (name: string) =>
      new RegExp(`function ${name}\\(i\\) .*= \\[([^\\]]*)\\]`).exec(protocol)![1]!
    const widths: readonly number[] = PARAMETER_FIELDS.map(([, bits]) => bits)
    expect(table('PARAMETERS_WIDTH')).toBe(widths.join(', '))
    expect(circomValue('PARAMETERS_BITS')).toBe(BigInt(widths.reduce((a, b) => a + b)))
    expect(table('THRESHOLD_CODE')).toBe(Object.values(THRESHOLD_CODES).join(', '))
  })

  it('for the order of the public signals', async () => {
    const { symPath, verificationKey } = await circuitArtifactsOf(MARGIN_INSTANCES['margin-4'])
    const symbols = await readSymbols(symPath)
    // A witness begins with the constant 1; public signals follow in the order of the proof.
    expect(MARGIN_SIGNALS.map((name) => symbols.get(`main.${name}`))).toEqual(
      MARGIN_SIGNALS.map((_, i) => i + 1),
    )
    expect(verificationKey.nPublic).toBe(MARGIN_SIGNALS.length)
  })
})

describe('ranges', () => {
  // The argument of ranges.ts, recomputed: what honest values need fits what the circuit checks, for 64 slots.
  it('hold every honest total', () => {
    const slots = 64n
    const quantity = 1n << BigInt(ranges.QUANTITY_BITS)
    const total = slots * quantity * ((1n << BigInt(ranges.RATE_BITS)) - 1n)
    expect(total < 1n << BigInt(ranges.TOTAL_BITS)).toBe(true)
    const greek = slots * quantity * ((1n << BigInt(ranges.GREEK_RATE_BITS)) - 1n)
    const multiplier = (1n << BigInt(ranges.FACTOR_BPS_BITS)) - 1n
    const greeks = 3n * (2n * greek + (multiplier * greek) / 10_000n + 1n)
    expect(greeks < 1n << BigInt(ranges.TOTAL_BITS)).toBe(true)
    const charges = slots * quantity * ((1n << BigInt(ranges.CHARGE_BITS)) - 1n)
    expect(charges < 1n << BigInt(ranges.DIGIT_BITS)).toBe(true)
    const requirement = multiplier * 2n * (1n << BigInt(ranges.TOTAL_BITS)) + 10_000n * (2n * total + charges)
    expect(requirement < 1n << BigInt(ranges.REQUIREMENT_BITS)).toBe(true)
    const soft = 10_000n * requirement + ((1n << BigInt(ranges.SHARE_BPS_BITS)) - 1n) * requirement
    expect(soft < 1n << BigInt(ranges.SOFT_REQUIREMENT_BITS)).toBe(true)
  })

  it('leave packed sums below the field modulus', () => {
    const bits = 2 * ranges.LIMB_RADIX_BITS + ranges.DIGIT_BITS + 1
    expect(bits).toBeLessThan(254)
    expect(ranges.SLOTS_PER_ELEMENT * ranges.SLOT_BITS).toBeLessThan(253)
  })
})
