/**
 * The fallback backend: Groth16 with ffjavascript's arithmetic (the wasmcurves module) on our own threads. It
 * reads snarkjs' zkey and wtns files and writes snarkjs' proofs. Against `snarkjs.groth16.prove` it keeps keys in
 * shared memory between proofs, evaluates the rows in wasm rather than in JavaScript, and runs the five
 * multi-exponentiations while the transforms are under way.
 */
import { randomBytes } from 'node:crypto'
import { ToolError, WitnessError } from '../../protocol/errors.ts'
import { FIELD_MODULUS } from '../../protocol/field.ts'
import type { BackendOptions, ProofResult, ProverBackend, ProvingArtifacts } from '../backend.ts'
import { readInteger, toShared } from '../binary.ts'
import type { Point } from '../points.ts'
import { selfCheck } from '../self-check.ts'
import type { Proof } from '../verify.ts'
import { FIELD_BYTES } from '../workers/bn128.ts'
import { DEFAULT_THREADS, WorkerPool } from '../workers/pool.ts'
import { witnessValues } from '../wtns.ts'
import type { Zkey } from '../zkey.ts'
import { KeyStore } from './keys.ts'
import { multiexp } from './multiexp.ts'
import { quotientScalars } from './quotient.ts'

export interface WasmcurvesOptions extends BackendOptions {
  /** Worker threads; two unless told. */
  readonly threads?: number
  /** Bound on the proving keys kept in memory, in bytes; 512 MiB unless told. */
  readonly maxKeyBytes?: number
}

const DEFAULT_KEY_BYTES = 512 * 1024 * 1024

export class WasmcurvesBackend implements ProverBackend {
  readonly name = 'wasmcurves'
  readonly #pool: WorkerPool
  readonly #keys: KeyStore
  readonly #selfVerify: boolean
  #closed = false

  constructor(options: WasmcurvesOptions = {}) {
    this.#pool = new WorkerPool(options.threads ?? DEFAULT_THREADS)
    this.#keys = new KeyStore(options.maxKeyBytes ?? DEFAULT_KEY_BYTES)
    this.#selfVerify = options.selfVerify ?? true
  }

  async prove(artifacts: ProvingArtifacts, witness: Uint8Array): Promise<ProofResult> {
    if (this.#closed) throw new ToolError('the prover is closed')
    const started = performance.now()
    const values = toShared(witnessValues(witness))
    this.#pool.warm()
    const key = await this.#keys.load(artifacts.zkeyPath)
    checkFit(artifacts.name, key, values)
    const loadMs = performance.now() - started
    const { proof, timings } = await this.#compute(key, values)
    const publicSignals = Array.from({ length: key.publicCount }, (_, i) =>
      readInteger(values, (i + 1) * FIELD_BYTES),
    )
    const provedAt = performance.now()
    if (this.#selfVerify) await selfCheck(artifacts, witness, proof, publicSignals, this.#pool)
    const ended = performance.now()
    return {
      proof,
      publicSignals,
      timings: { loadMs, ...timings, verifyMs: ended - provedAt, total: ended - started },
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#keys.clear()
    await this.#pool.close()
  }

  async #compute(key: Zkey, values: Uint8Array) {
    const started = performance.now()
    const pool = this.#pool
    const privateValues = values.subarray((key.publicCount + 1) * FIELD_BYTES)
    // The rows go first; the transforms then overtake the queued multi-exponentiations, so that no thread idles.
    const quotient = quotientScalars(pool, key, values)
    const h = quotient.then(({ scalars }) => multiexp(pool, 'g1', key.h, scalars))
    const [a, b1, b2, c, hSum, { rowsMs, transformsMs }] = await Promise.all([
      multiexp(pool, 'g1', key.a, values),
      multiexp(pool, 'g1', key.b1, values),
      multiexp(pool, 'g2', key.b2, values),
      multiexp(pool, 'g1', key.c, privateValues),
      h,
      quotient,
    ])
    const proof = blind(key, { a, b1, b2, c: c.add(hSum) })
    return { proof, timings: { rowsMs, transformsMs, computeMs: performance.now() - started } }
  }
}

/** A witness of another circuit, or with values that are not canonical, is refused before any work. */
function checkFit(name: string, key: Zkey, values: Uint8Array): void {
  const count = values.length / FIELD_BYTES
  if (count !== key.signalCount) {
    throw new WitnessError(
      `the witness has ${count} signals and ${name} has ${key.signalCount}: it belongs to another circuit`,
    )
  }
  // Only a value whose top 32 bits reach the modulus' can be out of the field.
  const top = Number(FIELD_MODULUS >> 224n)
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  for (let at = 0; at < values.length; at += FIELD_BYTES) {
    if (view.getUint32(at + 28, true) >= top && readInteger(values, at) >= FIELD_MODULUS) {
      throw new WitnessError(`signal ${at / FIELD_BYTES} of the witness is not below the field modulus`)
    }
  }
}

/** Adds the random r and s that make a proof reveal nothing. */
function blind(key: Zkey, sums: { a: Point; b1: Point; b2: Point; c: Point }): Proof {
  const [r, s] = [randomScalar(), randomScalar()]
  const a = sums.a.add(key.alpha1).add(key.delta1.times(r))
  const b2 = sums.b2.add(key.beta2).add(key.delta2.times(s))
  const b1 = sums.b1.add(key.beta1).add(key.delta1.times(s))
  const rs = (r * s) % FIELD_MODULUS
  const c = sums.c.add(a.times(s)).add(b1.times(r)).add(key.delta1.times(rs).negate())
  return {
    pi_a: a.toJson() as string[],
    pi_b: b2.toJson() as string[][],
    pi_c: c.toJson() as string[],
    protocol: 'groth16',
    curve: 'bn128',
  }
}

/** Uniform below the field modulus but for a bias of 2^-256. */
function randomScalar(): bigint {
  return BigInt(`0x${randomBytes(64).toString('hex')}`) % FIELD_MODULUS
}
