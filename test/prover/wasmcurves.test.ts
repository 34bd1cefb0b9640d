import { chmod, copyFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProofError, ToolError } from '../../src/protocol/errors.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { sharedBytes, writeInteger } from '../../src/prover/binary.ts'
import { Point } from '../../src/prover/points.ts'
import { sha256 } from '../../src/prover/provenance.ts'
import { RapidsnarkBackend } from '../../src/prover/rapidsnark.ts'
import { selectBackend } from '../../src/prover/select-backend.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { WasmcurvesBackend } from '../../src/prover/wasmcurves/backend.ts'
import { KeyStore } from '../../src/prover/wasmcurves/keys.ts'
import { multiexp } from '../../src/prover/wasmcurves/multiexp.ts'
import { affineBytes } from '../../src/prover/workers/bn128.ts'
import { WorkerPool } from '../../src/prover/workers/pool.ts'
import { buildToys, openWorkshop, type Toys, type Workshop } from './toy.ts'

let workshop: Workshop
const backend = new WasmcurvesBackend({ threads: 2 })
let artifacts: Toys['artifacts']
let witnesses: Toys['witnesses']

beforeAll(async () => {
  workshop = await openWorkshop()
  ;({ artifacts, witnesses } = await buildToys(workshop))
})
afterAll(async () => {
  await backend.close()
  await closeSnarkjs()
  await workshop.close()
})

describe('multi-exponentiation', () => {
  const pool = new WorkerPool(2)
  afterAll(() => pool.close())
  // Keys hold equal and opposite points and infinity; these are few points many times over.
  for (const group of ['g1', 'g2'] as const) {
    for (const count of [1, 2, 7, 400]) {
      it(`agrees with single multiplications on ${count} points of ${group}`, async () => {
        const size = affineBytes(group)
        const bases = sharedBytes(count * size)
        const scalars = sharedBytes(count * 32)
        const special = [0n, 1n, FIELD_MODULUS - 1n, 2n, 1n << 253n, (1n << 128n) - 1n]
        let expected = Point.zero(group)
        for (let i = 0; i < count; i++) {
          const random = BigInt(`0x${sha256(`scalar ${i}`)}`) % FIELD_MODULUS
          const scalar = i % 3 === 0 ? special[(i / 3) % special.length]! : random
          const multiple = Point.generator(group).times(BigInt((i % 5) + 1))
          const point = i % 7 === 6 ? Point.zero(group) : i % 2 === 0 ? multiple : multiple.negate()
          // Half of the scalars repeat, so that equal and opposite points meet in one bucket.
          const used = i % 4 < 2 ? scalar : special[5]!
          bases.set(point.toAffine(), i * size)
          writeInteger(scalars, i * 32, used)
          expected = expected.add(point.times(used))
        }
        const sum = await multiexp(pool, group, bases, scalars)
        expect(sum.equals(expected)).toBe(true)
      })
    }
  }
})

describe('the verifier', () => {
  it('refuses what is malformed', async () => {
    const { proof, publicSignals } = await backend.prove(artifacts.product, witnesses.product)
    const key = artifacts.product.verificationKey
    expect(verifyProof(key, publicSignals, proof)).toBe(true)
    expect(verifyProof(key, publicSignals.slice(1), proof)).toBe(false)
    expect(verifyProof(key, publicSignals, { ...proof, pi_a: ['0', '1', '0'] })).toBe(false)
    expect(verifyProof(key, publicSignals, { ...proof, pi_a: ['1', '1', '1'] })).toBe(false)
    expect(verifyProof(key, publicSignals, { ...proof, pi_b: proof.pi_b.slice(1) })).toBe(false)
    expect(verifyProof(key, publicSignals, { ...proof, pi_c: proof.pi_a })).toBe(false)
    const swapped = proof.pi_b.map((pair) => [...pair].reverse())
    expect(verifyProof(key, publicSignals, { ...proof, pi_b: swapped })).toBe(false)
  })
})

describe('keys in memory', () => {
  it('are read once, read anew when the file changes, and let go when they exceed the bound', async () => {
    const path = join(workshop.folder, 'kept.zkey')
    await copyFile(artifacts.product.zkeyPath, path)
    const size = (await stat(path)).size
    const store = new KeyStore(size + 10)
    const first = await store.load(path)
    expect(await store.load(path)).toBe(first)
    await utimes(path, 1, 1)
    const second = await store.load(path)
    expect(second).not.toBe(first)
    await store.load(artifacts.eight.zkeyPath)
    expect(await store.load(path)).not.toBe(second)
  })
})

describe('a thread that dies', () => {
  it('fails the jobs of a thread that dies, and the next job gets a new thread', async () => {
    const pool = new WorkerPool(1)
    const job = (count: number) => ({
      kind: 'fixed-base' as const,
      group: 'g2' as const,
      scalars: sharedBytes(count * 32).fill(7),
      points: sharedBytes(count * 128),
      windowBits: 8,
    })
    // Too small an output makes the worker's own code throw; the thread lives on.
    await expect(pool.run({ ...job(1), points: sharedBytes(1) })).rejects.toThrow(ToolError)
    const running = Promise.allSettled([pool.run(job(4000)), pool.run(job(4000))])
    await new Promise((resolve) => setTimeout(resolve, 20))
    await pool.terminate()
    expect((await running).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(pool.run(job(2))).resolves.toBeUndefined()
    await pool.close()
  })
})

describe('rapidsnark', () => {
  async function program(name: string, script: string) {
    const path = join(workshop.folder, name)
    await writeFile(path, `#!${process.execPath}\n${script}`)
    await chmod(path, 0o755)
    return path
  }

  it('is used when named, and its proof is checked', async () => {
    const { proof, publicSignals } = await backend.prove(artifacts.product, witnesses.product)
    const answer = (signals: bigint[]) => `
const { writeFileSync } = require('node:fs')
writeFileSync(process.argv[4], ${JSON.stringify(JSON.stringify(proof))})
writeFileSync(process.argv[5], ${JSON.stringify(JSON.stringify(signals.map(String)))})`
    const named = await selectBackend({ rapidsnark: await program('good.cjs', answer(publicSignals)) })
    expect(named.name).toBe('rapidsnark')
    const result = await named.prove(artifacts.product, witnesses.product)
    expect(result).toMatchObject({ proof, publicSignals })
    const liar = new RapidsnarkBackend({ program: await program('liar.cjs', answer([9n, 3n])) })
    await expect(liar.prove(artifacts.product, witnesses.product)).rejects.toThrow(ProofError)
  })

  it('that fails or writes nothing is a ToolError with its words', async () => {
    const failing = await program('bad.cjs', 'console.error("out of luck"); process.exit(3)')
    await expect(
      new RapidsnarkBackend({ program: failing }).prove(artifacts.product, witnesses.product),
    ).rejects.toThrow(/out of luck/)
    const silent = new RapidsnarkBackend({ program: await program('silent.cjs', '') })
    await expect(silent.prove(artifacts.product, witnesses.product)).rejects.toThrow(ToolError)
    await expect(selectBackend({ rapidsnark: '/nonexistent' })).rejects.toThrow(ToolError)
    const builtin = await selectBackend({ backend: 'builtin' })
    expect(builtin.name).toBe('engine')
    await builtin.close()
  })
})
