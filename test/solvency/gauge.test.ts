import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { BOOK_TOTAL_BITS } from '../../src/protocol/ranges.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { compileCircuit } from '../../src/prover/compile.ts'
import { writeSealSources } from '../../src/prover/generate-seal.ts'
import { GENERATED_CIRCUITS } from '../../src/prover/margin-prover.ts'
import { type R1cs, readR1cs } from '../../src/prover/r1cs.ts'
import { violatedConstraints } from '../../src/prover/r1cs-check.ts'
import { invertField } from '../../src/prover/scalar-field.ts'
import { readSymbols } from '../../src/prover/symbols.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { readWitness, writeWitness } from '../../src/prover/wtns.ts'

/** Gauge() alone, nothing simplified away, so that a forger chooses every signal of the division by hand. */
let folder: string
let forger: WitnessCalculator
let r1cs: R1cs
let symbols: Map<string, number>

beforeAll(async () => {
  writeSealSources(GENERATED_CIRCUITS)
  folder = await mkdtemp(join(REPOSITORY_ROOT, 'build', 'gauge-test-'))
  const mainFile = join(folder, 'gauge-alone.circom')
  await writeFile(
    mainFile,
    'pragma circom 2.1.9;\ninclude "solvency/gauge.circom";\ncomponent main {public [gamma, liquidity]} = Gauge();\n',
  )
  const includeFolders = [GENERATED_CIRCUITS]
  const compiled = await compileCircuit({
    mainFile,
    name: 'gauge-alone',
    simplification: 'O0',
    includeFolders,
  })
  forger = await WitnessCalculator.create(compiled.wasmPath, { sanityCheck: false })
  r1cs = await readR1cs(compiled.r1csPath)
  symbols = await readSymbols(compiled.symPath)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const BITS = 84

/** Constraints that are broken by a division with this quotient and remainder, its bits the best there are. */
async function violations(
  gamma: bigint,
  liquidity: bigint,
  quotient: bigint,
  remainder: bigint,
): Promise<number> {
  const witness = readWitness(await forger.calculate({ gamma, liquidity }))
  const set = (name: string, value: bigint) => {
    const index = symbols.get(name)
    if (index === undefined) throw new Error(`no signal ${name}`)
    witness[index] = toField(value)
  }
  const range = (name: string, value: bigint) => {
    set(`main.${name}.in`, value)
    set(`main.${name}.bits.in`, value)
    for (let i = 0; i < BITS; i++) set(`main.${name}.bits.out[${i}]`, (toField(value) >> BigInt(i)) & 1n)
  }
  set('main.gauge', quotient)
  set('main.remainder', remainder)
  range('whole', quotient)
  range('low', remainder)
  range('high', liquidity - 1n - remainder)
  return (await violatedConstraints(r1cs, writeWitness(witness))).length
}

describe('the division of the gauge', () => {
  const cases: readonly (readonly [bigint, bigint])[] = [
    [0n, 1n << 34n],
    [123_456_789n, 1n << 40n],
    [(1n << BigInt(BOOK_TOTAL_BITS)) - 1n, (1n << 84n) - 1n],
    [(1n << 103n) - 1n, 1n << 34n],
    [5n, 1n],
  ]

  it('has the floor for its quotient, over the whole range', async () => {
    for (const [gamma, liquidity] of cases) {
      const quotient = (10_000n * gamma) / liquidity
      const remainder = 10_000n * gamma - quotient * liquidity
      expect(await violations(gamma, liquidity, quotient, remainder), `${gamma}`).toBe(0)
    }
  })

  it('has no other: each of its three ranges is what refuses one', async () => {
    const [gamma, liquidity] = [123_456_789n, 1n << 30n] as const
    const quotient = (10_000n * gamma) / liquidity
    const remainder = 10_000n * gamma - quotient * liquidity
    // One more leaves a negative remainder, one less a remainder of more than the divisor.
    expect(await violations(gamma, liquidity, quotient + 1n, remainder - liquidity)).toBe(1)
    expect(await violations(gamma, liquidity, quotient - 1n, remainder + liquidity)).toBe(1)
    // A remainder at will, and the quotient of the field that goes with it.
    const wild = toField((10_000n * gamma - 1n) * invertField(liquidity))
    expect(wild >> BigInt(BITS)).not.toBe(0n)
    expect(await violations(gamma, liquidity, wild, 1n)).toBe(1)
    expect(await violations(gamma, liquidity, quotient, remainder + 1n)).toBeGreaterThan(0)
  })

  it('has none for a liquidity of zero', async () => {
    expect(await violations(0n, 0n, 0n, 0n)).toBeGreaterThan(0)
    expect(await violations(0n, 0n, 5n, FIELD_MODULUS - 1n)).toBeGreaterThan(0)
  })
})
