import { describe, expect, it } from 'vitest'
import { compileSources, readSources, readSymbols } from '../../scripts/mutation/harness.ts'
import { loadProgram, mainText } from '../../scripts/mutation/honest.ts'
import { Rows } from '../../scripts/mutation/rows.ts'
import { DIGIT_BITS, LIMB_RADIX_BITS } from '../../src/protocol/ranges.ts'
import { readR1cs } from '../../src/prover/r1cs.ts'

const radix = 1n << BigInt(LIMB_RADIX_BITS)

/** Compiles SeparateLimbs with digits of a given width; tells which digits a packed value is accepted as. */
async function limbs(digitBits: number) {
  const sources = readSources()
  const protocol = sources.get('protocol.circom')!
  const wide = protocol.replace(
    /function DIGIT_BITS\(\) \{ return \d+; \}/,
    `function DIGIT_BITS() { return ${digitBits}; }`,
  )
  sources.set('protocol.circom', wide)
  const main = mainText('margin/limbs.circom', 'SeparateLimbs', '')
  const constraints = await compileSources(sources, main, 'constraints')
  const program = await compileSources(sources, main, 'program')
  const rows = new Rows(await readR1cs(constraints.r1cs))
  const symbols = readSymbols(constraints.sym)
  const run = (await loadProgram(program.wasm)).run
  return async (packed: bigint): Promise<bigint[] | undefined> => {
    const witness = await run({ packed: [packed] })
    if (rows.violated(witness).length > 0) return undefined
    return [0, 1, 2].map((limb) => witness[symbols.get(`digit[${limb}]`)!]!)
  }
}

describe('limbs', () => {
  it('separate into the digits that were packed', async () => {
    const separate = await limbs(DIGIT_BITS)
    const largest = (1n << BigInt(DIGIT_BITS)) - 1n
    for (const digits of [
      [0n, 0n, 0n],
      [1n, 2n, 3n],
      [largest, 0n, largest],
      [largest, largest, largest],
    ]) {
      expect(await separate(digits[0]! + digits[1]! * radix + digits[2]! * radix * radix)).toEqual(digits)
    }
  })

  // Checklist 30: losses 100, 50, 10 with a claimed worst loss of 51 leave slacks -49, 1, 41. Borrowed from the next
  // limb they read 2^84 - 49, 0, 41, among them the zero that says "attained".
  const borrowed = -49n + 1n * radix + 41n * radix * radix

  it('refuse a limb that borrows from its neighbour', async () => {
    const separate = await limbs(DIGIT_BITS)
    expect(await separate(borrowed)).toBeUndefined()
  })

  it('would accept the borrowed limb if digits were as wide as the radix', async () => {
    const separate = await limbs(LIMB_RADIX_BITS)
    expect(await separate(borrowed)).toEqual([radix - 49n, 0n, 41n])
  })

  it('refuse a digit of the full radix in any limb', async () => {
    const separate = await limbs(DIGIT_BITS)
    for (const position of [0n, 1n, 2n]) {
      expect(await separate((1n << BigInt(DIGIT_BITS)) * radix ** position)).toBeUndefined()
    }
  })
})
