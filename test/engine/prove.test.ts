import { readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { EngineError, engineSupported, Groth16Engine, type KeyHandle } from '../../src/prover/engine/index.ts'
import { loadKey } from '../../src/prover/engine/key.ts'
import { ThreadRunner } from '../../src/prover/engine/runner.ts'
import { nodeThreads } from '../../src/prover/engine/threads.ts'
import { BASE_MODULUS } from '../../src/prover/engine/wasm/layout.ts'
import { compiledModule } from '../../src/prover/engine/wasm/module.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { readWitness, writeWitness } from '../../src/prover/wtns.ts'
import { buildToys, openWorkshop, TOY_NAMES, type ToyName, type Toys, type Workshop } from '../prover/toy.ts'

let workshop: Workshop
let artifacts: Toys['artifacts']
let witnesses: Toys['witnesses']
const keys = {} as Record<ToyName, Uint8Array>

beforeAll(async () => {
  workshop = await openWorkshop()
  ;({ artifacts, witnesses } = await buildToys(workshop))
  for (const name of TOY_NAMES) keys[name] = new Uint8Array(await readFile(artifacts[name].zkeyPath))
})
afterAll(async () => {
  await closeSnarkjs()
  await workshop?.close()
})

async function refused(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(EngineError)
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
}

describe.each([{ threads: 0 }, { threads: 1 }, { threads: 2 }, { threads: 0, checked: true }])(
  'proofs with %o',
  (options) => {
    it('of small circuits verify with snarkjs and differ each time', async () => {
      const engine = await Groth16Engine.create(options)
      for (const name of TOY_NAMES) {
        const key = await engine.loadKey(keys[name])
        const [first, second] = await Promise.all([1, 2].map(() => engine.prove(key, witnesses[name])))
        for (const { proof, publicSignals, timings } of [first!, second!]) {
          const { verificationKey } = artifacts[name]
          expect(await snarkjs.groth16.verify(verificationKey, publicSignals.map(String), proof)).toBe(true)
          expect(verifyProof(verificationKey, publicSignals.with(0, publicSignals[0]! + 1n), proof)).toBe(
            false,
          )
          expect(timings.total).toBeGreaterThan(0)
        }
        expect(first!.proof.pi_a[0]).not.toBe(second!.proof.pi_a[0])
        expect(first!.publicSignals).toEqual(readWitness(witnesses[name]).slice(1, key.publicCount + 1))
      }
      await engine.close()
    })
  },
)

describe('an engine', () => {
  let engine: Groth16Engine
  let key: KeyHandle
  beforeAll(async () => {
    engine = await Groth16Engine.create({ threads: 2 })
    key = await engine.loadKey(keys.product)
  })
  afterAll(() => engine.close())

  it('is supported here', () => {
    expect(engineSupported()).toBe(true)
  })

  it('refuses a proving key that is truncated, foreign or altered where it matters', async () => {
    const sound = keys.product
    const header = 12 + 16 + 12
    const altered = (at: number, value: number) => sound.with(at, value)
    await refused(engine.loadKey(new Uint8Array(0)), 'KEY', /not a zkey/)
    await refused(engine.loadKey(witnesses.product), 'KEY', /not a zkey/)
    for (const length of [11, 13, 30, 200, 700, 900, sound.length - 1]) {
      await refused(engine.loadKey(sound.subarray(0, length)), 'KEY', /zkey|truncated|lacks/)
    }
    await refused(engine.loadKey(altered(header + 4, 0)), 'KEY', /not over BN254/)
    await refused(engine.loadKey(altered(header + 80, 3)), 'KEY', /inconsistent/)
    await refused(engine.loadKey(altered(header + 84, sound[header + 84]! ^ 1)), 'KEY', /not on the curve/)
    const record = header + 84 + 576 + 12 + 4
    for (const at of [0, 7, 11])
      await refused(engine.loadKey(altered(record + at, 0x7f)), 'KEY', /out of range/)
    const unsafe = Uint8Array.from(sound).copyWithin(header + 84 + 448, header + 84 + 256, header + 84 + 384)
    await refused(engine.loadKey(unsafe), 'UNSAFE', /delta equals its gamma/)
    // The same point with a coordinate that is not canonical.
    const delta = new DataView(unsafe.buffer, header + 84 + 448, 32)
    const words = [0, 8, 16, 24].map((at) => delta.getBigUint64(at, true))
    const higher = words.reduceRight((sum, word) => (sum << 64n) | word, 0n) + BASE_MODULUS
    for (const [i, at] of [0, 8, 16, 24].entries()) {
      delta.setBigUint64(at, BigInt.asUintN(64, higher >> BigInt(64 * i)), true)
    }
    await refused(engine.loadKey(unsafe), 'UNSAFE', /delta equals its gamma/)
    const infinite = Uint8Array.from(sound).fill(0, header + 84, header + 84 + 64)
    await refused(engine.loadKey(infinite), 'UNSAFE', /alpha1 is infinity/)
    // Sections 1, 2, 4 and 3 follow each other: the first verification point.
    const count = new DataView(sound.buffer, header + 84 + 576 + 12).getUint32(0, true)
    const ic = header + 84 + 576 + 12 + 4 + 44 * count + 12
    await refused(
      engine.loadKey(altered(ic, sound[ic]! ^ 1)),
      'KEY',
      /verification point .* not on the curve/,
    )
  })

  it('reads a key piece by piece, and notices one that is written to meanwhile', async () => {
    const sound = keys.product
    const records = 12 + 16 + 12 + 84 + 576 + 12 + 4
    const reads: number[] = []
    const reader = (damage: boolean) => ({
      byteLength: sound.length,
      read: async (target: Uint8Array, offset: number) => {
        target.set(sound.subarray(offset, offset + target.length))
        // The second time that the records are read, two of them have changed places with others.
        if (offset === records && reads.includes(records) && damage) target.copyWithin(0, 44, 88)
        reads.push(offset)
      },
    })
    const other = await engine.loadKey(reader(false))
    await expect(engine.prove(other, witnesses.product)).resolves.toBeDefined()
    other.release()
    reads.length = 0
    await refused(engine.loadKey(reader(true)), 'KEY', /changed while it was read/)
    const broken = { byteLength: sound.length, read: () => Promise.reject(new Error('no such disk')) }
    await expect(engine.loadKey(broken)).rejects.toThrow(/no such disk/)
  })

  it('takes bytes that lie at any place in their buffer', async () => {
    for (const offset of [1, 2, 3]) {
      const moved = Buffer.alloc(keys.product.length + offset)
      moved.set(keys.product, offset)
      const other = await engine.loadKey(moved.subarray(offset))
      const wtns = Buffer.alloc(witnesses.product.length + offset)
      wtns.set(witnesses.product, offset)
      const { proof, publicSignals } = await engine.prove(other, wtns.subarray(offset))
      expect(verifyProof(artifacts.product.verificationKey, publicSignals, proof)).toBe(true)
      other.release()
    }
  })

  it('refuses a witness that is damaged, foreign or not canonical', async () => {
    const sound = witnesses.product
    const values = readWitness(sound)
    await refused(engine.prove(key, witnesses.eight), 'WITNESS', /belongs to another circuit/)
    await refused(engine.prove(key, keys.product), 'WITNESS', /not a wtns/)
    await refused(engine.prove(key, sound.subarray(0, -5)), 'WITNESS', /truncated/)
    await refused(engine.prove(key, writeWitness(values.with(0, 2n))), 'WITNESS', /first signal/)
    await refused(
      engine.prove(key, writeWitness(values.with(1, FIELD_MODULUS))),
      'WITNESS',
      /signal 1 .* modulus/,
    )
    await refused(engine.prove(key, sound.with(40, sound[40]! ^ 1)), 'WITNESS', /BN254/)
  })

  it('hands out no proof of a false witness, unless verification is switched off', async () => {
    const values = readWitness(witnesses.product)
    const hidden = readWitness(witnesses.bits)
    const bits = await engine.loadKey(keys.bits)
    const last = hidden.length - 1
    await refused(
      engine.prove(key, writeWitness(values.with(1, values[1]! + 1n))),
      'PROOF',
      /breaks a constraint/,
    )
    await refused(
      engine.prove(bits, writeWitness(hidden.with(last, hidden[last]! + 1n))),
      'PROOF',
      /not handed/,
    )
    bits.release()
    const careless = await Groth16Engine.create({ threads: 0, verify: false })
    const { proof, publicSignals } = await careless.prove(
      await careless.loadKey(keys.product),
      writeWitness(values.with(1, values[1]! + 1n)),
    )
    expect(verifyProof(artifacts.product.verificationKey, publicSignals, proof)).toBe(false)
    await careless.close()
  })

  it('fails proofs under way when its threads end, and proves again afterwards', async () => {
    const bits = await engine.loadKey(keys.bits)
    const failing = [engine.prove(key, witnesses.product), engine.prove(bits, witnesses.bits)]
    const outcomes = Promise.allSettled(failing)
    await new Promise((resolve) => setImmediate(resolve))
    await engine.interrupt()
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'WORKER' } })
    }
    for (const [handle, name] of [
      [key, 'product'],
      [bits, 'bits'],
    ] as const) {
      const { proof, publicSignals } = await engine.prove(handle, witnesses[name])
      expect(verifyProof(artifacts[name].verificationKey, publicSignals, proof)).toBe(true)
    }
  })

  it('lets keys go when they are released or exceed the bound', async () => {
    const measure = await Groth16Engine.create({ threads: 1 })
    const { byteLength } = await measure.loadKey(keys.product)
    await measure.close()
    const small = await Groth16Engine.create({ threads: 1, memoryLimitBytes: byteLength * 1.5 })
    const first = await small.loadKey(keys.product)
    const second = await small.loadKey(keys.product)
    expect([first.loaded, second.loaded]).toEqual([false, true])
    await refused(small.prove(first, witnesses.product), 'CLOSED', /no longer loaded/)
    second.release()
    await refused(small.prove(second, witnesses.product), 'CLOSED', /no longer loaded/)
    const tiny = await Groth16Engine.create({ threads: 1, memoryLimitBytes: 1000 })
    await refused(tiny.loadKey(keys.product), 'MEMORY', /of 1000 bytes/)
    await Promise.all([small.close(), tiny.close()])
  })

  it('refuses work once it is closed, and fails what was under way', async () => {
    const other = await Groth16Engine.create({ threads: 2 })
    const handle = await other.loadKey(keys.eight)
    const running = other.prove(handle, witnesses.eight)
    const failed = refused(running, 'CLOSED', /closed/)
    await other.close()
    await failed
    await refused(other.prove(handle, witnesses.eight), 'CLOSED', /closed/)
    await refused(other.loadKey(keys.eight), 'CLOSED', /closed/)
  })
})

