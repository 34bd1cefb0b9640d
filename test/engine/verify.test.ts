import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Affine, multiply, negate, toAffine, toJacobian } from '../../src/prover/engine/big-curve.ts'
import { pointOf } from '../../src/prover/engine/containers.ts'
import { type EngineProof, Groth16Engine } from '../../src/prover/engine/index.ts'
import { g1Json, g2Json } from '../../src/prover/engine/json.ts'
import { KeyFile } from '../../src/prover/engine/key-file.ts'
import { Verifier } from '../../src/prover/engine/verify.ts'
import { BASE_MODULUS, SCALAR_MODULUS } from '../../src/prover/engine/wasm/layout.ts'
import { Point } from '../../src/prover/points.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { buildToys, openWorkshop, TOY_NAMES, type Toys, type Workshop } from '../prover/toy.ts'

const p = BASE_MODULUS

let workshop: Workshop
let artifacts: Toys['artifacts']
let witnesses: Toys['witnesses']
let engine: Groth16Engine

beforeAll(async () => {
  workshop = await openWorkshop()
  ;({ artifacts, witnesses } = await buildToys(workshop))
  engine = await Groth16Engine.create({ threads: 0, verify: false })
})
afterAll(async () => {
  await engine.close()
  await workshop.close()
})

async function open(name: (typeof TOY_NAMES)[number]) {
  const zkey = new Uint8Array(await readFile(artifacts[name].zkeyPath))
  const verifier = await Verifier.create((await KeyFile.open(zkey)).header)
  const proofs = await engine.loadKey(zkey)
  const { proof, publicSignals } = await engine.prove(proofs, witnesses[name])
  return { verifier, proof, publicSignals, key: artifacts[name].verificationKey }
}

const plus = (text: string, more: bigint) => `${BigInt(text) + more}`

/** Every way to change one number, point or place of a proof that came to mind. */
function alterations({ pi_a, pi_b, pi_c, ...rest }: EngineProof): Record<string, EngineProof> {
  const proof = { pi_a, pi_b, pi_c, ...rest }
  const negated = ([x, y, z]: string[]) => [x!, `${p - BigInt(y!)}`, z!]
  const [x, y, z] = pi_b as [string[], string[], string[]]
  return {
    'a negated': { ...proof, pi_a: negated(pi_a) },
    'c negated': { ...proof, pi_c: negated(pi_c) },
    'b negated': { ...proof, pi_b: [x, y.map((part) => `${p - BigInt(part)}`), z] },
    'a and c exchanged': { ...proof, pi_a: pi_c, pi_c: pi_a },
    'a off the curve': { ...proof, pi_a: [plus(pi_a[0]!, 1n), pi_a[1]!, '1'] },
    'b off the curve': { ...proof, pi_b: [[plus(x[0]!, 1n), x[1]!], y, z] },
    'a in another representation': { ...proof, pi_a: [plus(pi_a[0]!, p), pi_a[1]!, '1'] },
    'b in another representation': { ...proof, pi_b: [x, [y[0]!, plus(y[1]!, p)], z] },
    'a with negative numbers': { ...proof, pi_a: [plus(pi_a[0]!, -p), pi_a[1]!, '1'] },
    'a infinite': { ...proof, pi_a: ['0', '1', '0'] },
    'c infinite': { ...proof, pi_c: ['0', '1', '0'] },
    'b infinite': {
      ...proof,
      pi_b: [
        ['0', '0'],
        ['1', '0'],
        ['0', '0'],
      ],
    },
    'a generator': { ...proof, pi_a: ['1', '2', '1'] },
    'a short': { ...proof, pi_a: pi_a.slice(0, 2) },
    'b halves exchanged': { ...proof, pi_b: [[x[1]!, x[0]!], [y[1]!, y[0]!], z] },
  }
}

