import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { THRESHOLD_CODES } from '../../src/protocol/claims.ts'
import { DOMAIN_TAGS } from '../../src/protocol/domains.ts'
import { ENGINE_CIRCUITS, MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import * as liquidation from '../../src/protocol/liquidation.ts'
import * as liquidationRanges from '../../src/protocol/liquidation-ranges.ts'
import type { WordFields } from '../../src/protocol/packed-word.ts'
import { PARAMETER_FIELDS } from '../../src/protocol/parameters.ts'
import * as ranges from '../../src/protocol/ranges.ts'
import * as layout from '../../src/protocol/risk-layout.ts'
import { MARGIN_SIGNALS } from '../../src/protocol/signals.ts'
import { circomProtocol } from '../../src/prover/generate.ts'
import { readSymbols } from '../../src/prover/symbols.ts'
import { circuitArtifactsOf, engineArtifactsOf } from '../support/margin-artifacts.ts'

const circuits = join(import.meta.dirname, '../../circuits')
const protocol = circomProtocol()
const { ENGINE_SIGNALS } = liquidation
const WORDS: Readonly<Record<string, WordFields<string>>> = {
  LOT_TERMS: liquidation.LOT_TERMS,
  LOT_SUMMARY: liquidation.LOT_SUMMARY,
  TRANSFER_PLACES: liquidation.TRANSFER_PLACES,
  TRANSFER_TERMS: liquidation.TRANSFER_TERMS,
  ADJUST_CHANGE: liquidation.ADJUST_CHANGE,
  KEPT_PLACES: liquidation.KEPT_PLACES,
}

function circomValue(name: string): bigint {
  return BigInt(new RegExp(`function ${name}\\(\\) \\{ return (\\d+); \\}`).exec(protocol)![1]!)
}

describe('Circom and TypeScript share one source', () => {
  it('for every range, dimension and tag that circuits name', () => {
    const constants: Readonly<Record<string, unknown>> = {
      ...ranges,
      ...layout,
      ...liquidation,
      ...liquidationRanges,
    }
    const named = readdirSync(circuits, { recursive: true, encoding: 'utf8' })
      // The seal's circuits have a file of constants of their own.
      .filter((path) => path.endsWith('.circom') && !path.startsWith('solvency'))
      .flatMap((path) => [...readFileSync(join(circuits, path), 'utf8').matchAll(/\b([A-Z][A-Z0-9_]+)\(\)/g)])
      .map((match) => match[1]!)
    for (const name of new Set(named)) {
      if (name.startsWith('POSEIDON')) continue
      if (name.startsWith('TAG_')) {
        expect(circomValue(name), name).toBe(DOMAIN_TAGS[name.slice(4) as keyof typeof DOMAIN_TAGS])
      } else if (name in constants) {
        expect(circomValue(name), name).toBe(BigInt(constants[name] as number))
      } else if (!Object.keys(WORDS).some((word) => name.startsWith(`${word}_`))) {
        expect(['GREEK_DIMS', 'CHAIN_TOTALS', 'PARAMETERS_BITS'], name).toContain(name)
      }
    }
  })

  it('in one order, whoever loads the modules: the cache knows a circuit by its text', () => {
    const names = [...protocol.matchAll(/function (\w+)\(\) \{ return \d+; \}/g)].map((match) => match[1]!)
    const fromModule = names.filter((name) => Object.hasOwn(liquidationRanges, name))
    expect(fromModule.length).toBe(Object.keys(liquidationRanges).length)
    expect(fromModule).toEqual([...fromModule].sort())
  })

  it('for the parameters word and the threshold codes', () => {
    const table = (name: string) =>
      new RegExp(`function ${name}\\(i\\) .*= \\[([^\\]]*)\\]`).exec(protocol)![1]!
    const widths: readonly number[] = PARAMETER_FIELDS.map(([, bits]) => bits)
    expect(table('PARAMETERS_WIDTH')).toBe(widths.join(', '))
    expect(circomValue('PARAMETERS_BITS')).toBe(BigInt(widths.reduce((a, b) => a + b)))
    expect(table('THRESHOLD_CODE')).toBe(Object.values(THRESHOLD_CODES).join(', '))
  })

  it('for every public word of the liquidation engine', () => {
    for (const [word, fields] of Object.entries(WORDS)) {
      expect(circomValue(`${word}_FIELDS`), word).toBe(BigInt(fields.length))
      const widths = new RegExp(`function ${word}_WIDTHS\\(\\) .*= \\[([^\\]]*)\\]`).exec(protocol)![1]!
      expect(widths, word).toBe(fields.map(([, bits]) => bits).join(', '))
      for (const [place, [field]] of fields.entries()) {
        const named = field.replaceAll(/[A-Z0-9]/g, (letter) => `_${letter}`).toUpperCase()
        expect(circomValue(`${word}_${named}`), field).toBe(BigInt(place))
      }
    }
    const { TRANSFER_MODE_CODES, ADJUST_KIND_CODES } = liquidation
    // The circuits read a code bit by bit: bit 0 and bit 1 are flags, and both together are nothing.
    expect(TRANSFER_MODE_CODES).toEqual({ slice: 0, soft: 1, deleverage: 2 })
    expect(ADJUST_KIND_CODES).toEqual({ deposit: 0, withdrawal: 1, cover: 2 })
  })

  for (const circuit of ENGINE_CIRCUITS) {
    it(`for the order of the public signals of ${circuit}, every one of them in a constraint`, async () => {
      const { symPath, verificationKey } = await engineArtifactsOf(circuit, MARGIN_INSTANCES['margin-4'])
      const symbols = await readSymbols(symPath)
      const names = ENGINE_SIGNALS[circuit]
      expect(names.map((name) => symbols.get(`main.${name}`))).toEqual(names.map((_, i) => i + 1))
      expect(verificationKey.nPublic).toBe(names.length)
      // Groth16 binds a public signal through its key point; a signal in no constraint has the point at infinity there.
      expect(verificationKey.IC).toHaveLength(names.length + 1)
      for (const point of verificationKey.IC) expect(point).not.toEqual(['0', '1', '0'])
    })
  }

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

  // The same for the liquidation engine: cash stands beside the entries of at most 32 slots.
  it('hold every comparison of the liquidation engine', () => {
    const {
      COARSE_BITS,
      GREEK_FIGURE_BITS,
      HEALTH_BITS,
      LEVERAGE_BITS,
      MAX_ENGINE_SLOTS,
      NET_SOFT_BITS,
      PERCENT_BITS,
      PRICE_BITS,
      PRICE_REMAINDER_BITS,
    } = liquidationRanges
    const { CASH_LOT_NANO, COARSE_SHARE, DISCOUNT_BIAS_BPS, GREEK_UNIT_BITS, HEALTH_PARTS } = liquidation
    const lots = 1n << BigInt(ranges.QUANTITY_BITS)
    const total = 1n << BigInt(ranges.TOTAL_BITS)
    const requirement = 1n << BigInt(ranges.REQUIREMENT_BITS - 1)
    const fits = (magnitude: bigint, bits: number) => expect(magnitude < 1n << BigInt(bits)).toBe(true)
    // Requirements are below 2^99, so a difference of two is in the range of REQUIREMENT_BITS or negative.
    const multiplier = (1n << BigInt(ranges.FACTOR_BPS_BITS)) - 1n
    const charges = 64n * lots * ((1n << BigInt(ranges.CHARGE_BITS)) - 1n)
    expect(multiplier * total + ranges.BASIS_POINTS * charges < requirement).toBe(true)
    expect(BigInt(MAX_ENGINE_SLOTS) * lots * lots + lots * CASH_LOT_NANO < total).toBe(true)
    fits(2n * HEALTH_PARTS * requirement + HEALTH_PARTS * ranges.BASIS_POINTS * total, HEALTH_BITS)
    fits((COARSE_SHARE + 1n) * (requirement + lots * ranges.BASIS_POINTS * CASH_LOT_NANO), COARSE_BITS)
    const unit = lots * CASH_LOT_NANO
    fits(HEALTH_PARTS * total + (1n + (1n << BigInt(GREEK_UNIT_BITS - 1))) * unit, GREEK_FIGURE_BITS)
    fits((1n << 24n) * total + requirement, LEVERAGE_BITS)
    // SOFT after the costs of a step: 10^8 E, 10^4 MM, the buffer, and the largest cost of the word times a relief.
    const cost = (1n << BigInt(liquidation.COST_BIASED_BITS)) - 1n - DISCOUNT_BIAS_BPS
    const share = (1n << BigInt(ranges.SHARE_BPS_BITS)) - 1n
    const net = ranges.BASIS_POINTS ** 2n * total + (ranges.BASIS_POINTS + share + cost) * requirement
    fits(net, NET_SOFT_BITS)
    // Whatever discount and fee the word of a transfer has, their sum has a place in it as a cost.
    expect(2n * DISCOUNT_BIAS_BPS - 2n <= cost).toBe(true)
    fits(liquidation.WHOLE_PERCENT, PERCENT_BITS)
    // The price: numerators and the two sides of the division stay far below the modulus.
    const scale = ranges.BASIS_POINTS * ranges.BASIS_POINTS
    const divisor = scale * CASH_LOT_NANO
    fits(divisor, PRICE_REMAINDER_BITS)
    const numerator = scale * 4n * total + DISCOUNT_BIAS_BPS * 2n * requirement
    fits(numerator + (divisor << BigInt(PRICE_BITS)), 116)
    fits(1n << BigInt(PRICE_BITS + PRICE_REMAINDER_BITS), 200)
  })
})
