import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WitnessError } from '../../src/protocol/errors.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { type CompiledCircuit, compileCircuit } from '../../src/prover/compile.ts'
import { readR1cs } from '../../src/prover/r1cs.ts'
import { violatedConstraints } from '../../src/prover/r1cs-check.ts'
import { readSymbols } from '../../src/prover/symbols.ts'
import { WitnessCalculator } from '../../src/prover/witness.ts'
import { withoutAssertions } from '../../src/prover/witness-wasm.ts'
import { readWitness, writeWitness } from '../../src/prover/wtns.ts'
import { openWorkshop, TOY_SOURCES, type ToyName, type Workshop } from './toy.ts'

let workshop: Workshop
const circuits = {} as Record<ToyName, CompiledCircuit>

beforeAll(async () => {
  workshop = await openWorkshop()
  for (const name of ['product', 'bits'] as const) {
    circuits[name] = await compileCircuit({
      mainFile: await workshop.source(name, TOY_SOURCES[name]),
      name,
      // O1 keeps the constraint "a === 3" of the toy as one of its own.
      simplification: 'O1',
      cacheRoot: join(workshop.folder, 'cache'),
    })
  }
})
afterAll(() => workshop.close())

const calculator = (name: ToyName, sanityCheck = true) =>
  WitnessCalculator.create(circuits[name].wasmPath, { sanityCheck })

describe('a witness', () => {
  it('satisfies the constraints and is a wtns file that snarkjs reads', async () => {
    const witness = await (await calculator('bits')).calculate({ value: 0b1011n })
    expect(await violatedConstraints(await readR1cs(circuits.bits.r1csPath), witness)).toEqual([])
    expect(await snarkjs.wtns.check(circuits.bits.r1csPath, { type: 'mem', data: witness })).toBe(true)
    const symbols = await readSymbols(circuits.bits.symPath)
    const values = readWitness(witness)
    expect(values[symbols.get('main.bits[1]')!]).toBe(1n)
    expect(values[symbols.get('main.bits[2]')!]).toBe(0n)
    expect(writeWitness(values)).toEqual(witness)
  })

  it('comes out the same from a warm instance, also after a refusal', async () => {
    const warm = await calculator('product')
    const first = await warm.calculate({ a: 3n, b: 5n })
    expect(await warm.calculate({ a: 3n, b: 5n })).toEqual(first)
    await expect(warm.calculate({ a: 4n, b: 5n })).rejects.toThrow(WitnessError)
    expect(await warm.calculate({ a: '3', b: 5 })).toEqual(first)
  })
})

describe('inputs are refused', () => {
  it('with the template and line of the assertion they break', async () => {
    const product = await calculator('product')
    await expect(product.calculate({ a: 4n, b: 5n })).rejects.toThrow(
      /an assertion failed: Inner line 8, in Main line 17/,
    )
    await expect(product.calculate({ a: 3n, b: 6n })).rejects.toThrow(/Inner line 9/)
  })

  it('when missing, unknown, ill-shaped, no integer or out of range', async () => {
    const product = await calculator('product')
    const refused: [Record<string, never>, RegExp][] = [
      [{ a: 3n } as never, /inputs are missing: 1 of 2/],
      [{ a: 3n, b: 5n, c: 1n } as never, /no input "c"/],
      [{ a: [3n, 3n], b: 5n } as never, /"a" has 2 values and the circuit takes 1/],
      [{ a: 'three', b: 5n } as never, /"a" holds three/],
      [{ a: 3.5, b: 5n } as never, /"a" holds 3.5/],
      [{ a: -1n, b: 5n } as never, /"a" holds -1/],
      [{ a: 3n, b: FIELD_MODULUS } as never, /not in \[0, field modulus\)/],
    ]
    for (const [inputs, message] of refused) {
      await expect(product.calculate(inputs)).rejects.toThrow(WitnessError)
      await expect(product.calculate(inputs)).rejects.toThrow(message)
    }
  })

  it('and a file that is no witness program as well', async () => {
    await expect(WitnessCalculator.create(new Uint8Array(40))).rejects.toThrow(/unusable/)
    await expect(WitnessCalculator.create('/nonexistent.wasm')).rejects.toThrow(/unusable/)
  })
})

describe('without sanity check', () => {
  it('forged inputs give a full witness, the failed assertions, and violated constraints', async () => {
    const forging = await calculator('product', false)
    const witness = await forging.calculate({ a: 4n, b: 6n })
    expect(forging.failures).toEqual(['Inner line 8', 'Inner line 9'])
    expect(readWitness(witness)[1]).toBe(24n)
    // `assert` is no constraint: of the two failures the constraints see one.
    const violated = await violatedConstraints(await readR1cs(circuits.product.r1csPath), witness)
    expect(violated).toHaveLength(1)
    // Honest inputs give the same witness as the program with its assertions.
    const honest = await forging.calculate({ a: 3n, b: 5n })
    expect(forging.failures).toEqual([])
    expect(honest).toEqual(await (await calculator('product')).calculate({ a: 3n, b: 5n }))
  })

  it('a value that does not fit its bits is caught by the constraints alone', async () => {
    const forging = await calculator('bits', false)
    const witness = await forging.calculate({ value: 1n << 20n })
    expect(forging.failures).toEqual(['Main line 12'])
    expect(await violatedConstraints(await readR1cs(circuits.bits.r1csPath), witness)).toHaveLength(1)
  })

  it('differs from the compiled program in its assertions only', async () => {
    const original = new Uint8Array(await readFile(circuits.product.wasmPath))
    const patched = withoutAssertions(original)
    expect(patched.length).toBe(original.length)
    const changed = [...patched.keys()].filter((i) => patched[i] !== original[i])
    // Two assertions of three bytes each.
    expect(changed).toHaveLength(6)
  })
})