describe('the verifier of the engine', () => {
  it.each(TOY_NAMES)('agrees with the other verifier on "%s", true and false', async (name) => {
    const { verifier, proof, publicSignals, key } = await open(name)
    // More than once: nothing of one proof may linger for the next.
    for (let round = 0; round < 2; round++) {
      expect(verifier.verify(proof, publicSignals)).toBe(true)
      for (const [what, altered] of Object.entries(alterations(proof))) {
        expect(verifier.verify(altered, publicSignals), what).toBe(false)
        expect(verifyProof(key, publicSignals, altered), what).toBe(false)
      }
      for (let i = 0; i < publicSignals.length; i++) {
        for (const change of [1n, -1n, SCALAR_MODULUS, -SCALAR_MODULUS]) {
          expect(verifier.verify(proof, publicSignals.with(i, publicSignals[i]! + change))).toBe(false)
        }
      }
      expect(verifier.verify(proof, publicSignals.slice(1))).toBe(false)
      expect(verifier.verify(proof, [...publicSignals, 0n])).toBe(false)
    }
  })

  it('tells keys apart', async () => {
    const product = await open('product')
    const context = await open('context')
    expect(product.publicSignals).toHaveLength(context.publicSignals.length)
    expect(context.verifier.verify(product.proof, product.publicSignals)).toBe(false)
  })

  it('keeps no memory from one proof to the next', async () => {
    const { verifier, proof, publicSignals } = await open('product')
    for (let i = 0; i < 150; i++) expect(verifier.verify(proof, publicSignals)).toBe(true)
  })

  // A key made so that the pairings of a and b, and of the statement and c, cancel whatever points a and b are.
  const cancelling = async (a: Affine, b: Affine) => {
    const [g1, g2] = [Point.generator('g1').toAffine(), Point.generator('g2').toAffine()]
    const unit = pointOf('g1', g1)
    const words = (group: 'g1' | 'g2', point: Affine) => pointWords(group, point)
    const verifier = await Verifier.create({
      alpha1: words('g1', a),
      beta2: words('g2', b),
      gamma2: words('g2', pointOf('g2', g2)),
      delta2: words('g2', pointOf('g2', g2)),
      ic: words('g1', unit),
    })
    const shown = { protocol: 'groth16', curve: 'bn128' } as const
    return verifier.verify({ pi_a: g1Json(a), pi_b: g2Json(b), pi_c: g1Json(negate(unit)), ...shown }, [])
  }

  it('refuses a point off the curve, and one of the twist outside the group, where the pairings would not tell', async () => {
    const [one, two] = [
      pointOf('g1', Point.generator('g1').toAffine())!,
      pointOf('g2', Point.generator('g2').toAffine())!,
    ]
    const outside = toAffine(multiply(toJacobian('g2', pointOfTwist()), SCALAR_MODULUS))
    expect(outside).toBeDefined()
    expect(await cancelling(one, two)).toBe(true)
    expect(await cancelling(one, outside)).toBe(false)
    expect(await cancelling({ x: one.x, y: [5n] }, two)).toBe(false)
  })
})

/** snarkjs' form: x * 2^256, 8 words per element. */
function pointWords(group: 'g1' | 'g2', point: Affine): Uint32Array {
  const elements = [...point!.x, ...point!.y].map((value) => (value << 256n) % p)
  expect(elements).toHaveLength(group === 'g1' ? 2 : 4)
  return Uint32Array.from(
    elements.flatMap((value) =>
      Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(32 * i)) & 0xffffffffn)),
    ),
  )
}

/** Some point of y^2 = x^3 + 3 / (9 + u); one in a 254-bit number of them is in the group. */
function pointOfTwist(): Affine {
  const power = (base: bigint, exponent: bigint) => {
    let [result, square] = [1n, base % p]
    for (let rest = exponent; rest > 0n; rest >>= 1n) {
      if (rest & 1n) result = (result * square) % p
      square = (square * square) % p
    }
    return result
  }
  const root = (value: bigint) => {
    const candidate = power(value, (p + 1n) / 4n)
    return (candidate * candidate) % p === value ? candidate : undefined
  }
  const [b0, b1] = [
    19485874751759354771024239261021720505790618469301721065564631296452457478373n,
    266929791119991161246907387137283842545076965332900288569378510910307636690n,
  ]
  for (let x = 1n; ; x++) {
    // x^3 + b = v0 + v1 u; its root a + c u has a^2 = (v0 + norm) / 2 and c = v1 / 2a.
    const [v0, v1] = [(x * x * x + b0) % p, b1]
    const norm = root((v0 * v0 + v1 * v1) % p)
    if (norm === undefined) continue
    for (const sign of [norm, p - norm]) {
      const a = root(((v0 + sign) * power(2n, p - 2n)) % p)
      if (a === undefined || a === 0n) continue
      return { x: [x, 0n], y: [a, (v1 * power(2n * a, p - 2n)) % p] }
    }
  }
}