describe('threads', () => {
  const open = async () => {
    const module = await compiledModule({ shared: true })
    const options = { module, shared: true, threads: 1, memoryLimitBytes: 2 ** 30 }
    return { ...(await loadKey(keys.product, options)), id: 0, module }
  }

  it('that trap fail their job and go on', async () => {
    const runner = new ThreadRunner(1, nodeThreads(Worker))
    const key = await open()
    const far = runner.run(key, { kind: 'quotient', first: 2 ** 25, last: 2 ** 25 + 1 })
    await refused(far, 'WORKER', /quotient: memory access out of bounds/)
    await expect(runner.run(key, { kind: 'product' })).resolves.toBeUndefined()
    await runner.close()
  })

  it('that die fail every job that waits, and the next job starts others', async () => {
    let mortal = true
    class Mortal extends Worker {
      constructor(file: URL, options: object) {
        if (mortal) super('process.exit(3)', { eval: true })
        else super(file, options)
      }
    }
    const runner = new ThreadRunner(2, nodeThreads(Mortal as typeof Worker))
    const key = await open()
    const jobs = [1, 2, 3, 4].map(() => runner.run(key, { kind: 'product' }))
    await Promise.all(jobs.map((job) => refused(job, 'WORKER', /a worker thread died/)))
    mortal = false
    await expect(runner.run(key, { kind: 'product' })).resolves.toBeUndefined()
    await runner.close()
  })
})
